/** What a person has said of releases: that one is to be taken over though it carries a later order. Pure. */
import { isToAdopt, type Labelled } from './fence.ts';

/** How those who watch a site tell of it, before whatever else they have to tell. */
const TOLD = /^the (Deployment|Service) is to be taken over(; )?/;

/**
 * Words about an object of a release, as those who watch it beyond the hub tell them.
 *
 * @param change - what else there is to say of it
 */
export function withAdoption(live: Labelled, kind: string, change: string | undefined): string | undefined {
  if (!isToAdopt(live)) return change;
  return `the ${kind} is to be taken over${change === undefined ? '' : `; ${change}`}`;
}

/** Whether words about a release say that it is to be taken over ({@link withAdoption}). */
export function tellsOfAdoption(words: string): boolean {
  return TOLD.test(words);
}

/** What they say besides: that somebody may take a release over changes nothing about how it is. */
export function withoutAdoption(words: string | undefined): string | undefined {
  return words?.replace(TOLD, '') || undefined;
}
