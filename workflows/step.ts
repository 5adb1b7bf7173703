import type { Layer } from '../model/layers.ts';
import type { DropFacts } from '../model/run/facts.ts';
import type { PlannedStage } from '../model/shards.ts';
import type { StageState, Work } from '../model/signals.ts';
import type { SiteFailure } from '../model/types.ts';
import type { ParentLink } from './parent-link.ts';
import type { Reporter } from './reporter.ts';
import type { StageRunner } from './stage-runner.ts';

/** What came of a step: why it failed, if it did; or that it rests for the next run. */
export type StepEnd = { failure?: SiteFailure } | 'resting';

/** What a step needs of the run it is a part of. */
export interface StepContext {
  /** What the run is doing, with all it was adjusted to. */
  readonly work: Work;
  reporter: Reporter;
  /** Names the plans of the step, each another one: what shards of an earlier plan say is not believed. */
  planName(): string;
  /** What is known of the layer from before the run, and by the plan of its stage. */
  facts(layer: Layer): Promise<DropFacts>;
  /** The layer's stage goes by this plan. */
  planned(layer: Layer, plan: PlannedStage): void;
  /** Between the sites of a layer and those below that wait for them one by one; undefined where none do. */
  linkBelow(layer: Layer): ParentLink | undefined;
  linkAbove(layer: Layer): ParentLink | undefined;
  /** Where the step was, when the run goes on with the one before; given once. */
  takeSaved(): StageState | undefined;
  /** Makes known who works the sites, and so who is told to stop, to rest, to look. */
  works(runner: StageRunner): void;
  /** The step goes on, and will fail. */
  failing(): void;
  isResting(): boolean;
  /** The stage has come to rest, and its runner goes on in the next run as it is when this one ends. */
  rests(runner: StageRunner): void;
  /** @returns false when the run is to rest */
  pause(sleeping: () => Promise<void>): Promise<boolean>;
  /** The releases outlive their object; known once the run is opened. */
  isOrphaned(): boolean;
  /** A later object of the name waits for the end of this removal. */
  keepsLaterWaiting(): boolean;
  /** What is left stays on record, for whoever finds that it can be taken away. */
  leaveBehind(): void;
}
