import { describe, expect, it } from '@jest/globals';
import type { SiteWindow } from '../../../../model/fleet/site-windows.ts';
import type { FogSite, FogWindow, FogWindowSpec } from '../../../../model/types.ts';
import { WindowsAtSites } from '../../../../model/windows/at-sites.ts';
import { Outlooks } from '../../../../model/windows/outlooks.ts';
import { aSite } from '../fleet/sites.ts';

/** A Friday at noon. */
const NOW = Date.parse('2026-11-27T12:00:00Z');
const ALL = { selector: {} };
const utc = (start: string, duration: string) => ({ start, duration, timeZone: 'UTC' });
const MORNINGS = { rrule: 'FREQ=DAILY', ...utc('2026-11-01T06:00', 'PT4H') };
const ROLLOUT = { namespace: 'shop', name: 'web' };

/** By their names, those of other namespaces with these before. */
function windowsAt(windows: Record<string, FogWindowSpec> = {}): WindowsAtSites {
  const all = Object.entries(windows).map(([key, spec]) => {
    const [name = '', namespace = 'shop'] = key.split('/').reverse();
    return { metadata: { namespace, name, uid: key, generation: 1 }, spec } as FogWindow;
  });
  const inNamespace = (namespace: string) => all.filter(({ metadata }) => metadata.namespace === namespace);
  return new WindowsAtSites({ inNamespace, home: 'ops', outlooks: new Outlooks(() => NOW), now: () => NOW });
}

describe('The windows of a site are', () => {
  const plain = aSite('edge-1', { labels: { line: 'busy' } });
  const own = (window: FogSite['spec']['window']) => aSite('edge-1', { window });
  it.each<[string, FogSite, Record<string, FogWindowSpec>, SiteWindow | undefined]>([
    ['none', plain, {}, undefined],
    ['none where a FogWindow is for rollouts as a whole', plain, { night: { deny: [{}] } }, undefined],
    [
      'those that select it',
      plain,
      { busy: { deny: [{}], sites: { selector: { matchLabels: { line: 'busy' } } }, reason: 'the line runs' } },
      { open: false, text: 'FogWindow busy is closed (the line runs)' },
    ],
    [
      'not those that select others',
      plain,
      { idle: { deny: [{}], sites: { selector: { matchLabels: { line: 'idle' } } } } },
      undefined,
    ],
    [
      'not those of other rollouts',
      plain,
      { other: { deny: [{}], sites: ALL, rollouts: { names: ['other'] } } },
      undefined,
    ],
    [
      'not those of other namespaces',
      plain,
      { 'other/all': { deny: [{}], sites: ALL, allNamespaces: true } },
      undefined,
    ],
    [
      'those for all namespaces',
      plain,
      { 'ops/freeze': { deny: [{}], sites: ALL, allNamespaces: true } },
      { open: false, text: 'FogWindow ops/freeze is closed' },
    ],
    [
      'open until the first of them closes',
      plain,
      {
        a: { deny: [utc('2026-11-27T18:00', 'PT1H')], sites: ALL },
        b: { deny: [utc('2026-11-27T16:00', 'PT1H')], sites: ALL },
      },
      { open: true, until: '2026-11-27T16:00:00.000Z' },
    ],
    [
      'closed until the last of them opens',
      own({ allow: [MORNINGS] }),
      { a: { deny: [utc('2026-11-27T11:00', 'P2D')], sites: ALL } },
      {
        open: false,
        until: '2026-11-29T11:00:00.000Z',
        text: 'its own window is closed, and opens at 2026-11-28T06:00:00Z; FogWindow a is closed, and opens at 2026-11-29T11:00:00Z',
      },
    ],
    [
      'closed until somebody says otherwise, where of one that is not known',
      own({ allow: [MORNINGS] }),
      { a: { deny: [{}], sites: ALL } },
      {
        open: false,
        text: 'its own window is closed, and opens at 2026-11-28T06:00:00Z; FogWindow a is closed',
      },
    ],
    [
      'a FogWindow beside Fog Rollouts that it names, whichever rollouts that is for',
      own({ ref: 'doors' }),
      { doors: {}, 'ops/doors': { deny: [{}], rollouts: { names: ['none'] } } },
      { open: false, text: 'FogWindow ops/doors is closed' },
    ],
    [
      'closed where there is no such FogWindow',
      own({ ref: 'doors' }),
      { doors: {} },
      { open: false, text: 'FogWindow ops/doors is closed, as it does not exist' },
    ],
    [
      'closed where they cannot be read',
      own({ allow: [{ ...utc('2026-11-01T06:00', 'PT4H'), timeZone: 'Mars/Olympus' }] }),
      {},
      {
        open: false,
        text: 'its own window is closed, as it cannot be read: allow[0]: There is no time zone Mars/Olympus',
      },
    ],
  ])('%s', (_, site, windows, expected) => {
    const all = windowsAt(windows).for(ROLLOUT);
    expect([all.at(site), all.has(site)]).toEqual([expected, expected !== undefined]);
  });

  it('by labels of the rollout, which are asked for only where they say something', () => {
    const rollouts = { selector: { matchLabels: { tier: 'front' } } };
    const windows = windowsAt({ front: { deny: [{}], sites: ALL, rollouts } });
    expect([windows.asksForLabels('shop'), windows.asksForLabels('other')]).toEqual([true, false]);
    expect(windowsAt({ all: { rollouts } }).asksForLabels('shop')).toBe(false);
    const of = (tier: string) => windows.for({ ...ROLLOUT, labels: { tier } }).at(plain)?.open;
    expect([of('front'), of('back')]).toEqual([false, undefined]);
  });

  it('said to be at fault where they cannot be read', () => {
    const unread = { allow: [{ ...utc('2026-11-01T06:00', 'PT4H'), timeZone: 'Mars/Olympus' }] };
    const windows = windowsAt({ 'ops/wrong': unread, 'ops/right': { deny: [{}] } });
    const faults = [own({ ref: 'right' }), own({ ref: 'wrong' }), own({ ref: 'gone' }), own(unread), plain];
    expect(faults.map((site) => windows.faultOf(site))).toEqual([
      undefined,
      'FogWindow ops/wrong: allow[0]: There is no time zone Mars/Olympus',
      'FogWindow ops/gone is closed, as it does not exist',
      'allow[0]: There is no time zone Mars/Olympus',
      undefined,
    ]);
  });
});
