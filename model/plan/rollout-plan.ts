/** What would become of a manifest if it were applied now: the steps of its run, with their sites, and what speaks against it. Pure. */
import { canonical } from '../canonical.ts';
import { LAYERS, type Layer } from '../layers.ts';
import { expressionFaults } from '../lint.ts';
import { planHashOf } from '../plan-hash.ts';
import { ownerOf, revisionOf } from '../revision.ts';
import { dropOf } from '../run/facts.ts';
import { type GateStep, type Step, stepsOfChange } from '../run/steps.ts';
import type { ChangeSignal } from '../signals.ts';
import type { FogRollout, FogWindow, Revision } from '../types.ts';
import { isFor } from '../windows/selection.ts';
import type { PlanFacts } from './facts.ts';
import { type PlannedGate, plannedGates } from './planned-gates.ts';
import { type PlannedSites, sitesOfDrop, sitesOfStage } from './planned-sites.ts';
import { diffOf, type ObjectDiff, renderedOf } from './renderings.ts';

/**
 * `new`: there is no such rollout yet. `content`: sites are given something else. `control`: only how sites are gone through
 * differs. `none`: nothing comes of it.
 */
export type PlannedChange = 'new' | 'content' | 'control' | 'none';

export interface RolloutPlan {
  namespace: string;
  name: string;
  version: string;
  /** What all layers last completed. */
  from?: string;
  change: PlannedChange;
  /** In their order; those that go on side by side one after the other. */
  steps: PlannedStep[];
  /** Why it would fail. */
  refusals: string[];
  /** What it would wait for, or what would wait for it, before its first step. */
  waits: string[];
  /** The longest that its layers would take together, by their last turns, in seconds; left out where nothing tells of one. */
  seconds?: number;
  /** Names what would be given, and how ({@link planHashOf}): the run that does so has the same. */
  hash: string;
}

export type PlannedStep =
  /** What one API server of each layer takes is found out before the first write. */
  | { kind: 'check'; layers: Layer[] }
  | { kind: 'gate'; layer: Layer; at: GateStep['at']; gates: PlannedGate[] }
  | StagePlan
  /** What the layer's sites have is taken away. */
  | { kind: 'drop'; layer: Layer; total: number };

export interface StagePlan extends PlannedSites {
  kind: 'stage';
  layer: Layer;
  isBeside?: true;
  /** About how long it takes. */
  seconds?: number;
  /** What its sites are given, where it is another than what is live. */
  diff?: ObjectDiff[];
}

/** @param wanted - as the API server would store it, with its defaults */
export function planRollout(wanted: FogRollout, facts: PlanFacts): RolloutPlan {
  const { live } = facts;
  const rollout = asApplied(wanted, live);
  const revision = revisionOf(rollout);
  const change = changeOf(revision, live);
  const fleet = LAYERS.filter((layer) => facts.sites.some(({ spec }) => spec.layer === layer));
  const signal: ChangeSignal = { owner: ownerOf(rollout), revision, fleet };
  const steps = change === 'none' ? [] : stepsOfChange(signal).flatMap((step) => plannedStep(step, signal, facts));
  const { namespace, name } = rollout.metadata;
  const { version: from } = live?.status ?? {};
  const seconds = secondsIn(steps);
  return {
    ...{ namespace, name, version: revision.version, ...(from !== undefined && { from }) },
    change,
    steps,
    refusals: [...noSites(steps), ...invalid(signal), ...unreadable(rollout)],
    waits: [...waitsOf(revision, live, change), ...(change === 'none' ? [] : closedFor(rollout, facts.windows))],
    ...(seconds !== undefined && { seconds }),
    hash: planHashOf(revision),
  };
}

/** What it would be: the live object with another spec, at its next generation. */
function asApplied(wanted: FogRollout, live: FogRollout | undefined): FogRollout {
  if (!live) return { ...wanted, metadata: { ...wanted.metadata, generation: 1 } };
  const generation = live.metadata.generation + 1;
  return { ...live, spec: wanted.spec, metadata: { ...live.metadata, generation } };
}

function changeOf(revision: Revision, live: FogRollout | undefined): PlannedChange {
  if (!live) return 'new';
  const before = revisionOf(live);
  if (before.hash !== revision.hash) return 'content';
  return canonical(before.strategy) === canonical(revision.strategy) ? 'none' : 'control';
}

