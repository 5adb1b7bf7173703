import { expect, it } from '@jest/globals';
import { notesOf, type TakenAction, takenOf } from '../../../../model/run/notes.ts';
import type { ChangeSignal, Work } from '../../../../model/signals.ts';
import { aChange, aRemoval, aRepair } from './messages.ts';
import { ROLLBACK } from './whole-messages.ts';

const asks = (action: TakenAction['action']): TakenAction => ({ action, by: 'alice', at: '2026-11-22T10:00:00Z' });
const rollout = (more: Partial<ChangeSignal> = {}): Work => ({
  kind: 'rollout',
  change: { ...aChange(1, 4), ...more },
});
const rollback = { generation: 3, at: '2026-11-22T10:00:00Z' };

it.each<[string, Work, string, string[]]>([
  ['of a change', rollout(), 'rollout', ['Pause']],
  ['that a person asked for again', rollout({ action: 'uid', asked: asks('Retry') }), 'retry', ['Retry', 'Pause']],
  [
    'of what was resumed after a rollback',
    rollout({ action: 'uid', asked: asks('Resume') }),
    'rollout',
    ['Resume', 'Pause'],
  ],
  ['that goes back by itself', rollout({ rollback }), 'rollback', ['Pause']],
  [
    'that goes back for a person',
    rollout({ rollback, action: 'uid', asked: asks('Rollback') }),
    'rollback',
    ['Rollback', 'Pause'],
  ],
  [
    'that makes pods anew',
    rollout({ restartedAt: rollback.at, action: 'uid', asked: asks('Restart') }),
    'restart',
    ['Restart', 'Pause'],
  ],
])('The history has what a run is %s, and what people asked of it', (_, work, kind, actions) => {
  const notes = notesOf(work, [asks('Pause')]);
  expect([notes?.kind, notes?.actions.map(({ action }) => action)]).toEqual([kind, actions]);
});

it('The history has of an action what it was about, in whose words, and nothing of what it did not say', () => {
  const { action, layer, wave, gate, plan, by, at, reason } = ROLLBACK;
  expect(takenOf(ROLLBACK)).toEqual({ action, layer, wave, gate, plan, by, at, reason });
  const bare = takenOf({ uid: 'uid', action, by, at });
  expect(Object.keys(bare)).toEqual(['action', 'by', 'at']);
});

it.each<[string, Work]>([
  ['repairs', { kind: 'repair', repair: aRepair(1, 4) }],
  ['removals', { kind: 'removal', remove: aRemoval(1) }],
])('The history has nothing of %s', (_, work) => {
  expect(notesOf(work, [])).toBeUndefined();
});
