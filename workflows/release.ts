import { sleep } from '@temporalio/workflow';
import type { AppliedDeployment } from '../model/activities.ts';
import { revisionIdIn } from '../model/order.ts';
import { queueOf, type Site } from '../model/site.ts';
import type { Owner, RevisionId } from '../model/types.ts';
import { applyRelease, awaitReady } from './activities.ts';
import type { ContentFeed } from './content-feed.ts';
import { fromSite } from './only-signed.ts';

/** What a site is to be given. */
export interface Release {
  owner: Owner;
  site: Site;
  revision: RevisionId;
  /** Names the content that `feed` sends. */
  hash: string;
  feed: ContentFeed;
  progressDeadlineSeconds: number;
  /** @see ApplyReleaseInput.offlineAfterSeconds */
  offlineAfterSeconds?: number;
}

export interface ReleaseListener {
  /** The site carries the revision: after each write. */
  onApplied(): void;
  /** Somebody holds the release, who is told to people: paused, or being deleted. Empty when that is over. */
  onHeld(message: string): void;
}

/** The longest pause, in ms, before a release that was lost again and again is applied again: the struggle of a day fits a history. */
const LONGEST_PAUSE = 5 * 60_000;

/**
 * Gives a site its release and waits until it is ready there.
 *
 * A release that someone deletes or changes while it is waited for is applied again, until the stage has gone on
 * for twice its deadline: then whoever takes it away is stronger than we are. From the second loss on with pauses,
 * so that the struggle fills neither the API server nor the run's history.
 *
 * @throws the activity's failure, or an Error when the release was lost too often
 */
export async function settleRelease(release: Release, { onApplied, onHeld }: ReleaseListener): Promise<void> {
  const { owner, site, feed } = release;
  const giveUpAt = Date.now() + release.progressDeadlineSeconds * 2000;
  for (let losses = 0; ; losses++) {
    if (losses > 1) await sleep(pauseAfter(losses), { summary: `apply to ${site.name} again` });
    const answer = await feed.give(queueOf(site), (content) =>
      applyRelease({ ...inputOf(release), hash: release.hash, ...(content && { content }) }),
    );
    const applied = fromSite(site, answer);
    if (applied.needsContent) throw new Error(`A worker of ${queueOf(site)} does not know the content it was given`);
    const { deployment, ready, held } = applied;
    onApplied();
    if (ready || (await becomesReady(release, deployment, held, onHeld))) return;
    if (Date.now() > giveUpAt) {
      throw new Error(
        `${site.layer}: Deployment ${site.namespace}/${owner.name}-${site.layer} is deleted or changed by someone else each time it is applied`,
      );
    }
  }
}

function pauseAfter(losses: number): number {
  return Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(losses - 2, 20));
}

async function becomesReady(
  release: Release,
  deployment: AppliedDeployment,
  byWhom: string | undefined,
  onHeld: ReleaseListener['onHeld'],
): Promise<boolean> {
  let held = byWhom ?? '';
  if (held !== '') onHeld(held);
  for (;;) {
    const awaited = fromSite(release.site, await awaitReady({ ...inputOf(release), deployment, held }));
    if (awaited.outcome !== 'held') return awaited.outcome === 'ready';
    held = awaited.message;
    onHeld(held);
  }
}

function inputOf({ owner, site, revision, progressDeadlineSeconds, offlineAfterSeconds }: Release) {
  return {
    owner,
    site,
    revision: revisionIdIn(revision),
    progressDeadlineSeconds,
    ...(offlineAfterSeconds !== undefined && { offlineAfterSeconds }),
  };
}
