/** A FogRollout in a few lines, as a list of many shows it. Pure. */
import { hindranceIn } from './hindrance.ts';
import type { Layer } from './layers.ts';
import type { FogRollout, GateStatus, Hold, LayerPhase, Phase, RolloutKey, SiteCounts } from './types.ts';
import { type RolloutView, viewOf } from './view.ts';

/** What keeps it from going on. */
export interface Awaited {
  /** `gate`: it opens by itself or by somebody; `hold`: somebody paused it; `other`: see the message. */
  kind: 'gate' | 'hold' | 'other';
  /** For people. */
  message: string;
  /** Of a gate: its name, and where it stands. */
  gate?: string;
  layer?: Layer;
  at?: GateStatus['at'];
  /** RFC 3339; left out where nobody has written it down. */
  since?: string;
}

export interface LayerSummary {
  layer: Layer;
  phase: LayerPhase;
  /** What it runs; absent while it was given nothing. */
  version?: string;
  sites: Required<SiteCounts>;
}

export interface RolloutSummary extends RolloutKey {
  phase: Phase;
  /** What the object asks for. */
  version: string;
  /** What the whole rollout last completed. */
  completedVersion?: string;
  /** Whether what the object asks for is ready in every layer. */
  ready: boolean;
  /** RFC 3339. */
  createdAt: string;
  layers: LayerSummary[];
  /** Empty where it goes on, or has ended. */
  waitsFor: Awaited[];
}

/** Says the same of the same object at any time. */
export function summaryOf(rollout: FogRollout): RolloutSummary {
  const { creationTimestamp } = rollout.metadata;
  const view = viewOf(rollout, creationTimestamp); // no duration of it is shown
  return {
    namespace: view.namespace,
    name: view.name,
    phase: view.phase,
    version: view.version,
    ...(view.completedVersion !== undefined && { completedVersion: view.completedVersion }),
    ready: view.ready,
    createdAt: creationTimestamp,
    layers: view.stages.map(({ layer, phase, version, sites }) => ({
      ...{ layer, phase },
      ...(version !== undefined && { version }),
      sites: countsOf(sites),
    })),
    waitsFor: awaitedBy(view, rollout),
  };
}

/** In one order, whichever the object has them in. */
function countsOf({ total, updated, ready, failed, deferred, unknown = 0 }: SiteCounts): Required<SiteCounts> {
  return { total, updated, ready, failed, deferred, unknown };
}

function awaitedBy(view: RolloutView, { status }: FogRollout): Awaited[] {
  const { phase, hold, message = 'waits for its first run' } = view;
  const why: Awaited = { kind: 'other', message };
  if (status && hindranceIn(status)) return [why];
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Removing') return [];
  if (phase === 'Pending') return [why]; // gates and holds are of the run before
  const held: Awaited[] = hold ? [{ kind: 'hold', message: heldText(hold), since: hold.at }] : [];
  const known = [...held, ...closedIn(view)];
  const waits = phase === 'Paused' || phase === 'WaitingForApproval';
  return known.length === 0 && waits ? [why] : known;
}

function closedIn({ gates }: RolloutView): Awaited[] {
  return gates
    .filter(({ state }) => state === 'Closed')
    .map(({ name, layer, at, message, since }) => ({ kind: 'gate', gate: name, layer, at, message, since }));
}

function heldText({ by, reason }: Hold): string {
  return `paused by ${by}${reason ? `: ${reason}` : ''}`;
}
