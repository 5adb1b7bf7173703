import { backoffMs } from '../../kube/backoff.ts';
import { type Clock, sleep } from '../../kube/clock.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import type { LookInput } from '../../model/region.ts';
import { readReport } from '../../model/region-report.ts';
import { siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import type { OnFacts, SiteFacts, SiteSource } from './facts.ts';
import type { Poller } from './pollers.ts';
import { Region } from './region.ts';

/** What Temporal and the workers of a queue are asked. */
export interface RegionClient {
  /** Who asked for the work of a queue in the last minutes. */
  pollers(queue: string): Promise<Poller[]>;
  /** What its workers say of their sites; resolves when there is something new, which may take minutes. */
  look(input: LookInput, signal: AbortSignal): Promise<unknown>;
}

export interface RegionsDeps {
  client: RegionClient;
  clock: Clock;
  log: Log;
  ages?: RegionAges;
}

/** In ms; for tests that cannot wait. */
export interface RegionAges {
  /** How long a worker that does not ask for work is taken to be there. */
  freshMs?: number;
  /** How often Temporal is asked who does. */
  pollMs?: number;
}

const POLL_MS = 15_000;
/** How many queues are asked about at once. */
const LANES = 4;
/** At least so long from one report of a queue to the next look, in ms. */
const PACE_MS = 2_000;
const LOOK_AGAIN = { baseMs: 2_000, maxMs: 5 * 60_000, random: Math.random };

interface Followed {
  region: Region;
  /** Names of its clusters. */
  clusters: string[];
  /** Their names. */
  sites: string[];
  /** Who was there when that was last looked at. */
  workers: string | undefined;
  stop: AbortController | undefined;
}

/** The sites of task queues: whether their workers are there, and what these say of them. */
export class Regions implements SiteSource {
  readonly #deps: RegionsDeps;
  readonly #onFacts: OnFacts;
  /** By queue. */
  readonly #followed = new Map<string, Followed>();
  readonly #polls: WorkQueue;
  readonly #looks = new Set<Promise<void>>();
  #signal: AbortSignal = AbortSignal.abort();

  constructor(deps: RegionsDeps, onFacts: OnFacts) {
    this.#deps = deps;
    this.#onFacts = onFacts;
    this.#polls = new WorkQueue({ clock: deps.clock, baseMs: 1_000, maxMs: 30_000 });
  }

  follow(sites: readonly FogSite[]): void {
    const ofQueues = Map.groupBy(
      sites.map(siteOf).filter(({ queue }) => queue !== undefined),
      ({ queue }) => queue!,
    );
    for (const [queue, { stop }] of this.#followed) {
      if (ofQueues.has(queue)) continue;
      stop?.abort();
      this.#followed.delete(queue);
    }
    for (const [queue, here] of ofQueues) {
      const clusters = [...new Set(here.map(({ cluster }) => cluster))].toSorted();
      this.#followOne(
        queue,
        clusters,
        here.map(({ name }) => name),
      );
    }
  }

  factsOf(site: FogSite): SiteFacts | undefined {
    const { queue, cluster, namespace } = siteOf(site);
    if (queue === undefined) return undefined;
    return this.#followed.get(queue)?.region.factsOf(cluster, namespace) ?? {};
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    try {
      await this.#polls.run({
        workers: LANES,
        signal,
        handle: (queue) => this.#describe(queue),
        onError: (queue, err, failures) =>
          this.#deps.log.warn({ queue, err, failures }, 'Could not ask Temporal who serves a queue; trying again'),
      });
    } finally {
      await Promise.all(this.#looks);
    }
  }

  #followOne(queue: string, clusters: string[], sites: string[]): void {
    const { clock, ages } = this.#deps;
    const known = this.#followed.get(queue);
    if (!known) {
      const region = new Region(queue, clock, ages?.freshMs);
      this.#followed.set(queue, { region, clusters, sites, workers: undefined, stop: undefined });
      this.#polls.add(queue);
      return;
    }
    const isOther = known.clusters.join() !== clusters.join();
    Object.assign(known, { clusters, sites });
    if (isOther && known.stop) this.#lookAnew(queue, known);
  }

  async #describe(queue: string): Promise<void> {
    const { client, ages } = this.#deps;
    const pollers = await client.pollers(queue);
    const followed = this.#followed.get(queue);
    if (!followed) return;
    followed.region.described(pollers);
    this.#workersMayHaveChanged(queue, followed);
    this.#polls.addAfter(queue, ages?.pollMs ?? POLL_MS);
  }

  /** A look that a worker took with it into its end would be answered never. */
  #workersMayHaveChanged(queue: string, followed: Followed): void {
    const workers = followed.region.workers.join();
    if (workers === followed.workers) return;
    this.#deps.log.info({ queue, workers: followed.region.workers }, 'Other workers serve a queue');
    followed.workers = workers;
    this.#lookAnew(queue, followed);
    this.#onFacts(followed.sites);
  }

  #lookAnew(queue: string, followed: Followed): void {
    followed.stop?.abort();
    followed.stop = undefined;
    if (followed.region.workers.length === 0 || this.#signal.aborted) return;
    const stop = new AbortController();
    followed.stop = stop;
    const looking = this.#keepLooking(queue, followed, AbortSignal.any([this.#signal, stop.signal]));
    this.#looks.add(looking);
    void looking.finally(() => this.#looks.delete(looking));
  }

  async #keepLooking(queue: string, followed: Followed, signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#deps;
    for (let failures = 0; !signal.aborted; ) {
      let pause = PACE_MS;
      try {
        const { clusters, region } = followed;
        const report = readReport(await client.look({ queue, clusters, marks: region.marks }, signal), clusters);
        if (signal.aborted) return;
        failures = 0;
        region.heard(report);
        if (report.more) pause = 0;
        // What is said of a cluster as a whole, and what is not said of a namespace, concerns all.
        this.#onFacts(followed.sites);
        if (report.leaving) this.#workersMayHaveChanged(queue, followed);
      } catch (err) {
        if (signal.aborted) return;
        followed.region.unheard();
        this.#onFacts(followed.sites);
        pause = backoffMs(failures++, LOOK_AGAIN);
        log.info({ queue, err, failures }, 'The workers of a queue did not say what their sites carry; asking again');
      }
      await sleep(clock, pause, signal).catch(() => undefined);
    }
  }
}
