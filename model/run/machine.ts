/** A run as data: which of its steps go on, and which comes next. Pure. */
import type { Layer } from '../layers.ts';
import type { SiteFailure } from '../types.ts';
import type { Step } from './steps.ts';

/** `failing`: it goes on, and will fail whatever comes. */
export type StepPhase = 'pending' | 'active' | 'failing' | 'done' | 'failed' | 'stopped';

/** Plain JSON: it goes through continue-as-new. */
export interface RunState {
  steps: {
    step: Step;
    phase: StepPhase;
    /** It was told to stop, and goes on until it has. */
    stopping?: true;
    failure?: SiteFailure;
  }[];
  /** Nothing further is begun. */
  stopped?: boolean;
}

/** What to do next with a step, by its index. */
export type RunCommand = { kind: 'begin' | 'stop'; index: number; step: Step };

/**
 * Goes through the steps of a run in their order. One begins when all before it are done, or beside the one before. One that
 * fails lets nothing further begin, and stops those beside it that come later: lower layers keep what they run. Whoever
 * holds it does what {@link decide} says, and tells what came of it.
 */
export class RunMachine {
  private readonly state: RunState;
  /** Steps that this one has told to stop; whoever goes on from its state is told again. */
  private readonly told = new Set<number>();

  constructor(state: RunState) {
    this.state = structuredCloneOf(state);
  }

  static of(steps: Step[]): RunMachine {
    return new RunMachine({ steps: steps.map((step) => ({ step, phase: 'pending' })) });
  }

  /** What to do now; each is said once. */
  decide(): RunCommand[] {
    const commands: RunCommand[] = [];
    const { steps } = this.state;
    for (const [index, one] of steps.entries()) {
      if (isGoingOn(one.phase) && this.mustStop(index) && !this.told.has(index)) {
        this.told.add(index);
        one.stopping = true;
        commands.push({ kind: 'stop', index, step: one.step });
      }
      if (one.phase === 'pending' && this.mayBegin(index)) {
        one.phase = 'active';
        commands.push({ kind: 'begin', index, step: one.step });
      }
    }
    return commands;
  }

  /** The step goes on, and will fail: what goes on beside it is not let go any further. */
  failing(index: number): void {
    const one = this.state.steps[index];
    if (one?.phase === 'active') one.phase = 'failing';
  }

  /** @param failure - why the step did not bring about what it should; left out, it did */
  ended(index: number, failure?: SiteFailure): void {
    const one = this.state.steps[index];
    if (!one || !isGoingOn(one.phase)) return;
    one.phase = failure ? (one.stopping ? 'stopped' : 'failed') : 'done';
    delete one.stopping;
    if (failure) one.failure = failure;
  }

  /** Begins nothing further, and stops what is going on: the run is superseded, or was cancelled. */
  stop(): void {
    this.state.stopped = true;
  }

  /** Other steps from now on: those that have begun stay as they are, by their kind and layer. */
  adjust(steps: Step[]): void {
    const begun = this.state.steps.filter(({ phase }) => phase !== 'pending');
    const isBegun = (step: Step) => begun.some((one) => nameOf(one.step) === nameOf(step));
    const last = begun.at(-1)?.step;
    const later = steps.filter((step) => !isBegun(step));
    const [next] = later;
    // One that waits for the sites of a stage needs that stage to tell of them from its beginning.
    if (next?.kind === 'stage' && next.beside && last?.kind === 'stage') later[0] = alone(next);
    this.state.steps = [...begun, ...later.map((step) => ({ step, phase: 'pending' as const }))];
  }

  /** Steps that are going on, by their index. */
  get active(): number[] {
    return this.indexes(({ phase }) => isGoingOn(phase));
  }

  get steps(): Step[] {
    return this.state.steps.map(({ step }) => step);
  }

  stepAt(index: number): Step {
    return this.state.steps[index]!.step;
  }

  /** Nothing goes on, and nothing will begin. */
  get done(): boolean {
    return (
      this.active.length === 0 &&
      !this.state.steps.some((one, index) => one.phase === 'pending' && this.mayBegin(index))
    );
  }

  /** Layers whose stage was stopped before its end. */
  get stoppedLayers(): Layer[] {
    return this.state.steps.flatMap(({ step, phase }) =>
      phase === 'stopped' && step.kind === 'stage' ? [step.layer] : [],
    );
  }

  /** Why the first step that failed did. */
  get failure(): SiteFailure | undefined {
    return this.state.steps.find(({ phase }) => phase === 'failed')?.failure;
  }

  /** All was brought about. */
  get succeeded(): boolean {
    return this.state.steps.every(({ phase }) => phase === 'done');
  }

  toJSON(): RunState {
    return structuredCloneOf(this.state);
  }

  private mayBegin(index: number): boolean {
    const { steps, stopped } = this.state;
    if (stopped || steps.some(({ phase }) => isLost(phase))) return false;
    const { step } = steps[index]!;
    const before = steps.slice(0, index);
    if (step.kind !== 'stage' || !step.beside) return before.every(({ phase }) => phase === 'done');
    return before.every(({ phase }, at) => phase === 'done' || (phase === 'active' && this.isBeside(at, index)));
  }

  /** Whether all from one to another go on at once. */
  private isBeside(from: number, to: number): boolean {
    return this.state.steps.slice(from + 1, to + 1).every(({ step }) => step.kind === 'stage' && step.beside);
  }

  private mustStop(index: number): boolean {
    const { steps, stopped } = this.state;
    return stopped === true || steps.slice(0, index).some(({ phase }) => isLost(phase));
  }

  private indexes(is: (one: RunState['steps'][number]) => boolean): number[] {
    return this.state.steps.flatMap((one, index) => (is(one) ? [index] : []));
  }
}

function isGoingOn(phase: StepPhase): boolean {
  return phase === 'active' || phase === 'failing';
}

/** It has not brought about what it should, or will not. */
function isLost(phase: StepPhase): boolean {
  return phase === 'failing' || phase === 'failed' || phase === 'stopped';
}

function nameOf(step: Step): string {
  return step.kind === 'stage' || step.kind === 'drop' ? `${step.kind} ${step.layer}` : step.kind;
}

function alone({ beside: _, above: __, ...step }: Extract<Step, { kind: 'stage' }>): Step {
  return step;
}

function structuredCloneOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
