import { PHASE_LETTERS } from './report.ts';

/** Stands for a parent where a site has none: it waits for the whole layer above. */
export const LAYER_ABOVE = '';

/** Parents whose sites need not be blocked any more, and why. */
export interface ParentNews {
  /** Ready with the revision: sites that wait for them may start. */
  ready: string[];
  /** They will not become ready in this stage: sites that wait for them are deferred. */
  lost: string[];
}

/**
 * Follows the sites of a stage on whose sites those of the layer below wait, by what its shards say of them. Pure. Tells
 * each parent once, as soon as it came to its end, which is for good within a stage.
 */
export class Branches {
  private readonly sites: readonly (readonly string[])[];
  /** By its name, what was told of a parent. */
  private readonly told = new Map<string, keyof ParentNews>();

  /** @param sites - the names of the upper layer's sites, in order, by the index of their shard */
  constructor(sites: readonly (readonly string[])[]) {
    this.sites = sites;
  }

  /** Of these parents, those that are no sites of the stage are lost. */
  missing(parents: Iterable<string>): ParentNews {
    const there = new Set([LAYER_ABOVE, ...this.sites.flat()]);
    return this.news([...parents].filter((parent) => !there.has(parent)).map((parent) => [parent, 'lost']));
  }

  /**
   * A shard says where its sites are; it may have said later things before.
   *
   * @param phases - a letter for each of its sites, as FogShard.status has them
   */
  saw(shard: number, phases: string): ParentNews {
    const sites = this.sites[shard] ?? [];
    const settled = sites.flatMap((site, at): [string, keyof ParentNews][] => {
      const verdict = VERDICTS.get(phases[at]);
      return verdict ? [[site, verdict]] : [];
    });
    return this.news(settled);
  }

  /**
   * The stage has ended, and the last word of each of its shards was seen: what is not ready by now is lost.
   *
   * @param isReady - the layer as a whole is ready with the revision
   */
  ended(isReady: boolean): ParentNews {
    const others = this.sites.flat().map((site): [string, keyof ParentNews] => [site, 'lost']);
    return this.news([[LAYER_ABOVE, isReady ? 'ready' : 'lost'], ...others]);
  }

  private news(verdicts: [string, keyof ParentNews][]): ParentNews {
    const news: ParentNews = { ready: [], lost: [] };
    for (const [parent, verdict] of verdicts) {
      if (this.told.has(parent)) continue;
      this.told.set(parent, verdict);
      news[verdict].push(parent);
    }
    return news;
  }
}

const VERDICTS = new Map<string | undefined, keyof ParentNews>([
  [PHASE_LETTERS.ready, 'ready'],
  [PHASE_LETTERS.failed, 'lost'],
  [PHASE_LETTERS.deferred, 'lost'],
  [PHASE_LETTERS.skipped, 'lost'],
  [PHASE_LETTERS.held, 'lost'],
]);
