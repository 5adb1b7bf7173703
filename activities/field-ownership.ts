/** Which manager has which field of a release, where server-side apply alone would not do what people expect. */
import { KubeClient, type Patch } from '../kube/client.ts';
import { DEPLOYMENTS, type KubeObject, type ResourceType } from '../kube/resources.ts';
import { holderOf, isToAdopt } from '../model/fence.ts';
import {
  fieldAt,
  type ManagedEntry,
  mustHandOver,
  REPLICAS,
  upgraded,
  withPodsOfOthers,
  withSpecOfOthers,
} from '../model/field-ownership.ts';
import { ANNOTATIONS, FIELD_MANAGER, HANDOVER_MANAGER } from '../model/names.ts';

interface Owned {
  client: KubeClient;
  type: ResourceType;
  /** Rendered. */
  object: KubeObject;
  /** A person said of the release's other object that it is to be taken over. */
  adopt?: boolean;
  signal: AbortSignal;
}

/**
 * Prepares an object for an apply: each step is tied to the resourceVersion of the one before, and none changes what the
 * object is. Most objects need none, and cost no request.
 *
 * @param live - as it was judged
 * @returns as it is now
 */
export async function prepare(owned: Owned, live: KubeObject): Promise<KubeObject> {
  const theirs = await takeOverSpec(owned, live);
  return await handOver(owned, await takeOverCreated(owned, await takeOverMarks(owned, theirs)));
}

/**
 * What was made by another tool, and is to be ours, stays owned by that: server-side apply would never remove a field of it. Before
 * it has our marks, so that an attempt that dies here begins with this again.
 */
async function takeOverSpec({ client, type, signal, adopt = false }: Owned, live: KubeObject): Promise<KubeObject> {
  if (holderOf(live) || !(adopt || isToAdopt(live))) return live;
  const value = withSpecOfOthers((live.metadata.managedFields ?? []) as ManagedEntry[], FIELD_MANAGER);
  return await client.patch<KubeObject>(type, live.metadata, ownedBy(value, live.metadata.resourceVersion), { signal });
}

/**
 * What was created by POST is owned by an `Update` entry, under which server-side apply never removes a field. The
 * first apply after it turns that entry into an `Apply` one (as client-go's csaupgrade does), under the same fence.
 */
export async function takeOverCreated({ client, type, signal }: Owned, live: KubeObject): Promise<KubeObject> {
  const value = upgraded((live.metadata.managedFields ?? []) as ManagedEntry[], FIELD_MANAGER);
  if (!value) return live;
  return await client.patch<KubeObject>(type, live.metadata, ownedBy(value, live.metadata.resourceVersion), { signal });
}

/**
 * What others have in the pods of a Deployment becomes ours, so that the next apply removes what is not rendered: a value
 * beside our `valueFrom`, another handler of a probe. Only who has it changes here, and no pod restarts.
 *
 * @param resourceVersion - at which the object was judged
 */
export async function takeOverPods({ client, type, object, signal }: Owned, resourceVersion?: string) {
  const live = await client.get<KubeObject>(type, object.metadata, { signal });
  const value = withPodsOfOthers((live.metadata.managedFields ?? []) as ManagedEntry[], FIELD_MANAGER);
  return await client.patch<KubeObject>(type, object.metadata, ownedBy(value, resourceVersion), { signal });
}

function ownedBy(value: ManagedEntry[], resourceVersion: string | undefined): Patch {
  const body = [
    { op: 'replace', path: '/metadata/managedFields', value },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
  return { type: 'json', body };
}

/**
 * What a person asked to be taken over gets our marks, and loses theirs, in one write: so that it is taken over once, and
 * an attempt that dies after it finds an ordinary release.
 */
async function takeOverMarks({ client, type, object, signal }: Owned, live: KubeObject): Promise<KubeObject> {
  if (!isToAdopt(live)) return live;
  const { labels, annotations } = object.metadata;
  const { resourceVersion } = live.metadata;
  const body = { metadata: { resourceVersion, labels, annotations: { ...annotations, [ANNOTATIONS.adopt]: null } } };
  return await client.patch<KubeObject>(type, live.metadata, { type: 'merge', body }, { signal });
}

/**
 * A field that the revision says no longer would fall to its default at once when we are the only one who has it: first
 * it is handed over with its value, as the Kubernetes documentation has it ("Transferring ownership"), and is then free.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
 */
async function handOver({ client, type, object, signal }: Owned, live: KubeObject): Promise<KubeObject> {
  if (type !== DEPLOYMENTS || !mustHandOver(live, object, REPLICAS)) return live;
  const { namespace, name, resourceVersion } = live.metadata;
  const replicas = fieldAt(live, REPLICAS.path);
  const partial = { metadata: { ...(namespace && { namespace }), name, resourceVersion }, spec: { replicas } };
  const other = new KubeClient(client.connection, { fieldManager: HANDOVER_MANAGER });
  return await other.apply<KubeObject>(type, partial as unknown as KubeObject, { force: true }, { signal });
}
