import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, KubeError } from '../kube/errors.ts';
import { type KubeObject, NAMESPACES, type ResourceType, SERVICES } from '../kube/resources.ts';
import { FAILURE } from '../model/activities.ts';
import { describeOwner, fence } from '../model/fence.ts';
import { FIELD_MANAGER } from '../model/names.ts';
import type { Owner } from '../model/types.ts';
import { ReleaseError } from './errors.ts';

export interface Write<T> {
  client: KubeClient;
  type: ResourceType;
  /** Rendered, with metadata.name and namespace. */
  object: T;
  owner: Owner;
  generation: number;
  /** What a cache last saw of the object; may be behind, is only a first guess. */
  seen?: KubeObject | undefined;
  /** Where no cache is kept: the object is probably there, so look before creating it. */
  lookFirst?: boolean;
  signal: AbortSignal;
}

/** A write that loses the race this often is up against something that never rests. */
const ATTEMPTS = 5;

/**
 * Writes one object of a release, whatever was there before, and returns what the API server made of it.
 *
 * Fencing: a new object is created by POST, an existing one applied with the resourceVersion it was judged at, so
 * between the judgement and the write nothing can come. A higher generation of the same owner, a later object of
 * its name, and anything that is not ours are never written over.
 *
 * @throws ReleaseError `Stale`, `NotOurs`, `NamespaceMissing`; KubeError for what the API server refuses
 */
export async function writeObject<T extends KubeObject>(write: Write<T>): Promise<T> {
  let live = write.lookFirst ? await read(write) : write.seen;
  for (let attempt = 1; ; attempt++) {
    try {
      return live ? await replace(write, live) : await create(write);
    } catch (error) {
      const lostRace = isAlreadyExists(error) || isConflict(error) || (live !== undefined && isNotFound(error));
      if (!lostRace || attempt === ATTEMPTS) throw error;
      live = await read(write);
    }
  }
}

async function create<T extends KubeObject>({ client, type, object, signal }: Write<T>): Promise<T> {
  try {
    return await client.create<T>(type, object, { signal });
  } catch (error) {
    if (!isNamespaceMissing(error)) throw error;
    await createNamespace(client, object.metadata.namespace!, signal);
    return await client.create<T>(type, object, { signal });
  }
}

async function replace<T extends KubeObject>(write: Write<T>, live: KubeObject): Promise<T> {
  const { client, type, object, owner, generation, signal } = write;
  assertMayWrite(type, live, owner, generation);
  const resourceVersion = (await takeOverCreated(write, live)) ?? live.metadata.resourceVersion;
  const applyAt = (version: string | undefined) => {
    const fenced = { ...object, metadata: { ...object.metadata, resourceVersion: version } };
    return client.apply<T>(type, fenced, { force: true }, { signal });
  };
  try {
    return await applyAt(resourceVersion);
  } catch (error) {
    if (type !== SERVICES || !isInvalid(error)) throw error;
    return await applyAt(await replacePorts(write, resourceVersion));
  }
}

/**
 * Ports that someone else put beside ours stay through an apply, and can make the whole invalid: takes them away,
 * under the same fence.
 *
 * @returns the resourceVersion after the change
 */
async function replacePorts<T extends KubeObject>(
  { client, type, object, signal }: Write<T>,
  resourceVersion?: string,
) {
  const { ports } = (object as { spec?: { ports?: unknown } }).spec ?? {};
  const patch = { type: 'merge', body: { metadata: { resourceVersion }, spec: { ports } } } as const;
  const patched = await client.patch<KubeObject>(type, object.metadata, patch, { signal });
  return patched.metadata.resourceVersion;
}

/**
 * What was created by POST is owned by an `Update` entry, under which server-side apply never removes a field. The
 * first apply after it turns that entry into an `Apply` one (as client-go's csaupgrade does), under the same fence.
 *
 * @returns the resourceVersion after the change, undefined when there was nothing to change
 */
async function takeOverCreated<T extends KubeObject>({ client, type, signal }: Write<T>, live: KubeObject) {
  const entries = (live.metadata.managedFields ?? []) as {
    manager?: string;
    operation?: string;
    subresource?: string;
  }[];
  const isCreated = (entry: (typeof entries)[number]) =>
    entry.manager === FIELD_MANAGER && entry.operation === 'Update' && !entry.subresource;
  if (!entries.some(isCreated)) return undefined;
  const hasApplied = entries.some((entry) => entry.manager === FIELD_MANAGER && entry.operation === 'Apply');
  const upgraded = hasApplied
    ? entries.filter((entry) => !isCreated(entry))
    : entries.map((entry) => (isCreated(entry) ? { ...entry, operation: 'Apply' } : entry));
  const patched = await client.patch<KubeObject>(
    type,
    { namespace: live.metadata.namespace, name: live.metadata.name },
    {
      type: 'json',
      body: [
        { op: 'replace', path: '/metadata/managedFields', value: upgraded },
        { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
      ],
    },
    { signal },
  );
  return patched.metadata.resourceVersion;
}

function assertMayWrite(type: ResourceType, live: KubeObject, owner: Owner, generation: number): void {
  const what = `${type.kind} ${live.metadata.namespace}/${live.metadata.name}`;
  switch (fence(live, { owner, generation })) {
    case 'apply':
      return;
    case 'notOurs':
      throw new ReleaseError(
        FAILURE.notOurs,
        `${what} ${describeOwner(live)}; it is left as it is: rename the FogRollout, or remove the ${type.kind}`,
      );
    case 'stale':
      throw new ReleaseError(FAILURE.stale, `${what} already carries a newer revision than generation ${generation}`);
  }
}

async function read<T extends KubeObject>({ client, type, object, signal }: Write<T>): Promise<KubeObject | undefined> {
  const { namespace, name } = object.metadata;
  return await client.find<KubeObject>(type, { namespace, name }, { signal });
}

function isNamespaceMissing(error: unknown): boolean {
  return isNotFound(error) && error instanceof KubeError && error.status?.details?.kind === 'namespaces';
}

async function createNamespace(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  try {
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return;
    if (!isForbidden(error)) throw error;
    throw new ReleaseError(
      FAILURE.namespaceMissing,
      `Namespace ${name} does not exist and fog-rollouts may not create it: create it, or allow the worker to create namespaces`,
      { cause: error },
    );
  }
}
