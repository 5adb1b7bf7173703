import type { Layer } from '../model/layers.ts';
import type { PlannedShard, PlannedStage } from '../model/shards.ts';
import { shardKey, tell, waveKey } from './parts.ts';

export interface FollowedWavesInput {
  /** Key of the step that they are in. */
  step: string;
  layer: Layer;
  /** @see PlanStageInput.run */
  run: string;
  plan: PlannedStage;
  /** The wave that has its turn already, where the stage goes on with the run before. */
  wave?: number | undefined;
}

/** Tells whoever follows the run of the waves of a stage; a single one is the stage itself. */
export class FollowedWaves {
  private readonly input: FollowedWavesInput;
  private wave: number | undefined;

  constructor(input: FollowedWavesInput) {
    const { plan, layer, run, wave } = input;
    this.input = input;
    this.wave = wave;
    for (const { index, wave: at } of plan.shards) {
      tell((to) => to.holds(this.keyOf(at), shardKey({ layer, run, index })));
    }
  }

  /** A shard begins. */
  starts({ wave }: PlannedShard): void {
    if (!this.isDivided || this.wave === wave) return;
    this.reached(wave);
    this.wave = wave;
    const { plan, layer, step } = this.input;
    const key = this.keyOf(wave);
    tell((to) => to.began({ key, name: `wave ${layer}`, within: step, layer, wave: plan.waves[wave]!.name }));
  }

  /** @param wave - the first that is not over; undefined when all are */
  reached(wave: number | undefined): void {
    const { wave: before } = this;
    if (before === undefined || before === wave) return;
    this.wave = undefined;
    tell((to) => to.ended(this.keyOf(before)));
  }

  private get isDivided(): boolean {
    return this.input.plan.waves.length > 1;
  }

  private keyOf(wave: number): string {
    const { step } = this.input;
    return this.isDivided ? waveKey(step, wave) : step;
  }
}
