import { describe, expect, it } from '@jest/globals';
import type { RolloutView } from '../../../../model/view.ts';
import type { CalendarWindow } from '../../../../model/windows/calendar.ts';
import { temporalAddress, traceOf } from '../../../../page/rollout/links.ts';
import { countsText, totalOf } from '../../../../page/rollout/phase-counts.ts';
import { waitingsOf } from '../../../../page/rollout/waiting.ts';
import { aGate, aView } from '../rollouts.ts';

const hold = { by: 'alice', at: '2026-11-27T10:00:00Z', reason: 'incident 7' };

function aWindow(more: Partial<CalendarWindow>): CalendarWindow {
  return {
    ...{ name: 'office', overrun: 'Finish', holds: true, gates: [], open: false },
    ...{ timeZones: [], closed: [] },
    ...more,
  };
}

const windows = [
  aWindow({ reason: 'nobody looks', until: '2026-11-30T07:00:00Z' }),
  aWindow({ name: 'freeze', namespace: 'default', fault: 'deny[0]: FREQ=SOON' }),
  aWindow({ name: 'open', open: true }),
  aWindow({ name: 'of-a-gate', holds: false }),
];

/** e.g. `Gate shop before the edge: waits for an approval`. */
const texts = (view: RolloutView) =>
  waitingsOf(view, { windows }).map(({ what, where, why }) => `${what}${where ? ` ${where}` : ''}: ${why}`);

describe('What a rollout waits for', () => {
  it.each<[string, RolloutView, string[]]>([
    ['is nothing while it goes on', aView('Progressing', { gates: [aGate({ state: 'Open' })] }), []],
    ['is nothing once it has ended', aView('Failed', { gates: [aGate()] }), []],
    [
      'are gates that are closed',
      aView('WaitingForApproval', { gates: [aGate()] }),
      ['Gate shop before the edge: waits for an approval'],
    ],
    [
      'is a gate after a wave',
      aView('Progressing', { gates: [aGate({ at: 'after', wave: 'canary', message: 'asks http://x' })] }),
      ['Gate shop after canary of the edge: asks http://x'],
    ],
    [
      'are who paused it, a gate that waited in vain, and windows that are closed for all of it',
      aView('Paused', { hold, gates: [aGate({ state: 'Failed', message: 'waited 1 h in vain' })] }),
      [
        'Pause: by alice: incident 7',
        'Gate shop before the edge: waited 1 h in vain',
        'Window office: closed: nobody looks',
        'Window default/freeze: closed, as it cannot be read: deny[0]: FREQ=SOON',
      ],
    ],
  ])('%s', (_, view, expected) => {
    expect(texts(view)).toEqual(expected);
  });

  it('tells since when, and until when where that is known', () => {
    expect(waitingsOf(aView('Paused', { hold }), { windows })).toMatchObject([
      { since: hold.at },
      { until: '2026-11-30T07:00:00Z' },
      {},
    ]);
  });
});

it('A run is found in Temporal’s UI, whatever it is called', () => {
  const address = temporalAddress(
    { url: 'https://temporal.example/ui', namespace: 'fog rollouts' },
    { workflowId: 'fogrollout/shop/web', runId: 'r-1' },
  );
  expect(address).toBe(
    'https://temporal.example/ui/namespaces/fog%20rollouts/workflows/fogrollout%2Fshop%2Fweb/r-1/history',
  );
});

it.each([
  ['nowhere, where it is not traced', {}, undefined],
  ['by its id', { traceId: 'abc' }, { id: 'abc' }],
  ['at its address', { traceId: 'abc', traceUrl: 'https://jaeger/abc' }, { id: 'abc', address: 'https://jaeger/abc' }],
  ['by its id, where the address is none', { traceId: 'abc', traceUrl: 'javascript:alert(1)' }, { id: 'abc' }],
])('A trace is found %s', (_, traced, expected) => {
  const run = { workflowId: 'w', runId: 'r', startedAt: '2026-11-27T10:00:00Z' };
  expect(traceOf({ ...run, ...traced })).toEqual(expected);
});

it('Sites are counted worst first', () => {
  const counts = { Ready: 1_200, InFlight: 3, Failed: 1 };
  expect([countsText(counts), totalOf(counts)]).toEqual(['1 failed, 3 in flight, 1,200 ready', 1_204]);
});
