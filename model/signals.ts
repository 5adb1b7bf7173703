/** The messages a run takes. Types only, so that workflow code and the watcher share them. */
import type { Layer } from './layers.ts';
import type { LayerStatus, Owner, Revision, RolloutKey } from './types.ts';

/** Names of the signals of `rolloutWorkflow`. */
export const SIGNALS = { change: 'change', remove: 'remove', repair: 'repair' } as const;

/** A new generation to roll out. Older generations and repeats are ignored. */
export interface ChangeSignal {
  owner: Owner;
  revision: Revision;
  /** The layers that have FogSites; the others have their one implicit site. */
  fleet?: Layer[];
}

/** The FogRollout is being deleted, or is gone: take its releases away. */
export interface RemoveSignal {
  owner: Owner;
  /** The layers that have FogSites. */
  fleet?: Layer[];
}

/**
 * Layers to put right, each with the generation it was last given: a release that someone deleted or changed, or at a
 * layer with FogSites also sites that were out of reach, held or not there yet when the layer had its turn.
 */
export interface RepairSignal {
  owner: Owner;
  /** The generation whose run has ended; a repair never goes beyond it. */
  generation: number;
  layers: LayerRepair[];
}

export interface LayerRepair {
  layer: Layer;
  generation: number;
  /**
   * There for a layer with FogSites: the sites whose release is not what it was made. Which others are behind, the plan
   * finds out.
   */
  drifted?: string[];
}

/** Input of `rolloutWorkflow`: the key at first, what is left to do when a run continues as the next one. */
export interface RolloutInput extends RolloutKey {
  next?: PendingWork;
}

export interface PendingWork {
  change?: ChangeSignal;
  remove?: RemoveSignal;
  repair?: RepairSignal;
  /** The same work goes on in a fresh run, only because the history of the one before had become long. */
  renewed?: boolean;
  /** What the superseded run knows of its layers and had no time to report. */
  carried?: LayerStatus[];
}
