/** What the API needs from the process it runs in: small interfaces, so that tests need no cluster. */
import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { KeptGeneration } from '../model/history/kept.ts';
import type { PlanServer } from '../model/plan/dry-run.ts';
import type {
  AskedAction,
  FogActionStatus,
  FogRollout,
  FogShard,
  FogSite,
  FogWindow,
  Revision,
} from '../model/types.ts';
import type { RolloutWindows, WindowedRollout } from '../model/windows/at-sites.ts';
import type { Access, ReadAccess } from './access.ts';

export interface Handlers<T> {
  onAdd?(object: T): void;
  onUpdate?(old: T, now: T): void;
  onDelete?(last: T): void;
}

export type RolloutHandlers = Handlers<FogRollout>;

/** What is known by a watch; kube's informer fits. */
export interface Watched {
  readonly hasSynced: boolean;
  /** How old what is known may be, in milliseconds; undefined where that is not known. */
  readonly ageMs?: number | undefined;
}

/**
 * The informer's cache of FogRollouts. Objects are replaced on change, never changed in place, and handlers
 * run in the turn in which the cache changes: what is derived from an object may be kept by its identity.
 */
export interface RolloutReader extends Watched {
  get(namespace: string, name: string): FogRollout | undefined;
  list(): FogRollout[];
  byIndex(index: 'namespace', value: string): FogRollout[];
  /**
   * Calls `onAdd` for every object there is before it returns.
   * @returns a function that ends the subscription
   */
  subscribe(handlers: RolloutHandlers): () => void;
}

/** The informer's cache of FogShards: the records of the sites of rollouts over many. */
export interface ShardReader extends Watched {
  /** @param value - `<namespace>/<name>` of the FogRollout */
  byIndex(index: 'rollout', value: string): FogShard[];
  /** @see RolloutReader.subscribe */
  subscribe(handlers: Handlers<FogShard>): () => void;
}

/** The informer's cache of FogSites: whether they are in reach. */
export interface SiteReader extends Watched {
  /** @param namespace - FogSites have none */
  get(namespace: undefined, name: string): FogSite | undefined;
  list(): FogSite[];
}

/** The informer's cache of FogWindows. */
export interface WindowReader extends Watched {
  /** Those that FogRollouts of a namespace may have to do with. */
  about(namespace: string): FogWindow[];
  /** Those of sites, for one FogRollout. */
  atSites(rollout: WindowedRollout): Pick<RolloutWindows, 'at'>;
}

/** What is kept of the generations of FogRollouts. Read from Kubernetes at each question: bounded, and asked for rarely. */
export interface RevisionReader {
  /**
   * Of each generation that is kept, how its runs went; in no order. Of all objects that had the name.
   * @throws {@link RevisionsUnavailable}
   */
  list(namespace: string, name: string): Promise<KeptGeneration[]>;
  /**
   * One generation with its content; undefined when it is not kept.
   * @throws {@link RevisionsUnavailable}
   */
  read(namespace: string, name: string, generation: number): Promise<KeptRevision | undefined>;
}

export interface KeptRevision extends KeptGeneration {
  /** Left out where somebody wrote something by hand that is none. */
  content?: Revision;
}

/** Kubernetes does not answer, or does not let us read it. */
export class RevisionsUnavailable extends Error {
  override name = 'RevisionsUnavailable';
}

export interface Readiness {
  /** `checks` says for each part "ok" or, in words, what it waits for, or what is wrong though it can do its work. */
  ready(): { ok: boolean; checks: Record<string, string> };
}

/** The time of day; kube's clock fits. */
export interface Clock {
  date(): Date;
}

export interface EventStreamLimits {
  /** Milliseconds between the comments that keep a quiet connection open. */
  heartbeat: number;
  /** Milliseconds a client may leave unread what it was sent before it is dropped. */
  stalled: number;
  /** Open streams of this process. */
  clients: number;
  /** Milliseconds that one lasts which was opened with a token: its client comes again, and is asked anew who it is. */
  withToken: number;
}

export const DEFAULT_EVENT_STREAM_LIMITS: EventStreamLimits = {
  heartbeat: 15_000,
  stalled: 60_000,
  clients: 5_000,
  withToken: 600_000,
};

/** What every role's HTTP server needs. */
export interface ProbeDeps {
  logger: FastifyBaseLogger;
  metrics: Registry;
  readiness: Readiness;
}

/** What takes the actions that come by the API. */
export interface Actions {
  access: Access;
  /**
   * Has it taken by the run, as a FogAction of the same content. Handed in again under its uid, it is not done twice.
   * @returns undefined when there is no such FogRollout
   * @throws what keeps anybody from saying; it may have been taken all the same
   */
  settle(action: AskedAction): Promise<Required<Pick<FogActionStatus, 'state' | 'message'>> | undefined>;
}

/** What plans are made with besides what everybody may read. */
export interface Plans {
  access: Access;
  /** Has Kubernetes asked with a token, in the name of whoever it is of, as long as that takes. */
  ask<T>(token: string, question: (server: PlanServer) => Promise<T>): Promise<T>;
}

export interface ApiDeps extends ProbeDeps {
  rollouts: RolloutReader;
  shards: ShardReader;
  sites: SiteReader;
  windows: WindowReader;
  revisions: RevisionReader;
  /** Left out, whoever reaches the API may read. */
  reads?: ReadAccess | undefined;
  /** Left out, nobody can act by the API. */
  actions?: Actions | undefined;
  /** Left out, nobody can plan by the API. */
  plans?: Plans | undefined;
  clock: Clock;
  /** Where people see a trace, with `{traceId}`; left out, nobody is told. */
  traceUrl?: string | undefined;
  /** The folder of the page, as scripts/bundle-page.ts writes it. Left out, or not there: there is none. */
  page?: string | undefined;
  events?: Partial<EventStreamLimits>;
  /** Where people find Temporal's UI; left out, nobody knows. */
  temporalUi?: TemporalUi | undefined;
}

export interface TemporalUi {
  /** Without a slash at its end. */
  url: string;
  /** The Temporal namespace of the runs. */
  namespace: string;
}
