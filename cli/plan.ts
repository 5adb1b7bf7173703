import type { PlannedGate } from '../model/plan/planned-gates.ts';
import type { PlannedSites, PlannedWave } from '../model/plan/planned-sites.ts';
import type { PlannedStep, RolloutPlan } from '../model/plan/rollout-plan.ts';
import { placeText } from '../model/run/gate-turn.ts';
import { counted, durationText } from '../model/text.ts';
import { type Branch, drawn } from './branches.ts';
import { objectBranches } from './diff.ts';
import type { Paint } from './paint.ts';

const CHANGES: Record<RolloutPlan['change'], string> = {
  new: 'new',
  content: 'begins a run',
  control: 'adjusts how sites are gone through, and gives them nothing else',
  none: 'nothing changes',
};

/** @param unknown - what could not be found out, and why */
export function planLines(plan: RolloutPlan, unknown: readonly string[], paint: Paint): string[] {
  const { namespace, name, version, from, change, refusals, waits, hash } = plan;
  const versions = from === undefined || from === version ? version : `${from} → ${version}`;
  return [
    `${paint('bold', `${namespace}/${name}`)} ${versions}: ${CHANGES[change]}`,
    ...refusals.map((refusal) => paint('red', `✖ it would fail: ${refusal}`)),
    ...waits.map((wait) => paint('yellow', `… ${wait}`)),
    ...unknown.map((what) => paint('dim', `? ${what}`)),
    ...drawn(plan.steps.map((step) => stepBranch(step, paint))),
    `${change === 'none' ? '' : projection(plan)}plan ${hash}`,
  ];
}

function projection({ seconds }: RolloutPlan): string {
  return seconds === undefined ? '' : `about ${durationText(seconds)}, as the last time; `;
}

function stepBranch(step: PlannedStep, paint: Paint): Branch {
  switch (step.kind) {
    case 'check':
      return { line: `check: a server of ${step.layers.join(', ')} each is asked whether it takes what comes` };
    case 'gate':
      return {
        line: paint('yellow', `gate ${placeText(step)}`),
        branches: step.gates.map(gateBranch),
      };
    case 'stage':
      return {
        line: `${step.layer}: ${sitesText(step)}`,
        branches: [...objectBranches(step.diff ?? [], paint), ...wavesOf(step), ...closedIn(step, paint)],
      };
    case 'drop':
      return { line: paint('red', `remove from the ${step.layer}: ${counted(step.total, 'site')}`) };
  }
}

function sitesText({
  total,
  toGive,
  ready,
  held,
  away,
  concurrency,
  isBeside,
}: PlannedSites & { isBeside?: true }): string {
  const others = [
    ...(ready > 0 ? [`${ready} have it`] : []),
    ...(held > 0 ? [`${held} held`] : []),
    ...(away > 0 ? [`${away} out of reach`] : []),
  ];
  const atOnce = total > 1 ? `, ${concurrency} at once` : '';
  const beside = isBeside ? ', each after its own parent' : '';
  const rest = others.length > 0 ? ` (${others.join(', ')})` : '';
  return `${toGive === total ? counted(total, 'site') : `${toGive} of ${counted(total, 'site')}`}${atOnce}${beside}${rest}`;
}

/** Of one that is all there is, nothing more is to be said. */
function wavesOf({ waves }: PlannedSites): Branch[] {
  if (waves.length === 1 && waves[0]!.total === 1) return [];
  return waves.map((wave) => ({
    line: `${wave.name}: ${counted(wave.toGive, 'site')}${namesText(wave)}`,
    branches: (wave.after ?? []).map((gate) => ({ line: `then gate ${gateBranch(gate).line}` })),
  }));
}

function closedIn({ closed = [] }: PlannedSites, paint: Paint): Branch[] {
  return closed.map(({ because, total, first }) => {
    const names = namesText({ first, toGive: total });
    return { line: paint('yellow', `${counted(total, 'site')}${names} ${total === 1 ? 'waits' : 'wait'}: ${because}`) };
  });
}

function gateBranch({ name, waitsFor }: PlannedGate): Branch {
  return { line: `${name}: waits for ${waitsFor}` };
}

function namesText({ first, toGive }: Pick<PlannedWave, 'first' | 'toGive'>): string {
  if (first.length === 0) return '';
  return ` (${first.join(', ')}${toGive > first.length ? ', …' : ''})`;
}
