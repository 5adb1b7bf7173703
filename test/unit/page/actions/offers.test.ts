import { describe, expect, it } from '@jest/globals';
import type { FogRollout } from '../../../../model/types.ts';
import type { RolloutView } from '../../../../model/view.ts';
import { gateOf, layersToPass, newestOf, offersFor } from '../../../../page/actions/offers.ts';
import { aGate, anObject, aStage, aView } from '../rollouts.ts';

const hold = { by: 'alice', at: '2026-11-27T10:00:00Z' };
const asking = anObject({
  layers: { edge: { before: [{ name: 'shop', approval: {} }, { http: { url: 'http://x' } }] } },
});
const rolledBack = anObject(
  {},
  { status: { observedGeneration: 2, phase: 'Failed', rollback: { done: true } } as never },
);
const skipped = [aStage('cloud', 'Ready'), aStage('fog', 'Skipped')];

/** The one that is waited for first, with a star. */
const offers = (view: RolloutView, rollout?: FogRollout) =>
  offersFor(view, rollout)
    .map(({ action, gate, isMain }) => `${action}${gate ? ` ${gate.name}` : ''}${isMain ? '*' : ''}`)
    .join(', ');

describe('What one may ask', () => {
  it.each<[string, RolloutView, FogRollout | undefined, string]>([
    ['while it goes on', aView('Progressing'), anObject(), 'Pause, Skip, Rollback, Abort'],
    [
      'at a gate that people open',
      aView('WaitingForApproval', { gates: [aGate(), aGate({ name: 'http-2', message: 'asks http://x' })] }),
      asking,
      'Approve shop*, Reject shop, Pause, Skip, Rollback, Abort',
    ],
    [
      'at such a gate, before the object is known',
      aView('WaitingForApproval', { gates: [aGate({ message: 'waits for approvals of 2 different people' })] }),
      undefined,
      'Approve shop*, Reject shop, Pause, Skip, Rollback, Abort',
    ],
    [
      'at one that is open',
      aView('Progressing', { gates: [aGate({ state: 'Open' })] }),
      asking,
      'Pause, Skip, Rollback, Abort',
    ],
    ['of what somebody paused', aView('Paused', { hold }), anObject(), 'Resume*, Skip, Rollback, Abort'],
    [
      'where a gate waited in vain',
      aView('Paused', { gates: [aGate({ state: 'Failed', message: 'waited 1 h for an approval in vain' })] }),
      asking,
      'Resume*, Pause, Skip, Rollback, Abort',
    ],
    ['while it is rolled back', aView('RollingBack'), anObject(), 'Pause, Rollback, Abort'],
    ['of what has failed', aView('Failed'), anObject(), 'Retry*, Rollback'],
    ['of what went back by itself', aView('Failed'), rolledBack, 'Resume, Retry, Rollback'],
    ['of what has succeeded', aView('Succeeded'), anObject(), 'Restart, Rollback'],
    ['of what has succeeded without a layer', aView('Succeeded', { stages: skipped }), anObject(), 'Retry*, Rollback'],
    ['while it is removed', aView('Removing'), anObject(), ''],
  ])('%s', (_, view, rollout, expected) => {
    expect(offers(view, rollout)).toBe(expected);
  });

  it('nothing before its first run', () => {
    const { run: _, ...view } = aView('Pending');
    expect(offers(view)).toBe('');
  });

  it('of layers that have not ended, and that nobody passes over already', () => {
    const stages = [
      aStage('cloud', 'Ready'),
      aStage('fog', 'Progressing'),
      aStage('edge', 'Pending', { skipped: hold }),
    ];
    expect(layersToPass(aView('Progressing', { stages }))).toEqual(['fog']);
  });
});

it('A gate is looked at as it is by now', () => {
  const gates = [aGate({ layer: 'fog' }), aGate({ state: 'Open' }), aGate({ name: 'board' })];
  expect(newestOf(aGate(), aView('Progressing', { gates })).state).toBe('Open');
  expect(newestOf(aGate({ name: 'gone' }), aView('Progressing', { gates })).name).toBe('gone');
});

describe('What the spec says of a gate', () => {
  const waves = [{ name: 'canary', after: [{ approval: { required: 2 } }] }, { after: [{ approval: {} }] }, {}];
  const rollout = anObject({ layers: { edge: { waves, after: [{ job: { cronJob: 'smoke' } }] } } });
  it.each([
    [
      'after a wave with a name',
      aGate({ at: 'after', wave: 'canary', name: 'approval' }),
      { approval: { required: 2 } },
    ],
    ['after a wave without', aGate({ at: 'after', wave: 'wave 2', name: 'approval' }), { approval: {} }],
    ['after the layer', aGate({ at: 'after', name: 'job' }), { job: { cronJob: 'smoke' } }],
    ['that it has no more', aGate({ name: 'shop' }), undefined],
  ])('%s', (_, gate, expected) => {
    expect(gateOf(gate, rollout)).toEqual(expected);
  });
});
