import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../kube/client.ts';
import { type Clock, systemClock } from '../kube/clock.ts';
import type { Informer } from '../kube/informer.ts';
import type { Log } from '../kube/log.ts';
import { WorkQueue } from '../kube/queue.ts';
import { type KubeObject, keyOfObject } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { layersIn } from '../model/revision.ts';
import type { ChangeSignal } from '../model/signals.ts';
import type { FogRollout, FogShard, FogSite, FogWindow, Owner } from '../model/types.ts';
import { Ledgers } from './after-run/ledgers.ts';
import { AfterRun } from './after-run/look.ts';
import { type Begins, beginsAnother, type Decision, decide, fingerprint, isTakenUp } from './decide.ts';
import { fleetOfChange, fleetOfRemoval } from './fleet-layers.ts';
import { followHealth, followMoves, followRecords, followReleases, followTakeOvers } from './follow.ts';
import { Hindrances, SAY_AFTER_MS } from './hindrances.ts';
import type { WatcherMeters } from './meters.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { Places } from './places.ts';
import { presentChange } from './present-change.ts';
import { runPulse } from './pulse.ts';
import type { Releases } from './releases.ts';
import { RepairPacer } from './repair-pacer.ts';
import { Returns } from './returns.ts';
import type { Runs } from './runs.ts';
import type { Signaller } from './signaller.ts';
import { hindranceOf, isOnlyTheQuestion, notTakenYet } from './temporal-errors.ts';
import { UnderWay } from './under-way.ts';
import { SiteWindowWatch } from './windows/site-windows.ts';

export interface WatcherDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  releases: Releases;
  signaller: Signaller;
  runs: Runs;
  /** Of Temporal, for people. */
  temporalAddress?: string;
  /** Every FogSite, with its layer as index (fleet-layers.ts). */
  sites: Informer<FogSite & KubeObject>;
  /** Every FogShard, with its rollout as index (after-run/ledgers.ts). */
  shards: Informer<FogShard & KubeObject>;
  /** Every FogWindow; left out, sites have none. */
  windows?: Informer<FogWindow & KubeObject>;
  /** Where Fog Rollouts itself is; left out, where nobody has a FogWindow. */
  home?: string;
  /** How many of the runs that are begun may be on the move at a time; left out, any number. */
  begunAtOnce?: number;
  /** Left out, nobody tells which clusters answer again. */
  returns?: Returns;
  /** Left out, nobody measures it. */
  meters?: WatcherMeters;
  log: Log;
  clock?: Clock;
}

/**
 * How many signals are on their way to Temporal at the same time. It is no limit of how much is begun: what is too much at once
 * waits in Temporal, for slots of the workers.
 */
const SIGNALS_AT_ONCE = 200;
/** How long a change of readiness may last, in ms, before the status follows. */
const HEALTH_DELAY_MS = 1_000;
/** Releases without a FogRollout are often just about to be deleted: look again after this many ms. */
const ORPHAN_GRACE_MS = 5_000;
/** A Temporal that does not answer for so long, in ms, is away. A call to it is tried again for ten seconds by the SDK. */
const AWAY_AFTER_MS = 8_000;

/**
 * Turns what is in Kubernetes into signals, while `signal` is not aborted: one key a FogRollout, and a decision from the present
 * state of it each time. What is new is handed on at once; all else about a rollout has a queue of its own (after-run/), so that
 * no change waits for it. Nothing is lost while Temporal is away: keys are retried.
 */
export async function runWatcher(deps: WatcherDeps, signal: AbortSignal): Promise<void> {
  await new Watcher(deps).run(signal);
}

class Watcher {
  private readonly deps: WatcherDeps;
  private readonly clock: Clock;
  private readonly now: () => number;
  private readonly queue: WorkQueue;
  private readonly underWay: UnderWay;
  private readonly hindrances: Hindrances;
  private readonly repairs: RepairPacer;
  private readonly sending = new OneAtATime();
  private readonly orphaned = new Map<string, number>();
  private readonly ledgers: Ledgers;
  private readonly afterRun: AfterRun;
  private readonly places: Places;
  /** One key: taking places away again. */
  private readonly sweeps: WorkQueue<'all'>;

