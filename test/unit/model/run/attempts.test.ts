import { describe, expect, it } from '@jest/globals';
import { lastOther, laterAttempt, laterByAction, rollbackTarget, rollbackTo } from '../../../../model/run/attempts.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { ChangeSignal } from '../../../../model/signals.ts';
import type { FogRolloutStatus, LayerStrategy, Strategy, SucceededRevision } from '../../../../model/types.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
import { aChange } from './messages.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const NIGHT: ToldWindow = { name: 'night', overrun: 'Finish', holds: true, timetable: { closed: [] } };
/** What generation 3 gives, by a strategy that nobody goes by any more. */
const TO = { ...aChange(1, 3).revision, attempt: 7, hashes: { edge: 'hash-3-edge' }, layers: { edge: {} as never } };
const V3: SucceededRevision = { generation: 3, version: 'v3', hash: 'hash-3' };
const V4: SucceededRevision = { generation: 4, version: 'v4', hash: 'hash-4' };

/** Generation 4, with what a run was told besides. */
function present(strategy: Partial<Strategy> = {}, more: Partial<ChangeSignal> = {}): ChangeSignal {
  const { owner, revision } = aChange(1, 4);
  const told = { author: 'alice', fleet: ['edge' as const], windows: [NIGHT] };
  return { owner, revision: { ...revision, strategy: { ...revision.strategy, ...strategy } }, ...told, ...more };
}

const EDGE: LayerStrategy = {
  waves: [{ size: 1 }],
  rampUp: { initial: 1 },
  maxSitesPerMinute: 6,
  maxConcurrency: 5,
  minSuccess: 2,
};
const AT_ONCE = { maxConcurrency: 5, minSuccess: 2 };
const BY_ITSELF = { generation: 3, at: at(60) };

describe('A later attempt', () => {
  it('gives what it is made of, under the generation and by the strategy of now', () => {
    const { revision } = laterAttempt(present({ progressDeadlineSeconds: 7 }), { to: TO });
    const { version, hash, layers, hashes } = TO;
    const strategy = { ...present().revision.strategy, progressDeadlineSeconds: 7 };
    expect(revision).toEqual({ generation: 4, attempt: 1, version, hash, layers, hashes, strategy });
  });

  it('comes after the one before', () => {
    const first = laterAttempt(present(), { to: TO });
    expect(laterAttempt(first, { to: TO }).revision.attempt).toBe(2);
  });

  it('takes along who changed spec, the layers with FogSites and the FogWindows', () => {
    expect(laterAttempt(present(), { to: TO })).toMatchObject({
      owner: present().owner,
      author: 'alice',
      fleet: ['edge'],
      windows: [NIGHT],
    });
  });

  it('says nothing of what nobody said', () => {
    const bare = laterAttempt(aChange(1, 4), { to: TO, rollback: undefined });
    expect(Object.keys(bare)).toEqual(['owner', 'revision']);
  });

  it('forgets why the one before was made', () => {
    const asked = { action: 'Restart' as const, by: 'alice', at: at(0) };
    const before = present({}, { action: 'uid', asked, rollback: BY_ITSELF, restartedAt: at(0), isOneOfMany: true });
    expect(Object.keys(laterAttempt(before, { to: TO })).toSorted()).toEqual([
      'author',
      'fleet',
      'owner',
      'revision',
      'windows',
    ]);
  });
});

describe('A run that fails', () => {
  const onFailure = 'Rollback';
  const status = (...succeeded: SucceededRevision[]): FogRolloutStatus => ({
    observedGeneration: 3,
    phase: 'Progressing',
    succeeded,
  });

  it.each<[string, ChangeSignal, FogRolloutStatus, SucceededRevision | undefined]>([
    ['goes back to what last succeeded where its strategy says so', present({ onFailure }), status(V3), V3],
    ['goes past what it gave itself', present({ onFailure }), status(V4, V3), V3],
    ['goes back to the later of two', present({ onFailure }), status(V3, { ...V3, hash: 'hash-2' }), V3],
    ['stays where its strategy says nothing of it', present({ onFailure: 'Halt' }), status(V3), undefined],
    ['stays where nothing else has succeeded', present({ onFailure }), status(V4), undefined],
    ['stays where nothing has', present({ onFailure }), { observedGeneration: -1, phase: 'Failed' }, undefined],
    ['stays where it went back itself', present({ onFailure }, { rollback: BY_ITSELF }), status(V3), undefined],
  ])('%s', (_, change, known, target) => {
    expect(rollbackTarget(change, known)).toEqual(target);
  });

  it('goes back to whatever last succeeded where nothing was given yet', () => {
    expect([lastOther([V4, V3], undefined), lastOther([], 'hash-4')]).toEqual([V4, undefined]);
  });
});

