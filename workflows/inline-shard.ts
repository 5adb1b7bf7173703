import { CancellationScope } from '@temporalio/workflow';
import type { ContinuedShard, ShardKey, ShardProgress } from '../model/shards.ts';
import { RecordKeeper } from './record-keeper.ts';
import { continuedOf, ShardRunner, type ShardRunnerInput } from './shard-runner.ts';

export interface InlineShardInput extends Omit<ShardRunnerInput, 'key' | 'owner'> {
  key: ShardKey;
  /** Whether FogShards keep the record of its sites; the site of a layer without FogSites is recorded in the status. */
  isRecorded: boolean;
}

/** A shard of so few sites that the run works them itself. */
export class InlineShard {
  readonly runner: ShardRunner;
  private readonly keeper: RecordKeeper | undefined;

  /** @param onChange - told at each change how it stands */
  constructor({ key, isRecorded, ...input }: InlineShardInput, onChange: (progress: ShardProgress) => void) {
    const { owner, layer, run, index } = key;
    this.runner = new ShardRunner(
      { ...input, owner, key: { layer, run, index } },
      {
        changed: () => onChange(this.said()),
        toRecord: (isFirst) => this.keeper?.some(isFirst),
      },
    );
    const base = input.state?.reports ?? input.loaded.reports;
    if (isRecorded) this.keeper = new RecordKeeper({ key, base, runner: this.runner });
  }

  /**
   * @returns its last word; undefined when it was drained before its end
   * @throws CancelledFailure when it was cancelled, after all it had begun has stopped
   */
  async run(): Promise<ShardProgress | undefined> {
    try {
      await this.runner.run();
    } finally {
      const { keeper } = this;
      if (keeper) await CancellationScope.nonCancellable(() => keeper.end());
    }
    return this.runner.machine.done ? this.said(true) : undefined;
  }

  get continued(): ContinuedShard {
    return continuedOf(this.runner, this.keeper?.last ?? 0);
  }

  private said(isLast = false): ShardProgress {
    return this.runner.said({ isLast, isAwaited: true });
  }
}
