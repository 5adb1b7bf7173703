/** The FogRollout as activities of the hub read it, and its status as they write it. */
import { Context } from '@temporalio/activity';
import type { KubeClient } from '../kube/client.ts';
import { isInvalid, isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { compareOrder } from '../model/order.ts';
import { withSummaries } from '../model/status.ts';
import type { FogRollout, FogRolloutStatus, Owner, RunReference } from '../model/types.ts';

/**
 * Replaces the whole status in one request, if the object is still the one, at the generation, that the run is
 * about. Only when that test fails is the object read and judged.
 *
 * @param before - the run as the report before this one had it; null for none
 * @returns false when another's word is there instead, or nobody is left to read it
 */
export async function writeStatus(
  client: KubeClient,
  owner: Owner,
  status: FogRolloutStatus,
  before: RunReference | null,
): Promise<boolean> {
  const tests: unknown[] = [
    { op: 'test', path: '/metadata/uid', value: owner.uid },
    { op: 'test', path: '/status/run', value: before },
  ];
  if (status.revision) tests.push({ op: 'test', path: '/metadata/generation', value: status.revision.generation });
  if (!completes(status)) tests.push({ op: 'test', path: '/status/version', value: status.version ?? null });
  let said = status;
  for (let attempt = 0; ; attempt++) {
    try {
      const body = [...tests, { op: 'add', path: '/status', value: withSummaries(said) }];
      await client.patch(FOG_ROLLOUTS, owner, { type: 'json', body, subresource: 'status' }, options());
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (!isInvalid(error) || attempt === 3) throw error;
      const live = await find(client, owner);
      if (!live) return false;
      if (!mayReport(live, status)) return isSaidBy(live, status.run);
      said = withCompleted(status, live);
      tests.splice(0, tests.length, {
        op: 'test',
        path: '/metadata/resourceVersion',
        value: live.metadata.resourceVersion,
      });
    }
  }
}

/** True when the run has written this report, or a later one: asked again, or late. */
export function isSaid({ run }: FogRolloutStatus, { runId, reports }: RunReference): boolean {
  return run?.runId === runId && run.reports >= reports;
}

/** True when what the object says is this very report: the worker that wrote it may have died before it went on. */
export function isSaidBy({ status: live }: FogRollout, run: RunReference | undefined): boolean {
  return run !== undefined && live?.run?.runId === run.runId && live.run.reports === run.reports;
}

/**
 * A report is dropped when a run of a later order, or a later report of the same run, was there before it. One that the
 * run knows nothing of, since its workflow task was lost, has a lower number than what is reported instead.
 */
function mayReport({ status: live }: FogRollout, status: FogRolloutStatus): boolean {
  if (live?.revision && compareOrder(live.revision, status.revision ?? { generation: -1 }) > 0) return false;
  return !live || !status.run || !isSaid(live, status.run);
}

/**
 * What was completed stays so, also where the report that said it is one the run knows nothing of: its workflow task was
 * lost, and a change that came meanwhile had the run end otherwise.
 */
function withCompleted(status: FogRolloutStatus, { status: live }: FogRollout): FogRolloutStatus {
  if (completes(status) || live?.version === undefined) return status;
  return { ...status, version: live.version, succeeded: live.succeeded ?? status.succeeded };
}

/** True for the reports that may change what was completed: the end of a rollout, and of the way back to an older one. */
function completes(status: FogRolloutStatus): boolean {
  return status.phase === 'Succeeded' || status.rollback?.done === true;
}

/** The object of that uid; undefined when it is gone or its name is another object now. */
export async function find(client: KubeClient, owner: Owner): Promise<FogRollout | undefined> {
  const object = await client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, owner, options());
  return object?.metadata.uid === owner.uid ? object : undefined;
}

/** A call that hangs ends before Temporal gives the activity to another worker. */
const CALL_TIMEOUT_MS = 10_000;

export function options(): { signal: AbortSignal; timeoutMs: number } {
  return { signal: Context.current().cancellationSignal, timeoutMs: CALL_TIMEOUT_MS };
}
