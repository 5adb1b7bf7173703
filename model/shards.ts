/**
 * What the stage of a layer with many sites, its shards and the hub exchange. A shard is a slice of one wave, a child
 * workflow of its own; the stage hands out what it may do. Types only, besides names.
 */
import type { ShardReport } from './fleet/report.ts';
import type { ShardLimits, ShardState } from './fleet/shard.ts';
import type { Layer } from './layers.ts';
import type { Site } from './site.ts';
import type {
  LayerContent,
  LayerStrategy,
  OfflineStrategy,
  Owner,
  RevisionId,
  ShardNote,
  SiteFailure,
} from './types.ts';

/** Asks for the plan of a stage. */
export interface PlanStageInput {
  owner: Owner;
  layer: Layer;
  /** What the sites are to be given; left out, all that may have something are to lose it. */
  revision?: RevisionId;
  strategy: LayerStrategy;
  /** Id of the Temporal run that asks: a plan belongs to one. */
  run: string;
  /**
   * What becomes of an earlier plan for the same generation. `anew`, where left out: the sites are taken as they are now, and
   * what is ready stays so. `repair`: the same, but what failed stays so too, and `drifted` are given their release again.
   * `continue`: its sites and waves are kept, and all that has ended; this is the same stage, in a later run.
   */
  former?: 'anew' | 'repair' | 'continue';
  drifted?: string[];
  /** Sites wait for their parents ({@link PlannedShard.parents}); left out, for nothing. */
  branches?: boolean;
  /** Whether {@link PlannedShard.sites} and phases are wanted. */
  named?: boolean;
}

/** The plan of a stage, kept as FogShards; of the sites only how many. */
export interface PlannedStage {
  total: number;
  waves: { name: string; count: number }[];
  shards: PlannedShard[];
  /** Of sites that have failed before their turn, the first few. */
  failures?: SiteFailure[];
}

export interface PlannedShard {
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
}

/** Names a shard of one plan. */
export interface ShardKey {
  owner: Owner;
  layer: Layer;
  generation: number;
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
  /** The number of the last record. */
  reports: number;
}

export interface ShardRecord extends ShardKey {
  /** A letter for each site, as FogShard.status has it. */
  phases: string;
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
  loadShard(key: ShardKey): Promise<LoadedShard | undefined>;
  /** Keeps how a shard's sites are doing, unless another plan has taken its place. */
  reportShard(record: ShardRecord): Promise<void>;
  /** What is known of a site that did not answer. */
  findSite(input: { owner: Owner; name: string }): Promise<FoundSite>;
}

/** `away`: why it is out of reach, where that is known. */
export type FoundSite = { gone: true } | { gone: false; away?: string };

/** What becomes of sites that cannot be reached. */
export type Offline = Required<Pick<OfflineStrategy, 'policy' | 'afterSeconds'>>;

/** What is done at each of a shard's sites. */
export type ShardWork =
  | {
      kind: 'release';
      revision: RevisionId;
      content: LayerContent;
      progressDeadlineSeconds: number;
      offline: Offline;
    }
  /** @see RemoveReleaseInput */
  | { kind: 'removal'; generation?: number };

/** Input of `shardWorkflow`. */
export interface ShardInput {
  key: ShardKey;
  work: ShardWork;
  /** What it begins with. */
  limits: ShardLimits;
  /** ms between two starts, where the sites of a minute are limited. */
  paceMs?: number;
  /** Sites of the layer below wait for its sites: it tells where each of them is, and soon. */
  isAwaited?: boolean;
  /** Where it was, when it goes on in a run of its own. */
  state?: ShardState;
}

/** What a shard tells its stage. */
export interface ShardProgress {
  layer: Layer;
  index: number;
  counts: ShardReport;
  /** The number of the limits it goes by. */
  heard: number;
  /** The newest of its failures, newest first. */
  failures: SiteFailure[];
  /** A letter for each site, where sites below wait for them. */
  phases?: string;
}

export const SHARD_WORKFLOW_TYPE = 'shardWorkflow';

/** Names of the signals between a stage and its shards. */
export const SHARD_SIGNALS = { limits: 'limits', halt: 'halt', progress: 'progress' } as const;

export function shardWorkflowId({ owner, layer, generation, index }: ShardKey): string {
  return `fogrollout/${owner.namespace}/${owner.name}/${layer}/${generation}/${index}`;
}
