import type { Clock } from '../../kube/clock.ts';
import type { NamespaceReport, RegionReport } from '../../model/region.ts';
import type { Reach, SiteFacts } from './facts.ts';
import { type Poller, Pollers } from './pollers.ts';

/** How many workers' reports are remembered to have arrived; of others, everything is heard again. */
const MOST_MARKS = 8;

interface KnownCluster {
  answering?: boolean | undefined;
  since?: string | undefined;
  cause?: string | undefined;
  synced: boolean;
  namespaces: Map<string, NamespaceReport>;
}

/** What the hub knows of the sites of one task queue: from Temporal who serves it, from these workers the rest. */
export class Region {
  readonly #queue: string;
  readonly #pollers: Pollers;
  readonly #clusters = new Map<string, KnownCluster>();
  readonly #marks = new Map<string, number>();
  #isDescribed = false;
  /** False while only the first part of what a worker knows has arrived. */
  #isWhole = false;
  /** Its workers ask for work, and answer no look: an older version, perhaps. */
  #isMute = false;
  #reporter = '';

  constructor(queue: string, clock: Clock, freshMs?: number) {
    this.#queue = queue;
    this.#pollers = new Pollers(clock, freshMs);
  }

  /** What a look needs to know. */
  get marks(): Record<string, number> {
    return Object.fromEntries(this.#marks);
  }

  get workers(): string[] {
    return this.#pollers.fresh();
  }

  described(pollers: readonly Poller[]): void {
    this.#isDescribed = true;
    this.#pollers.saw(pollers);
  }

  /** A look had no answer. */
  unheard(): void {
    this.#isMute = true;
  }

  heard(report: RegionReport): void {
    const { worker, mark, whole, more = false, leaving, clusters } = report;
    this.#isMute = false;
    this.#reporter = worker;
    this.#marks.delete(mark.epoch);
    this.#marks.set(mark.epoch, mark.version);
    if (this.#marks.size > MOST_MARKS) this.#marks.delete(this.#marks.keys().next().value!);
    if (whole) this.#clusters.clear();
    if (whole || !more) this.#isWhole = !more;
    for (const { name, answering, since, cause, synced, namespaces } of clusters) {
      const all = this.#clusters.get(name)?.namespaces ?? new Map<string, NamespaceReport>();
      for (const entry of namespaces) {
        if (entry.releases === 0 && entry.drifted.length === 0) all.delete(entry.namespace);
        else all.set(entry.namespace, entry);
      }
      this.#clusters.set(name, { answering, since, cause, synced, namespaces: all });
    }
    if (leaving) this.#pollers.left(worker);
  }

  factsOf(cluster: string, namespace: string): SiteFacts {
    if (!this.#isDescribed) return {};
    const reach = this.#reachOf(cluster);
    const known = this.#clusters.get(cluster);
    const isKnown = this.#isWhole && known?.synced;
    const { releases, drifted } = known?.namespaces.get(namespace) ?? { releases: 0, drifted: [] };
    return { ...(reach && { reach }), ...(isKnown && { releases, drifted }) };
  }

  /** undefined while its workers have not said yet whether the cluster answers. */
  #reachOf(cluster: string): Reach | undefined {
    const [worker] = this.workers;
    if (worker === undefined) return this.#workerAway();
    const { answering, since, cause } = this.#clusters.get(cluster) ?? {};
    if (answering === false) {
      return {
        status: 'False',
        reason: 'ClusterAway',
        message: `Its worker ${this.#reporter} has had no answer from cluster ${cluster} since ${since ?? 'it looked'}: ${cause ?? 'it does not say why'}`,
        ...(since !== undefined && { lastSeen: since }),
        worker: this.#reporter,
      };
    }
    if (answering === undefined && !this.#isMute) return undefined;
    const message = `Workers of the task queue ${this.#queue} ask for its work`;
    return { status: 'True', reason: 'Answering', message, worker };
  }

  #workerAway(): Reach {
    const { lastAccess } = this.#pollers;
    const message =
      lastAccess === undefined
        ? `No worker serves the task queue ${this.#queue}; start one with fog-rollouts region --queue ${this.#queue}`
        : `No worker of the task queue ${this.#queue} has asked for work since ${lastAccess}`;
    const reach = { status: 'False', reason: 'WorkerAway', message } as const;
    return lastAccess === undefined ? reach : { ...reach, lastSeen: lastAccess };
  }
}
