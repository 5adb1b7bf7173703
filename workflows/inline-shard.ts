import type { ContinuedShard, ShardKey, ShardProgress } from '../model/shards.ts';
import { RecordKeeper } from './record-keeper.ts';
import { continuedOf, ShardRunner, type ShardRunnerInput } from './shard-runner.ts';

export interface InlineShardInput extends Omit<ShardRunnerInput, 'key' | 'owner'> {
  key: ShardKey;
  /** Whether FogShards keep the record of its sites; the site of a layer without FogSites is recorded in the status. */
  isRecorded: boolean;
}

/** How a shard has ended: with its last word, or at rest, to go on in the next run, or before its time. */
export type InlineEnd = { word: ShardProgress } | { continued: ContinuedShard } | { error: unknown };

export interface InlineListener {
  /** Told at each change how it stands. */
  changed(progress: ShardProgress): void;
  /** Told when nothing of it is under way any more, and its record is written. */
  ended(end: InlineEnd): void;
}

/** A shard of so few sites that the run works them itself. */
export class InlineShard {
  readonly runner: ShardRunner;
  private readonly keeper: RecordKeeper | undefined;
  private readonly listener: InlineListener;

  constructor({ key, isRecorded, ...input }: InlineShardInput, listener: InlineListener) {
    const { owner, layer, run, index } = key;
    this.listener = listener;
    this.runner = new ShardRunner(
      { ...input, owner, key: { layer, run, index } },
      {
        changed: () => listener.changed(this.said()),
        toRecord: (isFirst) => this.keeper?.some(isFirst),
        ended: (error) => this.ended(error),
      },
    );
    const base = input.state?.reports ?? input.loaded.reports;
    if (isRecorded) this.keeper = new RecordKeeper({ key, base, runner: this.runner });
  }

  private ended(error?: unknown): void {
    if (!this.keeper) {
      this.listener.ended(this.endOf(error));
      return;
    }
    this.keeper.end().then(
      () => this.listener.ended(this.endOf(error)),
      (cause: unknown) => this.listener.ended({ error: cause }),
    );
  }

  private endOf(error: unknown): InlineEnd {
    if (error !== undefined) return { error };
    if (this.runner.machine.done) return { word: this.said(true) };
    return { continued: continuedOf(this.runner, this.keeper?.last ?? 0) };
  }

  private said(isLast = false): ShardProgress {
    return this.runner.said({ isLast, isAwaited: true });
  }
}
