/** Actions that begin a run: the content they stand for, and why they make no sense. */

import { restartedRevision } from '../../model/revision.ts';
import { lastOther, laterByAction } from '../../model/run/attempts.ts';
import { refusalToRestart } from '../../model/run/skipping.ts';
import type { ActionRequest } from '../../model/run/steering.ts';
import type { ChangeSignal } from '../../model/signals.ts';
import { isSkipped } from '../../model/status.ts';
import type { AskedAction, FogRollout, Revision } from '../../model/types.ts';
import { changeBySpec, presentChange } from '../present-change.ts';
import type { Releases } from '../releases.ts';

type Kept = Pick<Releases, 'kept'>;

/** @returns the content of a Rollback or a Restart, or a text that says why there is none; undefined of other actions */
export async function contentOf(
  { metadata, spec }: AskedAction,
  rollout: FogRollout,
  releases: Kept,
): Promise<Revision | string | undefined> {
  if (spec.action === 'Rollback') return await earlier(spec.revision, rollout, releases);
  if (spec.action !== 'Restart') return undefined;
  const { revision } = await presentChange(rollout, releases);
  return restartedRevision(revision, metadata.creationTimestamp);
}

async function earlier(
  generation: number | undefined,
  { metadata, status }: FogRollout,
  releases: Kept,
): Promise<Revision | string> {
  if (generation !== undefined) {
    return (await releases.kept(metadata, { generation })) ?? `The content of generation ${generation} is not kept`;
  }
  const last = lastOther(status?.succeeded ?? [], status?.revision?.hash);
  if (!last)
    return 'No other revision is known to have succeeded; say by revision which generation it is to go back to';
  return (await releases.kept(metadata, last)) ?? `The content of ${last.version}, which last succeeded, is not kept`;
}

/** A change that a run is begun with, and what is to be said of it. */
export interface Begun {
  change: ChangeSignal;
  message: string;
}

/** What an action begins while no run is open, or one that gives way; a text says why it begins nothing. */
export async function begunBy(request: ActionRequest, rollout: FogRollout, releases: Kept): Promise<Begun | string> {
  const { action, revision } = request;
  const { generation } = rollout.metadata;
  if (revision !== undefined && action !== 'Rollback' && revision !== generation) {
    return `It is about generation ${revision}, and the FogRollout is at generation ${generation}`;
  }
  switch (action) {
    case 'Retry':
      return await retried(rollout, releases);
    case 'Resume':
      return rollout.status?.rollback ? bySpec(rollout) : noRun(rollout);
    case 'Rollback':
    case 'Restart':
      return await attempted(request, rollout, releases);
    default:
      return noRun(rollout);
  }
}

function noRun({ spec, status }: FogRollout): string {
  return `No run is under way: ${status?.revision?.version ?? spec.version} has ${status?.phase === 'Failed' ? 'failed' : 'succeeded'}`;
}

/** What has failed goes on, and layers that were passed over have their turn; what was rolled back by itself is tried anew. */
async function retried(rollout: FogRollout, releases: Kept): Promise<Begun | string> {
  const { status } = rollout;
  if (status?.phase !== 'Failed' && !status?.layers?.some(isSkipped)) return 'Its last run has not failed';
  if (status.rollback?.done) return bySpec(rollout);
  const change = await presentChange(rollout, releases);
  const again = change.rollback ? 'rolled back to again' : 'rolled out again';
  return { change, message: `${change.revision.version} is ${again}` };
}

function bySpec(rollout: FogRollout): Begun {
  return { change: changeBySpec(rollout), message: `${rollout.spec.version} is rolled out again` };
}

async function attempted(request: ActionRequest, rollout: FogRollout, releases: Kept): Promise<Begun | string> {
  const { status } = rollout;
  const { action, to } = request;
  const hasFailed = status?.phase === 'Failed' && !status.rollback?.done;
  if (action === 'Restart' && hasFailed) return 'Its last run has failed; Retry rolls it out again';
  const skipped = status?.layers?.find(isSkipped);
  if (action === 'Restart' && skipped && to) return refusalToRestart(skipped.name, skipped.skipped, to.version);
  if (action === 'Rollback' && to?.hash === status?.revision?.hash) {
    return `${to?.version} is what ${hasFailed ? 'has failed; Retry rolls it out again' : 'it runs'}`;
  }
  const change = laterByAction(await presentChange(rollout, releases), request, status ?? {});
  if (!change) return 'It does not say what all layers are given';
  const { version } = change.revision;
  const isBack = action === 'Rollback';
  return { change, message: isBack ? `It is rolled back to ${version}` : `${version} is rolled out with new pods` };
}
