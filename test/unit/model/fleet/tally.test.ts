import { describe, expect, it } from '@jest/globals';
import { Tally } from '../../../../model/fleet/tally.ts';
import { aRecord, away, SEEN } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const SEEN_MS = Date.parse(SEEN);
const NONE = {
  ...{ blocked: 0, waiting: 0, inFlight: 0, ready: 0, failed: 0, deferred: 0, skipped: 0, held: 0 },
  ...{ unknown: 0, drifted: 0, expired: 0, gone: 0 },
};

/** Two shards; `look` counts one of their sites as it is then, a minute after it was last seen unless told otherwise. */
function aTally(first: string, second = '') {
  const shards = [aRecord(first), aRecord(second, { index: 1 })];
  const tally = new Tally(shards);
  const rollout = { namespace: 'shop', name: 'web' };
  const look = (shard: number, at: number, wishes: SiteWishes = {}, { seconds = 3_600, minute = 1 } = {}) => {
    const expiry = Number.isFinite(seconds) && { expireAfterSeconds: seconds };
    return tally.count(shard, at, aSite('a', wishes), { rollout, now: SEEN_MS + minute * 60_000, ...expiry });
  };
  return { tally, look, shards };
}
const AWAY: SiteWishes = { status: away() };
const AWAY_LATER: SiteWishes = { status: away({ lastSeen: new Date(SEEN_MS + 30_000).toISOString() }) };

describe('The count of the sites of a layer', () => {
  it('has each that was looked at once, as it stands', () => {
    const { tally, look } = aTally('rf', 'd');
    expect([tally.planned, tally.counts]).toEqual([3, NONE]);
    look(0, 0);
    look(1, 0);
    expect(tally.counts).toEqual({ ...NONE, ready: 1, deferred: 1 });
    look(0, 1);
    look(0, 0, AWAY);
    look(0, 0, AWAY);
    expect(tally.counts).toEqual({ ...NONE, unknown: 1, failed: 1, deferred: 1 });
  });

  it('tells whether a look changes anything', () => {
    const { look, shards } = aTally('r');
    expect([look(0, 0), look(0, 0), look(0, 0, AWAY), look(0, 0, AWAY), look(0, 0)]).toEqual([
      ...[true, false],
      ...[true, false, true],
    ]);
    shards[0]!.status!.phases = 'f';
    expect([look(0, 0), look(0, 0)]).toEqual([true, false]);
  });

  it('tells of a site that is waited for when that begins, ends, or is for another time', () => {
    const { look } = aTally('d');
    expect(look(0, 0)).toBe(true);
    const changes = [AWAY, AWAY, AWAY_LATER, AWAY_LATER].map((wishes) => look(0, 0, wishes));
    expect(changes).toEqual([true, false, true, false]);
    expect(look(0, 0, AWAY_LATER, { seconds: 60 })).toBe(true);
    expect([look(0, 0), look(0, 0)]).toEqual([true, false]);
  });

  it('knows which are out of reach, and when the next of them is given up', () => {
    const { tally, look } = aTally('rd', 'dd');
    expect([tally.outOfReach, tally.expires]).toEqual([0, undefined]);
    look(0, 0, AWAY);
    expect([tally.outOfReach, tally.expires]).toEqual([1, undefined]);
    look(0, 1, AWAY_LATER);
    look(1, 0); // deferred, and back
    look(1, 1, AWAY);
    expect([tally.outOfReach, tally.expires]).toEqual([3, SEEN_MS + 3_600_000]);
    const at = (ms: number) => tally.expired(SEEN_MS + 3_600_000 + ms);
    expect([at(-1), at(0), at(30_000)]).toEqual([
      [],
      [[1, 1]],
      [
        [0, 1],
        [1, 1],
      ],
    ]);
    look(1, 1, AWAY, { minute: 60 });
    expect([tally.outOfReach, tally.counts.expired, tally.expires]).toEqual([3, 1, SEEN_MS + 3_630_000]);
    expect(at(0)).toEqual([]);
  });

  it('has no time for those that are waited for without end', () => {
    const { tally, look } = aTally('d');
    look(0, 0, AWAY, { seconds: Number.POSITIVE_INFINITY });
    expect([tally.outOfReach, tally.expires, tally.expired(Number.MAX_SAFE_INTEGER)]).toEqual([1, undefined, []]);
    look(0, 0);
    expect(tally.outOfReach).toBe(0);
  });
});
