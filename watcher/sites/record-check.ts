import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { type KubeObject, keyOf } from '../../kube/resources.ts';
import { differenceFrom, type RecordedRelease, recordedAt, sitesChanged } from '../../model/fleet/missing.ts';
import { driftOf } from '../../model/fleet/standing.ts';
import { siteOf } from '../../model/site.ts';
import type { DriftedRelease, FogRollout, FogShard, FogSite } from '../../model/types.ts';

export interface RecordCheckDeps {
  sites: Informer<FogSite & KubeObject>;
  /** With {@link SITE_INDEX}. */
  shards: Informer<FogShard & KubeObject>;
  rollouts: Informer<FogRollout & KubeObject>;
  clock: Clock;
  log: Log;
  /** Which releases are at a site; undefined where that is not known now. The same array as before says: the same. */
  presentAt(site: FogSite): readonly string[] | undefined;
  /** Something else is missing at a site. */
  onChange(site: string): void;
}

export const SITE_INDEX = 'site';

/** Index of FogShards by the names of the sites in them. */
export function shardSites({ spec }: FogShard): string[] {
  return spec.sites.map(({ name }) => name);
}

/** How long a release must be missing before that is told, in ms: reports from afar are behind what a run recorded. */
const SUSPECT_MS = 15_000;
/** So many sites are compared before others have their turn. */
const SLICE = 100;

interface Suspect {
  /** Which record it is missing by. */
  record: string;
  /** By the clock, ms. */
  since: number;
}

interface Compared {
  present: readonly string[] | undefined;
  missing: DriftedRelease[];
  /** It was known at least once what is there. */
  wasKnown: boolean;
}

/**
 * Compares what sites have with what their records say, so that a release that went while nobody looked is missed too: after
 * a start, a takeover, a return. A site is compared when its record changes, or what is there; otherwise it costs nothing.
 */
export class RecordCheck {
  readonly #deps: RecordCheckDeps;
  /** Names of sites. */
  readonly #queue: WorkQueue;
  readonly #compared = new Map<string, Compared>();
  /** By site and rollout, since when what was recorded is not there, by the clock in ms. */
  readonly #suspects = new Map<string, Map<string, Suspect>>();
  /** Which incarnation and generation of each site was followed last. */
  #followed = new Map<string, string>();
  #turn = 0;

  constructor(deps: RecordCheckDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({ clock: deps.clock, baseMs: 500, maxMs: 60_000 });
  }

  /** All sites there are, whenever one has changed: those that are new, or somewhere else, are compared. */
  follow(sites: readonly FogSite[]): void {
    const before = this.#followed;
    this.#followed = new Map(sites.map(({ metadata }) => [metadata.name, `${metadata.uid}/${metadata.generation}`]));
    for (const [name, version] of this.#followed) if (before.get(name) !== version) this.#queue.add(name);
    for (const name of before.keys()) {
      if (this.#followed.has(name)) continue;
      this.#compared.delete(name);
      this.#suspects.delete(name);
    }
  }

  /** Something else may be at these sites. */
  observed(names: Iterable<string>): void {
    for (const name of names) {
      const known = this.#compared.get(name);
      const site = known && this.#deps.sites.get(undefined, name);
      if (site && known.present === this.#deps.presentAt(site)) continue;
      this.#queue.add(name);
    }
  }

  /** What is missing at a site, or other than recorded; undefined while that is not known yet. */
  missingAt(name: string): readonly DriftedRelease[] | undefined {
    return this.#compared.get(name)?.missing;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { shards, log } = this.#deps;
    const enqueueAll = (shard: FogShard) => {
      for (const { name } of shard.spec.sites) if (this.#followed.has(name)) this.#queue.add(name);
    };
    const stop = shards.subscribe({
      onAdd: enqueueAll,
      onUpdate: (old, now) => {
        for (const name of sitesChanged(old, now)) if (this.#followed.has(name)) this.#queue.add(name);
      },
      onDelete: enqueueAll,
    });
    try {
      await this.#queue.run({
        workers: 1,
        signal,
        handle: async (name) => {
          this.#compare(name);
          if (++this.#turn % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
        },
        onError: (site, err, failures) =>
          log.warn({ site, err, failures }, 'Could not compare a site with its records; trying again'),
      });
    } finally {
      stop();
    }
  }

  #compare(name: string): void {
    const { sites, shards, presentAt, onChange } = this.#deps;
    const site = sites.get(undefined, name);
    if (!site || !this.#followed.has(name)) return;
    const known = this.#compared.get(name);
    const present = presentAt(site);
    // Not known now: what was missing is, and what seemed to be has to seem so anew.
    if (!present) this.#suspects.delete(name);
    const missing = present ? this.#missing(site, shards.byIndex(SITE_INDEX, name), present) : (known?.missing ?? []);
    const wasKnown = present !== undefined || (known?.wasKnown ?? false);
    this.#compared.set(name, { present, missing, wasKnown });
    const told = known?.missing ?? site.status?.drifted ?? [];
    if (!isDeepStrictEqual(told, missing)) onChange(name);
  }

  #missing(site: FogSite, shards: readonly FogShard[], present: readonly string[]): DriftedRelease[] {
    const place = siteOf(site);
    const suspects = new Map<string, Suspect>();
    const missing = recordedAt(place, shards).flatMap((recorded): DriftedRelease[] => {
      const message = this.#isLive(recorded) ? differenceFrom(recorded, place, present) : undefined;
      if (message === undefined) return [];
      return this.#isOld(site, recorded, suspects) ? [{ ...recorded.rollout, message }] : [];
    });
    if (suspects.size > 0) this.#suspects.set(site.metadata.name, suspects);
    else this.#suspects.delete(site.metadata.name);
    return missing;
  }

  #isLive({ rollout, uid }: RecordedRelease): boolean {
    return this.#deps.rollouts.get(rollout.namespace, rollout.name)?.metadata.uid === uid;
  }

  /** Whether a release has been missing for long enough, by this very record; it is compared again when it has. */
  #isOld(
    { metadata, status }: FogSite,
    { rollout, uid, generation, hash, run }: RecordedRelease,
    suspects: Map<string, Suspect>,
  ): boolean {
    const key = keyOf(rollout.namespace, rollout.name);
    const record = `${uid}/${generation}/${hash}/${run}`;
    const now = this.#deps.clock.now();
    const known = this.#suspects.get(metadata.name)?.get(key);
    // Who led before us has told it already.
    const isTold = !this.#compared.get(metadata.name)?.wasKnown && driftOf(status, rollout) !== undefined;
    const since = known?.record === record ? known.since : isTold ? now - SUSPECT_MS : now;
    suspects.set(key, { record, since });
    const leftMs = since + SUSPECT_MS - now;
    if (leftMs > 0) this.#queue.addAfter(metadata.name, leftMs);
    return leftMs <= 0;
  }
}
