import { setImmediate as nextTurn } from 'node:timers/promises';
import { WorkQueue } from '../../kube/queue.ts';
import type { FogRollout } from '../../model/types.ts';
import { type Decision, fingerprint } from '../decide.ts';
import { Words } from '../words.ts';
import { Behind } from './behind.ts';
import type { AfterRunDeps } from './deps.ts';
import { Health } from './health.ts';
import { NO_BOOKS } from './ledgers.ts';
import { Leftovers } from './leftovers.ts';
import { OpenRuns } from './open-runs.ts';
import { OpenSites } from './open-sites.ts';
import { Soaks, soaking } from './soaks.ts';
import { TakeOvers } from './take-overs.ts';

/** How many rollouts are looked after at the same time. */
const WORKERS = 8;
/** Sites and records come in flocks: after a change of one, what it may concern is looked at in this many ms. */
const GATHER_MS = 1_000;
/** However much there is to look at, changes of sites wait no longer than this, in ms. */
const LONGEST_GATHER_MS = 5_000;

/**
 * Looks after rollouts once they are begun: that their runs are there and go on, that settled ones stay what they were made, and
 * that the object says how they are and what is in the way. Level-triggered: each look compares what there is, and says when
 * the next is due. A layer on its implicit site and one with FogSites take the same way.
 */
export class AfterRun {
  private readonly deps: AfterRunDeps;
  private readonly queue: WorkQueue;
  /** One key: taking up what has changed at FogSites. */
  private readonly passes: WorkQueue<'all'>;
  private lastPass = 0;
  private readonly words: Words;
  private readonly runs: OpenRuns;
  private readonly openSites: OpenSites;
  private readonly health: Health;
  private readonly soaks: Soaks;
  private readonly takeOvers: TakeOvers;
  private readonly leftovers: Leftovers;
  private readonly behind: Behind;

  constructor(deps: AfterRunDeps) {
    this.deps = deps;
    this.queue = new WorkQueue({ clock: deps.clock, baseMs: 200, maxMs: 30_000 });
    this.passes = new WorkQueue({ clock: deps.clock });
    const again = (key: string, ms: number) => this.queue.addAfter(key, ms);
    this.words = new Words(deps, again, (key, rollout) => this.health.of(rollout, deps.ledgers.peek(key)).layers);
    this.runs = new OpenRuns(deps, again);
    this.openSites = new OpenSites(deps);
    this.health = new Health(deps, again);
    this.soaks = new Soaks(deps);
    this.takeOvers = new TakeOvers(deps, again);
    this.leftovers = new Leftovers(deps, again);
    this.behind = new Behind(deps, again);
  }

  add(key: string): void {
    this.queue.add(key);
  }

  /** {@link add} in `ms` milliseconds, or earlier. */
  addAfter(key: string, ms: number): void {
    this.queue.addAfter(key, ms);
  }

  /** A release of it is not ready, for a moment or longer. */
  interrupted(key: string): void {
    this.soaks.interrupt(key);
  }

