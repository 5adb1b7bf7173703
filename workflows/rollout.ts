import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { LAYERS, type Layer } from '../model/layers.ts';
import { SEARCH_ATTRIBUTES } from '../model/names.ts';
import type { RolloutInput } from '../model/signals.ts';
import { failed, openingStatus } from '../model/status.ts';
import type { FogRolloutStatus, Owner, RunReference, SiteFailure } from '../model/types.ts';
import { stageTable, viewOfStatus } from '../model/view.ts';
import { openRun, reportStatus } from './activities.ts';
import { asFailure, StageFailed } from './failures.ts';
import { Inbox, type Work } from './inbox.ts';
import { receive } from './messages.ts';
import { position } from './position.ts';
import { Reporter } from './reporter.ts';
import { isCatchUp, type RunContext, remove, repair, rollOut } from './run.ts';
import { progressSignal } from './shard-messages.ts';
import { ShardMessages } from './turn.ts';

const PHASE = { name: SEARCH_ATTRIBUTES.phase, type: 'KEYWORD' } as const;
const STAGE = { name: SEARCH_ATTRIBUTES.stage, type: 'KEYWORD' } as const;
const VERSION = { name: SEARCH_ATTRIBUTES.version, type: 'KEYWORD' } as const;

const CANCELLED = {
  reason: 'Cancelled',
  message: 'The run was cancelled in Temporal; change the FogRollout to roll out anew',
};

/**
 * One run: one revision on its way through the layers, a removal, or a repair. Its id is the lock of the FogRollout,
 * its chain of continued runs the FogRollout's history.
 *
 * @throws ApplicationFailure `RolloutFailed` when the revision cannot be rolled out
 */
export async function rolloutWorkflow(input: RolloutInput): Promise<void> {
  const inbox = new Inbox(input.next);
  const scope = new CancellationScope();
  const shards = new ShardMessages();
  const stopIfSuperseded = () => {
    // A signal that changes nothing still costs history: a run that has waited for months, or whose shards have said very
    // much, moves on with its work.
    if (workflowInfo().continueAsNewSuggested) inbox.renew();
    if (inbox.superseded) scope.cancel();
  };
  receive(inbox, stopIfSuperseded);
  setHandler(progressSignal, (progress) => {
    shards.receive(progress);
    stopIfSuperseded();
  });
  // Started by hand, without a message: nothing to do.
  if (!(await condition(() => inbox.hasNext, '10s'))) return;

  const work = inbox.begin();
  const isRenewed = input.next?.renewed ?? false;
  let reporter: Reporter | undefined;
  let failure: StageFailed | undefined;
  let isGone = false;
  try {
    await scope.run(async () => {
      reporter = reporterFor(work, input, () => {
        isGone = true;
        if (work.kind !== 'removal') scope.cancel();
      });
      failure = await perform(work, { reporter, shards, isRenewed, checkpoint: stopIfSuperseded });
      markPhase(failure ? 'Failed' : work.kind === 'removal' ? 'Removed' : 'Succeeded', failure?.failure.layer);
      await reporter.settled();
    });
  } catch (error) {
    if (!isCancellation(error)) {
      const unexpected = asFailure(error);
      await settle(reporter, { reason: 'UnexpectedError', message: unexpected.message });
      throw unexpected;
    }
    const isOurs = inbox.superseded || isGone;
    await settle(reporter, isOurs ? undefined : CANCELLED);
    if (!isOurs) throw error; // a person cancelled the run
  }
  // The object vanished without its finalizer: nobody else will take its releases away. Also when that was learned
  // only after the last stage, and before what is waiting: an object that took its name may have fewer layers.
  if (isGone) inbox.remove({ owner: ownerOf(work) });
  if (inbox.hasNext) {
    const carried = reporter?.carried;
    await continueAs({ ...input, next: { ...inbox.next(), ...(carried && { carried }) } }, inbox);
  }
  if (failure) throw ApplicationFailure.nonRetryable(failure.message, 'RolloutFailed', failure.failure);
}

/** Runs the work to its end; a stage that failed is a result, not an error. */
async function perform(work: Work, context: RunContext): Promise<StageFailed | undefined> {
  try {
    if (work.kind === 'rollout') await rollOut(work.change, context);
    else if (work.kind === 'repair') await repair(work.repair, context);
    else await remove(work.remove, context);
    return undefined;
  } catch (error) {
    if (error instanceof StageFailed) return error;
    throw error;
  }
}

