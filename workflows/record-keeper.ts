import { CancellationScope } from '@temporalio/workflow';
import type { ShardKey } from '../model/shards.ts';
import { reportShard } from './activities.ts';
import { Notifier } from './notifier.ts';
import { position } from './position.ts';
import type { ShardRunner } from './shard-runner.ts';

/** How long, in ms, the records of a shard are kept apart: each writes all of its sites. */
const RECORD_GAP_MS = 5_000;

export interface RecordKeeperInput {
  key: ShardKey;
  /** The number of the last record there is. */
  base: number;
  runner: ShardRunner;
}

/** Keeps the record of a shard's sites on the hub, while they have their turn and at its end. */
export class RecordKeeper {
  private readonly input: RecordKeeperInput;
  private readonly notifier: Notifier;
  private number: number;

  constructor(input: RecordKeeperInput) {
    this.input = input;
    this.number = input.base;
    this.notifier = new Notifier({ gapMs: RECORD_GAP_MS, tell: () => this.write(false) });
  }

  /** The number of the last record. */
  get last(): number {
    return this.number;
  }

  /** @param isFirst - it cannot wait */
  some(isFirst = false): void {
    if (isFirst) this.notifier.soon();
    else this.notifier.some();
  }

  /** Writes how it has ended, whatever is cancelled. */
  async end(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      await this.notifier.end();
      await this.write(true);
    });
  }

  private async write(last: boolean): Promise<void> {
    const { key, base, runner } = this.input;
    const after = this.number;
    this.number = Math.max(after + 1, base + position());
    await reportShard({ ...key, ...runner.record, reports: this.number, after }, { inTask: true, last });
  }
}
