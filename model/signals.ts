/** The messages a run takes. Types only, so that workflow code and the watcher share them. */
import type { CoordinatorState } from './fleet/coordinator.ts';
import type { Layer } from './layers.ts';
import type { RunState } from './run/machine.ts';
import type { SupersededRun, TakenAction } from './run/notes.ts';
import type { ContinuedShard, PlannedStage, ShardProgress, Skip } from './shards.ts';
import type {
  FogRolloutStatus,
  Hold,
  LayerStatus,
  LayerStrategy,
  Owner,
  Revision,
  RolloutKey,
  SiteFailure,
} from './types.ts';
import type { ToldWindow } from './windows/told.ts';

/** Names of the signals of `rolloutWorkflow`. */
export const SIGNALS = {
  change: 'change',
  remove: 'remove',
  repair: 'repair',
  sites: 'sites',
  health: 'health',
  windows: 'windows',
} as const;

/** Names of the updates of `rolloutWorkflow`. */
export const UPDATES = { act: 'act' } as const;

/** Types of the failures that the update `act` is rejected with. */
export const ACTION_FAILURE = {
  /** It makes no sense now; the message says why. */
  refused: 'ActionRefused',
  /** What is under way is no rollout: a repair, which gives way to one. */
  noRollout: 'NoRollout',
  /** Nobody can say yet: to be asked again. */
  notYet: 'ActionNotYet',
} as const;

/**
 * Version of what a run hands to the next ({@link RolloutInput}, ShardInput). Raised when an older version's code could not
 * go on with it; then the code that raises it still takes the older ones.
 */
export const FORMAT = 2;

/** A new generation to roll out. Older generations and repeats are ignored. */
export interface ChangeSignal {
  owner: Owner;
  revision: Revision;
  /** Who last changed spec; left out, nobody is recorded. */
  author?: string;
  /** The layers that have FogSites; the others have their one implicit site. */
  fleet?: Layer[];
  /** Others wait until this one has made room for them: its progress is reported seldom, which costs them less. */
  isOneOfMany?: boolean;
  /** uid of the FogAction that asks for it: the run has taken that. */
  action?: string;
  /** The FogWindows that it has to do with; left out, none. */
  windows?: ToldWindow[];
  /** What that asks, for the history. */
  asked?: TakenAction;
  /** Its content is an earlier revision's: the order is a later attempt of the present generation. */
  rollback?: Rollback;
  /** The pods are made anew: when that was asked for, RFC 3339. */
  restartedAt?: string;
}

/** Why the layers go back to an earlier revision, and to which. */
export interface Rollback {
  /** The generation whose content it is. */
  generation: number;
  /** Who asked for it; left out where the strategy did. */
  by?: string;
  reason?: string;
  /** RFC 3339. */
  at: string;
}

/** The FogRollout is being deleted, or is gone: take its releases away. */
export interface RemoveSignal {
  owner: Owner;
  /** The layers that have FogSites, or FogShards of this object. */
  fleet?: Layer[];
  /** Its releases are to outlive it. */
  orphan?: boolean;
}

/**
 * Layers to put right, each with the generation it was last given: a release that someone deleted or changed; sites that
 * were out of reach, held or not there yet when the layer had its turn; and what sites have that they are not to keep.
 */
export interface RepairSignal {
  owner: Owner;
  /** The generation whose run has ended; a repair never goes beyond it. */
  generation: number;
  layers: LayerRepair[];
}

export interface LayerRepair {
  layer: Layer;
  /** What its sites were last given; left out, nothing is given. */
  generation?: number;
  /** Which attempt of that, or of `leavesBy`. */
  attempt?: number;
  /** The layer has FogSites. Which of them are behind, the plan finds out, besides `drifted`. */
  fleet?: boolean;
  /** The sites whose release is not what it was made. */
  drifted?: string[];
  /** Who is to lose what it has: those that have no part in the layer any more, or all sites of a layer that is left out. */
  leaves?: 'leftovers' | 'all';
  /** Of the leftovers: the generation whose strategy says who has a part. */
  leavesBy?: number;
}

/** What a run is doing: exactly one of these, from its start to its end. */
export type Work =
  | { kind: 'rollout'; change: ChangeSignal }
  | { kind: 'removal'; remove: RemoveSignal }
  | { kind: 'repair'; repair: RepairSignal };

/** Sites that open runs should know of, by layer: their FogSites are gone, or they are held. */
export interface SitesSignal {
  layer: Layer;
  sites: string[];
}

/** How a layer is now that soaks: told when that is another than what its object says. */
export interface HealthSignal {
  /** Of the FogRollout: what was seen of another says nothing. */
  uid: string;
  layer: Layer;
  ready: boolean;
  /** Why it is not ready. */
  message: string;
}

/** The FogWindows that a rollout has to do with are other ones by now, or more is known of them. */
export interface WindowsSignal {
  /** Of the FogRollout. */
  uid: string;
  windows: ToldWindow[];
}

/** Input of `rolloutWorkflow`: the key at first, what is left to do when a run continues as the next one. */
export interface RolloutInput extends RolloutKey {
  next?: PendingWork;
  /** Where the run before was, when it goes on only because its history had become long. */
  resumed?: ResumedRun;
  /** Version of all this, where it is not the first: code that does not know it must not guess. */
  format?: number;
}

export interface PendingWork {
  change?: ChangeSignal;
  remove?: RemoveSignal;
  repair?: RepairSignal;
  /** What the superseded run knows of its layers and had no time to report. */
  carried?: LayerStatus[];
  /** A person paused the superseded run, and has not let it go on. */
  hold?: Hold;
  /** What the history is to have of the superseded run. */
  superseded?: SupersededRun;
}

/** A run in the middle of its work, as JSON. */
export interface ResumedRun {
  work: Work;
  machine: RunState;
  /** Of the steps that are going on, by their index. */
  stages: Record<number, StageState>;
  /** The layers as they were when the work began, where that was asked. */
  before?: LayerStatus[];
  /** How many sites have something that they are to lose, by the plans of the stages so far. */
  leftovers?: Partial<Record<Layer, number>>;
  /** A removal has left something, and its record with it. */
  leftBehind?: boolean;
  /** What the work is by now was not kept yet. */
  reopens?: boolean;
  /** What has changed in `status` since the last report was yet to be written. */
  unreported?: boolean;
  /** Where it is, and the number of the last report. */
  status: FogRolloutStatus;
  reports: number;
}

/** A stage in the middle of its turn, as JSON. */
export interface StageState {
  /** @see PlanStageInput.run */
  run: string;
  plan: PlannedStage;
  /** By which it was planned. */
  strategy: LayerStrategy;
  coordinator: CoordinatorState;
  /** Of shards that the run works itself, by their index. */
  inline: Record<number, ContinuedShard>;
  /** Indexes of the shards at work elsewhere. */
  children: number[];
  /** How many sites of each shard were given something. */
  applied: Record<number, number>;
  /** Where the sites of each shard were last, where the layer below waits for them. */
  phases: Record<number, string>;
  failures: SiteFailure[];
  /** Who holds the release of a site, by the shard it is in. */
  held?: Record<number, string>;
  /** How many sites wait for their windows, by their shards. */
  shut?: Record<number, NonNullable<ShardProgress['shut']>>;
  /** What people take out of it, for shards that have yet to begin. */
  skips?: (Skip & { wave?: string })[];
  /** Sites of which something was said as the run came to rest: its shards are yet to be told. */
  lookedFor?: string[];
}
