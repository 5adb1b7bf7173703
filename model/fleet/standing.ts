/** How a site stands now: what its shard recorded of it, in the light of what its FogSite says today. Pure. */
import { tellsOfAdoption, withoutAdoption } from '../adoption.ts';
import { isLeaving } from '../terminating.ts';
import type { FogSite, RolloutKey } from '../types.ts';
import { awayOf, reachableCondition } from './reachable.ts';
import { phaseOf, type SitePhase } from './report.ts';

export type Standing =
  | SitePhase
  /** Ready when it was last seen, and out of reach now. */
  | 'unknown'
  /** It became ready, and its release is not what it was made any more. */
  | 'drifted'
  /** Deferred, and away for longer than the strategy waits for it. */
  | 'expired'
  /** Its part has ended, and it has no FogSite any more. */
  | 'gone';

export interface StandingFacts {
  rollout: RolloutKey;
  /** @see OfflineStrategy.expireAfterSeconds; left out, deferred sites are waited for without end. */
  expireAfterSeconds?: number | undefined;
  /** ms since the epoch. */
  now: number;
}

/**
 * @param letter - @see phaseOf
 * @param site - its FogSite; undefined when there is none of its name
 */
export function standingOf(letter: string | undefined, site: FogSite | undefined, facts: StandingFacts): Standing {
  const phase = phaseOf(letter);
  if (phase === 'blocked' || phase === 'waiting' || phase === 'inFlight') return phase;
  if (!site) return 'gone';
  if (phase === 'ready') {
    if (awayOf(site) !== undefined) return 'unknown';
    return driftOf(site.status, facts.rollout) === undefined ? 'ready' : 'drifted';
  }
  if (phase !== 'deferred') return phase;
  const expires = expiryOf(site, facts.expireAfterSeconds);
  return expires !== undefined && expires <= facts.now ? 'expired' : 'deferred';
}

/** When a deferred site that is out of reach is no longer waited for, in ms since the epoch; undefined: never. */
export function expiryOf(site: FogSite, expireAfterSeconds: number | undefined): number | undefined {
  if (expireAfterSeconds === undefined || awayOf(site) === undefined) return undefined;
  const { status } = site;
  const since = Date.parse(status?.lastSeen ?? reachableCondition(status?.conditions)?.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : since + expireAfterSeconds * 1000;
}

/**
 * Whether what a rollout has at a site is not what it was made, and a repair would help: nothing that is written over what is
 * being deleted lasts, and that it is gone is told by the site in other words.
 */
export function isToPutRight({ status }: FogSite, rollout: RolloutKey): boolean {
  const drift = driftOf(status, rollout);
  return drift !== undefined && !isLeaving(drift);
}

/** What is wrong with the rollout's release at a site by the word of its own workers, as a person should read it. */
export function driftOf(status: FogSite['status'], { namespace, name }: RolloutKey): string | undefined {
  return withoutAdoption(wordsOf(status, { namespace, name }));
}

/** Whether a site's own workers say that the rollout's release there is to be taken over, by the word of a person. */
export function isToBeTakenOver({ status }: FogSite, rollout: RolloutKey): boolean {
  return tellsOfAdoption(wordsOf(status, rollout) ?? '');
}

function wordsOf(status: FogSite['status'], { namespace, name }: RolloutKey): string | undefined {
  return status?.drifted?.find((release) => release.namespace === namespace && release.name === name)?.message;
}
