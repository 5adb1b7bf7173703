import { createHash } from 'node:crypto';
import { isNotFound } from '../kube/errors.ts';
import { DEPLOYMENTS, type KubeObject, SERVICES } from '../kube/resources.ts';
import { type AppliedDeployment, type AwaitedRelease, type AwaitReadyInput, FAILURE } from '../model/activities.ts';
import { failureText, heldText } from '../model/failure-text.ts';
import { isOurs } from '../model/fence.ts';
import { deploymentName } from '../model/names.ts';
import { DEPLOYMENT_PAUSED, NOT_OBSERVED, type Readiness, readiness } from '../model/readiness.ts';
import { leavingText } from '../model/terminating.ts';
import type { Call } from './call.ts';
import type { Cluster, LiveDeployment } from './clusters.ts';
import { ReleaseError } from './errors.ts';
import { evidenceOf } from './evidence.ts';
import { isOutOfReach, unreachable } from './reach.ts';

/** How often our own clock is looked at, in ms. */
const LOOK_MS = 5_000;

/** What a heartbeat carries to the next attempt. */
interface Progress {
  /** What was last seen, e.g. `1 of 3 replicas updated, 1 available`. */
  message: string;
  /** ms since the epoch. */
  since: number;
}

/** Tells one pod template from another, by what the API server made of it. */
export function templateHash(deployment: LiveDeployment): string {
  return createHash('sha256').update(JSON.stringify(deployment.spec?.template)).digest('hex').slice(0, 16);
}

/** How a release stands that was waited for a short time. */
export interface Standing {
  ready: boolean;
  /** Somebody paused it: nothing comes of waiting. For people, with the way out. */
  held?: string;
}

/**
 * Whether the release becomes ready within the given time; no longer waited for as soon as it fails or is lost, which is
 * for {@link awaitReadiness} to judge, or is paused, which is to be told.
 */
export async function readyWithin(
  cluster: Cluster,
  { namespace, name }: { namespace?: string; name: string },
  applied: AppliedDeployment,
  ms: number,
  cancelled: AbortSignal,
): Promise<Standing> {
  const timeout = AbortSignal.timeout(ms);
  let hasBeenSeen = false;
  const judge = (live: LiveDeployment | undefined): Standing | undefined => {
    // The watch may be behind our own write: what is absent or older than it says nothing yet.
    if (live?.metadata.uid !== applied.uid) return hasBeenSeen ? { ready: false } : undefined;
    hasBeenSeen = true;
    const seen = readiness(live, applied);
    if (seen.reason === DEPLOYMENT_PAUSED) {
      return { ready: false, held: heldText({ namespace: namespace ?? '' }, name, seen)! };
    }
    if (seen.state === 'progressing') return undefined;
    return { ready: seen.state === 'ready' && templateHash(live) === applied.template };
  };
  try {
    const { deployments } = cluster;
    return await deployments.waitFor(namespace, name, judge, AbortSignal.any([timeout, cancelled]));
  } catch (error) {
    if (timeout.aborted || cancelled.aborted) return { ready: false };
    throw error;
  }
}

/**
 * Waits until the Deployment that was written is ready, fed by the cluster's shared watch: no request while it waits.
 *
 * @throws ReleaseError ProgressDeadlineExceeded, with what the pods and their events say, when there was no progress for
 *   `progressDeadlineSeconds` - by the Deployment controller's word, or by our clock where it has none; Unreachable when
 *   the cluster has been silent for `offlineAfterSeconds`
 */
