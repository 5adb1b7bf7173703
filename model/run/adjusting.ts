/** Other steps for a run that is under way. Pure. */
import { regate } from './gate-steps.ts';
import type { IsMended, StepState } from './run-state.ts';
import type { Step } from './steps.ts';
import { regateWaves } from './wave-gates.ts';

/**
 * Those that have begun stay as they are, by their kind and layer, and what would come before them is past. Gates that are waited
 * for become the new ones, with what was decided about those of the same name.
 *
 * @param before - changed in place where it has begun
 * @param now - RFC 3339
 */
export function adjusted(before: StepState[], steps: Step[], now: string, isMended: IsMended): StepState[] {
  const begun = before.filter(({ phase }) => phase !== 'pending');
  for (const one of begun.filter(({ phase }) => phase === 'active')) {
    const next = steps.find((other) => nameOf(other) === nameOf(one.step));
    if (next === undefined || next.kind === 'gate') regate(one, next, now);
    if (next?.kind === 'stage') regateWaves(one, next, now);
  }
  const isBegun = (step: Step) => begun.some((one) => nameOf(one.step) === nameOf(step));
  const past = steps.findLastIndex(isBegun);
  const later = steps.filter((step, at) => !isBegun(step) && !(step.kind === 'gate' && at < past));
  const last = begun.at(-1)?.step;
  const [next] = later;
  // One that waits for the sites of a stage needs that stage to tell of them from its beginning.
  const isBeside = next?.kind === 'stage' && next.beside;
  if (isBeside && (last?.kind === 'stage' || isMended('begins-alone-after-gates'))) later[0] = alone(next);
  return [...begun, ...later.map((step) => ({ step, phase: 'pending' as const }))];
}

function nameOf(step: Step): string {
  if (step.kind === 'gate') return `gate ${step.at} ${step.layer}`;
  return step.kind === 'stage' || step.kind === 'drop' ? `${step.kind} ${step.layer}` : step.kind;
}

function alone({ beside: _, above: __, ...step }: Extract<Step, { kind: 'stage' }>): Step {
  return step;
}
