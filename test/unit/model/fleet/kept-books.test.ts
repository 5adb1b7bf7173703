import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LayerBehind, RecordedLayer } from '../../../../model/fleet/behind.ts';
import { Fleet } from '../../../../model/fleet/fleet.ts';
import { Ledger } from '../../../../model/fleet/ledger.ts';
import type { FogSite, FogSiteStatus, LayerStrategy } from '../../../../model/types.ts';
import { aRecord, aRecordedLayer, away, blocked, drifted } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HOLD = { reason: 'Stocktaking' };
const NORTH = { region: 'north' };
const HAD = { version: 'v1', generation: 3, hash: 'content-3' };

/** Two clouds, of which one is ready, fogs that hang on them, and edges, of which the last two are on no record. */
const CLOUDS = ['cloud-0-0', 'cloud-0-1'];
const FOGS = ['fog-0-0', 'fog-0-1'];
const EDGES = ['edge-0-0', 'edge-0-1', 'edge-0-2', 'late', 'later'];
const LOSERS = ['edge-0-0', 'edge-0-2', 'gone'];

const anyStatus = fc.constantFrom<FogSiteStatus>({}, away(), drifted(), { ...away(), ...drifted() });
const anyEdge = fc.record<SiteWishes, never>(
  {
    namespace: fc.constantFrom(...EDGES.slice(0, 3), 'old', 'new', 'older'),
    parent: fc.constantFrom('nowhere', ...FOGS, ...FOGS),
    hold: fc.constant(HOLD),
    labels: fc.constantFrom(NORTH, { region: 'south' }),
    status: anyStatus,
  },
  { requiredKeys: [] },
);
const anyFog = fc.constantFrom<SiteWishes[]>(
  { layer: 'fog' },
  ...CLOUDS.map((parent) => ({ layer: 'fog' as const, parent })),
);
/** Of its FogSite: it is made or changed, deleted, or its workers say something else of it. */
interface Change {
  name: string;
  wishes?: SiteWishes | undefined;
  seen?: FogSiteStatus;
}