export async function awaitReadiness(cluster: Cluster, input: AwaitReadyInput, call: Call): Promise<AwaitedRelease> {
  const { owner, site, deployment: applied, progressDeadlineSeconds } = input;
  const name = deploymentName(owner.name, site.layer);
  const isAway = () => isOutOfReach(cluster, input.offlineAfterSeconds);
  const silence = new Silence(progressDeadlineSeconds, call, isAway);
  let seen: Readiness = {
    state: 'progressing',
    message: 'the cluster does not answer',
    updated: 0,
    available: 0,
    wanted: 0,
  };
  let last: LiveDeployment | undefined;
  const judge = (live: LiveDeployment | undefined): 'ready' | 'failed' | 'lost' | 'held' | undefined => {
    seen = readiness(live, applied, new Date().toISOString());
    last = live;
    silence.broken(seen.message);
    if (input.held !== undefined && (heldText(site, name, seen) ?? '') !== input.held && isObserved(seen))
      return 'held';
    if (seen.state === 'progressing') return undefined;
    // What is ready with another template is somebody else's content.
    if (seen.state === 'ready' && templateHash(live!) !== applied.template) return 'lost';
    return seen.state;
  };
  try {
    const state = await cluster.deployments.waitFor(
      site.namespace,
      name,
      judge,
      AbortSignal.any([call.signal, silence.tooLong]),
    );
    if (state === 'ready') return { outcome: (await isLosingService(cluster, input, call.signal)) ? 'lost' : 'ready' };
    if (state === 'held') return { outcome: 'held', message: heldText(site, name, seen) ?? '' };
    if (state === 'lost') {
      if (await isReallyLost(cluster, site.namespace, name, applied, call.signal)) return { outcome: 'lost' };
      throw new Error(`Deployment ${site.namespace}/${name} is not in the watch yet`); // tried again
    }
  } catch (error) {
    if (!silence.tooLong.aborted || call.signal.aborted) throw error;
  } finally {
    silence.end();
  }
  if (isAway()) throw unreachable(cluster);
  const evidence = await evidenceOf(cluster, input, last, call.signal);
  throw new ReleaseError(
    FAILURE.progressDeadlineExceeded,
    failureText(site, { name, progressDeadlineSeconds }, seen, evidence),
  );
}

/**
 * Our own deadline, for when the Deployment controller says nothing: a while later than its, since it knows better.
 * The time since the last progress survives the worker, in the heartbeat.
 */
class Silence {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly call: Call;
  private progress: Progress;

  /** @param isAway - asked now and then: then there is nothing to wait for */
  constructor(deadlineSeconds: number, call: Call, isAway: () => boolean) {
    this.call = call;
    this.progress = (call.resumed as Progress | undefined) ?? { message: '', since: call.scheduledAt };
    const longest = deadlineSeconds * 1000 + 2 * LOOK_MS;
    this.timer = setInterval(() => {
      if (Date.now() - this.progress.since > longest || isAway()) this.controller.abort(new Error('No progress'));
    }, LOOK_MS);
  }

  get tooLong(): AbortSignal {
    return this.controller.signal;
  }

  broken(message: string): void {
    if (message === this.progress.message) return;
    this.progress = { message, since: Date.now() };
    this.call.tell(this.progress);
  }

  end(): void {
    clearInterval(this.timer);
  }
}

/**
 * Whether the release's Service, which nobody watched meanwhile, is being deleted: then it is applied again, which waits until
 * the old one has gone.
 */
async function isLosingService(
  { client }: Cluster,
  { owner, site }: Pick<AwaitReadyInput, 'owner' | 'site'>,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = { namespace: site.namespace, name: owner.name };
  const service = await client.find<KubeObject>(SERVICES, ref, { signal });
  return service !== undefined && isOurs(service, owner) && leavingText(service) !== undefined;
}

/** What is ready, failed or lost is told as that; what the controller has not seen yet says nothing about who holds it. */
function isObserved({ state, reason }: Readiness): boolean {
  return state === 'progressing' && reason !== NOT_OBSERVED;
}

/** The watch may be behind the write that is waited for; only the API server knows that an object is gone. */
async function isReallyLost(
  { client }: Cluster,
  namespace: string,
  name: string,
  applied: AppliedDeployment,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const live = await client.get<LiveDeployment>(DEPLOYMENTS, { namespace, name }, { signal });
    return live.metadata.uid !== applied.uid || templateHash(live) !== applied.template;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
