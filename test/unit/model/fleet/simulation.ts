import { Branches, LAYER_ABOVE, type ParentNews } from '../../../../model/fleet/branches.ts';
import type { CoordinatorInput, StageLimits } from '../../../../model/fleet/coordinator.ts';
import type { SettledPhase } from '../../../../model/fleet/report.ts';
import type { Word } from './simulated-shard.ts';
import { must, SimulatedStage } from './simulated-stage.ts';

export interface SimulatedSite {
  name: string;
  /** Where it begins, as in FogShard.status. */
  letter: string;
  /** What becomes of it once it was started. */
  fate: SettledPhase;
  /** Whether it may leave before its turn. */
  leaves: boolean;
  /** Of one that begins blocked. */
  parent?: string;
  /** Of one that has a window: when it closes, opens, closes and so on, ms; at last it is open. */
  window?: number[];
}

/** What is done to a stage from outside. What is held is let go on at some time. */
export type Intervention =
  | { kind: 'stop' }
  | { kind: 'hold'; isHeld: boolean }
  /** What has not begun is planned anew, with other waves and shards. */
  | { kind: 'replan' }
  /** A site is taken out, by numbers that may be higher than there are. */
  | { kind: 'skip'; shard: number; site: number }
  | { kind: 'adjust'; limits: StageLimits };

export interface StagePlan {
  input: CoordinatorInput;
  /** By shard. */
  sites: SimulatedSite[][];
  /** Each happens at any moment, in any order. */
  interventions?: Intervention[];
}

export interface Scenario {
  /** One, or an upper and a lower one whose blocked sites wait for those of the upper. */
  stages: StagePlan[];
  /** Decides the order of all events. */
  seed: number;
  /** How much rather sites settle than messages arrive, from 1 on. */
  delay: number;
  /** Shards may die. */
  mortal: boolean;
}

/** Plays the stages of a run at once, the lower one on the news of the upper, until both have finished. */
export class Simulation {
  /** All that happened, in order. */
  readonly trace: string[] = [];
  readonly stages: SimulatedStage[];
  private readonly random: () => number;
  private readonly branches: Branches | undefined;
  private readonly news: ParentNews[] = [];
  private now = 0;

  /** @param isRenewed - stages and shards are made anew from their state as JSON before everything they do */
  constructor({ stages, seed, delay, mortal }: Scenario, isRenewed = false) {
    this.random = randomOf(seed);
    this.stages = stages.map(
      (plan, at) =>
        new SimulatedStage(plan, {
          delay,
          mortal,
          isRenewed,
          random: this.random,
          note: (what) => this.trace.push(JSON.stringify([at, ...what])),
          mayStart: (parent) => at === 0 || this.isReady(parent),
          arrived: (word) => at === 0 && this.heard(word),
          now: () => this.now,
        }),
    );
    if (stages.length > 1) this.branches = new Branches(stages[0]!.sites.map((sites) => sites.map(({ name }) => name)));
  }

  /** Plays on until all have finished, and then lets everything arrive that is still on its way. */
  run(): this {
    for (const stage of this.stages) stage.decide();
    this.begin();
    while (this.stages.some(({ finished }) => !finished)) this.step();
    for (const stage of this.stages) stage.end();
    return this;
  }

  private begin(): void {
    const [upper, lower] = this.stages;
    if (!this.branches || !lower) return;
    this.tell(this.branches.missing(lower.plan.input.shards.flatMap(({ parents }) => Object.keys(parents ?? {}))));
    for (const [at, { letters }] of upper!.shards.entries()) this.tell(this.branches.saw(at, letters));
    if (upper!.finished) this.tell(this.branches.ended(upper!.stage.outcome().ok));
  }

  private step(): void {
    const events = this.stages.flatMap((stage) => stage.events());
    if (this.stages.some((stage) => stage.changesAfter(this.now))) events.push(() => this.timeGoesOn());
    if (events.length === 0) throw new Error(`Nothing can happen any more after:\n${this.trace.join('\n')}`);
    if (this.trace.length > 20_000) throw new Error('It goes on for ever');
    events[Math.floor(this.random() * events.length)]!();
    for (const stage of this.stages) stage.check();
  }

  private timeGoesOn(): void {
    this.now += 1 + Math.floor(this.random() * 8);
    this.trace.push(`it is ${this.now}`);
    for (const stage of this.stages) stage.tick();
  }

  /** A shard of the upper stage has said something, or somebody has intervened there. */
  private heard(word?: Word): void {
    const { branches, stages } = this;
    if (!branches) return;
    if (word?.phases !== undefined) this.tell(branches.saw(word.shard, word.phases));
    if (stages[0]!.finished) this.tell(branches.ended(stages[0]!.stage.outcome().ok));
  }

  /** Passes news on to the lower stage, now and then some of before with it. */
  private tell(news: ParentNews): void {
    this.news.push(news);
    const again = this.news[Math.floor(this.random() * this.news.length)]!;
    const told = this.random() < 0.5 ? [news, again] : [again, news];
    for (const { ready, lost } of told) this.stages[1]!.stage.parents({ ready: ready.toReversed(), lost });
    this.stages[1]!.decide();
  }

  private isReady(parent: string): boolean {
    const upper = this.stages[0]!;
    if (parent === LAYER_ABOVE) return upper.finished && upper.stage.outcome().ok;
    const phase = upper.phaseOf(parent);
    must(phase !== undefined, 'Only a site can be a parent');
    return phase === 'r';
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let now = seed;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
