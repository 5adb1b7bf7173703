import type { Informer } from '../../kube/informer.ts';
import { type KubeObject, keyOfObject } from '../../kube/resources.ts';
import { givenUpIn, standInFor } from '../../model/fleet/given-up.ts';
import { LEAVING } from '../../model/fleet/records.ts';
import { clusterKeyOf, HUB_CLUSTER, type Site } from '../../model/site.ts';
import type { FogShard, FogSite } from '../../model/types.ts';

export interface GivenUpDeps {
  shards: Informer<FogShard & KubeObject>;
  siteOf(name: string): FogSite | undefined;
  /** Whether a site can be reached, by those who watch it; undefined where nobody knows. */
  isWithinReach(site: FogSite): boolean | undefined;
  /** A cluster answers, and did not before. @param cluster - @see clusterKeyOf */
  onReturn(cluster: string): void;
}

/** No FogSite can have such a name. */
const STAND_IN = 'given up: ';

/**
 * The clusters of places that were given up, out of reach and without a FogSite: they are watched as if one were there still,
 * by a stand-in for each, so that somebody knows when they answer again.
 */
export class GivenUpPlaces {
  readonly #deps: GivenUpDeps;
  /** By FogShard with sites that are to lose something, where those are that were given up when it was last seen. */
  readonly #leaving = new Map<string, string>();
  readonly #within = new Map<string, boolean>();
  #standIns = new Map<string, FogSite>();

  constructor(deps: GivenUpDeps) {
    this.#deps = deps;
  }

  /** Follows the records. @param changed - called when {@link standIns} are others @returns stops that */
  follow(changed: () => void): () => void {
    const keep = (key: string, clusters: string | undefined) => {
      const before = this.#leaving.get(key) ?? '';
      if (clusters === undefined) this.#leaving.delete(key);
      else this.#leaving.set(key, clusters);
      if ((clusters ?? '') !== before) changed();
    };
    const look = (shard: FogShard & KubeObject) => {
      const isLeaving = shard.spec.generation === LEAVING;
      keep(keyOfObject(shard), isLeaving ? clustersOf(givenUpIn(shard, this.#deps.siteOf)).join() : undefined);
    };
    return this.#deps.shards.subscribe({
      onAdd: look,
      onUpdate: (_old, shard) => look(shard),
      onDelete: (shard) => keep(keyOfObject(shard), undefined),
    });
  }

  /** One for each cluster with such a place, as they are now. */
  standIns(): FogSite[] {
    const { shards, siteOf } = this.#deps;
    const places = [...this.#leaving.keys()].flatMap((key) => {
      const [namespace, name = ''] = key.split('/');
      const shard = shards.get(namespace, name);
      return shard ? givenUpIn(shard, siteOf) : [];
    });
    const beyond = places.filter(({ cluster, queue }) => queue !== undefined || cluster !== HUB_CLUSTER);
    this.#standIns = new Map(
      beyond.map((place) => {
        const name = `${STAND_IN}${clusterKeyOf(place)}`;
        return [name, standInFor(place, name)];
      }),
    );
    for (const name of this.#within.keys()) if (!this.#standIns.has(name)) this.#within.delete(name);
    return [...this.#standIns.values()];
  }

  /** Something else is known of these sites. */
  observed(names: Iterable<string>): void {
    for (const name of names) {
      const standIn = this.#standIns.get(name);
      const isWithin = standIn && this.#deps.isWithinReach(standIn);
      if (isWithin === undefined || isWithin === this.#within.get(name)) continue;
      this.#within.set(name, isWithin);
      if (isWithin) this.#deps.onReturn(name.slice(STAND_IN.length));
    }
  }
}

function clustersOf(places: readonly Site[]): string[] {
  return [...new Set(places.map(clusterKeyOf))].toSorted();
}
