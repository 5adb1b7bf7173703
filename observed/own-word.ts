import { madeByOwnWord } from '../model/drift.ts';
import type { ReleaseRules } from './releases.ts';

/** Beyond the hub a release says itself what it was made; who wants it, and whether a run is under way, only the hub knows. */
export const BY_OWN_WORD: ReleaseRules = {
  isFollowed: () => true,
  isWanted: () => true,
  isUnderWay: () => false,
  madeAt: (_place, deployment) => madeByOwnWord(deployment),
};