  constructor(deps: WatcherDeps) {
    this.deps = deps;
    this.clock = deps.clock ?? systemClock;
    this.now = () => this.clock.now();
    this.queue = new WorkQueue({ clock: this.clock, baseMs: 200, maxMs: 30_000 });
    this.sweeps = new WorkQueue({ clock: this.clock });
    this.places = new Places(this.now, deps.begunAtOnce ?? Number.POSITIVE_INFINITY, (key) => this.queue.add(key));
    this.underWay = new UnderWay(this.now);
    this.hindrances = new Hindrances(this.now);
    this.repairs = new RepairPacer(this.now, deps.meters?.repaired);
    const { underWay, hindrances, repairs, clock } = this;
    this.ledgers = new Ledgers(deps, deps.releases);
    const { ledgers } = this;
    const { windows, home = '' } = deps;
    const now = () => clock.date().getTime();
    this.afterRun = new AfterRun({
      ...deps,
      returns: deps.returns ?? new Returns(),
      ledgers,
      windows: windows && new SiteWindowWatch({ windows, home, now }),
      clock,
      underWay,
      hindrances,
      repairs,
      decide: (key) => this.decide(key),
      begin: (key, decision) => this.begin(key, decision),
      send: (key, signal) => this.send(key, signal),
      beginAgain: (key, rollout) => this.beginAgain(key, rollout),
      placeAgain: (key) => this.hasPlaceAgain(key),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { rollouts, sites, shards, releases, log } = this.deps;
    const { deployments, services } = releases.informers;
    const look = (key: string) => this.queue.add(key);
    const { windows } = this.deps;
    const informers = [rollouts, sites, shards, deployments, services, ...(windows ? [windows] : [])];
    await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    const unsubscribe = [
      rollouts.subscribe({
        onAdd: (rollout) => this.look(rollout),
        onUpdate: (old, rollout) => {
          const key = keyOfObject(rollout);
          this.places.moved(key);
          if (!isDeepStrictEqual(old.status?.run, rollout.status?.run)) this.underWay.moved(key);
          this.look(rollout);
        },
        onDelete: (rollout) => this.look(rollout),
      }),
      followReleases(deployments, look),
      followReleases(services, look),
      followHealth(deployments, {
        changed: (key) => this.queue.addAfter(key, HEALTH_DELAY_MS),
        lost: (key) => this.afterRun.interrupted(key),
      }),
      followTakeOvers(sites, look),
      followRecords(this.deps, { isLeft: look, changed: (key) => this.afterRun.recordChanged(key) }),
      followMoves(deployments, (key) => this.places.moved(key)),
    ];
    this.deps.meters?.queue('changes', this.queue);
    this.deps.meters?.temporalAway(false);
    log.info({ rollouts: rollouts.size }, 'Watching');
    try {
      await Promise.all([
        this.queue.run({
          workers: SIGNALS_AT_ONCE,
          signal,
          handle: (key) => this.handle(key),
          onError: (rollout, err, failures) => log.debug({ rollout, err, failures }, 'Could not be handled'),
        }),
        this.afterRun.run(signal),
        this.sweeps.run({ workers: 1, signal, handle: async () => this.sweepPlaces() }),
        this.followTemporal(signal),
      ]);
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  private look(rollout: KubeObject): void {
    this.queue.add(keyOfObject(rollout));
  }

  private sweepPlaces(): void {
    const next = this.places.sweep();
    if (next !== undefined) this.sweeps.addAfter('all', next);
  }

  private async followTemporal(signal: AbortSignal): Promise<void> {
    const { runs, log, temporalAddress = '' } = this.deps;
    const { clock, hindrances, underWay } = this;
    await runPulse(
      {
        runs,
        clock,
        isNeeded: () => underWay.size > 0 || hindrances.size > 0,
        onAway: (err, ms) => {
          if (ms < AWAY_AFTER_MS || isOnlyTheQuestion(err)) return;
          this.deps.meters?.temporalAway(true);
          if (!hindrances.away(hindranceOf(err, temporalAddress))) return;
          log.warn({ err, underWay: underWay.size }, 'Temporal is away; runs that are under way wait for it');
          for (const key of underWay.keys()) this.afterRun.add(key);
          for (const key of this.places.waitingKeys()) this.queue.add(key);
        },
        onBack: () => {
          log.warn({ underWay: underWay.size }, 'Temporal is back, or another; looking after what is under way');
          this.deps.meters?.temporalAway(false);
          hindrances.away(undefined);
          underWay.doubt();
          for (const key of underWay.keys()) this.afterRun.add(key);
          for (const key of hindrances.refusedKeys()) this.queue.add(key);
        },
      },
      signal,
    );
  }

  /** Begins what is new; all else comes after it. */
  private async handle(key: string): Promise<void> {
    const decision = this.decide(key);
    if (decision.kind === 'nothing') return this.forget(key);
    if (decision.kind === 'inspect' && !isTakenUp(decision)) this.places.leave(key);
    if (decision.kind !== 'inspect') {
      if (!decision.rollout && !this.isLongOrphaned(key)) return;
      const mark = fingerprint(decision);
      if (!this.underWay.has(key, mark)) {
        if (isTakenUp(decision)) this.underWay.found(key, mark);
        else if (!this.hasPlace(key, decision)) return;
        else await this.begin(key, decision).finally(() => this.afterRun.add(key));
        this.sweeps.addAfter('all', 0);
      }
    }
    this.afterRun.add(key);
  }

  /** A Temporal that is away takes nothing, so that nothing needs a place, and all may say what they wait for. */
  private hasPlace(key: string, decision: Begins): boolean {
    return this.hindrances.isAway || !beginsAnother(decision) || this.places.take(key);
  }

  /** For what is begun again, which keeps nothing new from its place. */
  private hasPlaceAgain(key: string): boolean {
    const hasPlace = this.places.takeAgain(key);
    if (hasPlace) this.sweeps.addAfter('all', 0);
    return hasPlace;
  }

  private decide(key: string): Decision {
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = this.deps.rollouts.get(namespace, name);
    if (rollout) this.orphaned.delete(key);
    return decide(rollout, rollout ? undefined : this.orphanOf({ namespace, name }));
  }

  /** Whoever has left something of that name. */
  private orphanOf(key: { namespace: string; name: string }): Owner | undefined {
    return this.deps.releases.ownersIn(key)[0] ?? this.ledgers.ownersIn(key)[0];
  }

  private async begin(key: string, decision: Begins): Promise<void> {
    const { signaller, log } = this.deps;
    const mark = fingerprint(decision);
    if (decision.kind === 'remove' && !decision.rollout && (await this.isThere(decision.signal.owner))) {
      this.queue.addAfter(key, ORPHAN_GRACE_MS); // our cache is behind
      return;
    }
    const given =
      decision.kind === 'change'
        ? await this.presentChange(decision.rollout)
        : { ...decision.signal, fleet: fleetOfRemoval({ ...this.deps, ledgers: this.ledgers }, decision) };
    await this.send(key, async () => {
      if (fingerprint(this.decide(key)) !== mark) return; // it has changed while another signal was on its way
      const { areTaken } = this.places;
      if ('revision' in given) await signaller.change({ ...given, ...(areTaken && { isOneOfMany: true }) });
      else await signaller.remove(given);
      this.underWay.handed(key, mark);
      log.info({ rollout: key, signal: mark }, 'Signalled');
    });
  }

  /** Hands the generation on whose run has ended, as if it were new. */
  private async beginAgain(key: string, rollout: FogRollout): Promise<void> {
    const mark = fingerprint({ kind: 'inspect', rollout });
    const change = await this.presentChange(rollout);
    await this.send(key, async () => {
      if (fingerprint(this.decide(key)) === mark) await this.deps.signaller.change(change);
    });
  }

  private async presentChange(rollout: FogRollout): Promise<ChangeSignal> {
    const change = await presentChange(rollout, this.deps.releases);
    return { ...change, fleet: await fleetOfChange(this.deps, layersIn(change.revision)) };
  }

  /** Signals of one rollout go one after the other, so that none overtakes a newer one. */
  private async send(key: string, signal: () => Promise<void>): Promise<void> {
    const { log, temporalAddress = '' } = this.deps;
    this.hindrances.waits(key, notTakenYet(temporalAddress));
    this.afterRun.addAfter(key, SAY_AFTER_MS);
    try {
      await this.sending.run(key, signal);
      this.hindrances.accepted(key);
    } catch (err) {
      const isNews = this.hindrances.refused(key, hindranceOf(err, temporalAddress));
      if (isNews) log.warn({ rollout: key, err }, 'Could not hand a change on; trying again');
      throw err;
    }
  }

  private async isThere({ namespace, name, uid }: Owner): Promise<boolean> {
    const live = await this.deps.client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, { namespace, name });
    return live?.metadata.uid === uid;
  }

  private isLongOrphaned(key: string): boolean {
    const since = this.orphaned.get(key) ?? this.now();
    this.orphaned.set(key, since);
    const left = since + ORPHAN_GRACE_MS - this.now();
    if (left > 0) this.queue.addAfter(key, left);
    return left <= 0;
  }

  private forget(key: string): void {
    this.places.leave(key);
    this.underWay.forget(key);
    this.hindrances.forget(key);
    this.orphaned.delete(key);
    this.repairs.forget(key);
  }
}
