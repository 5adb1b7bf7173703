import { describe, expect, it } from '@jest/globals';
import { Fleet } from '../../../../model/fleet/fleet.ts';
import { placeOf, siteOf } from '../../../../model/site.ts';
import type { FogSite, FogSiteStatus } from '../../../../model/types.ts';
import { away, drifted } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const secret = { cluster: { kubeconfigSecretRef: { name: 'berlin' } } };
const ready = (status: 'True' | 'False', reason: string, observedGeneration = 1): FogSiteStatus => ({
  conditions: [{ type: 'Ready', status, observedGeneration, lastTransitionTime: '', reason, message: '' }],
});
const place = (namespace: string) => placeOf(siteOf(aSite('x', { namespace })));

/** Of the site x among others, changed to that: who is another way by that, and whether all were judged anew. */
function changed(before: SiteWishes | undefined, after: Partial<FogSite> | undefined, others: FogSite[] = []) {
  const fleet = new Fleet([...(before ? [aSite('x', before)] : []), ...others]);
  const site = aSite('x', before ?? {});
  fleet.put('x', after && { ...site, ...after, metadata: { ...site.metadata, ...after.metadata } });
  const { names, isJudged } = fleet.take();
  return { names: [...names].sort(), isJudged, fleet };
}

describe('The FogSites that rollouts are compared with', () => {
  const metadata = (given: object) => ({ metadata: given as FogSite['metadata'] });
  it.each<[string, boolean, FogSiteStatus | undefined, Partial<FogSite> | undefined]>([
    ['are not judged anew when a site is out of reach', false, undefined, { status: away() }],
    ['are not judged anew when one has drifted', false, undefined, { status: drifted() }],
    ['are not judged anew when one is the same', false, undefined, {}],
    ['are judged anew when one is made again', true, undefined, metadata({ uid: 'another' })],
    ['are judged anew when its spec is another', true, undefined, metadata({ generation: 2 })],
    ['are judged anew when its labels are others', true, undefined, metadata({ labels: { region: 'north' } })],
    [
      'are judged anew when it is being deleted',
      true,
      undefined,
      metadata({ deletionTimestamp: '2026-11-22T11:00:00Z' }),
    ],
    ['are judged anew when it is gone', true, undefined, undefined],
    [
      'are judged anew when its Secret is found',
      true,
      ready('False', 'SecretMissing'),
      { status: ready('True', 'SecretMissing') },
    ],
    [
      'are judged anew when its Secret is at fault otherwise',
      true,
      ready('False', 'ParentMissing'),
      { status: ready('False', 'SecretMissing') },
    ],
    [
      'are judged anew when that is said of its spec',
      true,
      ready('False', 'SecretMissing', 0),
      { status: ready('False', 'SecretMissing') },
    ],
  ])('%s', (_, isJudged, status, after) => {
    expect(changed({ ...secret, ...(status && { status }) }, after).isJudged).toBe(isJudged);
  });

  it('say who has come to be usable by a change of another site, or is not any more', () => {
    const heir = aSite('heir', { namespace: 'x', age: 1 });
    const gone = changed({}, undefined, [heir]);
    expect([gone.names, gone.fleet.holderOf(place('x'))?.site.name]).toEqual([['heir', 'x'], 'heir']);
    const come = changed(undefined, {}, [heir]);
    expect([come.names, come.fleet.memberOf('heir'), come.fleet.holderOf(place('x'))?.site.name]).toEqual([
      ['heir', 'x'],
      undefined,
      'x',
    ]);
  });

  it('are as they were at the last look, and tell each change once', () => {
    const fleet = new Fleet([aSite('x'), aSite('unusable', { parent: 'nowhere' })]);
    fleet.put('x', aSite('x', { status: away() }));
    fleet.put('unusable', aSite('unusable', { parent: 'nowhere', status: away() }));
    expect(fleet.memberOf('x')).not.toHaveProperty('away');
    expect([...fleet.take().names]).toEqual(['x', 'unusable']);
    expect([fleet.memberOf('x')?.away, fleet.memberOf('unusable')]).toEqual([expect.any(String), undefined]);
    expect(fleet.take()).toEqual({ names: new Set(), isJudged: false });
    expect([fleet.holderOf(place('nowhere')), [...fleet.usable()].map(({ site }) => site.name)]).toEqual([
      undefined,
      ['x'],
    ]);
  });
});
