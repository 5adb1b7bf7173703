import { ANNOTATIONS, deploymentName } from '../model/names.ts';
import { readiness } from '../model/readiness.ts';
import { implicitSite } from '../model/site.ts';
import { type LayerHealth, withHealth } from '../model/status.ts';
import type { FogRolloutStatus, LayerStatus, Owner } from '../model/types.ts';
import type { Cluster } from './clusters.ts';

/** How long our watch may be behind the one that saw a layer become ready, in ms. */
const BEHIND_MS = 5_000;

/**
 * What a run reports at its end, held against what is there: the first layer may have lost its pods while the last one had
 * its turn, and Ready=True must not be said of that. Asks nothing of the API server. Of layers with FogSites the watcher
 * keeps the books.
 *
 * @param now - RFC 3339
 */
export function withLastLook(
  status: FogRolloutStatus,
  owner: Owner,
  deployments: Pick<Cluster['deployments'], 'hasSynced' | 'get'>,
  now: string,
): FogRolloutStatus {
  if (status.phase !== 'Succeeded' || !deployments.hasSynced) return status;
  const unready = (status.layers ?? []).flatMap((layer) => unreadyNow(layer, owner, deployments, now) ?? []);
  return unready.length === 0 ? status : (withHealth(status, unready, now) ?? status);
}

function unreadyNow(
  { name, shards, hash, finishedAt }: LayerStatus,
  owner: Owner,
  deployments: Pick<Cluster['deployments'], 'get'>,
  now: string,
): LayerHealth | undefined {
  const isLongAgo = Date.parse(now) - Date.parse(finishedAt ?? now) >= BEHIND_MS;
  if (shards !== undefined || !isLongAgo) return undefined;
  const live = deployments.get(implicitSite(name).namespace, deploymentName(owner.name, name));
  const { uid = '', generation = 0, annotations = {} } = live?.metadata ?? {};
  // Of something else nothing is said here: whether it is missing or another's is for the watcher to find out.
  if (annotations[ANNOTATIONS.uid] !== owner.uid || annotations[ANNOTATIONS.content] !== hash) return undefined;
  const { state, message } = readiness(live, { uid, generation, template: '' });
  return state === 'ready' ? undefined : { layer: name, ready: false, message };
}
