import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import type { Log } from '../kube/log.ts';
import { WorkQueue } from '../kube/queue.ts';
import { type KubeObject, keyOf } from '../kube/resources.ts';
import { wasRewritten } from '../model/drift.ts';
import { holderOf } from '../model/fence.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { ownerOf } from '../model/revision.ts';
import { withHealth } from '../model/status.ts';
import type { FogRollout, FogSite } from '../model/types.ts';
import { changeOf, decide, fingerprint, isSettled } from './decide.ts';
import type { FleetRecords } from './fleet-records.ts';
import { Gate } from './gate.ts';
import { reportHealth } from './health.ts';
import { presentReadiness, type Releases } from './releases.ts';
import { RepairPacer } from './repair-pacer.ts';
import type { Signaller } from './signaller.ts';

export interface WatcherDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  releases: Releases;
  records: Pick<FleetRecords, 'health'>;
  signaller: Signaller;
  /** Every FogSite, with {@link siteLayer} as {@link LAYER_INDEX}. */
  sites: Informer<FogSite & KubeObject>;
  log: Log;
  /** ms since the epoch. */
  now?: () => number;
}

export const LAYER_INDEX = 'layer';

/** Index of FogSites by their layer. */
export function siteLayer({ spec }: FogSite): string[] {
  return [spec.layer];
}

/** How many runs are begun at a time. */
const BEGUN_AT_ONCE = 12;
/** How many FogRollouts are handled at the same time; some are left for what begins no run. */
const WORKERS = BEGUN_AT_ONCE + 8;
/**
 * How long, in ms, a worker stays with a run it has begun, unless that settles before. So a burst goes through
 * a few rollouts at a time, each of them quick, instead of all of them at once, each of them slow: the same work
 * costs far fewer reports, waits and heartbeats. What is stuck holds others up no longer than this.
 */
const STAY_MS = 2_000;
/**
 * With more rollouts on the move than this, a stay lasts longer in proportion: then more are begun than come to an end, and
 * a machine that is busy with too many at once fails to answer in time. Up to LONGEST_STAY_MS.
 */
const COMFORTABLE = 50;
const LONGEST_STAY_MS = 30_000;
/** A rollout of which nothing was written for so long, in ms, is not on the move: it waits for something. */
const MOVED_MS = 30_000;
/** A rollout that has not settled for this long, in ms, is signalled again: its run may have been terminated by hand. */
const RESIGNAL_MS = 10 * 60_000;
/** How long a change of readiness may last, in ms, before the status follows. */
const HEALTH_DELAY_MS = 1_000;
/** Releases without a FogRollout are often just about to be deleted: look again after this many ms. */
const ORPHAN_GRACE_MS = 5_000;

/**
 * Turns what is in Kubernetes into signals, while `signal` is not aborted: one queue, one key a FogRollout, and a
 * decision from the present state of it each time. Nothing is lost while Temporal is away: keys are retried.
 */
export async function runWatcher(deps: WatcherDeps, signal: AbortSignal): Promise<void> {
  const watcher = new Watcher(deps);
  await watcher.run(signal);
}

class Watcher {
  private readonly deps: WatcherDeps;
  private readonly now: () => number;
  private readonly queue = new WorkQueue({ baseMs: 200, maxMs: 30_000 });
  private readonly gate = new Gate(BEGUN_AT_ONCE, (key) => this.queue.add(key));
  /** What was last signalled of each unsettled rollout, when, and when something last became of it. */
  private readonly signalled = new Map<string, { fingerprint: string; at: number; movedAt: number }>();
  private readonly orphaned = new Map<string, number>();
  private readonly repairs: RepairPacer;

