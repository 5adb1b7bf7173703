import type { ShardNote } from '../types.ts';

/** Reason of a site's note. */
export const PARENT_NOT_READY = 'ParentNotReady';

/**
 * Why a site whose parent is not ready with a revision is not given it.
 *
 * @param parent - left out or empty, it waits for the whole layer above
 */
export function parentNotReady(site: string, layer: string, parent: string | undefined): ShardNote {
  const whom = parent ? `its parent ${parent} is not` : 'the layer above is not';
  return { site, reason: PARENT_NOT_READY, message: `${layer} ${site}: ${whom} ready with the revision` };
}
