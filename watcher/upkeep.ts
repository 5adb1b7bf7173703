import type { Clock } from '../kube/clock.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Hindrance } from '../model/hindrance.ts';
import type { Layer } from '../model/layers.ts';
import { ownerOf } from '../model/revision.ts';
import { withHealth } from '../model/status.ts';
import type { FogRollout } from '../model/types.ts';
import { type Begins, type Decision, fingerprint, isTakenUp } from './decide.ts';
import { hindranceOfRun, leftoverOf, repairFails } from './hindrance-words.ts';
import type { Hindrances } from './hindrances.ts';
import type { RepairPacer } from './repair-pacer.ts';
import { reportHealth } from './status-writer.ts';
import { Turns } from './turns.ts';
import type { UnderWay } from './under-way.ts';
import type { WatcherDeps } from './watcher.ts';
import { Words } from './words.ts';

export interface UpkeepDeps extends Omit<WatcherDeps, 'clock'> {
  clock: Clock;
  underWay: UnderWay;
  hindrances: Hindrances;
  repairs: RepairPacer;
  /** What has to be done about a rollout now. */
  decide(key: string): Decision;
  /** Hands it to Temporal, if it still has to be done. */
  begin(key: string, decision: Begins): Promise<void>;
  /** Sends a signal of a rollout, after those before it. */
  send(key: string, signal: () => Promise<void>): Promise<void>;
  /** The layers that have FogSites. */
  fleet(): Layer[];
}

/** How many rollouts are looked after at the same time. */
const WORKERS = 8;
/** Between two questions about runs, in ms: after a takeover, or when Temporal is back, there may be thousands. */
const LOOK_GAP_MS = 5;
/** What a run has not taken up after this long, in ms, it is told again. */
const RESIGNAL_MS = 10 * 60_000;
/** After the removal of leftovers was asked for, the releases themselves are looked at in this many ms. */
const BESIDE_LEFTOVERS_MS = 1_000;
/** After so many repairs in a row that have not helped, the object says so. */
const NO_HELP = 3;

/**
 * Looks after rollouts once they are begun: that their runs are there and go on, that settled ones stay what they were made, and
 * that the object says what is in the way. Level-triggered: each look compares what there is, and says when the next is due.
 */
export class Upkeep {
  private readonly deps: UpkeepDeps;
  private readonly queue: WorkQueue;
  private readonly looks: Turns;
  private readonly words: Words;

  constructor(deps: UpkeepDeps) {
    this.deps = deps;
    const now = () => deps.clock.now();
    this.queue = new WorkQueue({ clock: deps.clock, baseMs: 200, maxMs: 30_000 });
    this.looks = new Turns(now, LOOK_GAP_MS);
    this.words = new Words(deps, (key, ms) => this.queue.addAfter(key, ms));
  }

  add(key: string): void {
    this.queue.add(key);
  }

  /** {@link add} in `ms` milliseconds, or earlier. */
  addAfter(key: string, ms: number): void {
    this.queue.addAfter(key, ms);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.deps;
    await this.queue.run({
      workers: WORKERS,
      signal,
      handle: (key) => this.handle(key),
      onError: (rollout, err, failures) => {
        if (failures === 1) log.warn({ rollout, err }, 'Could not look after a rollout; trying again');
      },
    });
  }

  private async handle(key: string): Promise<void> {
    const decision = this.deps.decide(key);
    if (decision.kind === 'nothing') {
      this.looks.done(key);
      return this.words.forget(key);
    }
    try {
      await this.lookAfter(key, decision);
    } finally {
      await this.words.say(key);
    }
  }

  private async lookAfter(key: string, decision: Exclude<Decision, { kind: 'nothing' }>): Promise<void> {
    const { underWay, hindrances } = this.deps;
    const mark = fingerprint(decision);
    if (decision.kind !== 'inspect') {
      if (underWay.has(key, mark)) await this.lookAtRun(key, decision);
      return;
    }
    if (isTakenUp(decision)) {
      if (!underWay.has(key, mark)) underWay.found(key, mark);
      await this.lookAtRun(key, decision);
    } else {
      underWay.forget(key);
      hindrances.run(key, undefined);
    }
    await this.inspect(key, decision.rollout);
  }

  /** Sees to it that a run is there for what was begun, and goes on. */
  private async lookAtRun(key: string, decision: Exclude<Decision, { kind: 'nothing' }>): Promise<void> {
    const { underWay, hindrances, runs } = this.deps;
    if (!runs) return this.queue.addAfter(key, await this.tellAgain(key, decision));
    const wait = underWay.dueIn(key) || this.looks.waitFor(key);
    if (wait > 0) return this.queue.addAfter(key, wait);
    this.looks.done(key);
    if (hindrances.isAway) return; // all are looked at when it is back
    const mark = fingerprint(decision);
    const [namespace, name] = key.split('/') as [string, string];
    const state = await runs.look({ namespace, name });
    const since = this.deps.decide(key);
    if (!underWay.has(key, mark) || fingerprint(since) !== mark) return this.queue.add(key);
    if (decision.kind === 'inspect' && !isTakenUp(since)) return; // the repair has ended meanwhile
    if (state.kind === 'open') {
      hindrances.run(key, state.trouble && hindranceOfRun(state.trouble, key));
      const isTroubled = state.trouble !== undefined;
      if (isTakenUp(decision)) underWay.seen(key, { isTroubled });
      else underWay.seen(key, { isTroubled, within: await this.tellAgain(key, decision) });
      return this.queue.addAfter(key, underWay.dueIn(key));
    }
    hindrances.run(key, undefined);
    if (state.kind === 'ended' && !underWay.hasEnded(key, state.runId)) {
      return this.queue.addAfter(key, underWay.dueIn(key));
    }
    await this.runAgain(key, decision, state.kind);
  }

