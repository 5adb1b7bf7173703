import type { V1ControllerRevision } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { isAlreadyExists, isNotFound } from '../kube/errors.ts';
import { CONTROLLER_REVISIONS, type KubeObject } from '../kube/resources.ts';
import type { HubActivities, LoadedLayer } from '../model/activities.ts';
import { isOldForm, keptOf, revisionIn } from '../model/kept-revision.ts';
import { layerAbove } from '../model/layers.ts';
import { ANNOTATIONS, FOG_ROLLOUT_KIND, GROUP, LABELS, revisionName, VERSION } from '../model/names.ts';
import { type Order, orderIn, revisionIdIn } from '../model/order.ts';
import { contentHashOf } from '../model/revision.ts';
import type { FogRollout, FogRolloutStatus, Owner, Revision } from '../model/types.ts';

/** How many generations' content is kept besides what a layer still runs. */
const KEPT_REVISIONS = 10;

type Live = V1ControllerRevision & KubeObject;

/**
 * Keeps the content of a generation as a ControllerRevision, so that a site can be given again what it was last given,
 * and lets an old one go.
 */
export async function keepRevision(
  client: KubeClient,
  owner: Owner,
  revision: Revision,
  status: FogRolloutStatus | undefined,
  options: CallOptions,
): Promise<void> {
  const object = {
    metadata: {
      name: revisionName(owner.name, revision),
      namespace: owner.namespace,
      labels: { [LABELS.rollout]: owner.name },
      annotations: { [ANNOTATIONS.uid]: owner.uid },
      ownerReferences: [
        { apiVersion: `${GROUP}/${VERSION}`, kind: FOG_ROLLOUT_KIND, name: owner.name, uid: owner.uid },
      ],
    },
    revision: revision.generation,
    data: keptOf(revision),
  };
  try {
    await client.create<KubeObject>(CONTROLLER_REVISIONS, object, options);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await replaceLeftover(client, owner, object, options);
  }
  const oldest = revision.generation - KEPT_REVISIONS;
  const runs = [...(status?.layers ?? []), ...(status?.succeeded ?? [])];
  if (oldest < 1 || runs.some(({ generation }) => generation === oldest)) return;
  await forget(client, refOf(owner, { generation: oldest }), options);
}

/** A revision of an earlier object of the same name, which the garbage collector has not reached yet, or left behind. */
async function replaceLeftover(
  client: KubeClient,
  owner: Owner,
  object: KubeObject,
  options: CallOptions,
): Promise<void> {
  const ref = { namespace: owner.namespace, name: object.metadata.name };
  const live = await client.get<Live>(CONTROLLER_REVISIONS, ref, options);
  if (ownerUidOf(live) === owner.uid) return;
  const { uid, resourceVersion } = live.metadata;
  await client.delete(CONTROLLER_REVISIONS, ref, { preconditions: { uid, resourceVersion } }, options);
  await client.create(CONTROLLER_REVISIONS, object, options);
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
export async function forgetUnpatchable(
  client: KubeClient,
  owner: Owner,
  { metadata, status }: FogRollout,
  options: CallOptions,
): Promise<void> {
  const last = metadata.generation;
  const kept = Array.from({ length: KEPT_REVISIONS + 1 }, (_, at) => last - at);
  const run = status?.layers?.flatMap(({ generation }) => generation ?? []) ?? [];
  const generations = [...new Set([...kept, ...run])].filter((generation) => generation > 0);
  await Promise.all(
    generations.map(async (generation) => {
      const ref = refOf(owner, { generation });
      const live = await client.find<Live>(CONTROLLER_REVISIONS, ref, options);
      if (live && isOldForm(live.data) && ownerUidOf(live) === owner.uid) await forget(client, ref, options);
    }),
  );
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

async function forget(
  client: KubeClient,
  ref: { namespace: string; name: string },
  options: CallOptions,
): Promise<void> {
  try {
    await client.delete(CONTROLLER_REVISIONS, ref, {}, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function refOf({ namespace, name }: Owner, order: Order): { namespace: string; name: string } {
  return { namespace, name: revisionName(name, order) };
}

function ownerUidOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.[0]?.uid;
}
