import { sleep } from '@temporalio/workflow';
import { FAILURE } from '../model/activities.ts';
import type { SettledPhase } from '../model/fleet/report.ts';
import type { Offline, ShardWork } from '../model/shards.ts';
import { HUB_CLUSTER, type Site } from '../model/site.ts';
import type { Owner, SiteFailure } from '../model/types.ts';
import { findSite, removeRelease } from './activities.ts';
import { failureAt, UNSERVED } from './failures.ts';
import { settleRelease } from './release.ts';

/** What came of the work at one site. */
export interface Ended {
  phase: SettledPhase;
  /** Why, unless it is ready. */
  failure?: SiteFailure;
}

type Promotion = Extract<ShardWork, { kind: 'release' }>;
type Removal = Extract<ShardWork, { kind: 'removal' }>;

/** Gives a site its release or takes it away, and judges what came of it. Never throws besides a cancellation. */
export function workAt(site: Site, owner: Owner, work: ShardWork): Promise<Ended> {
  return work.kind === 'release' ? promote(site, owner, work) : takeAway(site, owner, work);
}

async function promote(site: Site, owner: Owner, { offline, ...work }: Promotion): Promise<Ended> {
  for (;;) {
    const release = { owner, site, ...work, ...patience(site, offline.afterSeconds) };
    const failure = await failureAt(site, () => settleRelease(release, () => undefined));
    if (!failure) return { phase: 'ready' };
    const found = await findSite({ owner, name: site.name });
    if (found.gone)
      return { phase: 'skipped', failure: { ...failure, reason: 'SiteGone', message: leftMessage(site) } };
    const isUnserved = failure.reason === UNSERVED;
    if (!isUnserved && failure.reason !== FAILURE.unreachable) return { phase: 'failed', failure };
    // A queue that is served but long has not reached the site yet: only who watches its workers can tell.
    if (offline.policy === 'Wait' || (isUnserved && found.away === undefined)) continue;
    const message = found.away === undefined ? failure.message : `${site.layer} ${site.name}: ${found.away}`;
    return { phase: endOf(offline), failure: { ...failure, reason: FAILURE.unreachable, message } };
  }
}

function leftMessage({ layer, name }: Site): string {
  return `${layer} ${name}: its FogSite was deleted while its turn was on`;
}

/** The hub itself is never given up: without it nothing goes on, and while it is only slow nothing is gained. */
function patience({ cluster }: Site, offlineAfterSeconds: number): { offlineAfterSeconds?: number } {
  return cluster === HUB_CLUSTER ? {} : { offlineAfterSeconds };
}

function endOf({ policy }: Offline): SettledPhase {
  return policy === 'Fail' ? 'failed' : 'deferred';
}

/** How long a removal is tried at a site that does not answer, in seconds, before the next site has its turn. */
const REMOVAL_PATIENCE = 30;

async function takeAway(site: Site, owner: Owner, { generation }: Removal): Promise<Ended> {
  const input = {
    owner,
    site,
    ...patience(site, REMOVAL_PATIENCE),
    ...(generation !== undefined && { generation }),
  };
  for (;;) {
    const failure = await failureAt(site, () => removeRelease(input));
    if (!failure) return { phase: 'ready' };
    if ((await findSite({ owner, name: site.name })).gone) return { phase: 'skipped', failure };
    if (failure.reason === FAILURE.unreachable || failure.reason === UNSERVED) return { phase: 'deferred', failure };
    await sleep('1m', { summary: `remove ${owner.name} from ${site.name} again` });
  }
}
