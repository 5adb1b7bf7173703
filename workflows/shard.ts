import {
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { parentNotReady } from '../model/fleet/parent-note.ts';
import { PHASE_LETTERS, untouched } from '../model/fleet/report.ts';
import { type ShardLimits, ShardMachine, type ShardState } from '../model/fleet/shard.ts';
import type { LoadedShard, ShardInput, ShardProgress } from '../model/shards.ts';
import type { Site } from '../model/site.ts';
import type { ShardNote, SiteFailure } from '../model/types.ts';
import { loadShard, reportShard } from './activities.ts';
import { Notifier } from './notifier.ts';
import { position } from './position.ts';
import { haltSignal, isLimits, limitsSignal, progressSignal } from './shard-messages.ts';
import { workAt } from './site-work.ts';

/** How long, in ms, what a shard says to its stage is kept apart, unless somebody waits for it. */
const PROGRESS_GAP_MS = 1_000;

/** The same where the layer below waits for single sites. */
const AWAITED_GAP_MS = 200;

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
  const ended = await shard.run();
  if ('state' in ended) return await makeContinueAsNewFunc<typeof shardWorkflow>()({ ...input, state: ended.state });
  return ended;
}

class Shard {
  private readonly input: ShardInput;
  private readonly sites: Site[];
  private readonly parents: (string | undefined)[] = [];
  private readonly machine: ShardMachine;
  private readonly notes: Map<string, ShardNote>;
  private readonly scope = new CancellationScope();
  private readonly progress: Notifier;
  private readonly record: Notifier;
  /** The number of the last record, and of the last before this run of the shard. */
  private number: number;
  private readonly base: number;
  private changed = true;

  constructor(input: ShardInput, { sites, phases, parents = {}, notes, reports }: LoadedShard) {
    this.input = input;
    this.sites = sites;
    this.number = reports;
    this.base = reports;
    this.notes = new Map(notes.map((note) => [note.site, note]));
    for (const [parent, places] of Object.entries(parents)) for (const at of places) this.parents[at] = parent;
    this.machine = machineOf(input, { phases, parents });
    const gapMs = input.isAwaited ? AWAITED_GAP_MS : PROGRESS_GAP_MS;
    this.progress = new Notifier({ gapMs, tell: () => this.tellStage() });
    this.record = new Notifier({ gapMs: RECORD_GAP_MS, tell: () => this.keepRecord(false) });
    this.allow(input.limits);
  }

  allow(limits: ShardLimits): void {
    const { key } = this.input;
    for (const at of this.machine.take(limits)) {
      this.note(parentNotReady(this.sites[at]!.name, key.layer, this.parents[at]));
      this.record.some();
    }
    this.changed = true;
    if (limits.opened || limits.lost) this.progress.some();
  }

  halt(): void {
    this.machine.halt();
    this.changed = true;
  }

  /**
   * @returns its last word, or where it is when its history is so long that it should go on in another run
   * @throws CancelledFailure when it was cancelled, after all it had begun has stopped
   */
  async run(): Promise<ShardProgress | { state: ShardState }> {
    const underWay = new Set<Promise<void>>();
    let isLong = false;
    try {
      await this.scope.run(async () => {
        while (!this.machine.done && !isLong) {
          this.changed = false;
          for (let [at] = this.machine.next(1); at !== undefined; [at] = this.machine.next(1)) {
            await this.keepPace();
            const one = this.settle(at).finally(() => underWay.delete(one));
            one.catch(() => this.scope.cancel());
            underWay.add(one);
            this.progress.some();
          }
          await condition(() => this.changed || workflowInfo().continueAsNewSuggested);
          isLong = workflowInfo().continueAsNewSuggested && !this.machine.done;
        }
      });
    } finally {
      if (isLong) this.scope.cancel();
      await CancellationScope.nonCancellable(async () => {
        await Promise.allSettled(underWay);
        await this.progress.end();
        await this.record.end();
        await this.keepRecord(true);
      });
    }
    if (!isLong || this.machine.done) return this.said();
    // Asked to stop while what was under way came to its end: a next run would not hear of it.
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The stage was stopped');
    return { state: this.machine.state };
  }

