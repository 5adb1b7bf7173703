import { describe, expect, it } from '@jest/globals';
import {
  expiryOf,
  isToBeTakenOver,
  isToPutRight,
  type Standing,
  standingOf,
} from '../../../../model/fleet/standing.ts';
import { away, drifted, SEEN } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const rollout = { namespace: 'shop', name: 'web' };
const SEEN_MS = Date.parse(SEEN);
const AWAY = { status: away() };

describe('How a site stands now', () => {
  const standing = (letter: string | undefined, wishes: SiteWishes | undefined, expireAfterSeconds?: number) =>
    standingOf(letter, wishes && aSite('a', wishes), { rollout, expireAfterSeconds, now: SEEN_MS + 60_000 });

  it.each<[string, string | undefined, Standing]>([
    ['waits for its parent', 'b', 'blocked'],
    ['waits', 'w', 'waiting'],
    ['of which nothing was recorded yet waits', undefined, 'waiting'],
    ['is under way', 'i', 'inFlight'],
  ])(
    'while it %s is told by its part in the stage alone: with a FogSite, out of reach, or without',
    (_, letter, is) => {
      expect([{}, AWAY, { status: drifted() }, undefined].map((wishes) => standing(letter, wishes))).toEqual(
        Array(4).fill(is),
      );
    },
  );

  it.each([...'rfdsh'])('is gone where its part ended with %s and it has no FogSite', (letter) => {
    expect(standing(letter, undefined)).toBe('gone');
  });

  it.each<[string, number | undefined, Standing]>([
    ['has ended at this moment', 60, 'expired'],
    ['ended before', 59, 'expired'],
    ['has not ended', 61, 'deferred'],
    ['is without end', undefined, 'deferred'],
  ])('is waited for, out of reach, until the time for that is over: which %s', (_, seconds, is) => {
    expect(standing('d', AWAY, seconds)).toBe(is);
    expect(standing('d', {}, seconds)).toBe('deferred'); // it is back, and is not waited for any longer
  });

  it('has drifted only by what is said of this very rollout', () => {
    const of = (namespace: string, name: string) => ({ status: { drifted: [{ namespace, name, message: 'gone' }] } });
    expect([of('shop', 'web'), of('bank', 'web'), of('shop', 'api')].map((wishes) => standing('r', wishes))).toEqual([
      'drifted',
      'ready',
      'ready',
    ]);
  });
});

describe('A site that is deferred', () => {
  it.each<[string, SiteWishes, number | undefined, number | undefined]>([
    ['from when it was last seen', AWAY, 60, SEEN_MS + 60_000],
    ['if it was never seen, from when that was found out', { status: away({}) }, 60, SEEN_MS + 120_000],
    ['without end where nothing is said of it', AWAY, undefined, undefined],
    ['without end while it answers, though it was seen once', { status: { lastSeen: SEEN } }, 60, undefined],
    ['without end where that time is none', { status: away({ lastSeen: 'yesterday' }) }, 60, undefined],
  ])('is waited for %s', (_, wishes, seconds, expected) => {
    expect(expiryOf(aSite('a', wishes), seconds)).toBe(expected);
  });
});

describe('What its workers say of a release at a site', () => {
  it.each<[string, string | undefined, putRight: boolean, takenOver: boolean]>([
    ['nothing', undefined, false, false],
    ['that it is not what it was made', 'the Deployment is missing', true, false],
    ['that it is being deleted, which has to end first', 'the Deployment is being deleted', false, false],
    ['that a person gives it to the rollout', 'the Deployment is to be taken over', false, true],
    ['both', 'the Service is to be taken over; the Service is missing', true, true],
  ])('%s: whether a repair helps, and whether it is to be taken over', (_, message, putRight, takenOver) => {
    const site = aSite('a', message === undefined ? {} : { status: drifted('web', message) });
    expect([isToPutRight(site, rollout), isToBeTakenOver(site, rollout)]).toEqual([putRight, takenOver]);
    const other = { namespace: 'bank', name: 'web' };
    expect([isToPutRight(site, other), isToBeTakenOver(site, other)]).toEqual([false, false]);
  });
});
