import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { untouched } from '../model/fleet/report.ts';
import { type ShardLimits, ShardMachine } from '../model/fleet/shard.ts';
import type { LoadedShard, ShardInput, ShardProgress } from '../model/shards.ts';
import type { Site } from '../model/site.ts';
import type { ShardNote, SiteFailure } from '../model/types.ts';
import { loadShard, reportShard } from './activities.ts';
import { siteFailureOf } from './failures.ts';
import { Notifier } from './notifier.ts';
import { settleRelease } from './release.ts';
import { removeUntilGone } from './removal.ts';
import { haltSignal, isLimits, limitsSignal, progressSignal } from './shard-messages.ts';

/** How long, in ms, what a shard says to its stage is kept apart, unless somebody waits for it. */
const PROGRESS_GAP_MS = 1_000;

/** How long, in ms, the records of a shard are kept apart: each writes all of its sites. */
const RECORD_GAP_MS = 5_000;

/** Failures that a shard hands on to the object's status, the newest first. */
const TOLD_FAILURES = 20;

/**
 * A slice of a wave: gives each of its sites the release, as many at a time as its stage lets it, and tells the stage
 * and the record how they are doing. Ends when nothing is left that it may do; sites it was not let start stay waiting.
 */
export async function shardWorkflow(input: ShardInput): Promise<ShardProgress> {
  const waiting: ShardLimits[] = [];
  let isHalted = false;
  let shard: Shard | undefined;
  setHandler(limitsSignal, (limits) => {
    if (!isLimits(limits)) return;
    if (shard) shard.allow(limits);
    else waiting.push(limits);
  });
  setHandler(haltSignal, () => {
    isHalted = true;
    shard?.halt();
  });
  const loaded = await loadShard(input.key);
  if (!loaded) return nothingOf(input); // another plan has taken its place
  shard = new Shard(input, loaded);
  for (const limits of waiting) shard.allow(limits);
  if (isHalted) shard.halt();
  return await shard.run();
}

class Shard {
  private readonly input: ShardInput;
  private readonly sites: Site[];
  private readonly machine: ShardMachine;
  private readonly notes = new Map<number, SiteFailure>();
  private readonly scope = new CancellationScope();
  private readonly progress: Notifier;
  private readonly record: Notifier;
  private reports = 0;
  private changed = true;

  constructor(input: ShardInput, { sites, held }: LoadedShard) {
    this.input = input;
    this.sites = sites;
    this.machine = new ShardMachine({ count: sites.length, held });
    this.machine.setLimits(input.limits);
    this.progress = new Notifier({ gapMs: PROGRESS_GAP_MS, tell: () => this.tellStage() });
    this.record = new Notifier({ gapMs: RECORD_GAP_MS, tell: () => this.keepRecord(false) });
  }

  allow(limits: ShardLimits): void {
    this.machine.setLimits(limits);
    this.changed = true;
  }

  halt(): void {
    this.machine.halt();
    this.changed = true;
  }

  /** @throws CancelledFailure when it was cancelled, after all it had begun has stopped */
  async run(): Promise<ShardProgress> {
    const underWay = new Set<Promise<void>>();
    try {
      await this.scope.run(async () => {
        while (!this.machine.done) {
          this.changed = false;
          for (let [at] = this.machine.next(1); at !== undefined; [at] = this.machine.next(1)) {
            const one = this.settle(at).finally(() => underWay.delete(one));
            one.catch(() => this.scope.cancel());
            underWay.add(one);
            await this.keepPace();
          }
          await condition(() => this.changed);
        }
      });
    } finally {
      await CancellationScope.nonCancellable(async () => {
        await Promise.allSettled(underWay);
        await this.progress.end();
        await this.record.end();
        await this.keepRecord(true);
      });
    }
    return this.said();
  }

  private async settle(at: number): Promise<void> {
    const site = this.sites[at]!;
    this.show();
    const failure = await this.work(site);
    if (failure) this.notes.set(at, failure);
    this.machine.settled(at, failure ? 'failed' : 'ready');
    this.changed = true;
    this.show();
    const { waiting } = this.machine.report();
    // A failure may end the stage; a slot that this shard has no use for is one for the next.
    if (failure || waiting === 0) this.progress.soon();
    else this.progress.some();
    this.record.some();
  }

  private async work(site: Site): Promise<SiteFailure | undefined> {
    const { key, work } = this.input;
    try {
      if (work.kind === 'removal') await removeUntilGone({ owner: key.owner, site, ...work });
      else await settleRelease({ owner: key.owner, site, ...work }, () => undefined);
      return undefined;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return siteFailureOf(error, site);
    }
  }

  /** Between two starts, where the strategy limits the sites of a minute. */
  private async keepPace(): Promise<void> {
    const { paceMs } = this.input;
    if (paceMs === undefined || this.machine.report().waiting === 0) return;
    await sleep(paceMs, { summary: 'not more sites a minute than the strategy says' });
  }

  private said(): ShardProgress {
    const failures = [...this.notes.values()].reverse().slice(0, TOLD_FAILURES);
    return { index: this.input.key.index, counts: this.machine.report(), failures };
  }

  private async tellStage(): Promise<void> {
    const { parent } = workflowInfo();
    if (!parent || this.machine.done) return; // its result says the last
    await getExternalWorkflowHandle(parent.workflowId, parent.runId)
      .signal(progressSignal, this.said())
      .catch(() => undefined); // a stage that has ended needs to know nothing
  }

  private async keepRecord(last: boolean): Promise<void> {
    this.reports += 1;
    const notes = [...this.notes].map(
      ([at, { reason, message }]): ShardNote => ({ site: this.sites[at]!.name, reason, message }),
    );
    const record = { ...this.input.key, phases: this.machine.state.phases, notes, reports: this.reports };
    await reportShard(record, { inTask: true, last });
  }

  private show(): void {
    const { waiting, inFlight, ready, failed, held } = this.machine.report();
    setCurrentDetails(
      `${this.sites.length} sites: ${ready} ready, ${inFlight} under way, ${waiting} waiting, ${failed} failed, ${held} held`,
    );
  }
}

function nothingOf({ key }: ShardInput): ShardProgress {
  return { index: key.index, counts: untouched(0), failures: [] };
}
