import { loadedOf, planOf } from '../../../model/fleet/plan.ts';
import { awayOf } from '../../../model/fleet/reachable.ts';
import type { SiteWindow } from '../../../model/fleet/site-windows.ts';
import type { Layer } from '../../../model/layers.ts';
import type {
  FindSitesInput,
  FoundSite,
  LoadedShard,
  PlannedStage,
  PlanStageInput,
  ShardKey,
  ShardRecord,
} from '../../../model/shards.ts';
import { isSamePlace, siteOf } from '../../../model/site.ts';
import type { FogShard, FogSite } from '../../../model/types.ts';

/** The sites of a fleet, and what is kept of its stages, in memory. */
export class FakeFleet {
  /** Sites a shard has at most. */
  shardSize = 3;
  /** A plan of so many sites, or fewer, is worked by the run itself. */
  inlineSites = 0;
  /** The last record of each shard, e.g. of `edge 0`. */
  readonly records = new Map<string, ShardRecord>();
  /** How windows of sites are; without an entry, a site has none. */
  readonly windows = new Map<string, SiteWindow>();
  private readonly opening = new Map<string, number>();
  private readonly sites = new Map<string, FogSite>();
  private readonly shards = new Map<Layer, FogShard[]>();

  /**
   * e.g. `edge-0` and so on, the first one the first to be started.
   *
   * @param parentOf - the parent of the site of a number
   */
  have(layer: Layer, count: number, parentOf?: (at: number) => string): void {
    for (let at = 0; at < count; at++) {
      const name = `${layer}-${at}`;
      const parent = parentOf?.(at);
      const spec = { layer, namespace: name, ...(parent !== undefined && { parent }) };
      const metadata = {
        name,
        uid: name,
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-11-22T10:00:00Z',
      };
      this.sites.set(name, { apiVersion: 'paguos.io/v1alpha1', kind: 'FogSite', metadata, spec } as FogSite);
    }
  }

  site(name: string): FogSite {
    const site = this.sites.get(name);
    if (!site) throw new Error(`There is no site ${name}`);
    return site;
  }

  leaves(name: string): void {
    this.sites.delete(name);
  }

  /** As the watcher would write it. */
  isReachable(name: string, reachable: boolean): void {
    const at = '2026-11-22T10:00:00Z';
    const condition = {
      type: 'Reachable' as const,
      status: reachable ? ('True' as const) : ('False' as const),
      observedGeneration: 1,
      lastTransitionTime: at,
      reason: reachable ? 'Answering' : 'WorkerAway',
      message: reachable ? 'It answers' : 'Nobody works there',
    };
    this.site(name).status = { lastSeen: at, conditions: [condition] };
  }

  plan(input: PlanStageInput): PlannedStage {
    const above = input.release?.above;
    const { stage, shards } = planOf(
      input,
      {
        sites: [...this.sites.values()],
        former: this.shards.get(input.layer) ?? [],
        above: (above && this.shards.get(above)) ?? [],
        ...(input.release?.windows && { windowed: new Set(this.windows.keys()) }),
      },
      { shardSize: this.shardSize, inlineSites: this.inlineSites },
    );
    this.shards.set(input.layer, shards);
    return stage;
  }

  /** As they are kept now. */
  shardsOf(layer: Layer): FogShard[] {
    return this.shards.get(layer) ?? [];
  }

  load(key: ShardKey): LoadedShard | undefined {
    const shard = this.shardOf(key);
    return shard && loadedOf(shard);
  }

  record(record: ShardRecord): void {
    this.records.set(`${record.layer} ${record.index}`, record);
    const { phases, given, notes, reports } = record;
    const shard = this.shardOf(record);
    if (shard) shard.status = { phases, given, notes, reports };
  }

  /** The last record of a layer's only shard, or of its first. @throws when there is none */
  lastRecord(layer: Layer): ShardRecord {
    const record = this.records.get(`${layer} 0`);
    if (!record) throw new Error(`Nothing is recorded of the ${layer}`);
    return record;
  }

  /** Closed from now on. @param ms - for so long after somebody has looked; left out, without an end */
  shuts(name: string, ms?: number): void {
    this.windows.set(name, { open: false, text: 'FogWindow line is closed' });
    if (ms !== undefined) this.opening.set(name, ms);
  }

  private windowOf(name: string): SiteWindow | undefined {
    const ms = this.opening.get(name);
    this.opening.delete(name);
    if (ms !== undefined) {
      this.windows.set(name, { ...this.windows.get(name)!, until: new Date(Date.now() + ms).toISOString() });
      setTimeout(() => this.windows.set(name, { open: true }), ms);
    }
    return this.windows.get(name);
  }

  find({ sites, windows }: FindSitesInput): FoundSite[] {
    return sites.map((asked) => {
      const site = this.sites.get(asked.name);
      if (!site || !isSamePlace(siteOf(site), asked)) return { gone: true };
      const away = awayOf(site);
      const hold = site.spec.hold?.reason;
      const window = windows && this.windowOf(asked.name);
      return {
        ...(away !== undefined && { away }),
        ...(hold !== undefined && { hold }),
        ...(window && { window }),
      };
    });
  }

  private shardOf({ layer, index, run }: ShardKey): FogShard | undefined {
    const shard = this.shards.get(layer)?.find(({ spec }) => spec.index === index);
    return shard?.spec.run === run ? shard : undefined;
  }
}
