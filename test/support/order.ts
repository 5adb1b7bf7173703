/** What must never happen to a rollout, read off the versions that its objects had. Pure. */
import type { V1Deployment } from '@kubernetes/client-node';
import type { KubeObject } from '../../kube/resources.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import type { FogRollout } from '../../model/types.ts';
import type { Version } from './recorder.ts';

const PREFIX = 'fog-rollouts.paguos.io';

/** What the walk knows, keyed by `uid/generation`, `layer/uid/generation` and the like. */
interface Known {
  /** Layers of each generation. */
  layersOf: Map<string, Layer[]>;
  /** The newest generation each site's object was ever given, and the objects that were ready once. */
  newest: Map<string, number>;
  ready: Set<string>;
  /** uid of the rollout each live Deployment is of, by `layer/rollout`. */
  deployed: Map<string, string>;
  /** Uids of rollouts that exist and are not being deleted. */
  wanted: Set<string>;
  faults: string[];
}

/**
 * The API server numbers all changes in one order, whatever their type: that order is walked.
 *
 * @param before - uids of FogRollouts of which only the end was seen, so that nothing can be said of them
 * @returns one sentence a fault
 */
export function faultsIn(versions: readonly Version[], before: ReadonlySet<string> = new Set()): string[] {
  const known: Known = {
    layersOf: new Map(),
    newest: new Map(),
    ready: new Set(),
    deployed: new Map(),
    wanted: new Set(),
    faults: [],
  };
  const inOrder = versions
    .filter(({ object }) => !before.has(ownerOf(object)))
    .map((version, at) => ({ version, at, revision: Number(version.object.metadata.resourceVersion) }))
    .sort((a, b) => a.revision - b.revision || a.at - b.at);
  for (const { version } of inOrder) {
    if (version.kind === 'FogRollout') seeRollout(version, known);
    else seeRelease(version, known);
  }
  return known.faults;
}

/** uid of the FogRollout that the object is, or belongs to. */
function ownerOf({ metadata, kind }: KubeObject): string {
  return (kind === 'FogRollout' ? metadata.uid : metadata.annotations?.[`${PREFIX}/uid`]) ?? '';
}

function seeRollout({ key, object, isDeleted }: Version, known: Known): void {
  const { metadata, spec, status } = object as unknown as FogRollout;
  const { uid, generation, deletionTimestamp } = metadata;
  if (isDeleted || deletionTimestamp) known.wanted.delete(uid);
  else known.wanted.add(uid);
  const layers = LAYERS.filter((layer) => spec.deployments[layer]);
  known.layersOf.set(`${uid}/${generation}`, layers);
  if (isDeleted || deletionTimestamp || !claimsReady(status, generation)) return;
  const never = layers.filter((layer) => !known.ready.has(`${layer}/${uid}/${generation}`));
  if (never.length > 0) known.faults.push(`${key} is Ready at generation ${generation}, which ${never} never was`);
  const left = LAYERS.filter((layer) => !layers.includes(layer) && known.deployed.get(`${layer}/${key}`) === uid);
  if (left.length > 0) known.faults.push(`${key} is Ready at generation ${generation}, but ${left} still runs`);
}

/** That the generation is ready, or was when its run ended: neither may be said of one that never was. */
function claimsReady(status: FogRollout['status'], generation: number): boolean {
  if (status?.phase === 'Succeeded' && status.observedGeneration === generation) return true;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === generation;
}

function seeRelease({ kind, key, object, isDeleted }: Version, known: Known): void {
  const layer = LAYERS.find((candidate) => candidate === object.metadata.namespace);
  const { labels = {}, annotations = {} } = object.metadata;
  const uid = annotations[`${PREFIX}/uid`];
  const generation = Number(annotations[`${PREFIX}/generation`]);
  const rollout = `${labels[`${PREFIX}/namespace`]}/${labels['fog-rollout']}`;
  if (!layer || !uid || Number.isNaN(generation)) return;
  const what = `${kind} ${key}`;
  if (kind === 'Deployment') {
    if (isDeleted) {
      known.deployed.delete(`${layer}/${rollout}`);
      seeRemoval(what, { layer, uid, rollout }, known);
      return;
    }
    known.deployed.set(`${layer}/${rollout}`, uid);
  }
  if (isDeleted) return;
  const newest = known.newest.get(`${what}/${uid}`) ?? -1;
  if (generation < newest) known.faults.push(`${what} was given generation ${generation} after ${newest}`);
  if (generation > newest) seePromotion(what, { layer, uid, generation }, known);
  known.newest.set(`${what}/${uid}`, Math.max(newest, generation));
  if (kind === 'Deployment' && isReady(object)) known.ready.add(`${layer}/${uid}/${generation}`);
}

function seePromotion(what: string, at: { layer: Layer; uid: string; generation: number }, known: Known): void {
  const { layer, uid, generation } = at;
  const layers = known.layersOf.get(`${uid}/${generation}`);
  const above = layers?.slice(0, layers.indexOf(layer)) ?? [];
  for (const higher of above) {
    if (!known.ready.has(`${higher}/${uid}/${generation}`)) {
      known.faults.push(`${what} was given generation ${generation} before ${higher} was ready with it`);
    }
  }
}

function seeRemoval(what: string, at: { layer: Layer; uid: string; rollout: string }, known: Known): void {
  const { layer, uid, rollout } = at;
  if (known.wanted.has(uid)) return; // a layer that is no longer wanted, or somebody else's doing
  const below = LAYERS.slice(LAYERS.indexOf(layer) + 1);
  for (const lower of below) {
    if (known.deployed.get(`${lower}/${rollout}`) === uid) known.faults.push(`${what} was removed before ${lower}`);
  }
}

/** Written out here, not taken from the product: what kubectl rollout status calls rolled out. */
export function isReady(object: KubeObject): boolean {
  const { metadata, spec, status } = object as unknown as V1Deployment;
  const wanted = spec?.replicas ?? 1;
  return (
    (status?.observedGeneration ?? 0) >= metadata!.generation! &&
    (status?.updatedReplicas ?? 0) >= wanted &&
    (status?.replicas ?? 0) === (status?.updatedReplicas ?? 0) &&
    (status?.availableReplicas ?? 0) >= wanted
  );
}
