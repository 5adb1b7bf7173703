import type { V1ControllerRevision } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { isAlreadyExists, isNotFound } from '../kube/errors.ts';
import { CONTROLLER_REVISIONS, type KubeObject, type ObjectRef } from '../kube/resources.ts';
import type { HubActivities, LoadedLayer } from '../model/activities.ts';
import { annotationOf, keptSelector } from '../model/history/kept.ts';
import type { RunRecord } from '../model/history/record.ts';
import { isOldForm, keptOf, revisionIn } from '../model/kept-revision.ts';
import { layerAbove } from '../model/layers.ts';
import { ANNOTATIONS, LABELS, ownerReference, revisionName } from '../model/names.ts';
import { type Order, orderIn, revisionIdIn } from '../model/order.ts';
import { contentHashOf } from '../model/revision.ts';
import type { Owner, Revision } from '../model/types.ts';

type Live = V1ControllerRevision & KubeObject;

/**
 * Keeps the content of a generation as a ControllerRevision, so that a site can be given again what it was last given.
 *
 * @param end - how its run went, where that is known by now
 * @returns true when it was kept now, and the record with it
 */
export async function keepRevision(
  client: KubeClient,
  owner: Owner,
  revision: Revision,
  end: RunRecord | undefined,
  options: CallOptions,
): Promise<boolean> {
  const run = end && annotationOf(end);
  const object = {
    metadata: {
      name: revisionName(owner.name, revision),
      namespace: owner.namespace,
      labels: { [LABELS.rollout]: owner.name },
      annotations: {
        [ANNOTATIONS.uid]: owner.uid,
        [ANNOTATIONS.version]: revision.version,
        ...(run && { [run.key]: run.value }),
      },
      ownerReferences: [ownerReference(owner)],
    },
    revision: revision.generation,
    data: keptOf(revision),
  };
  try {
    await client.create<KubeObject>(CONTROLLER_REVISIONS, object, options);
    return true;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return await replaceLeftover(client, owner, object, options);
  }
}

/** A revision of an earlier object of the same name, which the garbage collector has not reached yet, or left behind. */
async function replaceLeftover(
  client: KubeClient,
  owner: Owner,
  object: KubeObject,
  options: CallOptions,
): Promise<boolean> {
  const ref = { namespace: owner.namespace, name: object.metadata.name };
  const live = await client.get<Live>(CONTROLLER_REVISIONS, ref, options);
  if (ownerUidOf(live) === owner.uid) return false;
  const { uid, resourceVersion } = live.metadata;
  await client.delete(CONTROLLER_REVISIONS, ref, { preconditions: { uid, resourceVersion } }, options);
  await client.create(CONTROLLER_REVISIONS, object, options);
  return true;
}

/** The content that an order stands for; undefined when it is no longer kept. */
export async function loadRevision(
  client: KubeClient,
  owner: Owner,
  order: Order,
  options: CallOptions,
): Promise<Revision | undefined> {
  const live = await client.find<Live>(CONTROLLER_REVISIONS, refOf(owner, order), options);
  return live && ownerUidOf(live) === owner.uid ? revisionIn(live.data) : undefined;
}

/** The content that an order gave a layer; undefined when it is no longer kept. */
export async function loadLayer(
  client: KubeClient,
  { owner, layer, ...order }: Parameters<HubActivities['loadLayer']>[0],
  options: CallOptions,
): Promise<LoadedLayer | undefined> {
  const revision = await loadRevision(client, owner, order, options);
  const content = revision?.layers[layer];
  if (!revision || !content) return undefined;
  const { version, strategy } = revision;
  const above = layerAbove(layer, revision.layers);
  return {
    revision: revisionIdIn({ ...revision, ...orderIn(order) }),
    content,
    hash: contentHashOf(version, content),
    ...(above && { above }),
    progressDeadlineSeconds: strategy.progressDeadlineSeconds,
    strategy: strategy.layers?.[layer] ?? {},
    promotion: strategy.promotion ?? 'Layer', // kept before there was one
  };
}

/**
 * Deletes the revisions of a FogRollout that 0.1.0 kept in a form that the garbage collector cannot patch: it would
 * try to take the owner off them for ever, and the object would never go. Nobody needs them once that is on its way out.
 */
export async function forgetUnpatchable(client: KubeClient, owner: Owner, options: CallOptions): Promise<void> {
  const list = { namespace: owner.namespace, labelSelector: keptSelector(owner.name) };
  const { items } = await client.listAll<Live>(CONTROLLER_REVISIONS, list, options);
  const unpatchable = items.filter((live) => isOldForm(live.data) && ownerUidOf(live) === owner.uid);
  await Promise.all(unpatchable.map(({ metadata }) => forget(client, metadata, options)));
}

/**
 * Whether the garbage collector has taken the owner off what is kept of an object: it was deleted with `--cascade=orphan`,
 * also when nobody looked while its finalizer said so.
 *
 * @param generations - of which something is kept
 */
export async function isOrphaned(
  client: KubeClient,
  owner: Owner,
  generations: readonly number[],
  options: CallOptions,
): Promise<boolean> {
  const kept = await Promise.all(
    generations.map((generation) => client.find<Live>(CONTROLLER_REVISIONS, refOf(owner, { generation }), options)),
  );
  return kept.some(
    (live) => live?.metadata.annotations?.[ANNOTATIONS.uid] === owner.uid && !live.metadata.ownerReferences?.length,
  );
}

/** Deletes it; one that is gone is as good. */
export async function forget(client: KubeClient, ref: ObjectRef, options: CallOptions): Promise<void> {
  try {
    await client.delete(CONTROLLER_REVISIONS, ref, {}, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

export function refOf({ namespace, name }: Owner, order: Order): { namespace: string; name: string } {
  return { namespace, name: revisionName(name, order) };
}

function ownerUidOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.[0]?.uid;
}