describe('A rollback', () => {
  const back = (strategy: Partial<Strategy>, target?: SucceededRevision) =>
    rollbackTo(present(strategy), { to: TO, rollback: BY_ITSELF }, target);

  it('gives the earlier content under the present generation, and says why', () => {
    const { revision, ...change } = back({});
    expect(revision).toMatchObject({ generation: 4, attempt: 1, version: 'v3', hash: 'hash-3' });
    const { owner, author, fleet, windows } = present();
    expect(change).toEqual({ owner, author, fleet, windows, rollback: BY_ITSELF });
  });

  it('does not wait for whoever paused what it goes back from', () => {
    expect(back({ paused: true, onFailure: 'Rollback' }).revision.strategy).toMatchObject({
      paused: false,
      onFailure: 'Rollback',
    });
  });

  it.each<[string, seconds: number | undefined, SucceededRevision | undefined, isAtOnce: boolean]>([
    ['without waves to what was live just as long ago as may be', 60, { ...V3, until: at(0) }, true],
    ['in waves to what was live a moment longer ago', 60, { ...V3, until: at(-0.001) }, false],
    ['without waves to what is live as yet', 60, V3, true],
    ['in waves to what is live as yet, where its strategy wants them always', 0, V3, false],
    ['in waves to what is live as yet, by a strategy from before there was such a time', undefined, V3, false],
    ['in waves to what nobody knows to have succeeded', 60, undefined, false],
  ])('goes %s', (_, rollbackWindowSeconds, target, isAtOnce) => {
    const layers = { cloud: {}, edge: EDGE };
    const { strategy } = back({ layers, rollbackWindowSeconds: rollbackWindowSeconds! }, target).revision;
    expect(strategy.layers).toEqual({ cloud: {}, edge: isAtOnce ? AT_ONCE : EDGE });
  });
});

describe('What a person asks for beside the run under way', () => {
  const asks = (action: ActionRequest['action'], more: Partial<ActionRequest> = {}): ActionRequest => ({
    uid: 'uid-of-an-action',
    action,
    by: 'alice',
    at: at(60),
    to: TO,
    ...more,
  });

  it('is a restart, with pods of that time, which the history has', () => {
    const change = laterByAction(present(), asks('Restart', { reason: 'a leak' }), {});
    expect(change).toMatchObject({
      revision: { generation: 4, attempt: 1, version: 'v3' },
      restartedAt: at(60),
      action: 'uid-of-an-action',
      asked: { action: 'Restart', by: 'alice', at: at(60), reason: 'a leak' },
    });
    expect(change).not.toHaveProperty('rollback');
  });

  it('is a restart that stays one of what was gone back to, and paused', () => {
    const change = laterByAction(present({ paused: true }, { rollback: BY_ITSELF }), asks('Restart'), {});
    expect(change).toMatchObject({ rollback: BY_ITSELF, revision: { strategy: { paused: true } } });
  });

  it.each<[string, Partial<ActionRequest>, object]>([
    ['to a generation, in their words', { revision: 2, reason: 'on fire' }, { generation: 2, reason: 'on fire' }],
    ['to what last succeeded, without a word', {}, { generation: 3 }],
  ])('is a rollback %s, which the history has', (_, more, expected) => {
    const change = laterByAction(present(), asks('Rollback', more), {});
    expect(change?.rollback).toEqual({ by: 'alice', at: at(60), ...expected });
    expect(change).toMatchObject({ action: 'uid-of-an-action', asked: { action: 'Rollback', by: 'alice' } });
    expect(change).not.toHaveProperty('restartedAt');
  });

  it.each<[string, SucceededRevision[], LayerStrategy]>([
    ['without waves where that was live just now', [V4, { ...V3, until: at(0) }], AT_ONCE],
    ['in waves where only something else was', [{ ...V3, until: at(-3600) }, V4], EDGE],
    ['in waves where it never succeeded', [V4], EDGE],
  ])('is a rollback %s', (_, succeeded, edge) => {
    const change = laterByAction(present({ layers: { edge: EDGE }, rollbackWindowSeconds: 60 }), asks('Rollback'), {
      succeeded,
    });
    expect(change?.revision.strategy.layers).toEqual({ edge });
  });

  it.each<[string, ActionRequest]>([
    ['of what the run takes itself', asks('Pause')],
    ['of a restart of nothing', asks('Restart', { to: undefined as never })],
    ['of a rollback to nothing', asks('Rollback', { to: undefined as never })],
  ])('is nothing %s', (_, request) => {
    expect(laterByAction(present(), request, { succeeded: [V3] })).toBeUndefined();
  });
});
