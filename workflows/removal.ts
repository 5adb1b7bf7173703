import { isCancellation, sleep } from '@temporalio/workflow';
import type { RemoveReleaseInput } from '../model/activities.ts';
import { removeRelease } from './activities.ts';
import { siteFailureOf } from './failures.ts';

/**
 * Takes a release away, however long that takes: whatever forbids it, the object waits for it.
 *
 * @param onRefused - told why, each time, before it is tried again in a minute
 * @param checkpoint - called before each new try: it may go on for months, and a history has an end
 */
export async function removeUntilGone(
  { owner, site }: Pick<RemoveReleaseInput, 'owner' | 'site'>,
  onRefused: (message: string) => void,
  checkpoint: () => void,
): Promise<void> {
  for (;;) {
    try {
      return await removeRelease({ owner, site });
    } catch (error) {
      if (isCancellation(error)) throw error;
      onRefused(siteFailureOf(error, site).message);
      await sleep('1m', { summary: `remove ${owner.name} from ${site.name} again` });
      checkpoint();
    }
  }
}
