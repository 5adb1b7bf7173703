/** Which step of a run may begin, and which must stop. Pure. */
import { isLost, type RunState, type StepState } from './run-state.ts';

/** Its turn has come: all before it are done, or go on beside it. */
export function mayBegin({ steps, stopped }: RunState, index: number): boolean {
  if (stopped || steps.some(({ phase }) => isLost(phase))) return false;
  const { step } = steps[index]!;
  const before = steps.slice(0, index);
  if (step.kind !== 'stage' || !step.beside) return before.every(({ phase }) => phase === 'done');
  return before.every(({ phase }, at) => phase === 'done' || (phase === 'active' && isBeside(steps, at, index)));
}

/** Whether all from one to another go on at once. */
function isBeside(steps: StepState[], from: number, to: number): boolean {
  return steps.slice(from + 1, to + 1).every(({ step }) => step.kind === 'stage' && step.beside);
}

/** The run begins nothing further, the step fails by itself, or one before it has failed. */
export function mustStop({ steps, stopped }: RunState, index: number): boolean {
  const failsItself = steps[index]!.phase === 'failing' && steps[index]!.failure !== undefined;
  return stopped === true || failsItself || steps.slice(0, index).some(({ phase }) => isLost(phase));
}