  private async settle(at: number): Promise<void> {
    const site = this.sites[at]!;
    this.show();
    const { phase, failure } = await workAt(site, this.input.key.owner, this.input.work);
    if (failure) this.note({ site: failure.site, reason: failure.reason, message: failure.message });
    this.machine.settled(at, phase);
    this.changed = true;
    this.show();
    // A failure may end the stage. That a slot is free for another shard can wait: each word is a task for both.
    if (phase === 'failed') this.progress.soon();
    else this.progress.some();
    this.record.some();
  }

  private note(note: ShardNote): void {
    this.notes.delete(note.site);
    this.notes.set(note.site, note);
  }

  /** Before each start, where the strategy limits the sites of a minute: shards that take turns keep it together. */
  private async keepPace(): Promise<void> {
    const { paceMs } = this.input;
    if (paceMs === undefined) return;
    await sleep(paceMs, { summary: 'not more sites a minute than the strategy says' });
  }

  private said(): ShardProgress {
    const { key, isAwaited } = this.input;
    const { phases } = this.machine;
    return {
      layer: key.layer,
      index: key.index,
      counts: this.machine.report(),
      heard: this.machine.heard,
      failures: this.failures(),
      ...(isAwaited && { phases }),
    };
  }

  /** Of those that count as failed; what is only deferred is in the record. */
  private failures(): SiteFailure[] {
    const failed = new Set(this.machine.in('failed').map((at) => this.sites[at]!.name));
    const { layer } = this.input.key;
    const newest = [...this.notes.values()].reverse().filter(({ site }) => failed.has(site));
    return newest.slice(0, TOLD_FAILURES).map((note) => ({ ...note, layer }));
  }

  private async tellStage(): Promise<void> {
    const { parent } = workflowInfo();
    if (!parent || this.machine.done) return; // its result says the last
    await getExternalWorkflowHandle(parent.workflowId, parent.runId)
      .signal(progressSignal, this.said())
      .catch(() => undefined); // a stage that has ended needs to know nothing
  }

  private async keepRecord(last: boolean): Promise<void> {
    const after = this.number;
    this.number = Math.max(after + 1, this.base + position());
    const record = {
      ...this.input.key,
      phases: this.machine.phases,
      notes: [...this.notes.values()],
      reports: this.number,
      after,
    };
    await reportShard(record, { inTask: true, last });
  }

  private show(): void {
    const { blocked, waiting, inFlight, ready, failed, deferred, held } = this.machine.report();
    const words = [
      `${ready} ready`,
      `${inFlight} under way`,
      `${waiting} waiting`,
      ...(blocked > 0 ? [`${blocked} waiting for their parents`] : []),
      `${failed} failed`,
      ...(deferred > 0 ? [`${deferred} deferred`] : []),
      ...(held > 0 ? [`${held} held`] : []),
    ];
    setCurrentDetails(`${this.sites.length} sites: ${words.join(', ')}`);
  }
}

/** As the record has it at first, later as it was when the shard went on in another run. */
function machineOf({ state }: ShardInput, { phases, parents = {} }: Pick<LoadedShard, 'phases' | 'parents'>) {
  if (!state) return new ShardMachine({ phases, parents });
  const machine = new ShardMachine({ phases, parents }, withoutFlights(state));
  [...phases].forEach((letter, at) => {
    if (letter === PHASE_LETTERS.skipped) machine.settled(at, 'skipped'); // it has left meanwhile
  });
  return machine;
}

/** What was under way was stopped, and is begun again. */
function withoutFlights(state: ShardState): ShardState {
  return { ...state, phases: state.phases.replaceAll(PHASE_LETTERS.inFlight, PHASE_LETTERS.waiting) };
}

function nothingOf({ key }: ShardInput): ShardProgress {
  return { layer: key.layer, index: key.index, counts: untouched(0), heard: 0, failures: [] };
}
