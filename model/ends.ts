/**
 * What has come to its end between two versions of an object, for those who count it: by what both say, so that it does not matter
 * how many reports there were between them. Pure.
 */
import { phaseOf } from './fleet/report.ts';
import { endOf, OUTCOMES, type Outcome } from './history/record.ts';
import { LAYERS, type Layer } from './layers.ts';
import type { FogRolloutStatus, FogShard, LayerStatus } from './types.ts';

/** How a run can end by itself, which its object tells. */
export const RUN_OUTCOMES = OUTCOMES.filter((outcome) => !['Superseded', 'Adjusted', 'Interrupted'].includes(outcome));

export interface RunEnd {
  outcome: Outcome;
  /** CamelCase, of the object's conditions. */
  reason: string;
}

/** The run that has ended. One that only brings some of many sites up to date is none: the object goes on saying how it stood. */
export function runEnd(before: FogRolloutStatus | undefined, after: FogRolloutStatus): RunEnd | undefined {
  if (hasEnded(before) || !hasEnded(after)) return undefined;
  const end = endOf(after, { kind: 'rollout', actions: [] });
  return end && { outcome: end.outcome, reason: end.reason ?? end.outcome };
}

function hasEnded(status: FogRolloutStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

export interface StageEnd {
  layer: Layer;
  outcome: 'ready' | 'failed';
  seconds: number;
}

/** The stages that have ended: a layer's turn, from its first site to its last. */
export function stageEnds(before: FogRolloutStatus | undefined, after: FogRolloutStatus): StageEnd[] {
  return (after.layers ?? []).flatMap((layer): StageEnd[] => {
    const { name, phase, startedAt, finishedAt } = layer;
    if (finishedAt === undefined || finishedAt === layerIn(before, name)?.finishedAt) return [];
    const seconds = secondsBetween(startedAt, finishedAt);
    if (seconds === undefined || (phase !== 'Ready' && phase !== 'Failed')) return [];
    return [{ layer: name, outcome: phase === 'Ready' ? 'ready' : 'failed', seconds }];
  });
}

export interface Promotion {
  /** The one that was begun. */
  layer: Layer;
  /** From the layer above being ready. */
  seconds: number;
  /** Gates or a soak were waited for meanwhile. */
  isGated: boolean;
}

/** The layers that were begun after the one above was ready. Where sites wait for their own parents alone, none is. */
export function promotions(before: FogRolloutStatus | undefined, after: FogRolloutStatus): Promotion[] {
  const { layers = [], gates = [] } = after;
  return layers.flatMap(({ name, phase, startedAt }): Promotion[] => {
    const was = layerIn(before, name)?.startedAt;
    if (startedAt === undefined || startedAt === was || phase === 'Pending' || phase === 'Removing') return [];
    const above = layers.findLast((other) => LAYERS.indexOf(other.name) < LAYERS.indexOf(name));
    const seconds = above?.phase === 'Ready' ? secondsBetween(above.finishedAt, startedAt) : undefined;
    if (!above || seconds === undefined) return [];
    const isBetween = ({ layer, at, wave }: (typeof gates)[number]) =>
      wave === undefined && (at === 'before' ? layer === name : layer === above.name);
    return [{ layer: name, seconds, isGated: gates.some(isBetween) }];
  });
}

export interface SiteEnd {
  layer: Layer;
  reason: string;
}

/** The sites without FogSites that have failed: the others are in their FogShards. */
export function implicitFailures(before: FogRolloutStatus | undefined, after: FogRolloutStatus): SiteEnd[] {
  const known = new Set((before?.failures ?? []).map(({ site, message }) => `${site}\n${message}`));
  return (after.failures ?? [])
    .filter(({ site, layer }) => site === layer && layerIn(after, layer)?.shards === undefined)
    .filter(({ site, message }) => !known.has(`${site}\n${message}`))
    .map(({ layer, reason }) => ({ layer, reason }));
}

/** The sites of a record that have failed. A record that another plan has written says nothing new of its sites. */
export function shardFailures(before: FogShard, after: FogShard): SiteEnd[] {
  const { run, layer, sites } = after.spec;
  if (before.spec.run !== run || before.status === after.status) return [];
  const notes = new Map(after.status?.notes?.map(({ site, reason }) => [site, reason]));
  const failed = ({ status }: FogShard, at: number) => phaseOf(status?.phases[at]) === 'failed';
  return sites.flatMap(({ name }, at) =>
    failed(after, at) && !failed(before, at) ? [{ layer, reason: notes.get(name) ?? '' }] : [],
  );
}

function layerIn(status: FogRolloutStatus | undefined, name: Layer): LayerStatus | undefined {
  return status?.layers?.find((layer) => layer.name === name);
}

/** undefined where it began after it ended, or nobody knows. */
function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return seconds >= 0 ? seconds : undefined;
}
