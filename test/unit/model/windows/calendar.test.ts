import { describe, expect, it } from '@jest/globals';
import type { FogRollout, FogWindow, FogWindowSpec, WindowPeriod } from '../../../../model/types.ts';
import { calendarOf, windowsOf } from '../../../../model/windows/calendar.ts';
import { closedBetween } from '../../../../model/windows/evaluate.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z'); // a Wednesday
const WEEK = { from: Date.parse('2026-11-23T00:00:00Z'), until: Date.parse('2026-11-30T00:00:00Z') };

const daily = (start: string, duration: string, rrule = 'FREQ=DAILY', timeZone = 'UTC'): WindowPeriod => ({
  ...{ rrule, start, duration, timeZone },
});
const OFFICE = daily('2026-01-05T08:00', 'PT9H', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'Europe/Berlin');

const FAR = '2027-01-10T00:00:00Z';

let uids = 0;
function aWindow(name: string, spec: FogWindowSpec, namespace = 'shop'): FogWindow {
  uids += 1;
  const metadata = { name, namespace, uid: `uid-${uids}`, resourceVersion: '1', generation: 1, creationTimestamp: '' };
  return { apiVersion: '', kind: 'FogWindow', metadata, spec };
}

function aRollout(strategy: FogRollout['spec']['strategy'] = {}): FogRollout {
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 1 };
  return {
    ...{ apiVersion: '', kind: 'FogRollout', metadata: { ...metadata, creationTimestamp: '' } },
    spec: { version: 'v1', deployments: {}, strategy },
  };
}

const calendar = (rollout: FogRollout, ...windows: FogWindow[]) =>
  calendarOf(windowsOf(rollout, windows), {
    ...{ shown: WEEK, now: NOW, presentUntil: WEEK.until },
    closedIn: ({ rules }) => toTheEnd(closedBetween(rules, WEEK)),
  });

function toTheEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** e.g. `23. 00:00 to 23. 07:00`. */
const spans = (closed: { from: string; until: string }[]) =>
  closed.map(({ from, until }) => `${from.slice(8, 16)} to ${until.slice(8, 16)}`);

