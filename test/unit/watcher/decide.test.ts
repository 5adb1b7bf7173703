import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS, FINALIZER } from '../../../model/names.ts';
import type { FogRollout, FogRolloutStatus } from '../../../model/types.ts';
import { changeOf, type Decision, decide, fingerprint } from '../../../watcher/decide.ts';
import { aRollout, owner } from '../model/builders.ts';

const observed = (observedGeneration: number, phase: FogRolloutStatus['phase']): FogRolloutStatus => ({
  observedGeneration,
  phase,
});

function deleted(finalizers: string[]): FogRollout {
  const rollout = aRollout();
  return { ...rollout, metadata: { ...rollout.metadata, finalizers, deletionTimestamp: '2026-11-22T11:00:00Z' } };
}

describe('What the watcher decides', () => {
  it.each<[string, FogRollout | undefined, typeof owner | undefined, Decision['kind']]>([
    ['of a new object', aRollout(), undefined, 'change'],
    ['of a generation that no run has ended', aRollout({}, observed(3, 'Succeeded')), undefined, 'change'],
    ['of a generation whose run goes on', aRollout({}, observed(3, 'Progressing')), undefined, 'change'],
    ['of a generation that succeeded', aRollout({}, observed(4, 'Succeeded')), undefined, 'inspect'],
    ['of a generation that failed for good', aRollout({}, observed(4, 'Failed')), undefined, 'inspect'],
    ['of a settled one that is being repaired', aRollout({}, observed(4, 'Progressing')), undefined, 'inspect'],
    ['of an object that is being deleted', deleted([FINALIZER]), undefined, 'remove'],
    ['of one that only somebody else still holds', deleted(['example.com/other']), undefined, 'nothing'],
    ['of releases whose object vanished', undefined, owner, 'remove'],
    ['of nothing', undefined, undefined, 'nothing'],
  ])('%s', (_, rollout, orphanOf, expected) => {
    expect(decide(rollout, orphanOf).kind).toBe(expected);
  });

  it('is named by object and generation, so that it is signalled once', () => {
    const again = aRollout({}, observed(3, 'Progressing'));
    expect(fingerprint(decide(aRollout(), undefined))).toBe(fingerprint(decide(again, undefined)));
    const next = aRollout();
    next.metadata.generation = 5;
    expect(fingerprint(decide(next, undefined))).not.toBe(fingerprint(decide(again, undefined)));
    const other = aRollout();
    other.metadata.uid = 'uid-2';
    expect(fingerprint(decide(other, undefined))).not.toBe(fingerprint(decide(again, undefined)));
  });

  it('takes nothing away from sites that were to keep it: the object was deleted with --cascade=orphan', () => {
    expect(decide(deleted([FINALIZER, 'orphan']), undefined)).toMatchObject({ signal: { owner, orphan: true } });
    expect(decide(deleted([FINALIZER]), undefined)).not.toHaveProperty('signal.orphan');
  });

  it('hands the whole content on', () => {
    expect(changeOf(aRollout())).toMatchObject({
      owner,
      revision: { generation: 4, version: 'v1.2.0', strategy: { progressDeadlineSeconds: 600 } },
    });
  });

  it.each([
    ['alice', 'alice'],
    ['', undefined],
    [undefined, undefined],
  ])('hands on who last changed spec, outside of what sites are given: %s', (changedBy, author) => {
    const rollout = aRollout();
    if (changedBy !== undefined) rollout.metadata.annotations = { [ANNOTATIONS.changedBy]: changedBy };
    const change = changeOf(rollout);
    expect([change.author, change.revision]).toEqual([author, changeOf(aRollout()).revision]);
  });
});
