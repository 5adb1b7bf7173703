import { ApplicationFailure } from '@temporalio/common';
import { backoffMs } from '../../kube/backoff.ts';
import { type Clock, sleep } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { sitesChanged } from '../../model/fleet/missing.ts';
import { PHASE_LETTERS } from '../../model/fleet/report.ts';
import type { ObserveRegionInput } from '../../model/region-observation.ts';
import { readReport } from '../../model/region-report.ts';
import { NOT_SIGNED } from '../../model/signed.ts';
import { siteOf } from '../../model/site.ts';
import type { FogShard, FogSite } from '../../model/types.ts';
import { ObservedQueue } from './observed-queue.ts';
import type { Poller } from './pollers.ts';
import type { OnObserved, SiteObservation, SiteSource } from './source.ts';

/** What Temporal and the workers of a queue are asked. */
export interface RegionClient {
  /** Who asked for the work of a queue in the last minutes. */
  pollers(queue: string): Promise<Poller[]>;
  /** What its workers report of their sites; resolves when there is something new, which may take minutes. */
  observe(input: ObserveRegionInput, signal: AbortSignal): Promise<unknown>;
}

export interface QueueSitesDeps {
  client: RegionClient;
  shards: Informer<FogShard & KubeObject>;
  shardsOf(site: string): readonly FogShard[];
  clock: Clock;
  log: Log;
  ages?: RegionAges;
}

/** In ms; for tests that cannot wait. */
export interface RegionAges {
  /** How long a worker that does not ask for work is taken to be there. */
  freshMs?: number;
  /** How often Temporal is asked who does, of a queue that something depends on. */
  pollMs?: number;
}

const POLL_MS = 15_000;
/** The same of queues whose workers report and on which no run waits, when there are very many of them. */
const LONGEST_POLL_MS = 10 * 60_000;
/** So many of those are asked about in a second. */
const QUIET_A_SECOND = 15;
/** So many queues are asked about at once, each followed by a pause in ms: never more than 20 a second. */
const LANES = 4;
const GAP_MS = 200;
/** A queue with more sites than this counts as one that a run waits on: of such queues there are few. */
const FEW_SITES = 20;
/** At least so long from one report of a queue to the next observation, in ms. */
const PACE_MS = 2_000;
const OBSERVE_AGAIN = { baseMs: 2_000, maxMs: 5 * 60_000, random: Math.random };

/**
 * How long a queue whose workers report is left alone, in ms: as any other while the queues are few, longer the more there
 * are, so that together they cost the same.
 */
export function quietPollMs(queues: number, pollMs = POLL_MS): number {
  return Math.max(pollMs, Math.min(LONGEST_POLL_MS, (queues / QUIET_A_SECOND) * 1_000));
}

interface Followed {
  observed: ObservedQueue;
  /** Names of its clusters. */
  clusters: string[];
  /** Their names. */
  sites: string[];
  /** Who was there when that was last asked. */
  workers: string | undefined;
  stop: AbortController | undefined;
}

/** The sites of task queues: whether their workers are there, and what these report of them. */
export class QueueSites implements SiteSource {
  readonly #deps: QueueSitesDeps;
  readonly #onObserved: OnObserved;
  /** By queue. */
  readonly #followed = new Map<string, Followed>();
  /** The queue of each site. */
  readonly #queueOf = new Map<string, string>();
  readonly #polls: WorkQueue;
  readonly #observations = new Set<Promise<void>>();
  #signal: AbortSignal = AbortSignal.abort();

  constructor(deps: QueueSitesDeps, onObserved: OnObserved) {
    this.#deps = deps;
    this.#onObserved = onObserved;
    this.#polls = new WorkQueue({ clock: deps.clock, baseMs: 1_000, maxMs: 30_000 });
  }

  follow(sites: readonly FogSite[]): void {
    const ofQueues = Map.groupBy(
      sites.map(siteOf).filter(({ queue }) => queue !== undefined),
      ({ queue }) => queue!,
    );
    this.#queueOf.clear();
    for (const [queue, { stop }] of this.#followed) {
      if (ofQueues.has(queue)) continue;
      stop?.abort();
      this.#followed.delete(queue);
    }
    for (const [queue, here] of ofQueues) {
      const clusters = [...new Set(here.map(({ cluster }) => cluster))].toSorted();
      const names = here.map(({ name }) => name);
      for (const name of names) this.#queueOf.set(name, queue);
      this.#followOne(queue, clusters, names);
    }
  }

  observationOf(site: FogSite): SiteObservation | undefined {
    const { queue, cluster, namespace } = siteOf(site);
    if (queue === undefined) return undefined;
    return this.#followed.get(queue)?.observed.observationOf(cluster, namespace) ?? {};
  }

  presentAt(site: FogSite): readonly string[] | undefined {
    const { queue, cluster, namespace } = siteOf(site);
    return queue === undefined ? undefined : this.#followed.get(queue)?.observed.presentIn(cluster, namespace);
  }

