import type { Layer } from '../model/layers.ts';
import type { RunMachine } from '../model/run/machine.ts';
import type { Step } from '../model/run/steps.ts';
import { ParentLink } from './parent-link.ts';

/** Which stages of a run are linked, because the sites of one wait for those of the other. */
export class ParentLinks {
  private readonly links = new Map<Layer, ParentLink>();
  private readonly machine: RunMachine;

  constructor(machine: RunMachine) {
    this.machine = machine;
  }

  /** Undefined where nobody waits for single sites of the layer. */
  below(layer: Layer): ParentLink | undefined {
    return this.isAwaited(layer) ? this.linkOf(layer) : undefined;
  }

  /** Its stage is gone through site by site together with that of the layer above; told of all its end while that goes on. */
  above(above: Layer, step: Step): ParentLink | undefined {
    if (step.kind !== 'stage' || !step.beside) return undefined;
    const isGoingOn = this.machine.active.some((index) => {
      const other = this.machine.stepAt(index);
      return other.kind === 'stage' && other.layer === above;
    });
    if (this.machine.hasPassed(above)) this.linkOf(above).passed();
    return isGoingOn || this.links.has(above) ? this.linkOf(above) : undefined;
  }

  private isAwaited(layer: Layer): boolean {
    return this.machine.steps.some((step) => step.kind === 'stage' && step.beside && step.above === layer);
  }

  private linkOf(layer: Layer): ParentLink {
    const known = this.links.get(layer) ?? new ParentLink();
    this.links.set(layer, known);
    return known;
  }
}
