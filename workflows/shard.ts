import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { untouched } from '../model/fleet/report.ts';
import { orderIn, orderText } from '../model/order.ts';
import type { LoadedShard, ShardInput, ShardProgress } from '../model/shards.ts';
import { loadShard, workOutsideTasks } from './activities.ts';
import { assertKnown } from './format.ts';
import { LongHistory } from './long-history.ts';
import { Mailbox } from './mailbox.ts';
import { Notifier } from './notifier.ts';
import { fromHub } from './only-signed.ts';
import { RecordKeeper } from './record-keeper.ts';
import {
  haltSignal,
  isLimits,
  isSkip,
  limitsSignal,
  lookSignal,
  progressSignal,
  skipSignal,
} from './shard-messages.ts';
import { continuedOf, ShardRunner } from './shard-runner.ts';

/** How long, in ms, what a shard says to its stage is kept apart, unless somebody waits for it. */
const PROGRESS_GAP_MS = 1_000;

/** The same where the layer below waits for single sites. */
const AWAITED_GAP_MS = 200;

/** Shards that went on in another run before it said nothing until something changed there. */
const SAYS_WHERE_IT_IS = 'says-where-it-is';

/**
 * A slice of a wave: gives each of its sites the release, as many at a time as its stage lets it, and tells the stage
 * and the record how they are doing. Ends when nothing is left that it may do; sites it was not let start stay waiting.
 * It outlives the run that started it, when that goes on in a fresh one; it ends when there is no run any more.
 */
export async function shardWorkflow(input: ShardInput): Promise<ShardProgress> {
  assertKnown(input.format);
  if (input.isOutsideTasks) workOutsideTasks(); // its sites are many
  const mailbox = new Mailbox<Shard>();
  setHandler(limitsSignal, (limits) => {
    if (isLimits(limits)) mailbox.tell(({ runner }) => runner.allow(limits));
  });
  setHandler(haltSignal, () => mailbox.tell(({ runner }) => runner.halt()));
  setHandler(lookSignal, (names) => {
    if (Array.isArray(names)) mailbox.tell((one) => one.look(names));
  });
  setHandler(skipSignal, (skip) => {
    if (isSkip(skip)) mailbox.tell(({ runner }) => runner.skip(skip));
  });
  const { work, key, state, skips = [] } = input;
  const loaded = fromHub(await loadShard({ ...key, ...(work.kind === 'release' && orderIn(work.revision)) }));
  if (!loaded) return nothingOf(input); // another plan has taken its place
  if (work.kind === 'release' && !loaded.content) {
    const message = `The content of ${orderText(work.revision)} is no longer kept; change the FogRollout to roll out anew`;
    throw ApplicationFailure.nonRetryable(`${key.layer}: ${message}`, 'RevisionMissing');
  }
  const shard = new Shard(input, loaded);
  if (!state) {
    for (const skip of skips) shard.runner.skip(skip);
    shard.runner.allow(input.limits);
  }
  mailbox.open(shard);
  if (await shard.run()) return await shard.sayLast();
  // Nobody would tell the next run that this one was to stop.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The shard was cancelled at rest');
  return await makeContinueAsNewFunc<typeof shardWorkflow>()({ ...input, state: shard.continued });
}

class Shard {
  readonly runner: ShardRunner;
  private readonly input: ShardInput;
  private readonly progress: Notifier;
  private readonly record: RecordKeeper;
  private readonly history: LongHistory;
  private readonly total: number;
  /** How it has ended. */
  private end: { error?: unknown } | undefined;
  private isForsaken = false;

  constructor(input: ShardInput, loaded: LoadedShard) {
    const { key, work, state, isAwaited } = input;
    const { owner, layer, run, index } = key;
    this.input = input;
    this.total = loaded.sites.length;
    this.runner = new ShardRunner(
      {
        owner,
        key: { layer, run, index },
        loaded,
        work,
        ...(loaded.content && { content: loaded.content }),
        ...(state && { state }),
        lookedAt: 0,
      },
      {
        changed: (isUrgent) => this.changed(isUrgent),
        toRecord: (isFirst) => this.record.some(isFirst),
        ended: (error) => {
          this.end = { error };
        },
      },
    );
    this.progress = new Notifier({ gapMs: isAwaited ? AWAITED_GAP_MS : PROGRESS_GAP_MS, tell: () => this.tellStage() });
    this.record = new RecordKeeper({ key, base: state?.reports ?? loaded.reports, runner: this.runner });
    this.history = new LongHistory(this.runner);
    this.show();
    if (!state || !patched(SAYS_WHERE_IT_IS)) return;
    // What came as the run before was at its end is neither told nor on record.
    this.progress.some();
    this.record.some();
  }

  /**
   * @returns true when it has ended; false when its history is so long that it should go on in another run
   * @throws CancelledFailure when it was cancelled, after all it had begun has stopped
   */
  async run(): Promise<boolean> {
    try {
      await this.work();
    } catch {
      this.runner.cancel();
      await CancellationScope.nonCancellable(() => this.work());
    }
    await this.progress.end();
    await this.record.end();
    if (this.isForsaken) throw new CancelledFailure('There is no run any more that it belongs to');
    if (this.end?.error !== undefined) throw this.end.error;
    return this.runner.machine.done;
  }

  /** Resolves when nothing is under way, and nothing may be started. */
  private async work(): Promise<void> {
    for (;;) {
      this.history.tell();
      this.runner.decide();
      if (this.end) return;
      await condition(() => this.runner.isAwake || this.history.hasNews);
    }
  }

  look(names: string[]): void {
    this.runner.look(names).catch(() => undefined); // cancelled with the shard
  }

  get continued() {
    return continuedOf(this.runner, this.record.last);
  }

  /** By a signal too: the run it was started by may have gone on in another one, which gets no result of it. */
  async sayLast(): Promise<ShardProgress> {
    const last = this.runner.said({ isLast: true, isAwaited: this.input.isAwaited ?? false });
    await this.signalStage(last).catch(() => undefined);
    return last;
  }

  private changed(isUrgent: boolean): void {
    this.show();
    if (isUrgent) this.progress.soon();
    else this.progress.some();
  }

  private async tellStage(): Promise<void> {
    if (this.runner.machine.done) return; // its last word says it all
    try {
      await this.signalStage(this.runner.said({ isAwaited: this.input.isAwaited ?? false }));
    } catch {
      // The run was terminated by hand: nobody counts what goes on here, and the next run waits for its end.
      this.isForsaken = true;
      this.runner.halt();
      this.runner.cancel();
    }
  }

  private async signalStage(progress: ShardProgress): Promise<void> {
    const { parent } = workflowInfo();
    if (parent) await getExternalWorkflowHandle(parent.workflowId).signal(progressSignal, progress);
  }

  private show(): void {
    const { blocked, waiting, inFlight, ready, failed, deferred, held } = this.runner.machine.report();
    const words = [
      `${ready} ready`,
      `${inFlight} under way`,
      `${waiting} waiting`,
      ...(blocked > 0 ? [`${blocked} waiting for their parents`] : []),
      `${failed} failed`,
      ...(deferred > 0 ? [`${deferred} deferred`] : []),
      ...(held > 0 ? [`${held} held`] : []),
    ];
    setCurrentDetails(`${this.total} sites: ${words.join(', ')}`);
  }
}

function nothingOf({ key }: Pick<ShardInput, 'key'>): ShardProgress {
  const { layer, run, index } = key;
  return { layer, run, index, counts: untouched(0), applied: 0, heard: 0, failures: [], isLast: true };
}
