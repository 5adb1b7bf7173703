/** What makes sense to ask of a rollout now. Pure; the API has the last word, and says why not. */
import { gateName } from '../../model/gates/gates.ts';
import type { Layer } from '../../model/layers.ts';
import type { FogActionSpec, FogRollout, Gate, GateStatus } from '../../model/types.ts';
import type { RolloutView } from '../../model/view.ts';

export type ActionName = FogActionSpec['action'];

/** What somebody is about to ask. */
export interface Offer {
  action: ActionName;
  /** Of Approve and Reject. */
  gate?: GateStatus;
  /** It is what is waited for. */
  isMain?: true;
}

const UNDER_WAY: ReadonlySet<RolloutView['phase']> = new Set([
  'Progressing',
  'WaitingForApproval',
  'Paused',
  'RollingBack',
]);

/** A run is under way, and hears what is asked of it. */
export function isUnderWay({ phase, run }: RolloutView): boolean {
  return run !== undefined && UNDER_WAY.has(phase);
}

/**
 * In the order in which they are shown.
 *
 * @param rollout - the object; left out while it is not known
 */
export function offersFor(view: RolloutView, rollout?: FogRollout): Offer[] {
  if (view.phase === 'Removing' || !view.run) return [];
  return isUnderWay(view) ? offersUnderWay(view, rollout) : offersAtTheEnd(view, rollout);
}

function offersUnderWay(view: RolloutView, rollout: FogRollout | undefined): Offer[] {
  const { phase, hold, stages } = view;
  const waiting = view.gates.filter((gate) => isApproval(gate, rollout));
  const hasLapsed = view.gates.some(({ state }) => state === 'Failed') && phase === 'Paused';
  const canPass = phase !== 'RollingBack' && stages.some((stage) => isYetToEnd(stage) && !stage.skipped);
  return [
    ...waiting.flatMap((gate): Offer[] => [
      { action: 'Approve', gate, isMain: true },
      { action: 'Reject', gate },
    ]),
    ...only(hold !== undefined || hasLapsed, { action: 'Resume', isMain: true }),
    ...only(hold === undefined, { action: 'Pause' }),
    ...only(canPass, { action: 'Skip' }),
    { action: 'Rollback' },
    { action: 'Abort' },
  ];
}

function offersAtTheEnd(view: RolloutView, rollout: FogRollout | undefined): Offer[] {
  const { phase, stages } = view;
  const isBack = rollout?.status?.rollback !== undefined;
  const isPassed = stages.some((stage) => stage.phase === 'Skipped');
  const hasFailed = phase === 'Failed';
  return [
    ...only(isBack, { action: 'Resume' }),
    ...only(hasFailed || (phase === 'Succeeded' && isPassed), { action: 'Retry', ...(!isBack && { isMain: true }) }),
    ...only(phase === 'Succeeded' && !isPassed, { action: 'Restart' }),
    ...only(phase !== 'Pending', { action: 'Rollback' }),
  ];
}

function only(makesSense: boolean, offer: Offer): Offer[] {
  return makesSense ? [offer] : [];
}

export function isYetToEnd({ phase }: Pick<RolloutView['stages'][number], 'phase'>): boolean {
  return phase === 'Pending' || phase === 'Progressing';
}

/** People are waited for. A gate that the spec has no more is told by its words. */
export function isApproval(gate: GateStatus, rollout: FogRollout | undefined): boolean {
  if (gate.state !== 'Closed') return false;
  const known = gateOf(gate, rollout);
  return known ? known.approval !== undefined : /^waits for (an approval|approvals)/.test(gate.message);
}

/** The same gate as it is by now. */
export function newestOf(gate: GateStatus, { gates }: RolloutView): GateStatus {
  return gates.find((one) => one.name === gate.name && isBeside(one, gate)) ?? gate;
}

/** They are waited for at the same place. */
export function isBeside(a: GateStatus, b: GateStatus): boolean {
  return a.layer === b.layer && a.at === b.at && a.wave === b.wave;
}

/** What the spec says of a gate; undefined where it says nothing. */
export function gateOf({ layer, at, wave, name }: GateStatus, rollout: FogRollout | undefined): Gate | undefined {
  const { before = [], after = [], waves = [] } = rollout?.spec.strategy?.layers?.[layer] ?? {};
  const ofWave = () => waves.find((one, index) => (one.name ?? `wave ${index + 1}`) === wave)?.after ?? [];
  const gates = wave !== undefined ? ofWave() : at === 'before' ? before : after;
  return gates.find((gate, index) => gateName(gate, index) === name);
}

/** Layers that may be passed over. */
export function layersToPass({ stages }: RolloutView): Layer[] {
  return stages.filter((stage) => isYetToEnd(stage) && !stage.skipped).map(({ layer }) => layer);
}
