import { sleep } from '@temporalio/workflow';
import { FAILURE } from '../model/activities.ts';
import { type SettledPhase, SKIPPED } from '../model/fleet/report.ts';
import type { SiteTerms } from '../model/fleet/terms.ts';
import type { FoundSite, Offline, ShardWork, Skip } from '../model/shards.ts';
import { HUB_CLUSTER, isImplicit, type Site } from '../model/site.ts';
import type { Owner, SiteFailure } from '../model/types.ts';
import { findSites, removeRelease } from './activities.ts';
import type { ContentFeed } from './content-feed.ts';
import { failureAt, UNSERVED } from './failures.ts';
import { type ReleaseListener, settleRelease } from './release.ts';

/** What came of the work at one site. */
export interface Ended {
  phase: SettledPhase;
  /** Why, unless it is ready. */
  failure?: SiteFailure;
}

/** What is done at a site, and for whom. */
export interface SiteTask {
  site: Site;
  owner: Owner;
  work: ShardWork;
  /** Of what is given; left out where something is taken away. */
  feed?: ContentFeed;
  terms?: SiteTerms;
  listener: ReleaseListener;
}

type Promotion = Extract<ShardWork, { kind: 'release' }>;
type Removal = Extract<ShardWork, { kind: 'removal' }>;

/** Gives a site its release or takes it away, and judges what came of it. Never throws besides a cancellation. */
export function workAt(task: SiteTask): Promise<Ended> {
  return task.work.kind === 'release' ? promote(task, task.work) : takeAway(task, task.work);
}

/** Pauses, in ms, between two tries at a site that the strategy waits for without end. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** The same where its window has closed meanwhile, and nobody knows until when. */
const SHUT_PAUSE = 10 * 60_000;

async function promote({ site, owner, feed, listener, terms }: SiteTask, work: Promotion): Promise<Ended> {
  const { revision, hash } = work;
  const { offline, progressDeadlineSeconds } = terms!;
  const what = { owner, site, revision, hash, feed: feed!, progressDeadlineSeconds };
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, 2 * pause)) {
    const release = { ...what, ...patience(site, offline.afterSeconds) };
    let failure: SiteFailure;
    try {
      await settleRelease(release, listener);
      return { phase: 'ready' };
    } catch (error) {
      failure = failureAt(site, error);
    }
    const found = await find(owner, site, work.windows);
    if (found.gone) return { phase: 'skipped', failure: goneFailure(site) };
    const isUnserved = failure.reason === UNSERVED;
    if (!isUnserved && failure.reason !== FAILURE.unreachable) return { phase: 'failed', failure };
    // A queue that is served but long has not reached the site yet: only who watches its workers can tell.
    const isOnlyFull = isUnserved && found.away === undefined;
    if (offline.policy !== 'Wait' && !isOnlyFull) return outOfReach(site, offline, found.away ?? failure.message);
    if (!isUnserved) await sleep(pause, { summary: `try ${site.name} again` });
    for (let { window } = found; window && !window.open; { window } = await find(owner, site, work.windows)) {
      const left = window.until === undefined ? SHUT_PAUSE : Date.parse(window.until) - Date.now();
      await sleep(Math.max(FIRST_PAUSE, left), { summary: `the window of ${site.name} opens` });
    }
  }
}

/** What becomes of a site that is out of reach, by the strategy. */
export function outOfReach(site: Site, { policy }: Offline, away: string): Ended {
  const message = away.startsWith(site.layer) ? away : `${site.layer} ${site.name}: ${away}`;
  const failure = { site: site.name, layer: site.layer, reason: FAILURE.unreachable, message };
  return { phase: policy === 'Fail' ? 'failed' : 'deferred', failure };
}

export function goneFailure({ layer, name }: Site): SiteFailure {
  const message = `${layer} ${name}: its FogSite was deleted or moved before its turn was over`;
  return { site: name, layer, reason: 'SiteGone', message };
}

export function skippedFailure({ layer, name }: Site, { by, reason }: Omit<Skip, 'site'>): SiteFailure {
  const message = `${layer} ${name}: passed over by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  return { site: name, layer, reason: SKIPPED, message };
}

export function heldFailure({ layer, name }: Site, hold: string): SiteFailure {
  return { site: name, layer, reason: 'Held', message: `${layer} ${name}: ${hold}` };
}

/** The hub itself is never given up: without it nothing goes on, and while it is only slow nothing is gained. */
function patience({ cluster }: Site, offlineAfterSeconds: number): { offlineAfterSeconds?: number } {
  return cluster === HUB_CLUSTER ? {} : { offlineAfterSeconds };
}

/** How long a removal is tried at a site that does not answer, in seconds, before the next site has its turn. */
const REMOVAL_PATIENCE = 30;

/** Once: who is refused gives the slot back, and is tried again when all the others had their turn. */
async function takeAway({ site, owner }: SiteTask, { order, orphan }: Removal): Promise<Ended> {
  const input = {
    owner,
    site,
    ...patience(site, REMOVAL_PATIENCE),
    ...(order && { order }),
    ...(orphan && { orphan }),
  };
  let failure: SiteFailure;
  try {
    await removeRelease(input);
    return { phase: 'ready' };
  } catch (error) {
    failure = failureAt(site, error);
  }
  const isAway = failure.reason === FAILURE.unreachable || failure.reason === UNSERVED;
  if (!isAway) return { phase: 'failed', failure };
  // Who deletes the FogSite of a place that is out of reach has given the place up.
  return (await find(owner, site)).gone ? { phase: 'skipped', failure } : { phase: 'deferred', failure };
}

async function find(owner: Owner, site: Site, windows?: true): Promise<FoundSite> {
  if (isImplicit(site)) return {};
  const [found = {}] = await findSites({ owner, sites: [site], ...(windows && { windows }) });
  return found;
}
