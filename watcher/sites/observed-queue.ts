import type { Clock } from '../../kube/clock.ts';
import type { NamespaceReport, RegionReport } from '../../model/region-observation.ts';
import { NOT_SIGNED } from '../../model/signed.ts';
import { type Poller, Pollers } from './pollers.ts';
import type { Reach, SiteObservation } from './source.ts';

/** How many workers' reports are remembered to have arrived; others report everything again. */
const MOST_CURSORS = 8;

const NONE: readonly string[] = [];
/** How many lines are held to be shared. */
const MOST_LINES = 10_000;

interface KnownCluster {
  answering?: boolean | undefined;
  since?: string | undefined;
  cause?: string | undefined;
  synced: boolean;
  uid?: string | undefined;
  namespaces: Map<string, NamespaceReport>;
}

/** What the hub knows of the sites of one task queue: from Temporal who serves it, from these workers the rest. */
export class ObservedQueue {
  readonly #queue: string;
  readonly #pollers: Pollers;
  readonly #clusters = new Map<string, KnownCluster>();
  readonly #cursors = new Map<string, number>();
  readonly #lines = new Map<string, string>();
  #isDescribed = false;
  /** False while only the first part of what a worker knows has arrived. */
  #isWhole = false;
  /** Its workers ask for work, and answer no observation: an older version, perhaps. */
  #isMute = false;
  /** What they said to that, where they refuse what this hub asks. */
  #refusal: string | undefined;
  #reporter = '';

  constructor(queue: string, clock: Clock, freshMs?: number) {
    this.#queue = queue;
    this.#pollers = new Pollers(clock, freshMs);
  }

  /** How far the reports that have arrived go. */
  get cursors(): Record<string, number> {
    return Object.fromEntries(this.#cursors);
  }

  get workers(): string[] {
    return this.#pollers.fresh();
  }

  /** Its workers are there and report: an observation that waits, and was answered before, is proof enough of that. */
  get isProven(): boolean {
    return this.workers.length > 0 && this.#isWhole && !this.#isMute && !this.#pollers.isDoubtful;
  }

  described(pollers: readonly Poller[]): void {
    this.#isDescribed = true;
    this.#pollers.saw(pollers);
  }

  /**
   * An observation had no answer.
   *
   * @param refusal - what its workers said instead, where they do not take what this hub asks
   */
  unanswered(refusal?: string): void {
    this.#isMute = true;
    this.#refusal = refusal;
  }

  reported(report: RegionReport): void {
    const { worker, cursor, whole, more = false, leaving, clusters } = report;
    this.#isMute = false;
    this.#refusal = undefined;
    this.#reporter = worker;
    this.#cursors.delete(cursor.epoch);
    this.#cursors.set(cursor.epoch, cursor.version);
    if (this.#cursors.size > MOST_CURSORS) this.#cursors.delete(this.#cursors.keys().next().value!);
    if (whole) this.#clusters.clear();
    if (whole || !more) this.#isWhole = !more;
    for (const { name, answering, since, cause, synced, uid, namespaces } of clusters) {
      const all = this.#clusters.get(name)?.namespaces ?? new Map<string, NamespaceReport>();
      for (const entry of namespaces) {
        if (entry.releases === 0 && entry.drifted.length === 0) all.delete(entry.namespace);
        else all.set(entry.namespace, this.#shared(entry));
      }
      this.#clusters.set(name, { answering, since, cause, synced, uid, namespaces: all });
    }
    if (leaving) this.#pollers.left(worker);
  }

  observationOf(cluster: string, namespace: string): SiteObservation {
    if (!this.#isDescribed) return {};
    const reach = this.#reachOf(cluster);
    const known = this.#clusters.get(cluster);
    const isKnown = this.#isWhole && known?.synced;
    const { releases, drifted } = known?.namespaces.get(namespace) ?? { releases: 0, drifted: [] };
    return { ...(reach && { reach }), ...(isKnown && { releases, drifted }) };
  }

  /** Which cluster it is; undefined where no worker has said. */
  uidOf(cluster: string): string | undefined {
    return this.#clusters.get(cluster)?.uid;
  }

  /** Which releases are in a namespace; undefined where that is not known now. */
  presentIn(cluster: string, namespace: string): readonly string[] | undefined {
    const known = this.#clusters.get(cluster);
    if (this.#isMute || !this.#isWhole || !known?.synced || known.answering !== true || this.workers.length === 0)
      return undefined;
    const entry = known.namespaces.get(namespace);
    return entry ? entry.present : NONE;
  }

  /** Sites that run the same have the same lines, and there are thousands of them. */
  #shared(entry: NamespaceReport): NamespaceReport {
    if (!entry.present) return entry;
    if (this.#lines.size > MOST_LINES) this.#lines.clear();
    const present = entry.present.map((line) => {
      const known = this.#lines.get(line);
      if (known === undefined) this.#lines.set(line, line);
      return known ?? line;
    });
    return { ...entry, present };
  }

  /** undefined while its workers have not said yet whether the cluster answers. */
  #reachOf(cluster: string): Reach | undefined {
    const [worker] = this.workers;
    if (worker === undefined) return this.#workerAway();
    if (this.#refusal !== undefined) {
      const message = `Workers of the task queue ${this.#queue} ask for its work, and do none of this hub's: ${this.#refusal}`;
      return { status: 'True', reason: NOT_SIGNED, message, worker };
    }
    const { answering, since, cause } = this.#clusters.get(cluster) ?? {};
    if (answering === false) {
      return {
        status: 'False',
        reason: 'ClusterAway',
        message: `Its worker ${this.#reporter} has had no answer from cluster ${cluster} since ${since ?? 'it first asked'}: ${cause ?? 'it does not say why'}`,
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
