/** That sites of a FogRollout have changed: not how, which may be much; who looks at them asks. */
import { keyOf } from '../../kube/resources.ts';
import type { FogShard, RolloutKey } from '../../model/types.ts';
import type { ShardReader } from '../deps.ts';
import type { Reader } from './reader.ts';

/** Milliseconds in which changes are collected: those of one moment come in a FogShard each. */
const COLLECTED_MS = 200;

/**
 * Tells whose sites have changed, of each FogRollout once for all that changes at a time.
 * @returns a function that ends it
 */
export function followSites(shards: ShardReader, tell: (changed: Iterable<RolloutKey>) => void): () => void {
  const changed = new Map<string, RolloutKey>();
  let timer: NodeJS.Timeout | undefined;
  const add = ({ metadata: { namespace }, spec: { rollout: name } }: FogShard): void => {
    changed.set(keyOf(namespace, name), { namespace, name });
    timer ??= setTimeout(() => {
      timer = undefined;
      const told = [...changed.values()];
      changed.clear();
      tell(told);
    }, COLLECTED_MS).unref();
  };
  const unsubscribe = shards.subscribe({ onAdd: add, onUpdate: (_, now) => add(now), onDelete: add });
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/** A reader that tells of sites, too, once it has nothing else to tell; however often they change meanwhile, once. */
export function withSites(reader: Reader): Reader & { sitesChanged(rollout: RolloutKey): void } {
  const changed = new Map<string, RolloutKey>();
  return {
    sitesChanged(rollout) {
      changed.set(keyOf(rollout.namespace, rollout.name), rollout);
    },
    next() {
      const told = reader.next();
      if (told) return told;
      const [next] = changed;
      if (!next) return undefined;
      const [key, rollout] = next;
      changed.delete(key);
      return { event: 'sites', rollout };
    },
  };
}