  /** What is recorded of its sites has changed. */
  recordChanged(key: string): void {
    this.openSites.doubt(key); // the site itself may have been heard of before
    this.queue.addAfter(key, GATHER_MS);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, ledgers, returns, windows, meters } = this.deps;
    meters?.queue('after_run', this.queue);
    const stops = [
      ...(windows ? [windows.follow(() => this.windowsChanged())] : []),
      ledgers.follow(() => this.passes.addAfter('all', GATHER_MS)),
      returns.follow((cluster) => this.isBack(cluster)),
    ];
    try {
      await Promise.all([
        this.passes.run({ workers: 1, signal, handle: async () => this.pass() }),
        this.queue.run({
          workers: WORKERS,
          signal,
          handle: (key) => this.handle(key),
          onError: (rollout, err, failures) => {
            if (failures === 1) log.warn({ rollout, err }, 'Could not look after a rollout; trying again');
          },
        }),
      ]);
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** Sites may wait for them. */
  private windowsChanged(): void {
    for (const key of this.deps.underWay.keys()) {
      this.openSites.doubt(key);
      this.queue.add(key);
    }
  }

  /** What was given up there is tried now. */
  private isBack(cluster: string): void {
    for (const key of this.deps.ledgers.givenUpAt(cluster)) {
      this.deps.repairs.hasten(key, 'givenUp');
      this.queue.add(key);
    }
  }

  /** Takes up what has changed at FogSites, mostly when all were looked at that the time before concerned. */
  private pass(): void {
    const now = this.deps.clock.now();
    if (this.queue.length > 0 && now - this.lastPass < LONGEST_GATHER_MS) {
      this.passes.addAfter('all', GATHER_MS);
      return;
    }
    this.lastPass = now;
    const { ledgers, underWay, clock } = this.deps;
    const { concerned, isJudged } = ledgers.take(clock.date().getTime());
    for (const key of concerned) this.queue.add(key);
    for (const key of underWay.keys()) {
      // Who is back matters to removals, and those are few.
      if (!isJudged && this.deps.decide(key).kind !== 'remove') continue;
      this.openSites.doubt(key);
      this.queue.add(key);
    }
  }

  private async handle(key: string): Promise<void> {
    await nextTurn(); // a thousand of these in a row are not to hold up everything else
    const decision = this.deps.decide(key);
    if (decision.kind === 'nothing') return this.forget(key);
    try {
      await this.lookAfter(key, decision);
    } finally {
      await this.words.say(key);
    }
  }

  private async lookAfter(key: string, decision: Exclude<Decision, { kind: 'nothing' }>): Promise<void> {
    const { underWay, hindrances } = this.deps;
    const mark = fingerprint(decision);
    const isOpen = decision.kind !== 'inspect' || this.runs.isOpen(decision);
    if (decision.kind === 'inspect' && isOpen && !underWay.has(key, mark)) underWay.found(key, mark);
    if (!isOpen) {
      underWay.forget(key);
      hindrances.run(key, undefined);
    } else if (underWay.has(key, mark)) {
      await this.runs.look(key, decision);
      await this.tellOfSites(key, decision);
      await this.tellOfSoaks(key, decision);
    }
    if (decision.kind === 'inspect') await this.inspect(key, decision.rollout, isOpen);
  }

  /** After a start or a takeover, and whenever sites have come, left or moved. */
  private async tellOfSites(key: string, { rollout }: Exclude<Decision, { kind: 'nothing' }>): Promise<void> {
    if (!rollout || this.deps.hindrances.isAway) return;
    if (this.openSites.dueIn(key, rollout) === 0) await this.openSites.look(key, rollout);
    const nextMs = this.openSites.dueIn(key, rollout);
    if (nextMs !== undefined) this.queue.addAfter(key, nextMs);
  }

  /** After a start or a takeover, and whenever its releases have changed. */
  private async tellOfSoaks(key: string, { rollout }: Exclude<Decision, { kind: 'nothing' }>): Promise<void> {
    if (!rollout || this.deps.hindrances.isAway || soaking(rollout).length === 0) return this.soaks.forget(key);
    const { ledgers, clock } = this.deps;
    const books = await ledgers.of(key, rollout, clock.date().getTime());
    const { layers, nextMs } = this.health.of(rollout, books);
    if (nextMs !== undefined) this.queue.addAfter(key, nextMs);
    await this.soaks.tell(key, rollout, layers);
  }

  /** @param isOpen - a repair goes on: its sites are judged when it has ended, which is an event */
  private async inspect(key: string, rollout: FogRollout, isOpen: boolean): Promise<void> {
    const { ledgers, clock, hindrances } = this.deps;
    if (isOpen) ledgers.close(key);
    const books = isOpen ? NO_BOOKS : await ledgers.of(key, rollout, clock.date().getTime());
    if (!isOpen) await this.health.report(key, rollout, books);
    const leftover = await this.leftovers.take(key, rollout, books);
    const isBegun = !isOpen && !leftover.isSignalled && (await this.takeOvers.take(key, rollout));
    const fight = leftover.isSignalled || isBegun ? undefined : await this.behind.putRight(key, rollout, books);
    hindrances.repair(key, fight ?? leftover.hindrance);
    hindrances.accepted(key); // whatever did not get through before: nothing of it waits any more
  }

  private forget(key: string): void {
    for (const one of [
      this.words,
      this.runs,
      this.openSites,
      this.health,
      this.soaks,
      this.takeOvers,
      this.leftovers,
      this.behind,
    ])
      one.forget(key);
    this.deps.ledgers.forget(key);
  }
}
