import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  type SignalDefinition,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { SHARD_WORKFLOW_TYPE, type ShardInput, type ShardProgress, shardWorkflowId } from '../model/shards.ts';
import { statedMessage } from './failures.ts';
import type { shardWorkflow } from './shard.ts';
import { lookSignal } from './shard-messages.ts';

/** How long, in ms, between two tries to start a shard whose place an earlier run's still has. */
const LEFTOVER_PAUSE_MS = 1_000;

/** A shard that another run has started is asked for a sign of life this often, in ms: its end is not told to this run by Temporal. */
const SIGN_OF_LIFE_MS = 10 * 60_000;
const SIGN_OF_LIFE_WHILE_ENDING_MS = 10_000;

/** Resolves when it has started, with what gives its result. */
type Start = (isEnding: () => boolean) => Promise<() => Promise<ShardProgress>>;

/** Its last word; without it, why there is none. */
export type ChildEnd = { word: ShardProgress } | { lost: string };

/** A shard at work in a workflow of its own, whichever run of ours has started it. Outlives that run. */
export class ChildShard {
  readonly ended: Promise<ChildEnd>;
  private readonly id: string;
  private readonly started: Promise<void>;
  private readonly resolveEnd: (end: ChildEnd) => void;
  /** Words that have yet to reach it, its start among them. */
  private underWay = 1;
  private isEnding = false;
  private hasEnded = false;
  private wait: CancellationScope | undefined;

  /** @param start - left out, it is at work already */
  private constructor(id: string, start?: Start) {
    this.id = id;
    const { promise, resolve } = Promise.withResolvers<ChildEnd>();
    this.ended = promise;
    this.resolveEnd = (end) => {
      this.hasEnded = true;
      resolve(end);
      this.wait?.cancel();
    };
    this.started = CancellationScope.nonCancellable(async () => await this.follow(start));
    void this.started.finally(() => this.arrived());
  }

  /** @param summary - what the UI shows of it */
  static start(input: ShardInput, summary: string): ChildShard {
    const id = shardWorkflowId(input.key);
    return new ChildShard(id, async (isEnding) => {
      for (;;) {
        try {
          const handle = await startChild<typeof shardWorkflow>(SHARD_WORKFLOW_TYPE, {
            workflowId: id,
            args: [input],
            staticSummary: summary,
            // It is ended by us, or by itself: it goes on while its stage does, in whichever run.
            cancellationType: ChildWorkflowCancellationType.ABANDON,
            parentClosePolicy: ParentClosePolicy.ABANDON,
          });
          return () => handle.result();
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          // What a run that was terminated has left: it stops before anything else is begun at those sites.
          await getExternalWorkflowHandle(id)
            .cancel()
            .catch(() => undefined);
          if (isEnding()) throw error;
          await sleep(LEFTOVER_PAUSE_MS, { summary: `wait for the end of what an earlier run left of ${id}` });
        }
      }
    });
  }

  /** One that an earlier run has started. */
  static attach(key: ShardInput['key']): ChildShard {
    return new ChildShard(shardWorkflowId(key));
  }

  /** Nothing is on its way to it: Temporal delivers nothing any more of a run that has ended. */
  get hasHeardAll(): boolean {
    return this.hasEnded || this.underWay === 0;
  }

  /** What it says reaches the run, and not this. */
  heard(progress: ShardProgress): void {
    if (progress.isLast) this.resolveEnd({ word: progress });
  }

  /** Not waited for: what is said in one task leaves in one task. */
  signal<Args extends unknown[]>(definition: SignalDefinition<Args>, ...args: Args): void {
    this.underWay += 1;
    void this.started
      .then(async () => {
        if (!this.hasEnded) await getExternalWorkflowHandle(this.id).signal(definition, ...args);
      })
      .catch(() => undefined) // it has just ended, and that is on its way
      .finally(() => this.arrived());
  }

  /** Stops what is under way at its sites. */
  cancel(): void {
    this.isEnding = true;
    this.wait?.cancel(); // look sooner whether it is there
    void this.started
      .then(async () => {
        if (!this.hasEnded) await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(this.id).cancel());
      })
      .catch(() => undefined);
  }

  private arrived(): void {
    this.underWay -= 1;
  }

  private async follow(start: Start | undefined): Promise<void> {
    if (!start) {
      void this.watch();
      return;
    }
    let result: () => Promise<ShardProgress>;
    try {
      result = await start(() => this.isEnding);
    } catch (error) {
      this.resolveEnd({ lost: this.isEnding ? 'it was stopped before it began' : statedMessage(error) });
      return;
    }
    void result().then(
      (word) => this.resolveEnd({ word }),
      (error: unknown) => this.resolveEnd({ lost: isCancellation(error) ? 'it was cancelled' : statedMessage(error) }),
    );
  }

  /** Its last word is a signal; one that was terminated says none, and then takes no signal either. */
  private async watch(): Promise<void> {
    while (!this.hasEnded) {
      this.wait = new CancellationScope();
      const pause = this.isEnding ? SIGN_OF_LIFE_WHILE_ENDING_MS : SIGN_OF_LIFE_MS;
      await this.wait.run(() => sleep(pause, { summary: `see whether ${this.id} goes on` })).catch(() => undefined);
      if (this.hasEnded) return;
      try {
        await getExternalWorkflowHandle(this.id).signal(lookSignal, []);
      } catch {
        this.resolveEnd({ lost: 'it is not there any more' });
      }
    }
  }
}
