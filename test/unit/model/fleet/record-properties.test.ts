import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Plan } from '../../../../model/fleet/plan.ts';
import { recordsIn } from '../../../../model/fleet/records.ts';
import { placeOf } from '../../../../model/site.ts';
import type { FogShard } from '../../../../model/types.ts';
import { anyEvents, RecordedWorld } from './recorded-world.ts';

describe('Whatever becomes of sites, strategies, stages and removals', () => {
  it('what was given somewhere stays on record until a removal there has ended, and nothing else is on it', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const world = new RecordedWorld();
        for (const event of events) {
          world.take(event);
          expect(placesIn(world.shards)).toEqual([...world.given.keys()].sort());
        }
      }),
      { numRuns: 800 },
    );
  });

  it('a plan that is asked for twice is the same, and asked for anew on top of itself begins no less and no more', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const world = new RecordedWorld();
        for (const event of events) {
          const [first, second] = [world.planFor(event), world.planFor(event)];
          expect(first).toEqual(second);
          if (first) expect(beginningsOf(world.planFor(event, first.shards)!)).toEqual(beginningsOf(first));
          world.take(event);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('nothing is lost where a plan is written in part and made again', () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.nat(20), { maxLength: 6 }), (events, written) => {
        const world = new RecordedWorld();
        for (const event of events) {
          const plan = world.planFor(event);
          if (plan) {
            // All that is carried is written before any of the others; nothing is deleted before all of them are.
            const some = plan.shards.filter((_, at) => written.includes(at));
            const there = new Map([...world.shards, ...plan.carry, ...some].map((one) => [one.metadata.name, one]));
            const again = world.planFor(event, [...there.values()])!;
            for (const shards of [[...there.values()], again.shards]) {
              expect(placesIn(shards)).toEqual([...world.given.keys()].sort());
            }
            const names = new Set([...world.shards, ...plan.shards].map(({ metadata }) => metadata.name));
            expect(plan.carry.some(({ metadata }) => names.has(metadata.name))).toBe(false);
          }
          world.take(event);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a site that is ready with what is given is not begun again, in whichever order', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const world = new RecordedWorld();
        for (const event of events) {
          const before = recordsIn('edge', world.shards);
          const plan = world.planFor(event);
          if (event.kind === 'promote' && plan) {
            for (const { site, letter, hash, isLeaving } of recordsIn('edge', plan.shards).values()) {
              const known = before.get(placeOf(site));
              const isReady = known?.letter === 'r' && !known.isLeaving && known.hash === hash;
              if (!isLeaving) expect(letter === 'r').toBe(isReady);
            }
          }
          world.take(event);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('once nothing is held, away or refused, a removal leaves nothing anywhere and no record', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const world = new RecordedWorld();
        for (const event of events) world.take(event);
        world.letGo();
        world.take({ kind: 'remove', leaves: 'all', outcomes: ['ready'] });
        expect([...world.given.keys()]).toEqual([]);
        expect(world.planFor({ kind: 'remove', leaves: 'all', outcomes: [] })?.shards).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

/** Where the record says that something is. */
function placesIn(shards: FogShard[]): string[] {
  const recorded = [...recordsIn('edge', shards).values()].filter(({ has }) => has !== undefined);
  return recorded.map(({ site }) => placeOf(site)).sort();
}

/** What a plan begins with; a site that is ready already counts as one of the newest order, whichever gave it that. */
function beginningsOf({ stage, shards }: Plan) {
  const entries = shards.flatMap(({ metadata, spec, status }) =>
    spec.sites.map(({ had, ...entry }, at) => [metadata.name, spec.wave, entry, had?.hash, status!.phases[at]]),
  );
  return { stage, entries, notes: shards.flatMap(({ status }) => status!.notes ?? []) };
}
