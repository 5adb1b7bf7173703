import type { Informer } from '../../kube/informer.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { FogShard } from '../../model/types.ts';

type LiveShard = FogShard & KubeObject;

/**
 * The FogShards that name each site. Kept beside the informer and by the leader only: as an index of the informer it would
 * take ten times the memory, in every process.
 */
export class SiteShards {
  readonly #shards: Informer<LiveShard>;
  /** By the name of the site. */
  readonly #refs = new Map<string, Ref[]>();

  constructor(shards: Informer<LiveShard>) {
    this.#shards = shards;
  }

  /** Before others follow the informer, so that it knows what they are told. @returns a function that ends it */
  follow(): () => void {
    return this.#shards.subscribe({
      onAdd: (shard) => this.#add(shard),
      onUpdate: (old, now) => {
        if (hasSameSites(old, now)) return;
        this.#remove(old);
        this.#add(now);
      },
      onDelete: (last) => this.#remove(last),
    });
  }

  of(site: string): FogShard[] {
    return (this.#refs.get(site) ?? []).flatMap(({ namespace, name }) => this.#shards.get(namespace, name) ?? []);
  }

  #add({ metadata: { namespace, name }, spec }: LiveShard): void {
    const ref = { namespace, name };
    for (const site of new Set(spec.sites.map((entry) => entry.name))) {
      const refs = this.#refs.get(site);
      if (refs) refs.push(ref);
      else this.#refs.set(site, [ref]);
    }
  }

  #remove({ metadata, spec }: LiveShard): void {
    const isOther = ({ namespace, name }: Ref) => namespace !== metadata.namespace || name !== metadata.name;
    for (const { name: site } of spec.sites) {
      const left = this.#refs.get(site)?.filter(isOther) ?? [];
      if (left.length > 0) this.#refs.set(site, left);
      else this.#refs.delete(site);
    }
  }
}

interface Ref {
  namespace: string;
  name: string;
}

function hasSameSites({ spec: old }: FogShard, { spec: now }: FogShard): boolean {
  return old.sites.length === now.sites.length && old.sites.every(({ name }, at) => name === now.sites[at]!.name);
}
