import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KubeClient } from '../kube/client.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import type { Informer } from '../kube/informer.ts';
import type { Log } from '../kube/log.ts';
import { WorkQueue } from '../kube/queue.ts';
import { type KubeObject, keyOf } from '../kube/resources.ts';
import { repairOf } from '../model/fleet/behind.ts';
import { ownerOf } from '../model/revision.ts';
import { withHealth } from '../model/status.ts';
import type { FogRollout, FogShard } from '../model/types.ts';
import { decide } from './decide.ts';
import type { FleetRecords } from './fleet-records.ts';
import type { Releases } from './releases.ts';
import { RepairPacer } from './repair-pacer.ts';
import type { Signaller } from './signaller.ts';
import { gatherChanges, type SiteChanges } from './site-changes.ts';
import { reportHealth } from './status-writer.ts';
import { Turns } from './turns.ts';

export interface CatchUpDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  records: FleetRecords;
  releases: Pick<Releases, 'health'>;
  signaller: Pick<Signaller, 'repair'>;
  log: Log;
  clock?: Clock;
}

/** How many rollouts are looked at at the same time: mostly they wait for Temporal. */
const WORKERS = 4;
/** Sites come in flocks: after a change of one, all rollouts it may concern are looked at in this many ms. */
const GATHER_MS = 1_000;
/** Between two catch-ups of different rollouts, in ms: a region that is back may concern them all. */
const TURN_MS = 100;
/** Between two reports of how a rollout's sites are, in ms: they go and come one by one. */
const REPORT_GAP_MS = 5_000;
/** Sites that have been under way for this long, in ms, are asked for again: their run may have been terminated by hand. */
const LOST_MS = 10 * 60_000;

/**
 * Brings sites up to date that were not there, out of reach or held when their layer had its turn, and keeps the counts of
 * rollouts true while sites come and go; only of rollouts whose run has ended, while `signal` is not aborted. Costs nothing
 * while no FogSite changes.
 */
export async function runCatchUp(deps: CatchUpDeps, signal: AbortSignal): Promise<void> {
  await new CatchUp(deps).run(signal);
}

class CatchUp {
  private readonly deps: CatchUpDeps;
  private readonly clock: Clock;
  private readonly queue: WorkQueue;
  /** One key: looking which rollouts the changes of sites concern. */
  private readonly passes: WorkQueue<'all'>;
  private readonly repairs: RepairPacer;
  private readonly turns: Turns;
  /** When the counts of a rollout were last written. */
  private readonly reported = new Map<string, number>();

