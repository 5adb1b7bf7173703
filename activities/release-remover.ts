import type { KubeClient } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/resources.ts';
import { mayRemove } from '../model/fence.ts';
import type { Order } from '../model/order.ts';
import type { Owner } from '../model/types.ts';
import { dryRunDelete } from './dry-run.ts';

/** Later than any. */
export const ANY_ORDER: Order = { generation: Number.MAX_SAFE_INTEGER };

export interface Removal {
  client: KubeClient;
  type: ResourceType;
  namespace: string;
  name: string;
  owner: Owner;
  /** Left out: whatever of the owner is there. */
  order?: Order;
  signal: AbortSignal;
}

/**
 * Has the API server judge whether an object of a release may be deleted, before anything else of the release is written;
 * deletes nothing. What is there no more, or is not to be deleted, is in nobody's way.
 *
 * @throws as {@link removeObject} would
 */
export async function dryRunRemoval({ client, type, namespace, name, owner, order = ANY_ORDER, signal }: Removal) {
  const live = await client.find<KubeObject>(type, { namespace, name }, { signal });
  if (!live || !mayRemove(live, { owner, ...order }) || live.metadata.deletionTimestamp) return;
  try {
    await dryRunDelete(client, type, live, { signal });
  } catch (error) {
    // It was changed or deleted meanwhile: the removal itself judges it anew.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/**
 * Deletes one object of a release and resolves when it is gone. What is not the owner's, or of a later order, is
 * left alone: that is a success, since nothing of what was to be removed is there.
 *
 * The delete is tied to the uid and resourceVersion that were judged, so that what comes between is never deleted.
 */
export async function removeObject(removal: Removal): Promise<void> {
  const { client, type, namespace, name, owner, order = ANY_ORDER, signal } = removal;
  for (;;) {
    try {
      const live = await client.get<KubeObject>(type, { namespace, name }, { signal });
      if (!mayRemove(live, { owner, ...order })) return;
      if (live.metadata.deletionTimestamp) return; // its own finalizers have the last word, not we
      const { uid, resourceVersion } = live.metadata;
      await client.delete(
        type,
        { namespace, name },
        { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' },
        { signal },
      );
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error; // somebody changed it meanwhile: judge again
    }
  }
}