  clusterUidOf(site: FogSite): string | undefined {
    const { queue, cluster } = siteOf(site);
    return queue === undefined ? undefined : this.#followed.get(queue)?.observed.uidOf(cluster);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, shards } = this.#deps;
    this.#signal = signal;
    // A run that comes to a site wants to know soon whether its workers are there.
    const stop = shards.subscribe({
      onUpdate: (old, now) => {
        for (const name of sitesChanged(old, now)) {
          const queue = this.#queueOf.get(name);
          if (queue !== undefined && this.#isInFlight(now, name)) this.#polls.addAfter(queue, this.#pollMs);
        }
      },
    });
    try {
      await this.#polls.run({
        workers: LANES,
        signal,
        handle: async (queue) => {
          await this.#describe(queue);
          await sleep(clock, GAP_MS, signal).catch(() => undefined);
        },
        onError: (queue, err, failures) =>
          log.warn({ queue, err, failures }, 'Could not ask Temporal who serves a queue; trying again'),
      });
    } finally {
      stop();
      await Promise.all(this.#observations);
    }
  }

  get #pollMs(): number {
    return this.#deps.ages?.pollMs ?? POLL_MS;
  }

  #followOne(queue: string, clusters: string[], sites: string[]): void {
    const { clock, ages } = this.#deps;
    const known = this.#followed.get(queue);
    if (!known) {
      const observed = new ObservedQueue(queue, clock, ages?.freshMs);
      this.#followed.set(queue, { observed, clusters, sites, workers: undefined, stop: undefined });
      this.#polls.add(queue);
      return;
    }
    const isOther = known.clusters.join() !== clusters.join();
    Object.assign(known, { clusters, sites });
    if (isOther && known.stop) this.#observeAnew(queue, known);
  }

  async #describe(queue: string): Promise<void> {
    if (!this.#followed.has(queue)) return;
    const pollers = await this.#deps.client.pollers(queue);
    const followed = this.#followed.get(queue);
    if (!followed) return;
    followed.observed.described(pollers);
    this.#workersMayHaveChanged(queue, followed);
    this.#polls.addAfter(queue, this.#nextPollMs(followed));
  }

  #nextPollMs(followed: Followed): number {
    const quietMs = quietPollMs(this.#followed.size, this.#pollMs);
    if (quietMs === this.#pollMs || !followed.observed.isProven || this.#isNeeded(followed)) return this.#pollMs;
    return quietMs * (0.9 + 0.2 * Math.random());
  }

  /** Whether a run is at one of its sites. */
  #isNeeded({ sites }: Followed): boolean {
    if (sites.length > FEW_SITES) return true;
    const { shardsOf } = this.#deps;
    return sites.some((name) => shardsOf(name).some((shard) => this.#isInFlight(shard, name)));
  }

  #isInFlight({ spec, status }: FogShard, name: string): boolean {
    const at = spec.sites.findIndex((site) => site.name === name);
    return at >= 0 && status?.phases[at] === PHASE_LETTERS.inFlight;
  }

  /** An observation that a worker took with it into its end would be answered never. */
  #workersMayHaveChanged(queue: string, followed: Followed): void {
    const workers = followed.observed.workers.join();
    if (workers === followed.workers) return;
    this.#deps.log.info({ queue, workers: followed.observed.workers }, 'Other workers serve a queue');
    followed.workers = workers;
    this.#observeAnew(queue, followed);
    this.#onObserved(followed.sites);
  }

  #observeAnew(queue: string, followed: Followed): void {
    followed.stop?.abort();
    followed.stop = undefined;
    if (followed.observed.workers.length === 0 || this.#signal.aborted) return;
    const stop = new AbortController();
    followed.stop = stop;
    const observing = this.#keepObserving(queue, followed, AbortSignal.any([this.#signal, stop.signal]));
    this.#observations.add(observing);
    void observing.finally(() => this.#observations.delete(observing));
  }

  async #keepObserving(queue: string, followed: Followed, signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#deps;
    for (let failures = 0; !signal.aborted; ) {
      let pause = PACE_MS;
      try {
        const { clusters, observed } = followed;
        const input = { queue, clusters, cursors: observed.cursors };
        const report = readReport(await client.observe(input, signal), clusters);
        if (signal.aborted) return;
        failures = 0;
        observed.reported(report);
        if (report.more) pause = 0;
        // What is said of a cluster as a whole, and what is not said of a namespace, concerns all.
        this.#onObserved(followed.sites);
        if (report.leaving) this.#workersMayHaveChanged(queue, followed);
      } catch (err) {
        if (signal.aborted) return;
        followed.observed.unanswered(refusalIn(err));
        this.#onObserved(followed.sites);
        this.#polls.add(queue); // its worker may be gone
        pause = backoffMs(failures++, OBSERVE_AGAIN);
        log.info({ queue, err, failures }, 'The workers of a queue did not report on their sites; asking again');
      }
      await sleep(clock, pause, signal).catch(() => undefined);
    }
  }
}

/** What the workers of a region said who do only what another hub has signed; undefined where it failed otherwise. */
function refusalIn(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type === NOT_SIGNED) return at.message;
  }
  return undefined;
}