/** How long reports of a run are kept apart, in ms: a quick rollout is reported once. */
const REPORT_GAP_MS = 1_000;

function reporterFor(work: Work, input: RolloutInput, onGone: () => void): Reporter {
  const owner = ownerOf(work);
  const { workflowId, runId, runStartTime } = workflowInfo();
  const run: RunReference = { workflowId, runId, startedAt: runStartTime.toISOString(), reports: 0 };
  const revision = work.kind === 'rollout' ? work.change.revision : undefined;
  const carried = input.next?.carried ?? [];
  const catchesUp = work.kind === 'repair' && isCatchUp(work.repair.layers);
  const opening = {
    kind: work.kind,
    run,
    carried,
    ...(revision && { revision }),
    ...(catchesUp && { isCatchUp: true }),
  };
  const isNewObject = revision?.generation === 1 && carried.length === 0;
  return new Reporter({
    open: ({ status, number, last }) => {
      if (status && !last) markStage(status);
      const input = { owner, ...opening, run: { ...run, reports: number }, ...(status && { status }) };
      return openRun(input, { inTask: status !== undefined, last });
    },
    report: ({ status, after, last }) => {
      if (!last) markStage(status);
      return reportStatus({ owner, status, after }, { inTask: true, last });
    },
    position,
    pause,
    gapMs: REPORT_GAP_MS,
    provisional: openingStatus(undefined, opening, now()),
    openAtOnce: !isNewObject,
    now,
    show: (status) => setCurrentDetails(stageTable(viewOfStatus(owner, status, now()))),
    onGone,
  });
}

function pause(ms: number): { done: Promise<void>; cancel(): void } {
  const scope = new CancellationScope();
  let isCut = false;
  const done = scope
    .run(() => sleep(ms, { summary: 'gather what there is to report' }))
    .catch((error: unknown) => {
      if (!isCut) throw error;
    });
  return {
    done,
    cancel() {
      isCut = true;
      scope.cancel();
    },
  };
}

/** Lets the report under way finish; where nobody goes on with the work, the status says why as the last word. */
async function settle(reporter: Reporter | undefined, end?: Pick<SiteFailure, 'reason' | 'message'>): Promise<void> {
  if (!reporter) return;
  reporter.stop();
  await CancellationScope.nonCancellable(async () => {
    await reporter.settled().catch(() => undefined);
    if (!end) return;
    markPhase('Failed');
    await reporter.lastWord((status, at) => failed(status, end, at));
  });
}

async function continueAs(next: RolloutInput, inbox: Inbox): Promise<never> {
  const { change, remove: removal } = inbox.next();
  const first = change && LAYERS.find((layer) => change.revision.layers[layer]);
  const continueAsNew = makeContinueAsNewFunc<typeof rolloutWorkflow>({
    typedSearchAttributes: workflowInfo().typedSearchAttributes.updateCopy([
      { key: PHASE, value: removal ? 'Removing' : 'Progressing' },
      { key: STAGE, value: removal ? 'edge' : (first ?? '') },
      ...(change && !removal ? [{ key: VERSION, value: change.revision.version }] : []),
    ]),
  });
  return await continueAsNew(next);
}

function markStage({ layers = [] }: FogRolloutStatus): void {
  const stage = layers.find(({ phase }) => phase === 'Progressing' || phase === 'Removing')?.name;
  const marked = workflowInfo().typedSearchAttributes.get(STAGE);
  if (stage && stage !== marked) upsertSearchAttributes([{ key: STAGE, value: stage }]);
}

/** A failed run keeps the stage it failed in, so that people can look for those. */
function markPhase(phase: string, failedIn?: Layer): void {
  const stage = phase !== 'Failed' ? { key: STAGE, value: null } : failedIn && { key: STAGE, value: failedIn };
  upsertSearchAttributes([{ key: PHASE, value: phase }, ...(stage ? [stage] : [])]);
}

function now(): string {
  return new Date().toISOString();
}

function ownerOf(work: Work): Owner {
  if (work.kind === 'rollout') return work.change.owner;
  return work.kind === 'repair' ? work.repair.owner : work.remove.owner;
}
