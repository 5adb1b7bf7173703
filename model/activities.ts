/**
 * The activity contract: what workflows call by name and workers register. Types only, so that workflow
 * code can import it. Every activity is idempotent: Temporal runs it at least once.
 */
import type { Layer } from './layers.ts';
import type { Order } from './order.ts';
import type { RunNotes, SupersededRun } from './run/notes.ts';
import type { Rollback } from './signals.ts';
import type { Site } from './site.ts';
import type {
  FogRolloutStatus,
  LayerContent,
  LayerStatus,
  LayerStrategy,
  Owner,
  Promotion,
  Revision,
  RevisionId,
  RunReference,
  SiteFailure,
} from './types.ts';

/** The write a wait refers to: ready means this Deployment, at this generation or later. */
export interface AppliedDeployment {
  uid: string;
  /** metadata.generation that the write returned. */
  generation: number;
  /** Hash of the pod template that the write returned: another template is another's content, never ours ready. */
  template: string;
  /**
   * RFC 3339: when it was given, by the worker's clock. A write that changes nothing, as of a retry, leaves no trace in the object.
   * Earlier versions leave it out.
   */
  at?: string;
}

export interface ApplyReleaseInput {
  owner: Owner;
  site: Site;
  revision: RevisionId;
  /** Names the content. */
  hash: string;
  /** Left out, it is the one of that hash that the worker was given before: a worker that has not says so. */
  content?: LayerContent;
  progressDeadlineSeconds: number;
  /** How long the cluster may answer nothing before that is final (`Unreachable`), in seconds; left out, for ever. */
  offlineAfterSeconds?: number;
}

/** What a check needs of an {@link ApplyReleaseInput}. */
export type CheckReleaseInput = Omit<GivenRelease, 'offlineAfterSeconds'>;

/** With the content it is about. */
export type GivenRelease = ApplyReleaseInput & { content: LayerContent };

/**
 * `checked: false`: nothing can be said now, and nothing speaks against it. The cluster does not answer, say, or an admission
 * webhook takes no dry runs; the message is for people.
 */
export type CheckedRelease = { checked: true } | { checked: false; message: string };

export interface AppliedRelease {
  /** Nothing was done: the worker has not the content of that hash. */
  needsContent?: undefined;
  deployment: AppliedDeployment;
  /** True when the release became ready while the activity lingered: then no awaitReady is needed. */
  ready: boolean;
  /** Somebody paused the Deployment, and nothing comes of the write until it is resumed: for people. */
  held?: string;
}

/** @see AppliedRelease.needsContent */
export interface MissedContent {
  needsContent: true;
}

export interface AwaitReadyInput {
  owner: Owner;
  site: Site;
  revision: RevisionId;
  deployment: AppliedDeployment;
  progressDeadlineSeconds: number;
  /** @see ApplyReleaseInput.offlineAfterSeconds */
  offlineAfterSeconds?: number;
  /**
   * What people have been told of who holds the release, empty for nothing: when that changes, the wait ends with
   * `held`, to be begun again with the new words. Left out, nobody wants to know before the deadline.
   */
  held?: string;
}

/**
 * `lost`: the Deployment that was written is gone or was replaced; it must be applied again. `held`: somebody paused it, or
 * it is being deleted and a finalizer holds it, or that is over: then the message is empty.
 */
export type AwaitedRelease = { outcome: 'ready' | 'lost' } | { outcome: 'held'; message: string };

export interface RemoveReleaseInput {
  owner: Owner;
  site: Site;
  /** A release that carries a later order of the same owner is left alone; left out, any goes. */
  order?: Order;
  /**
   * Leave Deployment and Service where they are, and take our marks off them: they are nobody's then. For a FogRollout that
   * was deleted with `--cascade=orphan`. Only of exactly this owner.
   */
  orphan?: boolean;
  /** @see ApplyReleaseInput.offlineAfterSeconds */
  offlineAfterSeconds?: number;
}

/** On a site's queue. */
export interface SiteActivities {
  /**
   * Writes the release's Deployment and Service, creating the namespace where that is missing, and lingers
   * shortly for it to be ready. Fails with one of the FAILURE types.
   */
  applyRelease(input: ApplyReleaseInput): Promise<AppliedRelease | MissedContent>;
  /**
   * Whether the site would take the release: has its API server judge both objects without writing them, and the fence what is
   * there. Fails as applyRelease would for what is final; what cannot be known now is no failure. Takes seconds.
   */
  checkRelease(input: CheckReleaseInput): Promise<CheckedRelease>;
  /** Waits for readiness; heartbeats, is cancellable, fails with ProgressDeadlineExceeded. Reads only. */
  awaitReady(input: AwaitReadyInput): Promise<AwaitedRelease>;
  /** Deletes what the owner (or an earlier object of its name) has at the site, or lets it go; resolves when that is done. */
  removeRelease(input: RemoveReleaseInput): Promise<void>;
}

