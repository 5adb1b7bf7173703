import { isDeepStrictEqual } from 'node:util';
import type { Informer } from '../../kube/informer.ts';
import { type KubeObject, keyOf } from '../../kube/resources.ts';
import {
  abandonedLayer,
  type GivenTerms,
  isUnfinished,
  type RecordedLayer,
  recordedLayers,
  termsOf,
} from '../../model/fleet/behind.ts';
import { Fleet } from '../../model/fleet/fleet.ts';
import { Ledger } from '../../model/fleet/ledger.ts';
import { awayOf } from '../../model/fleet/reachable.ts';
import { readyCondition } from '../../model/fleet/topology.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import { orderIn, orderText } from '../../model/order.ts';
import { revisionOf } from '../../model/revision.ts';
import { clusterKeyOf } from '../../model/site.ts';
import type { FogRollout, FogShard, FogSite, Owner, RolloutKey } from '../../model/types.ts';
import { isOfSpec } from '../decide.ts';
import type { Releases } from '../releases.ts';

export interface FleetInformers {
  sites: Informer<FogSite & KubeObject>;
  /** With {@link shardRollout} as {@link ROLLOUT_INDEX}. */
  shards: Informer<FogShard & KubeObject>;
}

export const ROLLOUT_INDEX = 'rollout';

/** Index of FogShards by the `<namespace>/<name>` of their rollout. */
export function shardRollout({ metadata, spec }: FogShard): string[] {
  return [keyOf(metadata.namespace, spec.rollout)];
}

/** One layer's books. */
export interface Book {
  layer: RecordedLayer;
  ledger: Ledger;
}

/** All books of a rollout. */
export interface Books {
  own: Book[];
  /** Of earlier objects of its name, by uid. */
  earlier: Map<string, Book[]>;
}

export const NO_BOOKS: Books = { own: [], earlier: new Map() };

interface Opened extends Books {
  /** Names what they were made of. */
  of: string;
  names: Set<string>;
}

/**
 * The records of settled rollouts, compared with the FogSites. Books are opened when a rollout is looked at, and kept up with
 * the sites that change: a change costs the rollouts that have the site, and of those one entry.
 */
export class Ledgers {
  private readonly informers: FleetInformers;
  private readonly releases: Pick<Releases, 'kept'>;
  private readonly onLook: (() => void) | undefined;
  private readonly opened = new Map<string, Opened>();
  /** By the name of a site, the rollouts whose books it matters to. */
  private readonly byName = new Map<string, Set<string>>();
  /** By rollout, of an earlier generation that layers of it still run; undefined when it is no longer kept. */
  private readonly earlier = new Map<string, { of: string; terms: Promise<Partial<Record<Layer, GivenTerms>>> }>();
  private fleet = new Fleet();

  /** @param onLook - told of each site that is looked at for a rollout */
  constructor(informers: FleetInformers, releases: Pick<Releases, 'kept'>, onLook?: () => void) {
    this.informers = informers;
    this.releases = releases;
    this.onLook = onLook;
  }

  /**
   * Follows the FogSites.
   *
   * @param onChange - called at each change that matters; what it changes is seen after {@link take}
   * @returns stops that
   */
  follow(onChange: () => void): () => void {
    this.fleet = new Fleet(this.informers.sites.list());
    this.opened.clear();
    this.byName.clear();
    let isFirst = true;
    const changed = (name: string, site: FogSite | undefined) => {
      if (isFirst) return;
      this.fleet.put(name, site);
      onChange();
    };
    const stop = this.informers.sites.subscribe({
      onAdd: (site) => changed(site.metadata.name, site),
      onUpdate: (old, site) => {
        if (matters(old, site)) changed(site.metadata.name, site);
      },
      onDelete: (site) => changed(site.metadata.name, undefined),
    });
    isFirst = false;
    return stop;
  }

  /**
   * Takes up what has changed at FogSites.
   *
   * @returns the keys of rollouts whose books say anything else now; and whether sites have come, left or moved, which others may have to
   *   know too
   */
  take(now: number): { concerned: Set<string>; isJudged: boolean } {
    const { names, isJudged } = this.fleet.take();
    const concerned = new Set<string>();
    const known = new Map<string, string[]>();
    for (const name of isJudged ? [] : names) {
      for (const key of this.byName.get(name) ?? []) {
        const mine = known.get(key);
        if (mine) mine.push(name);
        else known.set(key, [name]);
      }
    }
    for (const [key, { own, earlier }] of this.opened) {
      const mine = isJudged ? names : known.get(key);
      if (!mine) continue;
      for (const { ledger } of [own, ...earlier.values()].flat()) {
        if (ledger.update(mine, now, { isJudged })) concerned.add(key);
      }
    }
    return { concerned, isJudged };
  }

  siteOf(name: string): FogSite | undefined {
    return this.fleet.siteOf(name);
  }

  shardsOf({ namespace, name }: RolloutKey): FogShard[] {
    return this.informers.shards.byIndex(ROLLOUT_INDEX, keyOf(namespace, name));
  }

  /** Whether the rollout has a layer that was ready, and has sites under way: a run is open, or was lost. */
  isBusy(rollout: FogRollout): boolean {
    return recordedLayers(rollout, this.shardsOf(rollout.metadata)).some(isUnfinished);
  }

