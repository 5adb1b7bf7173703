/** What people are told of an object whose status has changed: Kubernetes' Events. Pure. */

import { conditionOf } from './conditions.ts';
import { layerWords } from './layer-skip.ts';
import { placeText } from './run/gate-turn.ts';
import { counted } from './text.ts';
import type { FogRolloutStatus, FogSiteStatus, GateStatus, LayerStatus } from './types.ts';

export interface Transition {
  type: 'Normal' | 'Warning';
  /** CamelCase. */
  reason: string;
  message: string;
}

/** In the order of what happened: layers and gates first, then the rollout as a whole. */
export function rolloutTransitions(before: FogRolloutStatus | undefined, after: FogRolloutStatus): Transition[] {
  const whole = phaseTransition(before, after);
  // That all is ready says it of each layer, and of most rollouts at once.
  const isWhole = after.phase === 'Succeeded' && whole.length > 0;
  return [...(isWhole ? [] : layerTransitions(before, after)), ...gateTransitions(before, after), ...whole];
}

function layerTransitions(before: FogRolloutStatus | undefined, { layers = [] }: FogRolloutStatus): Transition[] {
  return layers.flatMap((layer) => {
    const was = before?.layers?.find(({ name }) => name === layer.name);
    const isSame = was?.phase === layer.phase && was.startedAt === layer.startedAt;
    return isSame ? [] : layerTransition(layer);
  });
}

function layerTransition(layer: LayerStatus): Transition[] {
  const { name, phase, version, sites, message } = layer;
  if (phase === 'Ready') {
    const counts = `${sites.ready} of ${counted(sites.total, 'site')}`;
    return [{ type: 'Normal', reason: 'LayerReady', message: `${name}: ${version} is ready at ${counts}` }];
  }
  if (phase === 'Skipped') {
    return [{ type: 'Normal', reason: 'LayerSkipped', message: `${name}: ${layerWords(layer) ?? 'passed over'}` }];
  }
  if (phase === 'Failed') return [{ type: 'Warning', reason: 'LayerFailed', message: message ?? `${name} has failed` }];
  return [];
}

function gateTransitions(before: FogRolloutStatus | undefined, { gates = [] }: FogRolloutStatus): Transition[] {
  const nameOf = ({ layer, at, name, since }: GateStatus) => [layer, at, name, since].join(' ');
  const known = new Map((before?.gates ?? []).map((gate) => [nameOf(gate), gate.state]));
  return gates.flatMap((gate): Transition[] => {
    const { name, state, message } = gate;
    if (state !== 'Open' || known.get(nameOf(gate)) === state) return [];
    return [
      { type: 'Normal', reason: 'GateOpened', message: `The gate ${name} ${placeText(gate)} is open: ${message}` },
    ];
  });
}

function phaseTransition(before: FogRolloutStatus | undefined, after: FogRolloutStatus): Transition[] {
  const { phase, conditions, revision, run } = after;
  const ready = conditionOf(conditions, 'Ready');
  const [reason, message] = [ready?.reason ?? phase, ready?.message ?? phase];
  const isOtherRun = run?.runId !== before?.run?.runId;
  const isOther = phase !== before?.phase || isOtherRun;
  switch (phase) {
    case 'Pending':
      return [];
    case 'Progressing':
      if (!isOther) return [];
      if (!isOtherRun) return [{ type: 'Normal', reason: 'Resumed', message }];
      return [
        { type: 'Normal', reason, message: revision ? `${message}, generation ${revision.generation}` : message },
      ];
    case 'Succeeded':
      return readinessTransition(before, after, isOther);
    case 'Failed':
      return isOther ? [{ type: 'Warning', reason, message }] : [];
    default: {
      const isNews = isOther || message !== conditionOf(before?.conditions, 'Ready')?.message;
      return isNews ? [{ type: 'Normal', reason, message }] : [];
    }
  }
}

/** It ended well, or is no longer, or again, what it was then. */
function readinessTransition(
  before: FogRolloutStatus | undefined,
  after: FogRolloutStatus,
  isOther: boolean,
): Transition[] {
  const [was, is] = [conditionOf(before?.conditions, 'Ready'), conditionOf(after.conditions, 'Ready')];
  if (!is || (!isOther && was?.status === is.status)) return [];
  return [{ type: is.status === 'True' ? 'Normal' : 'Warning', reason: is.reason, message: is.message }];
}

/** Whether a site can be used, and whether it is within reach; each time its answer or its reason is another. */
export function siteTransitions(before: FogSiteStatus | undefined, after: FogSiteStatus): Transition[] {
  return (after.conditions ?? []).flatMap(({ type, status, reason, message }): Transition[] => {
    const was = before?.conditions?.find((other) => other.type === type);
    if (was?.status === status && was.reason === reason) return [];
    if (!was && status === 'True') return []; // a new site that is well is no news
    return [{ type: status === 'True' ? 'Normal' : 'Warning', reason, message }];
  });
}