  /**
   * What was given long ago, and to no effect that anyone can see; a run that knows it takes no notice.
   *
   * @returns ms until it is given the next time
   */
  private async tellAgain(key: string, decision: Exclude<Decision, { kind: 'nothing' }>): Promise<number> {
    if (decision.kind === 'inspect') return RESIGNAL_MS;
    const left = RESIGNAL_MS - (this.deps.underWay.handedFor(key) ?? RESIGNAL_MS);
    if (left > 0) return left;
    await this.deps.begin(key, decision);
    return RESIGNAL_MS;
  }

  /** Nobody is at it any more: Temporal has lost the run, or a person has ended it. */
  private async runAgain(key: string, decision: Exclude<Decision, { kind: 'nothing' }>, how: string): Promise<void> {
    const { repairs, underWay, log } = this.deps;
    const wait = repairs.waitFor(key, 'rerun');
    if (wait > 0) return this.queue.addAfter(key, wait);
    const mark = fingerprint(decision);
    if (decision.kind !== 'inspect') await this.deps.begin(key, decision);
    else {
      await this.repair(key, decision.rollout, layersOf(decision.rollout));
      underWay.handed(key, mark);
    }
    const { isNews } = repairs.repaired(key, 'rerun', mark);
    if (isNews) log.warn({ rollout: key, run: how, work: mark }, 'The run of a rollout is gone; begun again');
    this.queue.addAfter(key, underWay.dueIn(key));
  }

  private async inspect(key: string, rollout: FogRollout): Promise<void> {
    const { phase } = rollout.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') await this.report(rollout);
    const leftover = await this.takeLeftoversAway(key, rollout);
    const drift = leftover.isSignalled ? undefined : await this.putRight(key, rollout);
    this.deps.hindrances.repair(key, drift ?? leftover.hindrance);
    this.deps.hindrances.accepted(key); // whatever did not get through before: nothing of it waits any more
  }

  private async takeLeftoversAway(
    key: string,
    rollout: FogRollout,
  ): Promise<{ isSignalled?: boolean; hindrance?: Hindrance | undefined }> {
    const { releases, repairs, signaller, log } = this.deps;
    const before = releases.formerOwner(rollout);
    if (!before) return {};
    const hindrance = repairs.timesOf(key, 'leftover') >= NO_HELP ? leftoverOf(rollout, before) : undefined;
    const wait = repairs.waitFor(key, 'leftover');
    if (wait > 0) {
      this.queue.addAfter(key, wait);
      return { hindrance };
    }
    await this.deps.send(key, () => signaller.remove({ owner: before, fleet: this.deps.fleet() }));
    const { isNews } = repairs.repaired(key, 'leftover', before.uid);
    if (isNews) {
      const what = { rollout: key, uid: before.uid };
      log.warn(what, 'Releases of an earlier object of this name are left; removing them');
    }
    this.queue.addAfter(key, BESIDE_LEFTOVERS_MS);
    return { isSignalled: true, hindrance };
  }

  private async putRight(key: string, rollout: FogRollout): Promise<Hindrance | undefined> {
    const { releases, repairs, log } = this.deps;
    const drifted = await releases.drifted(rollout);
    if (drifted.length === 0) return undefined;
    const cause = drifted.map(({ layer, drift }) => `${layer}: ${drift}`).join('; ');
    const hindrance = repairs.timesOf(key, 'drift') >= NO_HELP ? repairFails(cause) : undefined;
    const wait = repairs.waitFor(key, 'drift');
    if (wait > 0) {
      this.queue.addAfter(key, wait);
      return hindrance;
    }
    const layers = drifted.map(({ layer, generation }) => ({ layer, generation }));
    await this.repair(key, rollout, layers);
    if (repairs.repaired(key, 'drift', cause).isNews) {
      log.warn({ rollout: key, drifted }, 'Releases are not what they were made; putting them right');
    }
    this.queue.addAfter(key, repairs.waitFor(key, 'drift')); // a signal that found a run open was not heard
    return hindrance;
  }

  private async repair(
    key: string,
    rollout: FogRollout,
    layers: { layer: Layer; generation: number }[],
  ): Promise<void> {
    const { generation } = rollout.metadata;
    await this.deps.send(key, () => this.deps.signaller.repair({ owner: ownerOf(rollout), generation, layers }));
  }

  /** What only its sites change in the status of a rollout is not written here (see catch-up.ts), but beside it. */
  private async report(rollout: FogRollout): Promise<void> {
    const { client, releases, records, clock } = this.deps;
    const now = clock.date().toISOString();
    const health = releases.health(rollout);
    if (!rollout.status || !withHealth(rollout.status, health, now)) return;
    await reportHealth(client, rollout, [...health, ...records.health(rollout, Date.parse(now)).layers], now);
  }
}

function layersOf({ status }: FogRollout): { layer: Layer; generation: number }[] {
  return (status?.layers ?? []).flatMap(({ name, generation }) =>
    generation === undefined ? [] : [{ layer: name, generation }],
  );
}