function plannedStep(step: Step, signal: ChangeSignal, facts: PlanFacts): PlannedStep[] {
  switch (step.kind) {
    case 'check':
      return [step];
    case 'gate': {
      const { layer, at, gates } = step;
      return [{ kind: 'gate', layer, at, gates: plannedGates(gates, windowsIn(signal, facts)) }];
    }
    case 'stage': {
      const windows = windowsIn(signal, facts);
      const sites = sitesOfStage(step, signal, { ...facts, ...(windows && { windows }) });
      const seconds = secondsOf(step.layer, sites, facts.live);
      const diff = diffOfLayer(step.layer, signal, facts.live);
      return [
        {
          ...{ kind: 'stage', layer: step.layer, ...(step.beside && { isBeside: true }) },
          ...sites,
          ...(seconds !== undefined && { seconds }),
          ...(diff && { diff }),
        },
      ];
    }
    case 'drop': {
      const before = facts.live?.status?.layers?.find(({ name }) => name === step.layer);
      const total = sitesOfDrop(step, signal, facts);
      const isDue = dropOf(step, { before, leftovers: step.leaves === 'leftovers' ? total : 0 }) !== undefined;
      return isDue && total > 0 ? [{ kind: 'drop', layer: step.layer, total }] : [];
    }
    case 'letGo':
      return [];
  }
}

/** Gates name those of their own namespace. */
function windowsIn({ owner }: ChangeSignal, { windows }: PlanFacts): FogWindow[] | undefined {
  return windows?.filter(({ metadata }) => metadata.namespace === owner.namespace);
}

/** Undefined where nothing is given but another strategy, or nothing can be rendered. */
function diffOfLayer(layer: Layer, signal: ChangeSignal, live: FogRollout | undefined): ObjectDiff[] | undefined {
  const after = renderedOf(layer, signal);
  const revision = live && revisionOf(live);
  if (typeof after !== 'object' || revision?.hash === signal.revision.hash) return undefined;
  const before = revision && renderedOf(layer, { ...signal, revision });
  return diffOf(typeof before === 'object' ? before : undefined, after);
}

/** As long as its last turn took for so many sites at once; undefined where nothing tells. */
function secondsOf(
  layer: Layer,
  { toGive, concurrency }: PlannedSites,
  live: FogRollout | undefined,
): number | undefined {
  const before = live?.status?.layers?.find(({ name }) => name === layer);
  if (before?.phase !== 'Ready' || !before.startedAt || !before.finishedAt) return undefined;
  const took = (Date.parse(before.finishedAt) - Date.parse(before.startedAt)) / 1000;
  const rounds = (sites: number) => Math.ceil(sites / concurrency);
  return Math.round((took / Math.max(1, rounds(before.sites.total))) * rounds(toGive));
}

function noSites(steps: PlannedStep[]): string[] {
  return steps.flatMap((step) =>
    step.kind === 'stage' && step.total === 0
      ? [
          `${step.layer}: no usable site is selected; check its FogSites and spec.strategy.layers.${step.layer}.siteSelector`,
        ]
      : [],
  );
}

function invalid(signal: ChangeSignal): string[] {
  return LAYERS.flatMap((layer) => {
    const rendered = renderedOf(layer, signal);
    return typeof rendered === 'string' ? [`${layer}: ${rendered}`] : [];
  });
}

/** What is written in CEL no server reads. */
function unreadable({ spec }: FogRollout): string[] {
  return expressionFaults(spec).map(({ path, message }) => `${path.slice(3).join('.')}: ${message}`);
}

function waitsOf({ strategy }: Revision, live: FogRollout | undefined, change: PlannedChange): string[] {
  if (change === 'none') return [];
  const { status, metadata } = live ?? {};
  const hold = status?.hold;
  const isUnderWay = status?.run !== undefined && status.observedGeneration !== metadata?.generation;
  const underWay = `generation ${metadata?.generation}, which is under way`;
  return [
    ...(metadata?.deletionTimestamp ? ['it is being deleted: nothing is rolled out any more'] : []),
    ...(isUnderWay ? [change === 'control' ? `it adjusts ${underWay}` : `it supersedes ${underWay}`] : []),
    ...(hold
      ? [`it is paused by ${hold.by}${hold.reason === undefined ? '' : `: ${hold.reason}`}, until a Resume`]
      : []),
    ...(strategy.paused ? ['spec.strategy.paused holds it before its first step'] : []),
  ];
}

/** What they say of themselves: whoever plans need not work them out. */
function closedFor({ metadata }: FogRollout, windows: FogWindow[] = []): string[] {
  return windows
    .filter(({ spec, status }) => status?.open === false && !spec.sites && isFor(spec, metadata))
    .map(({ metadata: { namespace, name }, spec: { reason }, status }) => {
      const named = namespace === metadata.namespace ? name : `${namespace}/${name}`;
      const because = reason === undefined ? '' : ` (${reason})`;
      const until = status?.nextOpening === undefined ? '' : `, which opens at ${status.nextOpening}`;
      return `it waits for the FogWindow ${named}${because}${until}`;
    });
}

function secondsIn(steps: PlannedStep[]): number | undefined {
  let sum = 0;
  for (const step of steps) {
    if (step.kind === 'gate') for (const { seconds = 0 } of step.gates) sum += seconds;
    if (step.kind !== 'stage' || step.toGive === 0) continue;
    if (step.seconds === undefined) return undefined;
    sum += step.seconds;
  }
  return sum;
}