const anyChange = fc.oneof<fc.WeightedArbitrary<Change>[]>(
  {
    weight: 3,
    arbitrary: fc.record({ name: fc.constantFrom(...EDGES), wishes: fc.option(anyEdge, { nil: undefined, freq: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ name: fc.constantFrom(...EDGES), seen: anyStatus }) },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.constantFrom(...FOGS), wishes: fc.option(anyFog, { nil: undefined, freq: 5 }) }),
  },
);
const anySteps = fc.array(fc.array(anyChange, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
const anyLetters = (letters: string) =>
  fc.array(fc.constantFrom(...letters), { minLength: 3, maxLength: 3 }).map((all) => all.join(''));
const anyStrategy = fc.constantFrom<LayerStrategy>({}, {}, { prune: false }, { siteSelector: { matchLabels: NORTH } });

/** What edge is given, and what it is to lose at some places, of the same sites and of others. */
function aLayerOf(given: string, leaving: string) {
  const notes = EDGES.slice(0, 3).flatMap((name, at) => (given[at] === 'd' && at > 0 ? [blocked(name)] : []));
  const shard = aRecord(given, { notes });
  const silent = { site: 'gone', reason: 'Unreachable', message: 'edge gone: nobody answers' };
  const taken = aRecord(leaving, { generation: 0, index: 1, notes: [silent] });
  for (const [at, site] of taken.spec.sites.entries()) {
    Object.assign(site, { name: LOSERS[at], namespace: ['old', 'new', 'older'][at], had: HAD });
  }
  const above = [aRecord('rd', { layer: 'cloud' }), aRecord('rd', { layer: 'fog' })];
  const layer = aRecordedLayer([shard]);
  return { ...layer, records: [shard, taken], own: [shard, taken, ...above] };
}

const changed = (name: string, wishes: SiteWishes, generation: number) =>
  withStatus(aSite(name, { ...wishes, generation }), wishes.status);

/** What its workers say, of the FogSite as it is. */
function withStatus(site: FogSite, status: FogSiteStatus = {}): FogSite {
  const { generation } = site.metadata;
  const conditions = status.conditions?.map((condition) => ({ ...condition, observedGeneration: generation }));
  return { ...site, status: { ...status, ...(conditions && { conditions }) } };
}

/** In one order: it tells nobody anything. */
function said(ledger: Ledger) {
  const behind: LayerBehind | undefined = ledger.behind();
  const leaves = behind?.leaves;
  const sorted = leaves && { ...leaves, givenUp: leaves.givenUp.map(({ namespace }) => namespace).sort() };
  return {
    behind: behind && { ...behind, drifted: [...behind.drifted].sort(), leaves: sorted },
    health: ledger.health(NOW),
  };
}

describe('The books of a layer that are kept up with the sites', () => {
  it('say what books say that are opened anew, and that they say something else, of whoever is behind, left over or out of reach', () => {
    fc.assert(
      fc.property(
        anyLetters('rfdshwi'),
        anyLetters('wsdhr'),
        anySteps,
        anyStrategy,
        fc.constantFrom(undefined, 'fog' as const, 'cloud' as const),
        (given, leaving, steps, strategy, above) => {
          const layer = aLayerOf(given, leaving);
          const terms = { given: { strategy, ...(above && { above }) }, present: strategy };
          const live = new Map(
            [
              ...CLOUDS.map((name) => aSite(name, { layer: 'cloud' })),
              ...FOGS.map((name, at) => aSite(name, { layer: 'fog', parent: CLOUDS[at]! })),
              ...EDGES.slice(0, 3).map((name, at) => aSite(name, { parent: FOGS[at % 2]! })),
            ].map((site) => [site.metadata.name, site]),
          );
          const fleet = new Fleet(live.values());
          const watched = new Set<string>();
          const ledger = new Ledger(layer, terms, fleet, NOW, { onName: (name) => watched.add(name) });
          let before = said(ledger);
          let generation = 1;
          for (const step of steps) {
            for (const { name, wishes, seen } of step) {
              const old = live.get(name);
              if (seen && !old) continue;
              const site = seen ? withStatus(old!, seen) : wishes && changed(name, wishes, ++generation);
              if (site) live.set(name, site);
              else live.delete(name);
              fleet.put(name, site);
            }
            const { names, isJudged } = fleet.take();
            // As it is told: of sites it has not asked about only when all were judged anew.
            const told = [...names].filter((name) => isJudged || watched.has(name));
            const isNews = ledger.update(told, NOW, { isJudged });
            const now = said(ledger);
            expect(now).toEqual(said(new Ledger(layer, terms, new Fleet(live.values()), NOW)));
            if (!isNews) expect(now).toEqual(before);
            before = now;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  /** What a repair would do, before and after each of some changes of one site. */
  function repairsOf(layer: RecordedLayer, sites: FogSite[], changes: FogSite[], above?: 'cloud') {
    const fleet = new Fleet(sites);
    const given = { strategy: { siteSelector: { matchLabels: NORTH } }, ...(above && { above }) };
    const ledger = new Ledger(layer, { given, present: given.strategy }, fleet, NOW);
    const inWords = () => {
      const { reasons, leaves } = ledger.behind() ?? {};
      return [...Object.keys(reasons ?? {}), ...(leaves ? ['left over'] : [])].join();
    };
    const words = [inWords()];
    for (const site of changes) {
      fleet.put(site.metadata.name, site);
      const { names, isJudged } = fleet.take();
      ledger.update(names, NOW, { isJudged });
      words.push(inWords());
    }
    return words;
  }

  it('know that what a site left behind is to go, when another is not there any more that had taken its place', () => {
    const heir = { namespace: 'edge-0-0', hold: HOLD };
    const changes = [aSite('heir', { ...heir, labels: { region: 'south' }, generation: 2 })];
    expect(repairsOf(aRecordedLayer([aRecord('r')]), [aSite('heir', { ...heir, labels: NORTH })], changes)).toEqual([
      '',
      'left over',
    ]);
  });

  it.each<[string, SiteWishes, string]>([
    ['h', {}, 'released'],
    ['d', {}, 'returned'],
    ['w', {}, 'unfinished'],
    ['r', { status: drifted() }, 'drifted'],
    ['r', { namespace: 'elsewhere' }, 'moved'],
  ])(
    'know that a site (%s, %j) is %s when its parent has come under another one that is ready',
    (letter, wishes, reason) => {
      const edge = aRecord(letter);
      const above = aRecord('rd', { layer: 'cloud' });
      const layer = { ...aRecordedLayer([edge]), own: [edge, above] };
      const fog = (parent: string, generation: number) => aSite('fog-0-0', { layer: 'fog', parent, generation });
      const sites = [
        ...CLOUDS.map((name) => aSite(name, { layer: 'cloud' })),
        fog('cloud-0-1', 1),
        aSite('edge-0-0', { parent: 'fog-0-0', labels: NORTH, ...wishes }),
      ];
      const left = reason === 'moved' ? ',left over' : '';
      expect(repairsOf(layer, sites, [fog('cloud-0-0', 2), fog('cloud-0-1', 3)], 'cloud')).toEqual([
        '',
        reason + left,
        '',
      ]);
    },
  );
});
