/**
 * What the stage of a layer with many sites, its shards and the hub exchange. A shard is a slice of one wave, a child
 * workflow of its own; the stage hands out what it may do. Types only, besides names.
 */
import type { ShardReport } from './fleet/report.ts';
import type { ShardLimits } from './fleet/shard.ts';
import type { Layer } from './layers.ts';
import type { Site } from './site.ts';
import type { LayerContent, LayerStrategy, Owner, RevisionId, ShardNote, SiteFailure } from './types.ts';

/** Asks for the plan of a stage, from the sites there are now. */
export interface PlanStageInput {
  owner: Owner;
  layer: Layer;
  /** What the sites are to be given; left out, all that may have something are to lose it. */
  revision?: RevisionId;
  strategy: LayerStrategy;
  /** Id of the Temporal run that asks: a plan belongs to one. */
  run: string;
}

/** The plan of a stage, kept as FogShards; of the sites only how many. */
export interface PlannedStage {
  total: number;
  waves: { name: string; count: number }[];
  shards: PlannedShard[];
}

export interface PlannedShard {
  index: number;
  /** Index of its wave. */
  wave: number;
  count: number;
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
  /** Places of the sites whose hold is set. */
  held: number[];
}

export interface ShardRecord extends ShardKey {
  /** A letter for each site, as FogShard.status has it. */
  phases: string;
  notes: ShardNote[];
  /** Its number, from 1 on. */
  reports: number;
}

/** On the hub's queue. */
export interface FleetActivities {
  /** Takes a snapshot of the layer's sites, divides it into waves and shards, and keeps those as FogShards. */
  planStage(input: PlanStageInput): Promise<PlannedStage>;
  /** The sites of a shard; undefined when another plan has taken its place. */
  loadShard(key: ShardKey): Promise<LoadedShard | undefined>;
  /** Keeps how a shard's sites are doing, unless another plan has taken its place. */
  reportShard(record: ShardRecord): Promise<void>;
}

/** What is done at each of a shard's sites. */
export type ShardWork =
  | { kind: 'release'; revision: RevisionId; content: LayerContent; progressDeadlineSeconds: number }
  /** @see RemoveReleaseInput */
  | { kind: 'removal'; generation?: number };

/** Input of `shardWorkflow`. */
export interface ShardInput {
  key: ShardKey;
  work: ShardWork;
  limits: ShardLimits;
  /** ms between two starts, where the sites of a minute are limited. */
  paceMs?: number;
}

/** What a shard tells its stage. */
export interface ShardProgress {
  index: number;
  counts: ShardReport;
  /** The newest of its failures, newest first. */
  failures: SiteFailure[];
}

export const SHARD_WORKFLOW_TYPE = 'shardWorkflow';

/** Names of the signals between a stage and its shards. */
export const SHARD_SIGNALS = { limits: 'limits', halt: 'halt', progress: 'progress' } as const;

export function shardWorkflowId({ owner, layer, generation, index }: ShardKey): string {
  return `fogrollout/${owner.namespace}/${owner.name}/${layer}/${generation}/${index}`;
}
