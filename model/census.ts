/** How many there are of what, and how they are: what the objects say now, added up. Pure. */
import { conditionOf } from './conditions.ts';
import { awayOf } from './fleet/reachable.ts';
import { readyCondition } from './fleet/topology.ts';
import { askedKindOf } from './gates/asked.ts';
import { gateName } from './gates/gates.ts';
import { SOAK } from './gates/soak.ts';
import { knownReason } from './known-reasons.ts';
import { LAYERS, type Layer } from './layers.ts';
import { ROLLOUT_PHASES } from './phases.ts';
import type { FogRollout, FogSite, Gate, GateStatus, Phase, SiteCounts } from './types.ts';

/** What can be waited at; `other` where the rollout has no such gate any more. */
export const GATE_KINDS = ['approval', 'window', 'http', 'job', 'workflow', 'metric', SOAK, 'other'] as const;

export type GateKindName = (typeof GATE_KINDS)[number];

/** How the sites of a rollout's layer are; `pending` is all that is none of the others. */
export const LAYER_SITE_STATES = ['ready', 'failed', 'deferred', 'unknown', 'pending'] as const;

type LayerSiteState = (typeof LAYER_SITE_STATES)[number];

/** How a FogSite is; the first that holds. `unjudged` is one that nobody has looked at yet. */
export const SITE_STATES = ['unjudged', 'unusable', 'out_of_reach', 'held', 'usable'] as const;

type SiteState = (typeof SITE_STATES)[number];

/** What waits at the gates of a kind. */
interface Waiting {
  rollouts: number;
  /** ms since the epoch: the first of them came there; left out, none waits. */
  since?: number;
}

export interface Census {
  rollouts: Record<Phase, number>;
  /** By reason, how many of them nobody but a person gets going. */
  stalled: Map<string, number>;
  /** How many of those that have succeeded are no longer ready. */
  degraded: number;
  gates: Record<GateKindName, Waiting>;
  layerSites: Record<Layer, Record<LayerSiteState, number>>;
  sites: Record<Layer, Record<SiteState, number>>;
  /** Releases at FogSites that are not what they were made. */
  drifted: Record<Layer, number>;
}

/** Takes time by how many objects there are, not by how many sites each rollout has. */
export function censusOf(rollouts: readonly FogRollout[], sites: readonly FogSite[]): Census {
  const census: Census = {
    rollouts: zeros(ROLLOUT_PHASES),
    stalled: new Map(),
    degraded: 0,
    gates: each(GATE_KINDS, () => ({ rollouts: 0 })),
    layerSites: each(LAYERS, () => zeros(LAYER_SITE_STATES)),
    sites: each(LAYERS, () => zeros(SITE_STATES)),
    drifted: zeros(LAYERS),
  };
  for (const rollout of rollouts) countRollout(census, rollout);
  for (const site of sites) {
    const { layer } = site.spec;
    census.sites[layer][stateOf(site)] += 1;
    census.drifted[layer] += site.status?.drifted?.length ?? 0;
  }
  return census;
}

function countRollout(census: Census, { spec, status }: FogRollout): void {
  const phase = status?.phase ?? 'Pending';
  census.rollouts[phase] += 1;
  const stalled = conditionOf(status?.conditions, 'Stalled');
  if (stalled?.status === 'True') {
    const reason = knownReason(stalled.reason);
    census.stalled.set(reason, (census.stalled.get(reason) ?? 0) + 1);
  } else if (phase === 'Succeeded' && conditionOf(status?.conditions, 'Ready')?.status === 'False') {
    census.degraded += 1;
  }
  for (const { name, sites } of status?.layers ?? []) countLayer(census.layerSites[name], sites);
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Removing') return;
  for (const gate of status?.gates ?? []) if (gate.state === 'Closed') countGate(census.gates, spec, gate);
}

function countLayer(states: Record<LayerSiteState, number>, sites: SiteCounts): void {
  const { total, ready, failed, deferred, unknown = 0 } = sites;
  states.ready += ready;
  states.failed += failed;
  states.deferred += deferred;
  states.unknown += unknown;
  states.pending += Math.max(0, total - ready - failed - deferred - unknown);
}

function countGate(gates: Census['gates'], spec: FogRollout['spec'], gate: GateStatus): void {
  const waiting = gates[kindOf(spec, gate)];
  const since = Date.parse(gate.since);
  waiting.rollouts += 1;
  if (!Number.isNaN(since)) waiting.since = Math.min(waiting.since ?? since, since);
}

/** The status knows the name of a gate only. */
function kindOf({ strategy }: FogRollout['spec'], { layer, at, wave, name }: GateStatus): GateKindName {
  const own = strategy?.layers?.[layer];
  const places = wave === undefined ? [own?.[at]] : (own?.waves ?? []).map(({ after }) => after);
  const gate = places.flatMap((gates = []) => gates.filter((one, index) => gateName(one, index) === name))[0];
  if (gate) return kindOfGate(gate);
  return name === SOAK && at === 'after' ? SOAK : 'other';
}

function kindOfGate(gate: Gate): GateKindName {
  if (gate.window) return 'window';
  return askedKindOf(gate) ?? 'approval';
}

function stateOf(site: FogSite): SiteState {
  const ready = readyCondition(site.status?.conditions);
  if (!ready) return 'unjudged';
  if (ready.status === 'False') return 'unusable';
  if (awayOf(site) !== undefined) return 'out_of_reach';
  return site.spec.hold ? 'held' : 'usable';
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return each(keys, () => 0);
}

function each<K extends string, V>(keys: readonly K[], of: () => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, of()])) as Record<K, V>;
}