export interface OpenRunInput {
  owner: Owner;
  /** What is rolled out; absent for a repair or a removal, which record no revision. */
  revision?: Revision;
  kind: 'rollout' | 'repair' | 'removal';
  run: RunReference;
  /** What to write as the run's first status, where nothing the object says itself matters; made from that when absent. */
  status?: FogRolloutStatus;
  /** A repair of nothing but layers with FogSites: some of their sites are brought up to date. */
  isCatchUp?: boolean;
  /** @see ChangeSignal */
  rollback?: Rollback;
  /** @see ChangeSignal */
  restartedAt?: string;
  /** Newer truth than the object's own status, from the run that this one superseded. */
  carried: LayerStatus[];
  /** What the history is to have of that run besides. */
  superseded?: SupersededRun;
  /** What it is to have of this one besides the status, where that is its end. */
  notes?: RunNotes;
}

/** `gone`: the FogRollout no longer exists (or its name is another object now). `orphan`: its releases are to outlive it. */
export type OpenedRun = { gone: true } | { gone: false; status: FogRolloutStatus; orphan?: boolean };

export interface StatusReport {
  owner: Owner;
  /** Its `run.reports` is the report's number: higher than that of any before it, by whichever attempt at the same work. */
  status: FogRolloutStatus;
  /** The number of the report before, as far as the run knows. */
  after: number;
  /** What the history is to have of the run besides, where the status is its end. */
  notes?: RunNotes;
}

/** On the hub's queue. */
export interface HubActivities {
  /**
   * Sets the finalizer, keeps the revision's content, prunes old ones, and writes the run's first status, numbered by
   * `run.reports`. The history gets the end of a run that gave way to this one.
   */
  openRun(input: OpenRunInput): Promise<OpenedRun>;
  /** Writes the status, unless a newer generation or a later report was written already; an end goes into the history too. */
  reportStatus(input: StatusReport): Promise<void>;
  /** The content an order gave a layer; undefined when it is no longer kept. */
  loadLayer(input: { owner: Owner; layer: Layer } & Order): Promise<LoadedLayer | undefined>;
  /** All of the content that an order stands for; undefined when it is no longer kept. */
  loadRevision(input: { owner: Owner } & Order): Promise<Revision | undefined>;
  /** Which layers no API server would take, as far as the hub can know that now; changes nothing. */
  checkLayers(input: CheckLayersInput): Promise<CheckedLayers>;
  /** Lets a removed FogRollout go. */
  releaseFinalizer(input: { owner: Owner }): Promise<void>;
}

/** What layers are to be given, to be judged before the first write. */
export interface CheckLayersInput {
  owner: Owner;
  revision: RevisionId;
  progressDeadlineSeconds: number;
  layers: { layer: Layer; content: LayerContent; hash: string; isFleet: boolean; strategy: LayerStrategy }[];
}

export interface CheckedLayers {
  /** Layers that would not be taken, and at which of their sites. */
  refusals: SiteFailure[];
  /** Sites of layers that the hub itself reaches nowhere: their own workers can say more. */
  beyond: Site[];
}

export interface LoadedLayer {
  revision: RevisionId;
  content: LayerContent;
  /** Names the content. */
  hash: string;
  /** The nearest layer above that the revision has. */
  above?: Layer;
  progressDeadlineSeconds: number;
  /** How the layer's sites are gone through. */
  strategy: LayerStrategy;
  promotion: Promotion;
}

/** Types of the failures that activities end with; all but the transient ones are final. */
export const FAILURE = {
  /** The API server refused the object: invalid, over quota, denied by an admission webhook. */
  invalid: 'Invalid',
  forbidden: 'Forbidden',
  notOurs: 'NotOurs',
  /** The site already carries a newer generation: this run is stale. */
  stale: 'Stale',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  namespaceMissing: 'NamespaceMissing',
  /** The site's worker or cluster has not answered for as long as the strategy lets it. */
  unreachable: 'Unreachable',
  /** Connection, timeout, 409, 429, 5xx: tried again until the stage's deadline. */
  transient: 'Transient',
} as const;
