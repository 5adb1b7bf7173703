import { Branches, type ParentNews } from '../model/fleet/branches.ts';
import type { PlannedStage } from '../model/shards.ts';
import type { StageRunner } from './stage-runner.ts';

/** Lets the stage of a layer know of the sites of the stage above that its own wait for, whichever of the two is begun first. */
export class ParentLink {
  /** Resolves when the stage above has its plan, or will never have one. */
  readonly planned: Promise<void>;
  private readonly resolve: () => void;
  private readonly told: ParentNews = { ready: [], lost: [] };
  private branches: Branches | undefined;
  private below: StageRunner | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.planned = promise;
    this.resolve = resolve;
  }

  /** @param seen - where the sites of its shards are by now, by their index, where that is later than the plan */
  plan({ shards }: PlannedStage, seen: ReadonlyMap<number, string>): void {
    this.branches = new Branches(shards.map(({ sites = [] }) => sites));
    for (const { index, phases = '' } of shards) this.saw(index, seen.get(index) ?? phases);
    this.resolve();
  }

  saw(index: number, phases: string): void {
    if (this.branches) this.tell(this.branches.saw(index, phases));
  }

  /** The stage above is never begun: whatever waits for its sites waits in vain. */
  passed(): void {
    this.branches ??= new Branches([]);
    this.ended(false);
  }

  ended(isReady: boolean): void {
    if (this.branches) this.tell(this.branches.ended(isReady));
    this.resolve();
  }

  /** @param plan - of the stage below */
  join(below: StageRunner, { shards }: PlannedStage): void {
    this.below = below;
    below.parents(this.told);
    if (this.branches) this.tell(this.branches.missing(shards.flatMap(({ parents = {} }) => Object.keys(parents))));
  }

  private tell(news: ParentNews): void {
    this.told.ready.push(...news.ready);
    this.told.lost.push(...news.lost);
    this.below?.parents(news);
  }
}
