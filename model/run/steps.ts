/** What a run does, step by step, made from what it was asked for. Pure. */
import type { AnyGate } from '../gates/kind.ts';
import { SOAK } from '../gates/soak.ts';
import { LAYERS, type Layer, REMOVAL_ORDER } from '../layers.ts';
import { type Order, orderIn } from '../order.ts';
import type { ChangeSignal, RemoveSignal, RepairSignal } from '../signals.ts';
import type { GatePlace, LayerStrategy, Promotion, Revision, Strategy, WaveStrategy } from '../types.ts';

/** One turn of a layer: its sites are given something, or lose what they have. A later kind is one more member here. */
export type Step = CheckStep | GateStep | StageStep | DropStep | LetGoStep;

/** Whether these layers would be taken, before the first write. */
export interface CheckStep {
  kind: 'check';
  layers: Layer[];
}

/** What must open before a layer has its turn, or when it is ready and before the next has. */
export interface GateStep {
  kind: 'gate';
  layer: Layer;
  at: GatePlace;
  /** Within the layer's turn: after that wave, before the next. */
  wave?: string;
  gates: AnyGate[];
}

export interface StageStep {
  kind: 'stage';
  layer: Layer;
  /** It has FogSites; else it is the one implicit site. */
  isFleet: boolean;
  /** It goes on beside the step before, site by site: each waits for its own parent there. */
  beside?: true;
  /** The nearest layer above that the rollout has, where sites wait for their parents. */
  above?: Layer;
  /** What is waited for after a wave, before the next, by the wave's place in the strategy. */
  waveGates?: Record<number, AnyGate[]>;
  /** What was ready stays so, and what fails takes nothing from it; with the content of this order. */
  repair?: Order & { drifted: string[] };
}

export interface DropStep {
  kind: 'drop';
  layer: Layer;
  /** `all` that the record says was given, or what sites have that have no part in the layer any more. */
  leaves: 'all' | 'leftovers';
  /** Gone on with until nothing is left; else what cannot be had now stays on record. */
  untilGone: boolean;
  /** FogShards may hold a record of the layer. */
  isFleet: boolean;
  /** Of a repair: by a record of this order, whose strategy says who has a part in the layer. */
  repair?: Partial<Order>;
  /** The layer's implicit site may have something. */
  hasImplicit: boolean;
}

/** The object may go: the last step of its removal. */
export interface LetGoStep {
  kind: 'letGo';
}

/**
 * Cloud, fog, edge, each between its gates; then, edge first, what is to be there no longer. Which drop has anything to do is
 * known when its turn comes ({@link dropOf}).
 */
export function stepsOfChange(change: ChangeSignal): Step[] {
  if (change.rollback) return stepsOfRollback(change);
  const { revision, fleet = [] } = change;
  const wanted = LAYERS.filter((layer) => revision.layers[layer]);
  const stages = stagesOf(wanted, fleet, revision.strategy);
  const drops = REMOVAL_ORDER.map(
    (layer): DropStep => ({
      ...(fleet.includes(layer) && wanted.includes(layer) ? leftoversOf(layer) : allOf(layer, fleet)),
      hasImplicit: !wanted.includes(layer),
    }),
  );
  const unlike = unlikeFirst(revision, wanted);
  return [...(unlike.length > 0 ? [{ kind: 'check' as const, layers: unlike }] : []), ...stages, ...drops];
}

/**
 * Edge first, so that no layer runs what the one above it has given up. What was not there before goes with its layer's turn.
 * Nothing is waited for: no gates, and no soak.
 */
function stepsOfRollback({ revision, fleet = [] }: ChangeSignal): Step[] {
  const turns = REMOVAL_ORDER.map((layer): StageStep | DropStep =>
    revision.layers[layer] ? { kind: 'stage', layer, isFleet: fleet.includes(layer) } : allOf(layer, fleet),
  );
  const leftovers = REMOVAL_ORDER.filter((layer) => revision.layers[layer] && fleet.includes(layer));
  return [...turns, ...leftovers.map(leftoversOf)];
}

/** All that the layer's sites have goes. */
function allOf(layer: Layer, fleet: Layer[]): DropStep {
  return { kind: 'drop', layer, leaves: 'all', untilGone: false, isFleet: fleet.includes(layer), hasImplicit: true };
}

/** What sites have that have no part in the layer any more goes. */
function leftoversOf(layer: Layer): DropStep {
  return { kind: 'drop', layer, leaves: 'leftovers', untilGone: false, isFleet: true, hasImplicit: false };
}

