import { isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resources.ts';
import { fence } from '../model/fence.ts';
import { type ManagedEntry, orphaned } from '../model/field-ownership.ts';
import { ANNOTATIONS, LABELS } from '../model/names.ts';
import { ANY_ORDER, type Removal } from './release-remover.ts';

/**
 * Lets one object of a release go and leaves it where it is: our marks come off, and our fields become those of a manager that
 * never writes, so that nothing of it changes when we, or others, apply something of that name again. The label that
 * selects the pods stays, and the pod template is not touched: no pod restarts.
 *
 * Only of exactly this owner; what is an earlier or later object's, or somebody else's, is left alone. Tied to the
 * resourceVersion that was judged. Done already, it does nothing.
 */
export async function orphanObject(removal: Removal): Promise<void> {
  const { client, type, namespace, name, signal } = removal;
  for (;;) {
    try {
      const live = await client.get<KubeObject>(type, { namespace, name }, { signal });
      if (!mayLetGo(live, removal)) return;
      await client.patch(type, live.metadata, { type: 'json', body: withoutMarks(live) }, { signal });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error; // somebody changed it meanwhile: judge again
    }
  }
}

function mayLetGo(live: KubeObject, { owner, order = ANY_ORDER }: Removal): boolean {
  const isExactly = live.metadata.annotations?.[ANNOTATIONS.uid] === owner.uid;
  return isExactly && fence(live, { owner, ...order }) === 'apply' && !live.metadata.deletionTimestamp;
}

function withoutMarks({ metadata }: KubeObject): object[] {
  const { resourceVersion, labels = {}, annotations = {}, managedFields = [] } = metadata;
  const remove = (of: string, keys: string[], from: Record<string, string>) =>
    keys
      .filter((key) => key in from)
      .map((key) => ({ op: 'remove', path: `/metadata/${of}/${key.replaceAll('/', '~1')}` }));
  return [
    ...remove('labels', [LABELS.managedBy, LABELS.ownerNamespace], labels),
    ...remove('annotations', Object.values(ANNOTATIONS), annotations),
    { op: 'replace', path: '/metadata/managedFields', value: orphaned(managedFields as ManagedEntry[]) },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
}
