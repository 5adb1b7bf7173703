/**
 * What the stage of a layer with many sites, its shards and the hub exchange. A shard is a slice of one wave, a child
 * workflow of its own; the stage hands out what it may do. Types only, besides names.
 */
import type { ShardReport } from './fleet/report.ts';
import type { ShardLimits, ShardState, Shut } from './fleet/shard.ts';
import type { SiteWindow } from './fleet/site-windows.ts';
import type { Layer } from './layers.ts';
import type { Order } from './order.ts';
import type { Site } from './site.ts';
import type {
  LayerContent,
  LayerStrategy,
  OfflineStrategy,
  Owner,
  RevisionId,
  ShardNote,
  ShardRelease,
  SiteFailure,
} from './types.ts';

/** Asks for the plan of a stage: either `release` or `leaves`. */
export interface PlanStageInput {
  owner: Owner;
  layer: Layer;
  /** Names the plan: what shards of another plan say of the same sites is not believed. */
  run: string;
  strategy: LayerStrategy;
  /** What the sites are given. */
  release?: PlannedRelease;
  /** Who is to lose what the record says it has: `all`, or those that have no part in the layer any more. */
  leaves?: 'all' | 'leftovers';
  /** Places that are not to lose anything, whatever the record says. */
  keep?: Site[];
  /** The releases are let go of, and stay: that is done where a site is held, too. */
  orphan?: boolean;
  /** Whether {@link PlannedShard.sites} and phases are wanted. */
  named?: boolean;
}

export interface PlannedRelease {
  revision: RevisionId;
  /** Of the content: a site that is recorded ready with it is left as it is. */
  hash: string;
  /**
   * `promote`: all the others have their turn. `repair`: not what failed with this content. `adjust`: the same, in the
   * middle of a stage.
   */
  mode: 'promote' | 'repair' | 'adjust';
  /** Sites that are given it again although they are recorded ready. */
  drifted?: string[];
  /** Sites wait for their ancestor in this layer; left out, for nothing. */
  above?: Layer;
  /** What the layer's implicit site has, where it had one until now. */
  implicit?: ShardRelease;
  /** No site is begun while a window of it is closed. */
  windows?: true;
}

/** The plan of a stage, kept as FogShards; of the sites only how many. */
export interface PlannedStage {
  total: number;
  /** `at`: its place among the strategy's waves; left out of the rest, which none of them takes. */
  waves: { name: string; count: number; at?: number }[];
  shards: PlannedShard[];
  /** Of sites that have failed before their turn, the first few. */
  failures?: SiteFailure[];
  /** How many sites have something that they are to lose after the stage. */
  leftovers?: number;
  /** What is to be lost at the place that the layer has without FogSites is the plan's. */
  hasImplicit?: true;
}

export interface PlannedShard {
  /** Its number among the layer's FogShards. */
  index: number;
  /** Index of its wave. */
  wave: number;
  /** How its sites stand as the stage begins. */
  report: ShardReport;
  /** By its name, how many of the shard's sites wait for a parent; `''` is the whole layer above, for those without one. */
  parents?: Record<string, number>;
  /** The names of its sites, in order. */
  sites?: string[];
  /** A letter for each of them, as FogShard.status has it. */
  phases?: string;
  /** All of it, in a plan of so few sites that the run works them itself. */
  loaded?: LoadedShard;
}

/** Names a shard of one plan. */
export interface ShardKey {
  owner: Owner;
  layer: Layer;
  /** @see PlanStageInput.run */
  run: string;
  index: number;
}

export interface LoadedShard {
  sites: Site[];
  /** A letter for each site, as FogShard.status has it. */
  phases: string;
  notes: ShardNote[];
  /** By its name, the places of the sites that wait for a parent, as {@link PlannedShard.parents} has it. */
  parents?: Record<string, number[]>;
  /** The places of the sites that have a window. */
  windows?: number[];
  /** The number of the last record. */
  reports: number;
  /** What its sites are given; none where they lose something, and in a plan that the run works itself. */
  content?: LayerContent;
}

export interface ShardRecord extends ShardKey {
  /** A letter for each site, as FogShard.status has it. */
  phases: string;
  /** A letter for each site, as FogShard.status has it. */
  given: string;
  notes: ShardNote[];
  /** Its number: higher than that of any before it, by whichever attempt at the same work. */
  reports: number;
  /** The number of the record before, as far as the shard knows. */
  after: number;
}

