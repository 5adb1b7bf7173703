/** Sites, their rollout and its records, as they become in the course of many runs. */
import fc from 'fast-check';
import { type Plan, planOf } from '../../../../model/fleet/plan.ts';
import { LEAVING, NOT_GIVEN, siteIn } from '../../../../model/fleet/records.ts';
import { PHASE_LETTERS, type SitePhase } from '../../../../model/fleet/report.ts';
import { placeOf } from '../../../../model/site.ts';
import type { FogShard, FogSite, LayerStrategy } from '../../../../model/types.ts';
import { aPromotion, aRelease, aRemoval } from './plans.ts';
import { away } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

/** How it ends for a site that had its turn; the same words, with what it was given first. */
type Outcome = SitePhase | 'given and failed' | 'given and deferred' | 'given and skipped' | 'given and in flight';

type Event =
  /** A FogSite is made, changed, or deleted where there are no wishes. */
  | { kind: 'site'; name: string; wishes: SiteWishes | undefined }
  | {
      kind: 'promote';
      mode: 'promote' | 'adjust' | 'repair';
      /** Names what is given. */
      content: number;
      strategy: LayerStrategy;
      /** Of the sites whose turn comes, over and over. */
      outcomes: Outcome[];
    }
  | { kind: 'remove'; leaves: 'all' | 'leftovers'; outcomes: Outcome[] };

const NAMES = ['a', 'b', 'c', 'd', 'e'];

const wishes: fc.Arbitrary<SiteWishes> = fc.record(
  {
    labels: fc.constantFrom({ region: 'north' }, { region: 'south' }),
    namespace: fc.constantFrom('n1', 'n2', 'n3'),
    layer: fc.constant('fog' as const),
    hold: fc.constant({ reason: 'harvest' }),
    parent: fc.constant('nowhere'),
    status: fc.constant(away()),
  },
  { requiredKeys: [] },
);

const strategies = fc.constantFrom<LayerStrategy[]>(
  {},
  { siteSelector: { matchLabels: { region: 'north' } } },
  { prune: false },
  { waves: [{ size: 1 }], offline: { policy: 'Fail' } },
);

const outcomes = fc.array(
  fc.constantFrom<Outcome[]>(
    ...(['ready', 'ready', 'ready', 'failed', 'deferred', 'skipped', 'held', 'waiting'] as const),
    ...(['given and failed', 'given and deferred', 'given and skipped', 'given and in flight'] as const),
  ),
  { minLength: 1, maxLength: 4 },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('site' as const),
      name: fc.constantFrom(...NAMES),
      wishes: fc.option(wishes, { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('promote' as const),
      mode: fc.constantFrom('promote' as const, 'adjust' as const, 'repair' as const),
      content: fc.integer({ min: 1, max: 3 }),
      strategy: strategies,
      outcomes,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      leaves: fc.constantFrom('all' as const, 'leftovers' as const),
      outcomes,
    }),
  },
);

export const anyEvents = fc.array(event, { maxLength: 25, size: 'max' });

export class RecordedWorld {
  /** The rollout's FogShards. */
  shards: FogShard[] = [];
  /** By its place, what was given there last and not taken away since, in truth. */
  readonly given = new Map<string, number>();
  private readonly sites = new Map<string, FogSite>(NAMES.map((name) => [name, aSite(name)]));
  private generation = 1;
  private strategy: LayerStrategy = {};

  take(event: Event): void {
    if (event.kind === 'site') {
      const { name, wishes } = event;
      if (wishes) this.sites.set(name, aSite(name, wishes));
      else this.sites.delete(name);
      return;
    }
    const plan = this.planFor(event)!;
    if (event.kind === 'promote') this.strategy = event.strategy;
    this.generation++;
    const begun = new Set(plan.stage.shards.map(({ index }) => index));
    const outcomes = this.endless(event.outcomes);
    this.shards = plan.shards.map((shard) => (begun.has(shard.spec.index) ? this.play(shard, outcomes) : shard));
  }

  /** What a run would begin with now; undefined where the event is none of a run. */
  planFor(event: Event, former = this.shards): Plan | undefined {
    if (event.kind === 'site') return undefined;
    const facts = { sites: [...this.sites.values()], former, above: [] };
    const input =
      event.kind === 'promote'
        ? aPromotion(aRelease(this.generation, { content: event.content, mode: event.mode }), {
            strategy: event.strategy,
          })
        : aRemoval(event.leaves, { strategy: this.strategy });
    return planOf(input, facts, { shardSize: 2 });
  }

  /** Nothing stands in the way of a removal any more. */
  letGo(): void {
    for (const name of this.sites.keys()) this.sites.set(name, aSite(name));
  }

  private play(shard: FogShard, outcomes: Generator<Outcome, never>): FogShard {
    const { phases, notes } = shard.status!;
    const letters = [...phases];
    const given = [...NOT_GIVEN.repeat(letters.length)];
    const isLeaving = shard.spec.generation === LEAVING;
    shard.spec.sites.forEach((entry, at) => {
      if (letters[at] !== PHASE_LETTERS.waiting) return;
      const place = placeOf(siteIn('edge', entry));
      const outcome = outcomes.next().value;
      const isGiven = !isLeaving && (outcome === 'ready' || outcome.startsWith('given'));
      letters[at] = PHASE_LETTERS[outcome.replace('given and ', '').replace('in flight', 'inFlight') as SitePhase];
      if (isGiven) {
        given[at] = 'y';
        this.given.set(place, shard.spec.generation);
      }
      if (isLeaving && outcome === 'ready') this.given.delete(place);
    });
    return {
      ...shard,
      status: { phases: letters.join(''), given: given.join(''), reports: 3, ...(notes && { notes }) },
    };
  }

  private *endless(outcomes: Outcome[]): Generator<Outcome, never> {
    for (let at = 0; ; at++) yield outcomes[at % outcomes.length]!;
  }
}
