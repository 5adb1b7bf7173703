import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
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
import { isFirst, orderIn, orderText } from '../model/order.ts';
import { rollbackTo } from '../model/run/attempts.ts';
import { Inbox } from '../model/run/inbox.ts';
import { notesOf, type RunNotes } from '../model/run/notes.ts';
import { AT_ITS_END } from '../model/run/steering.ts';
import { firstLayer } from '../model/run/steps.ts';
import { isCatchUp, ownerOf } from '../model/run/work.ts';
import type { ChangeSignal, ResumedRun, RolloutInput, Work } from '../model/signals.ts';
import { failed, openingStatus } from '../model/status.ts';
import { boundText } from '../model/text.ts';
import type { FogRolloutStatus, RunReference, SiteFailure, SucceededRevision } from '../model/types.ts';
import { stageTable, viewOfStatus } from '../model/view.ts';
import { loadRevision, openRun, reportStatus } from './activities.ts';
import { asFailure, StageFailed } from './failures.ts';
import { assertKnown, formatOf } from './format.ts';
import { Mailbox } from './mailbox.ts';
import { receive, receiveActions } from './messages.ts';
import { fromHub } from './only-signed.ts';
import { tell } from './parts.ts';
import { position } from './position.ts';
import { Reporter } from './reporter.ts';
import { type RestedRun, Run } from './run.ts';
import { isProgress, progressSignal } from './shard-messages.ts';

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
  assertKnown(input.format);
  const { resumed } = input;
  const inbox = new Inbox(input.next, resumed?.work);
  const scope = new CancellationScope();
  const mailbox = new Mailbox<Run>();
  const afterMessage = () => {
    if (inbox.superseded) scope.cancel();
    if (inbox.keepsLaterWaiting) mailbox.tell((to) => to.hurry());
  };
  receive(
    inbox,
    {
      adjust: (change) => mailbox.tell((to) => to.adjust(change)),
      look: (sites) => mailbox.tell((to) => to.look(sites)),
      health: (health) => mailbox.tell((to) => to.health(health)),
      windows: (windows) => mailbox.tell((to) => to.windows(windows)),
    },
    afterMessage,
  );
  receiveActions(
    () => mailbox.opened,
    () => (inbox.hasEnded || inbox.superseded ? AT_ITS_END : undefined),
  );
  setHandler(progressSignal, (progress) => {
    if (isProgress(progress)) mailbox.tell((to) => to.heard(ownerOf(inbox.work!), progress));
  });
  // Started by hand, without a message: nothing to do.
  if (!resumed && !inbox.hasNext && !(await condition(() => inbox.hasNext, '10s'))) return;

  const work = resumed?.work ?? inbox.begin();
  tell((to) => to.run(() => inbox.work ?? work));
  let reporter: Reporter | undefined;
  let failure: StageFailed | undefined;
  let rested: RestedRun | undefined;
  let isGone = false;
  let isOrphaned = work.kind === 'removal' && (work.remove.orphan ?? false);
  const notes = () => notesOf(inbox.work!, mailbox.opened?.taken ?? []);
  try {
    await scope.run(async () => {
      reporter = reporterFor(() => inbox.work!, input, {
        onGone() {
          isGone = true;
          if (work.kind !== 'removal') scope.cancel();
        },
        onOpened: ({ orphan }) => {
          isOrphaned ||= orphan ?? false;
        },
        notes,
      });
      // Whether its releases are to outlive it, the object itself says.
      if (work.kind === 'removal' && !resumed) await reporter.opened();
      const { runId } = workflowInfo();
      const run = new Run({
        work,
        reporter,
        name: runId,
        isOrphaned: () => isOrphaned,
        keepsLaterWaiting: () => inbox.keepsLaterWaiting,
        ...(resumed && { rested: resumed }),
        hold: input.next?.hold,
        onLater(change) {
          inbox.change(change);
          afterMessage();
        },
      });
      mailbox.open(run);
      try {
        if (!(await run.take())) {
          rested = await comeToRest(run, reporter);
          return;
        }
      } catch (error) {
        if (!(error instanceof StageFailed)) throw error;
        failure = error;
      }
      const isGoingBack = failure?.target && (await goBack(failure, failure.target, inbox, reporter));
      inbox.end();
      markPhase(isGoingBack ? 'RollingBack' : endPhaseOf(inbox.work!, failure), failure?.failure.layer);
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
  if (rested) await continueResting(input, inbox, rested, reporter!);
  // The object vanished without its finalizer: nobody else will take its releases away. Also when that was learned
  // only after the last stage, and before what is waiting: an object that took its name may have fewer layers.
  if (isGone) inbox.remove({ owner: ownerOf(work), fleet: [...LAYERS] });
  if (inbox.hasNext) {
    const carried = reporter?.carried;
    const hold = mailbox.opened?.hold;
    const left = inbox.superseded ? notes() : undefined;
    const superseded = left && { runId: workflowInfo().runId, ...left };
    const next = {
      ...inbox.next(),
      ...(carried && { carried }),
      ...(hold && { hold }),
      ...(superseded && { superseded }),
    };
    await continueAs({ ...keyOf(input), next }, inbox);
  }
  if (failure) throw ApplicationFailure.nonRetryable(failure.message, 'RolloutFailed', failure.failure);
}

/** @returns whether it goes back; when it does not, the object says why */
async function goBack(
  { failure }: StageFailed,
  target: SucceededRevision,
  inbox: Inbox,
  reporter: Reporter,
): Promise<boolean> {
  const { work } = inbox;
  if (work?.kind !== 'rollout') return false;
  const { change } = work;
  const to = fromHub(await loadRevision({ owner: change.owner, ...orderIn(target) }));
  if (to) {
    const rollback = {
      generation: target.generation,
      at: now(),
      reason: boundText(whyOf(failure, reporter), MAX_REASON),
    };
    inbox.change(rollbackTo(change, { to, rollback }, target));
    return true;
  }
  const message = `${failure.message}; not rolled back: the content of ${orderText(target)} is no longer kept`;
  reporter.update((status, at) => failed(status, { ...failure, message }, at));
  return false;
}

/** With what failed at a site, where the failure only counts sites. */
function whyOf({ layer, message }: SiteFailure, { current }: Reporter): string {
  const first = current.failures?.find((one) => one.layer === layer);
  return first && !message.includes(first.message) ? `${message}: ${first.message}` : message;
}

/** Longest of the words that say why it goes back, in characters. */
const MAX_REASON = 1_000;

/** As its object says it. */
function endPhaseOf(work: Work, failure: StageFailed | undefined): string {
  if (work.kind === 'removal' && !failure) return 'Removed';
  const isRolledBack = work.kind === 'rollout' && work.change.rollback && work.change.rollback.by === undefined;
  return failure || isRolledBack ? 'Failed' : 'Succeeded';
}

/**
 * Brings its last report, and what it told its shards, to their ends, so that the next run can go on.
 *
 * @throws CancelledFailure when it was superseded or cancelled meanwhile, after all that was left at work has stopped
 */
async function comeToRest(run: Run, reporter: Reporter): Promise<RestedRun> {
  try {
    await reporter.opened();
    reporter.stop();
    await reporter.settled();
    await run.deliver();
    if (!CancellationScope.current().consideredCancelled) return run.stateAtRest;
    throw new CancelledFailure('The run was stopped when it had come to rest');
  } catch (error) {
    await run.leave();
    throw error;
  }
}

async function continueResting(
  input: RolloutInput,
  inbox: Inbox,
  rested: RestedRun,
  { current: status, reports, mustOpen, hasNews }: Reporter,
): Promise<never> {
  const resumed: ResumedRun = {
    ...rested,
    work: inbox.work!,
    ...(mustOpen && { reopens: true }),
    ...(hasNews && { unreported: true }),
    status,
    reports,
  };
  const next = inbox.hasNext ? { next: inbox.next() } : {};
  return await makeContinueAsNewFunc<typeof rolloutWorkflow>()({
    ...keyOf(input),
    ...next,
    resumed,
    ...formatOf(resumed),
  });
}

function keyOf({ namespace, name }: RolloutInput): RolloutInput {
  return { namespace, name };
}

/**
 * A quick rollout is reported once, and people see soon that another one has begun. Each report costs the API server and
 * Temporal about as much as a release.
 */
const REPORT_GAPS = [
  { withNewsMs: 1_000, latestMs: 2_000 },
  { withNewsMs: 3_000, latestMs: 5_000 },
] as const;
/** In a burst a rollout takes this long at most when nothing holds it up, and is then reported once. */
const BURST_REPORT_GAPS = [{ withNewsMs: 8_000, latestMs: 10_000 }] as const;

interface Openings {
  onGone(): void;
  onOpened(opened: { orphan?: boolean }): void;
  /** What the history is to have of the run besides its status. */
  notes(): RunNotes | undefined;
}

/** @param workOf - what the run is doing, with all it was adjusted to */
function reporterFor(workOf: () => Work, input: RolloutInput, { onGone, onOpened, notes }: Openings): Reporter {
  const { resumed } = input;
  const work = workOf();
  const owner = ownerOf(work);
  const { workflowId, runId, runStartTime } = workflowInfo();
  const action = work.kind === 'rollout' ? work.change.action : undefined;
  const run: RunReference = {
    ...{ workflowId, runId, startedAt: runStartTime.toISOString(), reports: 0 },
    ...(action !== undefined && { action }),
  };
  const { carried = [], superseded } = input.next ?? {};
  const opening = () => {
    const now = workOf();
    return {
      kind: now.kind,
      run,
      carried,
      ...(superseded && { superseded }),
      ...(now.kind === 'rollout' && openedBy(now.change)),
      ...(isCatchUp(now) && { isCatchUp: true }),
    };
  };
  const atEnd = ({ phase }: FogRolloutStatus) => {
    const told = phase === 'Succeeded' || phase === 'Failed' ? notes() : undefined;
    return told && { notes: told };
  };
  const isNewObject = work.kind === 'rollout' && isFirst(work.change.revision) && carried.length === 0;
  return new Reporter({
    async open({ status, number, last }) {
      if (status && !last) mark(status);
      const first = status && { status, ...atEnd(status) };
      const request = { owner, ...opening(), run: { ...run, reports: number }, ...first };
      const opened = await openRun(request, { inTask: status !== undefined, last });
      if (!opened.gone) onOpened(opened);
      return opened;
    },
    report: ({ status, after, last }) => {
      if (!last) mark(status);
      return reportStatus(
        { owner, status: { ...status, run: { ...run, reports: status.run?.reports ?? 0 } }, after, ...atEnd(status) },
        { inTask: true, last },
      );
    },
    position,
    startedAt: run.startedAt,
    pause,
    gaps: work.kind === 'rollout' && work.change.isOneOfMany ? BURST_REPORT_GAPS : REPORT_GAPS,
    provisional: resumed?.status ?? openingStatus(undefined, opening(), now()),
    openAtOnce: !isNewObject,
    ...(resumed && {
      resumedAfter: resumed.reports,
      reopens: resumed.reopens ?? false,
      unreported: resumed.unreported ?? false,
    }),
    now,
    show: (status) => setCurrentDetails(stageTable(viewOfStatus(owner, status, now()))),
    onGone,
  });
}

function openedBy({ revision, rollback, restartedAt }: ChangeSignal) {
  return { revision, ...(rollback && { rollback }), ...(restartedAt !== undefined && { restartedAt }) };
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
  const first = change && firstLayer(change);
  const continueAsNew = makeContinueAsNewFunc<typeof rolloutWorkflow>({
    typedSearchAttributes: workflowInfo().typedSearchAttributes.updateCopy([
      { key: PHASE, value: removal ? 'Removing' : change?.rollback ? 'RollingBack' : 'Progressing' },
      { key: STAGE, value: removal ? 'edge' : (first ?? '') },
      ...(change && !removal ? [{ key: VERSION, value: change.revision.version }] : []),
    ]),
  });
  return await continueAsNew(next);
}

/** Where it is by now, for whoever searches in Temporal. */
function mark({ phase, layers = [] }: FogRolloutStatus): void {
  const stage = layers.find((layer) => layer.phase === 'Progressing' || layer.phase === 'Removing')?.name;
  const marked = workflowInfo().typedSearchAttributes;
  const isOtherStage = stage !== undefined && stage !== marked.get(STAGE);
  const isOtherPhase = phase !== marked.get(PHASE) && (isHeldPhase(phase) || isHeldPhase(marked.get(PHASE)));
  if (!isOtherStage && !isOtherPhase) return;
  upsertSearchAttributes([
    ...(isOtherStage ? [{ key: STAGE, value: stage }] : []),
    ...(isOtherPhase ? [{ key: PHASE, value: phase }] : []),
  ]);
}

/** It stands still, and waits for people. */
function isHeldPhase(phase: unknown): boolean {
  return phase === 'Paused' || phase === 'WaitingForApproval';
}

/** A failed run keeps the stage it failed in, so that people can look for those. */
function markPhase(phase: string, failedIn?: Layer): void {
  const stage = phase !== 'Failed' ? { key: STAGE, value: null } : failedIn && { key: STAGE, value: failedIn };
  upsertSearchAttributes([{ key: PHASE, value: phase }, ...(stage ? [stage] : [])]);
}

function now(): string {
  return new Date().toISOString();
}