describe('The calendar of a rollout', () => {
  it('says when its window is closed in that week, when it closes next, and of which time zone its rules are', () => {
    const { windows, together } = calendar(aRollout(), aWindow('office', { allow: [OFFICE], reason: 'who looks?' }));
    expect(windows).toMatchObject([
      {
        ...{ name: 'office', reason: 'who looks?', overrun: 'Finish', holds: true, gates: [] },
        ...{ open: true, until: '2026-11-25T16:00:00Z', timeZones: ['Europe/Berlin'] },
      },
    ]);
    const closed = [
      '23T00:00 to 23T07:00',
      '23T16:00 to 24T07:00',
      '24T16:00 to 25T07:00',
      '25T16:00 to 26T07:00',
      '26T16:00 to 27T07:00',
      '27T16:00 to 30T00:00',
    ];
    expect(spans(windows[0]!.closed)).toEqual(closed);
    expect(together).toEqual({ open: true, until: '2026-11-25T16:00:00Z', closed: windows[0]!.closed });
  });

  it('is open without any window', () => {
    expect(calendar(aRollout())).toMatchObject({ windows: [], together: { open: true, closed: [] }, leftOut: 0 });
  });

  it('is closed where one of several windows is, and opens when the last of them does', () => {
    const { together } = calendar(
      aRollout(),
      aWindow('a', { deny: [{ start: '2026-11-25T10:00', duration: 'PT4H', timeZone: 'UTC' }] }),
      aWindow('b', { deny: [{ start: '2026-11-25T13:00', duration: 'PT3H', timeZone: 'UTC' }] }),
    );
    expect(together).toMatchObject({ open: false, until: '2026-11-25T16:00:00Z' });
    expect(spans(together.closed)).toEqual(['25T10:00 to 25T16:00']);
  });

  it('says no time at which it opens where nobody knows one', () => {
    const { together } = calendar(
      aRollout(),
      aWindow('freeze', { deny: [{}] }),
      aWindow('office', { allow: [OFFICE] }),
    );
    expect(together).toMatchObject({ open: false });
    expect(together.until).toBeUndefined();
    expect(spans(together.closed)).toEqual(['23T00:00 to 30T00:00']);
  });

  it('has the windows of gates, by whatever name or rules, and none that others alone wait for', () => {
    const inline = { deny: [{ start: '2026-11-26T00:00', duration: 'P1D', timeZone: 'UTC' }] };
    const { windows, together } = calendar(
      aRollout({
        layers: {
          fog: { waves: [{ name: 'canary', after: [{ window: inline }] }, {}] },
          edge: { before: [{ name: 'hours', window: { ref: 'shop-hours' } }, { window: { ref: 'nowhere' } }] },
        },
      }),
      aWindow('shop-hours', { allow: [OFFICE], rollouts: { names: ['none'] } }),
      aWindow('others', { deny: [{}], rollouts: { names: ['other'] } }),
    );
    expect(windows).toMatchObject([
      { name: 'shop-hours', holds: false, gates: [{ layer: 'edge', at: 'before', name: 'hours' }] },
      { holds: false, gates: [{ layer: 'fog', at: 'after', wave: 'canary', name: 'window' }], open: true },
      { name: 'nowhere', gates: [{ layer: 'edge', name: 'window-2' }], open: false, fault: 'it does not exist' },
    ]);
    expect(spans(windows[1]!.closed)).toEqual(['26T00:00 to 27T00:00']);
    expect(together).toEqual({ open: true, closed: [] });
  });

  it('has the windows of sites, with their labels, which hold no rollout as a whole', () => {
    const busy = { selector: { matchLabels: { line: 'busy' } } };
    const { windows, together } = calendar(aRollout(), aWindow('line', { deny: [{}], sites: busy }));
    expect(windows).toMatchObject([{ name: 'line', holds: false, sites: 'line in (busy)', open: false }]);
    expect(together.open).toBe(true);
  });

  it.each<[string, FogWindowSpec, FogWindow['status'], string | undefined]>([
    ['by what the window says itself', { deny: [{}] }, { observedGeneration: 1, nextOpening: FAR }, FAR],
    [
      'never by what it said before it was changed',
      { deny: [{}] },
      { observedGeneration: 0, nextOpening: FAR },
      undefined,
    ],
    [
      'never by what it says of the past',
      {},
      { observedGeneration: 1, nextClosing: '2026-11-01T00:00:00Z' },
      undefined,
    ],
  ])('says what comes after that week %s', (_, spec, status, until) => {
    const { windows, together } = calendar(aRollout(), { ...aWindow('far', spec), ...(status && { status }) });
    expect([windows[0]!.until, together.until]).toEqual([until, until]);
  });

  it('says of what cannot be read why, and takes it for closed', () => {
    const { windows } = calendar(
      aRollout(),
      aWindow('bad', { allow: [daily('2026-01-05T08:00', 'PT9H', 'FREQ=SOON')] }),
    );
    expect(windows).toMatchObject([{ open: false, fault: expect.stringContaining('FREQ=SOON') }]);
    expect(spans(windows[0]!.closed)).toEqual(['23T00:00 to 30T00:00']);
  });

  it('names the namespace of a window that is for all, and leaves out what is too much', () => {
    const many = Array.from({ length: 60 }, (_, at) => aWindow(`w-${at}`, {}));
    const { windows, leftOut } = calendar(aRollout(), ...many, aWindow('all', { allNamespaces: true }, 'default'));
    expect(windows[0]).toMatchObject({ name: 'all', namespace: 'default', holds: true });
    expect([windows.length, leftOut]).toEqual([50, 11]);
  });
});