/** On the hub's queue. */
export interface FleetActivities {
  /** Takes a snapshot of the layer's sites, divides it into waves and shards, and keeps those as FogShards. */
  planStage(input: PlanStageInput): Promise<PlannedStage>;
  /** The sites of a shard; undefined when another plan has taken its place. */
  loadShard(input: LoadShardInput): Promise<LoadedShard | undefined>;
  /** Keeps how a shard's sites are doing, unless another plan has taken its place. */
  reportShard(record: ShardRecord): Promise<void>;
  /** What is known now of sites whose turn has come, or that did not answer. */
  findSites(input: FindSitesInput): Promise<FoundSite[]>;
}

/** With the order whose content is wanted with it; left out, none. */
export interface LoadShardInput extends ShardKey, Partial<Order> {}

export interface FindSitesInput {
  owner: Owner;
  sites: Site[];
  /** Their windows are wanted, too. */
  windows?: true;
}

/**
 * `gone`: there is no such FogSite any more, or it is somewhere else now. `hold`: why nothing may be changed there. `away`:
 * why it is out of reach, where that is known. `window`: how its windows are for the rollout, where it has some.
 */
export interface FoundSite {
  gone?: boolean;
  hold?: string;
  away?: string;
  window?: SiteWindow;
}

/** What becomes of sites that cannot be reached. */
export type Offline = Required<Pick<OfflineStrategy, 'policy' | 'afterSeconds'>>;

/** What is done at each of a shard's sites. */
export type ShardWork =
  | {
      kind: 'release';
      revision: RevisionId;
      hash: string;
      /** @see PlannedRelease.windows */
      windows?: true;
    }
  /** @see RemoveReleaseInput */
  | { kind: 'removal'; order?: Order; orphan?: boolean };

/** Sites that a person takes out of a stage. */
export interface Skip {
  /** Left out, all that have not come to their end. */
  site?: string;
  by: string;
  reason?: string;
}

/** Input of `shardWorkflow`. */
export interface ShardInput {
  key: ShardKey;
  work: ShardWork;
  /** What it begins with. */
  limits: ShardLimits;
  /** What was said of its sites before it began. */
  skips?: Skip[];
  /** Sites of the layer below wait for its sites: it tells where each of them is, and soon. */
  isAwaited?: boolean;
  /** It does nothing inside its workflow tasks. Shards that were begun before there was this go on without. */
  isOutsideTasks?: boolean;
  /** Where it was, when it goes on in a run of its own. */
  state?: ContinuedShard;
  /** Version of all this, where it is not the first: code that does not know it must not guess. */
  format?: number;
}

/** Where a shard was when its history had become long. */
export interface ContinuedShard {
  machine: ShardState;
  given: string;
  notes: ShardNote[];
  reports: number;
}

/** What a shard tells its stage. */
export interface ShardProgress {
  layer: Layer;
  /** @see PlanStageInput.run */
  run: string;
  index: number;
  counts: ShardReport;
  /** How many of its sites were given what the plan says, ready or not. */
  applied: number;
  /** The number of the limits it goes by. */
  heard: number;
  /** The newest of its failures, newest first. */
  failures: SiteFailure[];
  /** Who holds the release of one of its sites, which is under way: for people. */
  held?: string;
  /** How many of its sites wait for their windows, and why the first to be begun does; left out, none ever did. */
  shut?: Shut & { text?: string };
  /** A letter for each site, where sites below wait for them. */
  phases?: string;
  /** Its last word. */
  isLast?: boolean;
}

export const SHARD_WORKFLOW_TYPE = 'shardWorkflow';

/** Names of the signals between a stage and its shards. */
export const SHARD_SIGNALS = {
  limits: 'limits',
  halt: 'halt',
  look: 'look',
  skip: 'skip',
  progress: 'progress',
} as const;

/** One open run per place in a layer's plan, whatever the plan: so what an earlier run has left is found, and waited for. */
export function shardWorkflowId({ owner, layer, index }: Pick<ShardKey, 'owner' | 'layer' | 'index'>): string {
  return `fogrollout/${owner.namespace}/${owner.name}/${layer}/${index}`;
}
