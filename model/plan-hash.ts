/** What names a plan, so that an approval can be bound to it. Pure: workflow code imports this file. */
import { canonical } from './canonical.ts';
import { sha256 } from './sha256.ts';
import type { Revision } from './types.ts';

/** What a {@link planHashOf} looks like. */
export const PLAN_HASH = /^[0-9a-f]{32}$/;

/**
 * 32 hex digits over what sites are given, and how they are gone through: version, layers and strategy, but for what only says
 * when, or what is kept. Not over the sites: it is compared while they are gone through, and some have come and gone.
 */
export function planHashOf({ version, layers, strategy }: Pick<Revision, 'version' | 'layers' | 'strategy'>): string {
  const { paused: _, revisionHistoryLimit: __, ...how } = strategy;
  return sha256(canonical({ version, layers, how })).slice(0, 32);
}
