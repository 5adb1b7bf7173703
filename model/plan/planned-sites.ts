/** The sites of a step that is only planned: who is given something, who is not, and in which waves. Pure. */
import { budgetOf } from '../fleet/budget.ts';
import { planOf } from '../fleet/plan.ts';
import { reportOf } from '../fleet/report.ts';
import { revisionIdIn } from '../order.ts';
import type { DropStep, StageStep } from '../run/steps.ts';
import type { PlanStageInput } from '../shards.ts';
import type { ChangeSignal } from '../signals.ts';
import { implicitSite } from '../site.ts';
import type { FogShard } from '../types.ts';
import type { PlanFacts } from './facts.ts';
import { type PlannedGate, plannedGates } from './planned-gates.ts';

export interface PlannedSites {
  total: number;
  /** How many are given it; the others have it, or cannot be given anything. */
  toGive: number;
  /** They have it, and are ready with it. */
  ready: number;
  /** Nothing may be changed there. */
  held: number;
  /** Out of reach as far as is known, and not waited for. */
  away: number;
  /** Most at once. */
  concurrency: number;
  waves: PlannedWave[];
  /** Of those that are given it, those whose windows are closed now: each has its turn when they are open. */
  closed?: PlannedClosed[];
}

/** Sites that wait for the same. */
export interface PlannedClosed {
  /** For people: which windows, and until when. */
  because: string;
  total: number;
  /** Names of the first. */
  first: string[];
}

export interface PlannedWave {
  name: string;
  total: number;
  toGive: number;
  /** Names of the first of those that are given it. */
  first: string[];
  /** What is waited for before the next one. */
  after?: PlannedGate[];
}

/** How many sites of a wave are named, and how many reasons why some wait. */
const NAMED = 10;

type Fleet = Pick<PlanFacts, 'sites' | 'shards' | 'windows' | 'siteWindows'>;

export function sitesOfStage(step: StageStep, { owner, revision }: ChangeSignal, fleet: Fleet): PlannedSites {
  const { layer, isFleet, above, waveGates = {} } = step;
  if (!isFleet) return theImplicit(layer);
  const strategy = revision.strategy.layers[layer] ?? {};
  const release = { ...releaseOf(layer, revision), ...(above && { above }) };
  const { shards, stage } = planned({ owner, layer, run: 'plan', strategy, release }, fleet, above);
  const allGiven: string[] = [];
  const waves = stage.waves.map(({ name, count, at }, index): PlannedWave => {
    const given = shards.filter(({ spec }) => spec.wave === name).flatMap(givenIn);
    allGiven.push(...given);
    const isLast = index === stage.waves.length - 1;
    const gates = at === undefined || isLast ? undefined : waveGates[at];
    return {
      ...{ name, total: count, toGive: given.length, first: given.slice(0, NAMED) },
      ...(gates && { after: plannedGates(gates, fleet.windows) }),
    };
  });
  const closed = closedAmong(allGiven, fleet);
  const report = reportOf(shards.map(({ status }) => status!.phases).join(''));
  return {
    total: stage.total,
    toGive: allGiven.length,
    ready: report.ready,
    held: report.held,
    away: report.deferred + report.failed,
    concurrency: budgetOf(strategy, stage.total).maxConcurrency,
    waves,
    ...(closed.length > 0 && { closed }),
  };
}

/** How many sites lose what they have. */
export function sitesOfDrop(step: DropStep, { owner, revision }: ChangeSignal, fleet: Fleet): number {
  const { layer, leaves } = step;
  const own = fleet.shards.filter(({ spec }) => spec.layer === layer);
  if (own.length === 0) return leaves === 'all' ? 1 : 0;
  const strategy = revision.strategy.layers[layer] ?? {};
  if (leaves === 'all') {
    return planned(
      { owner, layer, run: 'plan', strategy, leaves, keep: revision.layers[layer] ? [implicitSite(layer)] : [] },
      fleet,
    ).stage.total;
  }
  const input = { owner, layer, run: 'plan', strategy, release: releaseOf(layer, revision) };
  return planned(input, fleet).stage.leftovers ?? 0;
}

function releaseOf(layer: StageStep['layer'], revision: ChangeSignal['revision']) {
  return { revision: revisionIdIn(revision), hash: revision.hashes[layer]!, mode: 'promote' as const };
}

function planned(input: PlanStageInput, { sites, shards }: Fleet, above?: StageStep['layer']) {
  const of = (layer: StageStep['layer']) => shards.filter(({ spec }) => spec.layer === layer);
  const plan = planOf(input, { sites, former: of(input.layer), above: above ? of(above) : [] }, { inlineSites: 0 });
  // Without those that lose something after the stage: they are a step of their own.
  const names = new Set(plan.stage.waves.map(({ name }) => name));
  return { stage: plan.stage, shards: plan.shards.filter(({ spec }) => names.has(spec.wave)) };
}

/** Letters of sites that are given something, at once or when their parents are ready. */
const TO_GIVE = 'wb';

function givenIn({ spec, status }: FogShard): string[] {
  return spec.sites.flatMap(({ name }, at) => (TO_GIVE.includes(status!.phases[at]!) ? [name] : []));
}

/** The most first. */
function closedAmong(names: string[], { sites, siteWindows }: Fleet): PlannedClosed[] {
  if (!siteWindows) return [];
  const given = new Set(names);
  const byReason = new Map<string, string[]>();
  for (const site of sites) {
    if (!given.has(site.metadata.name)) continue;
    const { open = true, text = '' } = siteWindows.at(site) ?? {};
    if (open) continue;
    const same = byReason.get(text) ?? [];
    same.push(site.metadata.name);
    byReason.set(text, same);
  }
  return [...byReason]
    .map(([because, all]) => ({ because, total: all.length, first: all.slice(0, NAMED) }))
    .sort((a, b) => b.total - a.total)
    .slice(0, NAMED);
}

function theImplicit(layer: StageStep['layer']): PlannedSites {
  const { name } = implicitSite(layer);
  return {
    ...{ total: 1, toGive: 1, ready: 0, held: 0, away: 0, concurrency: 1 },
    waves: [{ name: 'all', total: 1, toGive: 1, first: [name] }],
  };
}