/** The layer that has its turn first. */
export function firstLayer({
  revision,
  rollback,
}: {
  revision: Pick<Revision, 'layers'>;
  rollback?: unknown;
}): Layer | undefined {
  return (rollback ? REMOVAL_ORDER : LAYERS).find((layer) => revision.layers[layer]);
}

/**
 * The layers whose content is not checked by the write of the first one: where only the number of pods differs, what is taken
 * there is taken everywhere.
 */
function unlikeFirst({ layers }: ChangeSignal['revision'], [first, ...lower]: Layer[]): Layer[] {
  const podOf = (layer: Layer | undefined) => JSON.stringify({ ...(layer && layers[layer]), replicas: undefined });
  return lower.filter((layer) => podOf(layer) !== podOf(first));
}

function stagesOf(wanted: Layer[], fleet: Layer[], strategy: Strategy): (StageStep | GateStep)[] {
  const { promotion, layers } = strategy;
  const gatesOf = (layer: Layer, at: GatePlace): GateStep[] => {
    const gates = gatesAt(at, layers[layer], strategy.progressDeadlineSeconds);
    return gates.length > 0 ? [{ kind: 'gate', layer, at, gates }] : [];
  };
  return wanted.flatMap((layer, at) => {
    const above = wanted[at - 1];
    const before = [...(above ? gatesOf(above, 'after') : []), ...gatesOf(layer, 'before')];
    const stage = stageOf(layer, { above, fleet, promotion, isGated: before.length > 0, waves: layers[layer]?.waves });
    return [...before, stage, ...(at === wanted.length - 1 ? gatesOf(layer, 'after') : [])];
  });
}

/** A layer soaks while what comes after it is waited for. */
function gatesAt(at: GatePlace, strategy: LayerStrategy = {}, deadlineSeconds: number): AnyGate[] {
  const { soakSeconds } = strategy;
  const isSoaked = at === 'after' && soakSeconds !== undefined;
  const soak: AnyGate[] = isSoaked ? [{ name: SOAK, soak: { seconds: soakSeconds, deadlineSeconds } }] : [];
  return [...(strategy[at] ?? []), ...soak];
}

/**
 * Where sites wait for their own parents only, layers with FogSites that follow on one another have their turns at once,
 * unless a gate is between them.
 */
function stageOf(
  layer: Layer,
  how: {
    above: Layer | undefined;
    fleet: Layer[];
    promotion: Promotion;
    isGated: boolean;
    waves: WaveStrategy[] | undefined;
  },
): StageStep {
  const { above, fleet, promotion, isGated, waves } = how;
  const isFleet = fleet.includes(layer);
  const isBeside = promotion === 'Branch' && isFleet && above !== undefined && fleet.includes(above) && !isGated;
  return {
    kind: 'stage',
    layer,
    isFleet,
    ...(isBeside && { beside: true, above }),
    ...(isFleet && waveGatesOf(waves)),
  };
}

function waveGatesOf(waves: WaveStrategy[] = []): Pick<StageStep, 'waveGates'> {
  const gated = waves.flatMap(({ after = [] }, at) => (after.length > 0 ? [[at, after] as const] : []));
  return gated.length > 0 ? { waveGates: Object.fromEntries(gated) } : {};
}

/** Puts layers right, cloud first; then, edge first, takes away what is left over. */
export function stepsOfRepair({ layers }: RepairSignal): Step[] {
  const given = LAYERS.flatMap((name) =>
    layers.filter(({ layer, generation }) => layer === name && generation !== undefined),
  );
  const leaving = REMOVAL_ORDER.flatMap((name) => layers.filter(({ layer, leaves }) => layer === name && leaves));
  return [
    ...given.map(
      ({ layer, generation, attempt, fleet, drifted = [] }): StageStep => ({
        kind: 'stage',
        layer,
        isFleet: fleet ?? false,
        repair: { ...orderIn({ generation: generation!, attempt }), drifted },
      }),
    ),
    ...leaving.map(
      ({ layer, leaves, fleet, leavesBy, attempt }): DropStep => ({
        kind: 'drop',
        layer,
        leaves: leaves!,
        untilGone: false,
        isFleet: fleet ?? false,
        repair: leavesBy === undefined ? {} : orderIn({ generation: leavesBy, attempt }),
        hasImplicit: leaves === 'all',
      }),
    ),
  ];
}

/** Edge first; then the object may go. */
export function stepsOfRemoval({ fleet = [] }: RemoveSignal): Step[] {
  const drops = REMOVAL_ORDER.map((layer): DropStep => ({ ...allOf(layer, fleet), untilGone: true }));
  return [...drops, { kind: 'letGo' }];
}