  /** The objects of that name that records are kept of, oldest first. */
  ownersIn({ namespace, name }: RolloutKey): Owner[] {
    const owners = this.shardsOf({ namespace, name }).map(({ spec }) => ({
      namespace,
      name,
      uid: spec.uid,
      created: spec.created ?? '',
    }));
    const byUid = new Map(owners.map((owner) => [owner.uid, owner]));
    return [...byUid.values()].sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  /** The layers that records of that object are kept of. */
  layersOf(owner: Owner): Layer[] {
    const own = this.shardsOf(owner).filter(({ spec }) => spec.uid === owner.uid);
    return LAYERS.filter((layer) => own.some(({ spec }) => spec.layer === layer));
  }

  /**
   * The books of a settled rollout.
   *
   * @param now - ms since the epoch
   */
  async of(key: string, rollout: FogRollout, now: number): Promise<Books> {
    const shards = this.shardsOf(rollout.metadata);
    const of = fingerprint(rollout, shards);
    const known = this.opened.get(key);
    if (known?.of === of) return known;
    const layers = recordedLayers(rollout, shards);
    const terms = await Promise.all(layers.map((layer) => this.termsOf(key, rollout, layer)));
    this.close(key);
    const names = new Set<string>();
    const watched = {
      onName: (name: string) => {
        names.add(name);
        const keys = this.byName.get(name);
        if (keys) keys.add(key);
        else this.byName.set(name, new Set([key]));
      },
      ...(this.onLook && { onLook: this.onLook }),
    };
    const open = (layer: RecordedLayer, given: GivenTerms | undefined): Book => {
      const present = rollout.spec.strategy?.layers?.[layer.layer] ?? {};
      return { layer, ledger: new Ledger(layer, { given, present }, this.fleet, now, watched) };
    };
    const own = layers.map((layer, at) => open(layer, terms[at]));
    const abandoned = Map.groupBy(
      shards.filter(({ spec }) => spec.uid !== rollout.metadata.uid),
      ({ spec }) => spec.uid,
    );
    const earlier = new Map(
      [...abandoned].map(([uid, all]) => [
        uid,
        LAYERS.filter((layer) => all.some(({ spec }) => spec.layer === layer)).map((layer) =>
          open(abandonedLayer(rollout.metadata, layer, all), undefined),
        ),
      ]),
    );
    const books = { of, names, own, earlier };
    if (layers.length > 0 || earlier.size > 0) this.opened.set(key, books);
    return books;
  }

  /** The keys of rollouts that have given up a place on that cluster. @param cluster - @see clusterKeyOf */
  givenUpAt(cluster: string): string[] {
    const isThere = ({ ledger }: Book) =>
      ledger.behind()?.leaves?.givenUp.some((place) => clusterKeyOf(place) === cluster) ?? false;
    return [...this.opened].flatMap(([key, { own }]) => (own.some(isThere) ? [key] : []));
  }

  /** The books as they were last opened. */
  peek(key: string): Books {
    return this.opened.get(key) ?? NO_BOOKS;
  }

  /** It is gone, or others are at it: what becomes of sites meanwhile is seen when it is looked at again. */
  close(key: string): void {
    for (const name of this.opened.get(key)?.names ?? []) {
      const keys = this.byName.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.byName.delete(name);
    }
    this.opened.delete(key);
  }

  forget(key: string): void {
    this.close(key);
    this.earlier.delete(key);
  }

  /** undefined when the content of that generation is no longer kept, and then nobody can give it to a site. */
  private async termsOf(
    key: string,
    rollout: FogRollout,
    { layer, status }: RecordedLayer,
  ): Promise<GivenTerms | undefined> {
    const { metadata } = rollout;
    const order = orderIn({ generation: metadata.generation, ...status });
    if (isOfSpec(rollout, order)) return termsOf(layer, revisionOf(rollout));
    const of = `${metadata.uid}/${orderText(order)}`;
    let known = this.earlier.get(key);
    if (known?.of !== of) {
      const asked = this.releases.kept(metadata, order);
      const terms = asked.then((kept) =>
        Object.fromEntries(kept ? LAYERS.map((name) => [name, termsOf(name, kept)]) : []),
      );
      known = { of, terms };
      this.earlier.set(key, known);
      terms.catch(() => this.earlier.delete(key));
    }
    return (await known.terms)[layer];
  }
}

/** All that books are made of. */
function fingerprint({ metadata, status }: FogRollout, shards: FogShard[]): string {
  const layers = status?.layers?.map(({ name, phase, generation, attempt, shards, hash }) =>
    [name, phase, generation, attempt, shards, hash].join(),
  );
  const versions = shards.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
  return [metadata.uid, metadata.generation, ...(layers ?? []), ...versions].join(' ');
}

/** Not that a site was seen again, or that its releases were counted. */
function matters(old: FogSite, now: FogSite): boolean {
  const [before, after] = [readyCondition(old.status?.conditions), readyCondition(now.status?.conditions)];
  return (
    old.metadata.uid !== now.metadata.uid ||
    old.metadata.generation !== now.metadata.generation ||
    old.metadata.deletionTimestamp !== now.metadata.deletionTimestamp ||
    !isDeepStrictEqual(old.metadata.labels, now.metadata.labels) ||
    before?.status !== after?.status ||
    before?.reason !== after?.reason ||
    before?.observedGeneration !== after?.observedGeneration ||
    (awayOf(old) === undefined) !== (awayOf(now) === undefined) ||
    !isDeepStrictEqual(old.status?.drifted, now.status?.drifted)
  );
}