  constructor(deps: CatchUpDeps) {
    this.deps = deps;
    this.clock = deps.clock ?? systemClock;
    const now = () => this.clock.now();
    this.queue = new WorkQueue({ clock: this.clock, baseMs: 200, maxMs: 30_000 });
    this.passes = new WorkQueue({ clock: this.clock });
    this.repairs = new RepairPacer(now);
    this.turns = new Turns(now, TURN_MS);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { rollouts, records, log } = this.deps;
    const { sites, shards } = records.informers;
    await Promise.all([rollouts, sites, shards].map((informer) => informer.waitForSync(signal)));
    records.renew();
    const changes = gatherChanges(sites, () => this.passes.addAfter('all', GATHER_MS));
    const look = (key: string) => this.queue.addAfter(key, GATHER_MS);
    const unsubscribe = [
      changes.stop,
      rollouts.subscribe({
        onAdd: (rollout) => this.hasEnded(rollout) && look(keyOfRollout(rollout)),
        onUpdate: (_old, rollout) => this.hasEnded(rollout) && look(keyOfRollout(rollout)),
        onDelete: (rollout) => this.queue.add(keyOfRollout(rollout)),
      }),
      followRecords(shards, (key) => this.isEnded(key) && look(key)),
    ];
    try {
      await Promise.all([
        this.passes.run({ workers: 1, signal, handle: async () => this.pass(changes) }),
        this.queue.run({
          workers: WORKERS,
          signal,
          handle: (key) => this.handle(key),
          onError: (rollout, err, failures) =>
            log.warn({ rollout, err, failures }, 'Could not bring sites up to date; trying again'),
        }),
      ]);
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  /** The next look at the FogSites begins when all rollouts were looked at that the one before concerned. */
  private pass(changes: SiteChanges): void {
    if (this.queue.length > 0) {
      this.passes.addAfter('all', GATHER_MS);
      return;
    }
    const { layers, rollouts } = changes.take();
    this.deps.records.renew();
    for (const rollout of this.deps.rollouts.list()) {
      if (!this.hasEnded(rollout)) continue;
      const key = keyOfRollout(rollout);
      const isAt = rollout.status?.layers?.some(({ name, shards }) => shards !== undefined && layers.has(name));
      if (isAt || rollouts.has(key)) this.queue.add(key);
    }
  }

  private async handle(key: string): Promise<void> {
    await nextTurn(); // a thousand of these in a row are not to hold up everything else
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = this.deps.rollouts.get(namespace, name);
    if (!rollout) return this.forget(key);
    if (!this.hasEnded(rollout)) return;
    const { phase, run } = rollout.status ?? {};
    const isSettled = phase === 'Succeeded' || phase === 'Failed';
    const isOpen = !isSettled || this.deps.records.isBusy(rollout);
    const age = this.wallTime - Date.parse(run?.startedAt ?? '');
    // Sites are under way: their end is an event, unless it was lost.
    if (isOpen && age < LOST_MS) return this.queue.addAfter(key, LOST_MS - age);
    if (isSettled) await this.report(key, rollout);
    await this.catchUp(key, rollout, isOpen);
  }

  private async report(key: string, rollout: FogRollout): Promise<void> {
    const { client, records, releases } = this.deps;
    const { layers, nextMs } = records.health(rollout, this.wallTime);
    if (nextMs !== undefined) this.queue.addAfter(key, nextMs);
    const now = this.clock.date().toISOString();
    const health = [...releases.health(rollout), ...layers];
    if (!rollout.status || !withHealth(rollout.status, health, now)) return;
    const last = this.reported.get(key);
    const wait = last === undefined ? 0 : last + REPORT_GAP_MS - this.clock.now();
    if (wait > 0) return this.queue.addAfter(key, wait);
    this.reported.set(key, this.clock.now());
    await reportHealth(client, rollout, health, now);
  }

  private async catchUp(key: string, rollout: FogRollout, isLost: boolean): Promise<void> {
    const { records, signaller, log } = this.deps;
    const behind = await records.behind(rollout, this.wallTime, { isLost });
    if (behind.length === 0) return this.turns.done(key);
    const wait = this.repairs.waitFor(key) || this.turns.waitFor(key);
    if (wait > 0) return this.queue.addAfter(key, wait);
    const found = behind.map(({ layer, count, reasons }) => ({ layer, count, ...reasons }));
    log.info({ rollout: key, behind: found }, 'Sites are behind; bringing them up to date');
    const { generation } = rollout.metadata;
    await signaller.repair({ owner: ownerOf(rollout), generation, layers: behind.map(repairOf) });
    this.turns.done(key);
    this.repairs.repaired(key);
    // A signal that found a run open was not heard.
    this.queue.addAfter(key, isLost ? LOST_MS : this.repairs.waitFor(key));
  }

  private get wallTime(): number {
    return this.clock.date().getTime();
  }

  private isEnded(key: string): boolean {
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = this.deps.rollouts.get(namespace, name);
    return rollout !== undefined && this.hasEnded(rollout);
  }

  /** It is settled, perhaps being repaired, and has layers over many sites. */
  private hasEnded(rollout: FogRollout): boolean {
    const isFleet = rollout.status?.layers?.some(({ shards }) => shards !== undefined) ?? false;
    return isFleet && decide(rollout, undefined).kind === 'inspect';
  }

  private forget(key: string): void {
    this.repairs.forget(key);
    this.turns.done(key);
    this.reported.delete(key);
    this.deps.records.forget(key);
  }
}

function followRecords(shards: Informer<FogShard & KubeObject>, look: (key: string) => void): () => void {
  const changed = ({ metadata, spec }: FogShard) => look(keyOf(metadata.namespace, spec.rollout));
  return shards.subscribe({ onAdd: changed, onUpdate: (_old, shard) => changed(shard), onDelete: changed });
}

function keyOfRollout({ metadata }: FogRollout): string {
  return keyOf(metadata.namespace, metadata.name);
}
