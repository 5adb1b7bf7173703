import type { V1Service } from '@kubernetes/client-node';
import { isAlreadyExists, isConflict } from '../kube/errors.ts';
import { DEPLOYMENTS, type KubeObject, keyOfObject, SERVICES } from '../kube/resources.ts';
import type { AppliedDeployment, AppliedRelease, CheckReleaseInput, GivenRelease } from '../model/activities.ts';
import { adoptCommand, holderOf, isToAdopt } from '../model/fence.ts';
import { isFirst, orderIn } from '../model/order.ts';
import { renderRelease } from '../model/release.ts';
import { isServedBy } from '../model/service-ports.ts';
import { leavingText } from '../model/terminating.ts';
import type { Call } from './call.ts';
import { type Cluster, firstList, type LiveDeployment } from './clusters.ts';
import { triedFirst } from './dry-run.ts';
import { isFinal } from './errors.ts';
import { readyWithin, templateHash } from './readiness.ts';
import { dryRunElsewhere, dryRunWrite, isInvalidEverywhere } from './release-checker.ts';
import { dryRunRemoval, type Removal, removeObject } from './release-remover.ts';
import { createObject, judged, readLive, type Write, type Written, writeObject } from './release-writer.ts';
import { standingRelease } from './standing-release.ts';

export interface Patience {
  /** How long to stay to see the release ready, in ms. */
  lingerMs: number;
  /** How long a cluster may take to send its first list, in ms. */
  firstListMs: number;
}

type LiveService = V1Service & KubeObject;

interface Writes {
  deployment: Write<LiveDeployment>;
  service: Write<LiveService> | undefined;
}

/** What is there, judged. */
interface Known {
  deployment: KubeObject | undefined;
  service: KubeObject | undefined;
}

interface Judgement {
  writes: Writes;
  known: Known;
  isTakenOver: boolean;
}

/**
 * Writes a release so that a refusal leaves nothing half done: both objects are judged by the fence before either is
 * written. Where neither is there they are made at once, and what was made is taken back if the other is refused. Beside a
 * Deployment that is there, a new Service is made first, and taken back likewise; a Service whose ports change is tried
 * before, and written after, while the pods start.
 */
export async function applyRelease(
  { signal }: Pick<Call, 'signal'>,
  cluster: Cluster,
  input: GivenRelease,
  { lingerMs, firstListMs }: Patience,
): Promise<AppliedRelease> {
  await firstList(cluster, firstListMs, signal);
  const plain = writesOf(cluster, input, signal);
  const { namespace, name } = plain.deployment.object.metadata;
  const seen = cluster.deployments.get(namespace, name);
  const lingering = async (there: LiveDeployment, until = signal): Promise<AppliedRelease> => {
    const deployment = appliedOf(there);
    // For as long as this lingers, the Service is taken to be as it was written: to ask for it would cost each site a request.
    return { deployment, ...(await readyWithin(cluster, there.metadata, deployment, lingerMs, until)) };
  };
  const standing = await standingRelease(input, plain, seen);
  if (standing) return await lingering(standing);
  const judgement = await judgedBoth(plain, {
    deployment: seen,
    // Of a first generation there is hardly ever a Service: to look for it would cost more than it saves.
    service: plain.service && !isFirst(input.revision) ? await readLive(plain.service) : undefined,
  });
  const overwriting = { input, lingering, signal };
  const { known } = judgement;
  if (!plain.service || known.deployment || known.service) return await overwrite(judgement, overwriting);
  const made = await makeBoth(plain.deployment, plain.service);
  if (made.deployment) return await lingering(made.deployment);
  // One is there that nobody watches: somebody else's, or of an attempt that has died since.
  try {
    return await overwrite(await judgedBoth(plain, await readBoth(plain)), overwriting);
  } catch (error) {
    if (isFinal(error)) await Promise.all(made.alone.map(takeBack));
    throw error;
  }
}

interface Overwriting {
  input: GivenRelease;
  lingering(there: LiveDeployment, until: AbortSignal): Promise<AppliedRelease>;
  signal: AbortSignal;
}

/** Something is there. */
async function overwrite(
  { writes: { deployment, service }, known, isTakenOver }: Judgement,
  { input, lingering, signal }: Overwriting,
): Promise<AppliedRelease> {
  // What a person asked to be taken over is asked for on the Deployment, which therefore goes last.
  const goesFirst = service !== undefined && (!known.service || isTakenOver);
  const oldService = oldServiceOf(deployment, input);
  // Of a first generation there is none.
  if (!service && !isFirst(input.revision)) await triedFirst(() => dryRunRemoval(oldService), undefined);
  const made = goesFirst && (await writeService(service, known.service)).created;
  if (service && !goesFirst) known.service = await tried(service, known.service);
  const { object: written } = await writeObject(deployment, known.deployment).catch(async (error) => {
    if (made && isFinal(error)) await takeBack(service!);
    throw error;
  });
  const over = new AbortController();
  const rest = async () => {
    if (!service) await removeObject(oldService);
    else if (!goesFirst) await writeService(service, known.service);
  };
  try {
    const [applied] = await Promise.all([lingering(written, AbortSignal.any([signal, over.signal])), rest()]);
    return applied;
  } finally {
    over.abort();
  }
}

