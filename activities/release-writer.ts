import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isConflict, isNamespaceMissing, isNotFound, isRefusedAsWhole } from '../kube/errors.ts';
import { type KubeObject, type ResourceType, SERVICES } from '../kube/resources.ts';
import { FAILURE } from '../model/activities.ts';
import { describeOwner, describeStale, fence, wayOutOf } from '../model/fence.ts';
import type { Order } from '../model/order.ts';
import type { Owner } from '../model/types.ts';
import { dryRunMerge } from './dry-run.ts';
import { ReleaseError } from './errors.ts';
import { prepare, takeOverPods } from './field-ownership.ts';
import { createNamespace } from './namespaces.ts';

export interface Write<T> {
  client: KubeClient;
  type: ResourceType;
  /** Rendered, with metadata.name and namespace. */
  object: T;
  owner: Owner;
  order: Order;
  /** A person said of the release's other object that it is to be taken over, whatever order it carries. */
  adopt?: boolean;
  /** How a person says so, for the words of a refusal. */
  adoption: string;
  signal: AbortSignal;
}

export interface Written<T> {
  /** What the API server made of it. */
  object: T;
  /** There was none before. */
  created: boolean;
}

/** A write that loses the race this often is up against something that never rests. */
const ATTEMPTS = 5;

/**
 * Writes one object of a release, whatever was there before.
 *
 * Fencing: a new object is created by POST, an existing one applied with the resourceVersion it was judged at, so
 * between the judgement and the write nothing can come. A later order of the same owner, a later object of
 * its name, and anything that is not ours are never written over.
 *
 * @param seen - what is there as far as is known; may be behind, is only a first guess
 * @throws ReleaseError `Stale`, `NotOurs`, `NamespaceMissing`; KubeError for what the API server refuses
 */
export async function writeObject<T extends KubeObject>(
  write: Write<T>,
  seen: KubeObject | undefined,
): Promise<Written<T>> {
  let live = seen;
  for (let attempt = 1; ; attempt++) {
    try {
      live = await judged(write, live);
      if (live) return { object: await replace(write, live), created: false };
      return { object: await createObject(write), created: true };
    } catch (error) {
      const lostRace = isAlreadyExists(error) || isConflict(error) || (live !== undefined && isNotFound(error));
      if (!lostRace || attempt === ATTEMPTS) throw error;
      live = await readLive(write);
    }
  }
}

/**
 * What is there, when it may be written over. A cache may be behind what a person did about it, so a refusal is
 * never said by it alone.
 *
 * @throws ReleaseError `Stale`, `NotOurs`
 */
export async function judged(write: Write<KubeObject>, seen: KubeObject | undefined): Promise<KubeObject | undefined> {
  if (!refusal(write, seen)) return seen;
  const live = await readLive(write);
  const refused = refusal(write, live);
  if (refused) throw refused;
  return live;
}

/** Asks the API server. */
export async function readLive({ client, type, object, signal }: Write<KubeObject>): Promise<KubeObject | undefined> {
  const { namespace, name } = object.metadata;
  return await client.find<KubeObject>(type, { namespace, name }, { signal });
}

/** @throws KubeError 409 AlreadyExists, and what else the API server refuses */
export async function createObject<T extends KubeObject>({ client, type, object, signal }: Write<T>): Promise<T> {
  try {
    return await client.create<T>(type, object, { signal });
  } catch (error) {
    if (!isNamespaceMissing(error)) throw error;
    await createNamespace(client, object.metadata.namespace!, signal);
    return await client.create<T>(type, object, { signal });
  }
}

async function replace<T extends KubeObject>(write: Write<T>, live: KubeObject): Promise<T> {
  const { client, type, object, signal } = write;
  const { resourceVersion } = (await prepare(write, live)).metadata;
  const applyAt = (version: string | undefined) => {
    const fenced = { ...object, metadata: { ...object.metadata, resourceVersion: version } };
    return client.apply<T>(type, fenced, { force: true }, { signal });
  };
  try {
    return await applyAt(resourceVersion);
  } catch (error) {
    if (!isRefusedAsWhole(error) || !(await isValidAlone(write))) throw error;
    return await applyAt(await withoutOthers(write, resourceVersion));
  }
}

/** Whether what is rendered would be taken if nobody else had anything in its lists. */
async function isValidAlone({ client, type, object, signal }: Write<KubeObject>): Promise<boolean> {
  try {
    await dryRunMerge(client, type, object, object, { signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * What someone else put beside ours stays through an apply, and can make the whole invalid: takes it away, or has the
 * next apply do so, under the same fence.
 *
 * @returns the resourceVersion after the change
 */
async function withoutOthers<T extends KubeObject>(write: Write<T>, resourceVersion?: string) {
  const { client, type, object, signal } = write;
  if (type !== SERVICES) return (await takeOverPods(write, resourceVersion)).metadata.resourceVersion;
  const { ports } = (object as { spec?: { ports?: unknown } }).spec ?? {};
  const patch = { type: 'merge', body: { metadata: { resourceVersion }, spec: { ports } } } as const;
  return (await client.patch<KubeObject>(type, object.metadata, patch, { signal })).metadata.resourceVersion;
}

function refusal(write: Write<KubeObject>, live: KubeObject | undefined): ReleaseError | undefined {
  const { type, owner, order, adopt = false, adoption } = write;
  if (!live) return undefined;
  const ours = { owner, ...order, adopt };
  const what = `${type.kind} ${live.metadata.namespace}/${live.metadata.name}`;
  switch (fence(live, ours)) {
    case 'apply':
      return undefined;
    case 'notOurs':
      return new ReleaseError(
        FAILURE.notOurs,
        `${what} ${describeOwner(live)}; it is left as it is: ${wayOutOf(live, type.kind, owner)}`,
      );
    case 'stale':
      return new ReleaseError(FAILURE.stale, `${what} ${describeStale(live, ours, adoption)}`);
  }
}
