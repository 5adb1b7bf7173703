import { randomUUID } from 'node:crypto';
import type { Clock } from '../kube/clock.ts';
import {
  type ClusterReport,
  type NamespaceReport,
  type ObserveSitesInput,
  REPORTED_NAMESPACES,
  REPORTED_RELEASES,
  type RegionReport,
} from '../model/region-observation.ts';
import type { ClusterChange } from './cluster.ts';
import type { ObservedClusters } from './clusters.ts';

/** What is known of a region's sites in the order in which it changed, so that each report says only what is new. */
export class Journal {
  /** One life of this process. */
  readonly epoch = randomUUID();
  readonly #clusters: ObservedClusters;
  readonly #clock: Clock;
  /** By cluster and namespace, the version of the last change, oldest first within a cluster. */
  readonly #changed = new Map<string, Map<string, number>>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  #urgent = 0;

  constructor(clusters: ObservedClusters, clock: Clock) {
    this.#clusters = clusters;
    this.#clock = clock;
    clusters.subscribe((name, change) => this.#note(name, change));
  }

  /** How far the reports that have arrived go; undefined when none has of this process. */
  cursorIn({ cursors }: ObserveSitesInput): number | undefined {
    return cursors?.[this.epoch];
  }

  isNewSince(version: number): boolean {
    return this.#version > version;
  }

  /** Whether there is more to it than how many releases there are. */
  isUrgentSince(version: number): boolean {
    return this.#urgent > version;
  }

  /** Resolves when `check` says so, after `ms`, or when the signal is aborted: whatever comes first. */
  until(check: () => boolean, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || check()) return resolve();
      const done = () => {
        cancel();
        this.#listeners.delete(checkAgain);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const checkAgain = () => {
        if (check()) done();
      };
      const cancel = this.#clock.after(ms, done);
      this.#listeners.add(checkAgain);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** What an observation is answered: all that is new to it, the oldest first, or the first part of that. */
  report(input: ObserveSitesInput): Omit<RegionReport, 'worker'> {
    const cursor = this.cursorIn(input);
    const from = cursor ?? 0;
    const changes = input.clusters
      .flatMap((cluster) =>
        [...(this.#changed.get(cluster) ?? [])].map(([namespace, version]) => ({ cluster, namespace, version })),
      )
      .filter(({ version }) => version > from)
      .toSorted((a, b) => a.version - b.version);
    const page = this.#firstOf(changes);
    const more = page.length < changes.length;
    const byCluster = Map.groupBy(page, ({ cluster }) => cluster);
    const clusters = input.clusters.map((name): ClusterReport => {
      const namespaces = (byCluster.get(name) ?? []).map(({ report }) => report);
      return { name, ...(this.#clusters.stateOf(name) ?? { synced: false }), namespaces };
    });
    return {
      cursor: { epoch: this.epoch, version: more ? page.at(-1)!.version : this.#version },
      whole: cursor === undefined,
      ...(more && { more }),
      clusters,
    };
  }

  /** As many as one report may speak of, with what it says of them. */
  #firstOf<T extends { cluster: string; namespace: string }>(changes: T[]): (T & { report: NamespaceReport })[] {
    const page: (T & { report: NamespaceReport })[] = [];
    let named = 0;
    for (const change of changes.slice(0, REPORTED_NAMESPACES)) {
      const report = this.#clusters.releasesIn(change.cluster, change.namespace);
      named += report.present?.length ?? 0;
      if (named > REPORTED_RELEASES && page.length > 0) break;
      page.push({ ...change, report });
    }
    return page;
  }

  #note(name: string, change: ClusterChange): void {
    this.#version++;
    if (change.change !== 'count') this.#urgent = this.#version;
    if (change.namespace !== undefined) {
      const ofCluster = this.#changed.get(name) ?? new Map<string, number>();
      this.#changed.set(name, ofCluster);
      ofCluster.delete(change.namespace);
      ofCluster.set(change.namespace, this.#version);
    }
    for (const listener of [...this.#listeners]) listener();
  }
}
