import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, usableSites } from '../../../../model/fleet/topology.ts';
import { placeOf, siteOf } from '../../../../model/site.ts';
import type { FogSite } from '../../../../model/types.ts';
import { away, SEEN } from './records.ts';
import { aSite } from './sites.ts';

const hq = aSite('hq', { layer: 'cloud' });
const north = aSite('north', { layer: 'fog', parent: 'hq' });
const secret = (name: string) => ({ cluster: { kubeconfigSecretRef: { name, key: 'kubeconfig' } } });

describe('The sites that may take part', () => {
  it('come by layer, in the order given, with what a plan needs', () => {
    const held = aSite('e1', { parent: 'north', labels: { order: '1' }, hold: { reason: 'harvest' } });
    expect(usableSites([held, hq, aSite('e2'), north, aSite('e3', { parent: 'no' })])).toEqual(
      new Map([
        [
          'edge',
          [
            { site: siteOf(held), parent: 'north', labels: { order: '1' }, hold: 'harvest' },
            { site: siteOf(aSite('e2')) },
          ],
        ],
        ['cloud', [{ site: siteOf(hq) }]],
        ['fog', [{ site: siteOf(north), parent: 'hq' }]],
      ]),
    );
  });

  it('are those out of reach too, with why that is known', () => {
    const [seen, never] = [aSite('a', { status: away() }), aSite('b', { status: away({}) })];
    const members = usableSites([seen, never, aSite('c')]).get('edge');
    expect(members?.map((member) => member.away)).toEqual([
      `No worker of its queue answers; last seen ${SEEN}`,
      'No worker of its queue answers',
      undefined,
    ]);
  });

  const noSecret = (observedGeneration: number, reason: string) => ({
    conditions: [
      {
        type: 'Ready' as const,
        status: 'False' as const,
        observedGeneration,
        lastTransitionTime: '',
        reason,
        message: 'm',
      },
    ],
  });
  it.each<[string, FogSite, boolean]>([
    [
      'without one whose Secret was found missing',
      aSite('x', { ...secret('s'), status: noSecret(1, 'SecretMissing') }),
      false,
    ],
    [
      'without one whose kubeconfig was found invalid',
      aSite('x', { ...secret('s'), status: noSecret(1, 'KubeconfigInvalid') }),
      false,
    ],
    [
      'with one that names another Secret since',
      aSite('x', { ...secret('s'), generation: 2, status: noSecret(1, 'SecretMissing') }),
      true,
    ],
    ['with one that needs no Secret any more', aSite('x', { status: noSecret(1, 'SecretMissing') }), true],
    ['with one whose former fault is gone', aSite('x', { ...secret('s'), status: noSecret(1, 'ParentMissing') }), true],
    ['with one that nobody has judged', aSite('x', secret('s')), true],
  ])('%s, when nothing else is known of Secrets', (_, site, usable) => {
    expect(usableSites([site]).has('edge')).toBe(usable);
  });

  const fleets = fc.array(
    fc.record({
      layer: fc.constantFrom('cloud' as const, 'fog' as const, 'edge' as const),
      parent: fc.option(fc.nat(15), { nil: undefined }),
      namespace: fc.constantFrom('a', 'b', 'c', 'cloud', 'edge'),
      age: fc.nat(3),
    }),
    { maxLength: 15 },
  );
  it('of any fleet are in places of their own, below parents that exist and are of the layer above', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const sites = fleet.map(({ parent, ...wishes }, at) =>
          aSite(`s${at}`, { ...wishes, ...(parent !== undefined && { parent: `s${parent}` }) }),
        );
        const verdicts = judge(sites);
        expect(verdicts.size).toBe(sites.length);
        const members = [...usableSites(sites).values()].flat();
        expect(new Set(members.map(({ site }) => placeOf(site))).size).toBe(members.length);
        for (const { site } of members) if (site.namespace !== site.layer) expect('abc').toContain(site.namespace);
        const layerOf = new Map(sites.map(({ metadata, spec }) => [metadata.name, spec.layer]));
        const above = { cloud: undefined, fog: 'cloud', edge: 'fog' };
        for (const { site, parent } of members) if (parent) expect(layerOf.get(parent)).toBe(above[site.layer]);
      }),
    );
  });
});
