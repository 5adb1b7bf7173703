import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import type { Context } from '@temporalio/activity';
import { isNotFound } from '../kube/errors.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../kube/resources.ts';
import { type AppliedDeployment, type AwaitedRelease, type AwaitReadyInput, FAILURE } from '../model/activities.ts';
import { deploymentName, LABELS } from '../model/names.ts';
import { failureText } from '../model/podreasons.ts';
import { type Readiness, readiness } from '../model/readiness.ts';
import type { Cluster, LiveDeployment } from './clusters.ts';
import { ReleaseError } from './errors.ts';

/** How often a wait says that it is alive; a third of the heartbeat timeout, so that two may be lost. */
const HEARTBEAT_MS = 5_000;

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

/** Whether the release becomes ready within the given time; false also when it fails or is lost meanwhile. */
export async function isReadyWithin(
  cluster: Cluster,
  { namespace, name }: { namespace?: string; name: string },
  applied: AppliedDeployment,
  ms: number,
  cancelled: AbortSignal,
): Promise<boolean> {
  const timeout = AbortSignal.timeout(ms);
  try {
    return await cluster.deployments.waitFor(
      namespace,
      name,
      (live) => {
        // The watch may be behind our own write: what is absent or older than it says nothing yet.
        if (!live || live.metadata.uid !== applied.uid) return undefined;
        if (readiness(live, applied).state !== 'ready') return undefined;
        return templateHash(live) === applied.template;
      },
      AbortSignal.any([timeout, cancelled]),
    );
  } catch (error) {
    if (timeout.aborted || cancelled.aborted) return false;
    throw error;
  }
}

/**
 * Waits until the Deployment that was written is ready, fed by the cluster's shared watch: no request while it waits.
 *
 * @throws ReleaseError ProgressDeadlineExceeded, with the pods' own reasons, when there was no progress for
 *   `progressDeadlineSeconds` - by the Deployment controller's word, or by our clock where it has none
 */
export async function awaitReadiness(
  cluster: Cluster,
  input: AwaitReadyInput,
  context: Context,
): Promise<AwaitedRelease> {
  const { owner, site, deployment: applied, progressDeadlineSeconds } = input;
  const cancelled = context.cancellationSignal;
  await cluster.deployments.waitForSync(cancelled);
  const name = deploymentName(owner.name, site.layer);
  let progress = (context.info.heartbeatDetails as Progress | undefined) ?? {
    message: '',
    since: context.info.currentAttemptScheduledTimestampMs,
  };
  const stop = new AbortController();
  const deadlineMs = progressDeadlineSeconds * 1000;
  const heartbeat = setInterval(() => {
    context.heartbeat(progress);
    // The controller judges at the same deadline and knows better; ours is for when it says nothing.
    if (Date.now() - progress.since > deadlineMs + 2 * HEARTBEAT_MS) stop.abort();
  }, HEARTBEAT_MS);
  let seen: { state: Readiness; live: LiveDeployment | undefined } | undefined;
  try {
    const result = await cluster.deployments.waitFor(
      site.namespace,
      name,
      (live) => {
        const state = readiness(live, applied, new Date().toISOString());
        seen = { state, live };
        if (state.message !== progress.message) progress = { message: state.message, since: Date.now() };
        if (state.state === 'progressing') return undefined;
        // What is ready with another template is somebody else's content.
        if (state.state === 'ready' && templateHash(live!) !== applied.template) return 'lost';
        return state.state;
      },
      AbortSignal.any([cancelled, stop.signal]),
    );
    if (result === 'ready') return { outcome: 'ready' };
    if (result === 'lost' && (await isReallyLost(cluster, site.namespace, name, applied, cancelled)))
      return { outcome: 'lost' };
    if (result === 'lost') throw new Error(`Deployment ${site.namespace}/${name} is not in the watch yet`); // tried again
  } catch (error) {
    if (!stop.signal.aborted || cancelled.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
  }
  const pods = await podsOf(cluster, input, cancelled);
  throw new ReleaseError(
    FAILURE.progressDeadlineExceeded,
    failureText(site, { name, progressDeadlineSeconds }, seen!.state, pods),
  );
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

async function podsOf({ client }: Cluster, { owner, site }: AwaitReadyInput, signal: AbortSignal): Promise<V1Pod[]> {
  const labelSelector = `${LABELS.rollout}=${owner.name}`;
  try {
    const page = await client.list<V1Pod & KubeObject>(
      PODS,
      { namespace: site.namespace, labelSelector, limit: 100 },
      { signal },
    );
    return page.items;
  } catch {
    return []; // they would only make the message better
  }
}