  constructor(deps: WatcherDeps) {
    this.deps = deps;
    this.now = deps.now ?? Date.now;
    this.repairs = new RepairPacer(this.now);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { rollouts, sites, releases, log } = this.deps;
    const { deployments, services } = releases.informers;
    await Promise.all([rollouts, sites, deployments, services].map((informer) => informer.waitForSync(signal)));
    const unsubscribe = [
      rollouts.subscribe({
        onAdd: (rollout) => this.look(rollout),
        onUpdate: (_old, rollout) => {
          this.moved(rollout);
          this.look(rollout);
        },
        onDelete: (rollout) => this.look(rollout),
      }),
      this.followReleases(deployments),
      this.followReleases(services),
      this.followHealth(deployments),
    ];
    log.info({ rollouts: rollouts.size }, 'Watching');
    try {
      await this.queue.run({
        workers: WORKERS,
        signal,
        handle: (key, stopped) => this.handle(key, stopped).finally(() => this.gate.leave(key)),
        onError: (rollout, err, failures) =>
          log.warn({ rollout, err, failures }, 'Could not hand a change on; trying again'),
      });
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  private look({ metadata }: FogRollout): void {
    this.queue.add(keyOf(metadata.namespace, metadata.name));
  }

  private moved({ metadata }: FogRollout): void {
    const last = this.signalled.get(keyOf(metadata.namespace, metadata.name));
    if (last) last.movedAt = this.now();
  }

  /** Releases only matter when someone deletes or writes them; their status changes all the time. */
  private followReleases<T extends KubeObject>(informer: Informer<T>): () => void {
    const look = (release: T) => {
      const holder = holderOf(release);
      if (holder) this.queue.add(keyOf(holder.namespace, holder.name));
    };
    return informer.subscribe({
      onAdd: look,
      onUpdate: (old, now) => {
        if (wasRewritten(old, now)) {
          look(old);
          look(now);
        }
      },
      onDelete: look,
    });
  }

  /** A release that is no longer ready, or ready again; a second later, since such changes come in flocks. */
  private followHealth(deployments: Releases['informers']['deployments']): () => void {
    return deployments.subscribe({
      onUpdate: (old, now) => {
        if (presentReadiness(old).state === presentReadiness(now).state) return;
        const holder = holderOf(now);
        if (holder) this.queue.addAfter(keyOf(holder.namespace, holder.name), HEALTH_DELAY_MS);
      },
    });
  }

  private async handle(key: string, signal: AbortSignal): Promise<void> {
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = this.deps.rollouts.get(namespace, name);
    const orphanOf = rollout ? undefined : this.deps.releases.ownerIn({ namespace, name });
    if (!rollout && !orphanOf) return this.forget(key);
    if (rollout) this.orphaned.delete(key);
    if (orphanOf && !this.isLongOrphaned(key)) return;
    const decision = decide(rollout, orphanOf);
    switch (decision.kind) {
      case 'nothing':
        return;
      case 'inspect':
        this.signalled.delete(key);
        return await this.inspect(key, decision.rollout);
      default: {
        const mark = fingerprint(decision);
        const last = this.signalled.get(key);
        if (last?.fingerprint === mark && this.now() - last.at < RESIGNAL_MS) return;
        // What has a run already is told at once; and a removal begins nothing that others would notice.
        const begins = decision.kind === 'change' && !last;
        if (begins && !this.gate.enter(key)) return;
        const fleet = this.fleet();
        if (decision.kind === 'change') await this.deps.signaller.change({ ...changeOf(decision.rollout), fleet });
        else await this.deps.signaller.remove({ ...decision.signal, fleet });
        this.signalled.set(key, { fingerprint: mark, at: this.now(), movedAt: this.now() });
        this.queue.addAfter(key, RESIGNAL_MS);
        this.deps.log.info({ rollout: key, signal: mark }, 'Signalled');
        if (begins) await this.stayWith(decision.rollout, signal);
      }
    }
  }

  /** Resolves when there is something new to decide about the rollout, or nothing left, or time is up. */
  private async stayWith({ metadata }: FogRollout, signal: AbortSignal): Promise<void> {
    const hasMovedOn = (now: FogRollout | undefined) =>
      now?.metadata.generation !== metadata.generation || now.metadata.deletionTimestamp || isSettled(now);
    const since = this.now() - MOVED_MS;
    const moving = [...this.signalled.values()].filter(({ movedAt }) => movedAt > since).length;
    const timeUp = AbortSignal.timeout(Math.min(LONGEST_STAY_MS, STAY_MS * Math.max(1, moving / COMFORTABLE)));
    try {
      const { namespace, name } = metadata;
      const check = (now: FogRollout | undefined) => (hasMovedOn(now) ? true : undefined);
      await this.deps.rollouts.waitFor(namespace, name, check, AbortSignal.any([signal, timeUp]));
    } catch (error) {
      if (!timeUp.aborted && !signal.aborted) throw error;
    }
  }

  private async inspect(key: string, rollout: FogRollout): Promise<void> {
    const { releases } = this.deps;
    if (rollout.status?.phase === 'Succeeded' || rollout.status?.phase === 'Failed') await this.report(rollout);
    const before = releases.formerOwner(rollout);
    if (before) {
      this.deps.log.warn(
        { rollout: key, uid: before.uid },
        'Releases of an earlier object of this name are left; removing them',
      );
      return await this.deps.signaller.remove({ owner: before, fleet: this.fleet() });
    }
    const drifted = await releases.drifted(rollout);
    if (drifted.length === 0) return;
    const wait = this.repairs.waitFor(key);
    if (wait > 0) return this.queue.addAfter(key, wait);
    this.deps.log.warn({ rollout: key, drifted }, 'Releases are not what they were made; putting them right');
    await this.deps.signaller.repair({
      owner: ownerOf(rollout),
      generation: rollout.metadata.generation,
      layers: drifted.map(({ layer, generation }) => ({ layer, generation })),
    });
    this.repairs.repaired(key);
    this.queue.addAfter(key, this.repairs.waitFor(key)); // a signal that found a run open was not heard
  }

  /** What only its sites change in the status of a rollout is not written here (see catch-up.ts), but beside it. */
  private async report(rollout: FogRollout): Promise<void> {
    const { client, releases, records } = this.deps;
    const now = new Date(this.now()).toISOString();
    const health = releases.health(rollout);
    if (!rollout.status || !withHealth(rollout.status, health, now)) return;
    await reportHealth(client, rollout, [...health, ...records.health(rollout, this.now()).layers], now);
  }

  private fleet(): Layer[] {
    return LAYERS.filter((layer) => this.deps.sites.byIndex(LAYER_INDEX, layer).length > 0);
  }

  private isLongOrphaned(key: string): boolean {
    const since = this.orphaned.get(key) ?? this.now();
    this.orphaned.set(key, since);
    const left = since + ORPHAN_GRACE_MS - this.now();
    if (left > 0) this.queue.addAfter(key, left);
    return left <= 0;
  }

  private forget(key: string): void {
    this.signalled.delete(key);
    this.orphaned.delete(key);
    this.repairs.forget(key);
  }
}