/**
 * Neither is there, as far as is known.
 *
 * @returns the Deployment, or where one of both was there, the other in `alone`
 * @throws what was refused, after the other was taken back
 */
async function makeBoth(
  deployment: Write<LiveDeployment>,
  service: Write<LiveService>,
): Promise<{ deployment?: LiveDeployment; alone: Write<KubeObject>[] }> {
  const [made, madeService] = await Promise.allSettled([createObject(deployment), createObject(service)]);
  if (made.status === 'fulfilled' && madeService.status === 'fulfilled') return { deployment: made.value, alone: [] };
  const refusals = [made, madeService].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const others = refusals.filter((error) => !isAlreadyExists(error));
  const refusal = others.find(isFinal);
  if (refusal === undefined && others.length > 0) throw others[0];
  const alone = [
    ...(made.status === 'fulfilled' ? [deployment] : []),
    ...(madeService.status === 'fulfilled' ? [service] : []),
  ];
  if (refusal === undefined) return { alone };
  await Promise.all(alone.map(takeBack));
  throw refusal;
}

function appliedOf(written: LiveDeployment): AppliedDeployment {
  const { uid, generation } = written.metadata;
  return { uid: uid!, generation: generation!, template: templateHash(written), at: new Date().toISOString() };
}

/** A check whose objects are written by others as often as this says nothing. */
const CHECKS = 5;

/** Whether a site would take a release, as far as that can be known now; changes nothing. */
export async function checkRelease(
  { signal }: Pick<Call, 'signal'>,
  cluster: Cluster,
  input: CheckReleaseInput,
): Promise<void> {
  const plain = writesOf(cluster, input, signal);
  for (let check = 1; ; check++) {
    try {
      const { writes, known } = await judgedBoth(plain, await readBoth(plain));
      await Promise.all([
        dryRunWrite(writes.deployment, known.deployment),
        writes.service
          ? dryRunWrite(writes.service, known.service)
          : dryRunRemoval(oldServiceOf(writes.deployment, input)),
      ]);
      return;
    } catch (error) {
      if (!isConflict(error) || check === CHECKS) throw error;
    }
  }
}

/**
 * Whether any API server would take a release, asked of one that is not its site's: so only of what is invalid everywhere.
 *
 * @throws ReleaseError `Invalid`; Error where nothing can be said
 */
export async function checkContent(
  { signal }: Pick<Call, 'signal'>,
  cluster: Cluster,
  input: CheckReleaseInput,
): Promise<void> {
  const { deployment, service } = writesOf(cluster, input, signal);
  await Promise.all([
    dryRunElsewhere(deployment, isInvalidEverywhere),
    service && dryRunElsewhere(service, isInvalidEverywhere),
  ]);
}

/** The Service that a release without ports may have from an earlier revision. */
function oldServiceOf(deployment: Writes['deployment'], { site, owner }: CheckReleaseInput): Removal {
  return { ...deployment, type: SERVICES, namespace: site.namespace, name: owner.name };
}

function writesOf({ client }: Cluster, input: CheckReleaseInput, signal: AbortSignal): Writes {
  const { owner, revision } = input;
  const { deployment, service } = renderRelease(input);
  const adoption = adoptCommand(DEPLOYMENTS.kind, deployment.metadata);
  const common = { client, owner, order: orderIn(revision), adoption, signal };
  return {
    deployment: { ...common, type: DEPLOYMENTS, object: deployment as LiveDeployment },
    service: service && { ...common, type: SERVICES, object: service as LiveService },
  };
}

async function readBoth({ deployment, service }: Writes): Promise<Known> {
  const [live, liveService] = await Promise.all([readLive(deployment), service && readLive(service)]);
  return { deployment: live, service: liveService };
}

/** One word of a person, on the Deployment, is for both. */
async function judgedBoth(writes: Writes, seen: Known): Promise<Judgement> {
  // What is not ours nobody watches: beside a Service of somebody else there may be the Deployment that a person has given us.
  const isForeign = !seen.deployment && seen.service && !holderOf(seen.service);
  const deployment = await judged(writes.deployment, isForeign ? await readLive(writes.deployment) : seen.deployment);
  const isTakenOver = isToAdopt(deployment);
  const service = writes.service && { ...writes.service, ...(isTakenOver && { adopt: true }) };
  return {
    writes: { ...writes, service },
    known: { deployment, service: service && (await judged(service, seen.service)) },
    isTakenOver,
  };
}

/** @throws Error, to be tried again, while the Service is being deleted: it would be gone in a moment, and the release without it */
async function writeService(write: Write<LiveService>, live: KubeObject | undefined): Promise<Written<LiveService>> {
  const written = await writeObject(write, live);
  const leaving = leavingText(written.object);
  if (!leaving) return written;
  throw new Error(`Service ${keyOfObject(written.object)} ${leaving}; it is made anew when it is gone`);
}

/** New ports may be refused; new marks alone are not worth asking. */
async function tried(write: Write<LiveService>, live: KubeObject | undefined): Promise<KubeObject | undefined> {
  return isServedBy(live as LiveService, write.object) ? live : await triedFirst(() => dryRunWrite(write, live), live);
}

/** What was just made is of no use without the other. What was refused is what is to be told. */
async function takeBack(write: Write<KubeObject>): Promise<void> {
  const { namespace = '', name } = write.object.metadata;
  await removeObject({ ...write, namespace, name }).catch(() => undefined);
}
