/** A rollout that goes back, is begun again, or remembers what it can go back to. */
import { describe, expect, it } from '@jest/globals';
import { type Opening, openingStatus, rollingBack, succeeded } from '../../../model/status.ts';
import type { FogRolloutStatus, RevisionId, SiteFailure } from '../../../model/types.ts';
import { ALL_READY, aLayer, revision } from './builders.ts';

const NOW = '2026-11-28T12:00:00Z';
const EARLIER = '2026-11-27T12:00:00Z';
const OLD: RevisionId = { generation: 3, version: 'v1.1.0', hash: 'older' };
const OLDEST: RevisionId = { generation: 2, version: 'v1.0.0', hash: 'oldest' };
const FAILURE: SiteFailure = {
  layer: 'edge',
  site: 'edge-1',
  reason: 'Invalid',
  message: 'edge edge-1: no such image',
};
const RUN = { workflowId: 'w', runId: 'r', startedAt: NOW, reports: 0 };
const STANDING: FogRolloutStatus = {
  ...{ observedGeneration: 4, phase: 'Failed', version: 'v1.1.0' },
  layers: [aLayer('cloud', { phase: 'Ready', sites: ALL_READY, generation: 3 })],
  failures: [FAILURE],
  hold: { by: 'alice', at: EARLIER },
};

const opened = (more: Partial<Opening> = {}, before: Partial<FogRolloutStatus> = {}) =>
  openingStatus(
    { ...STANDING, ...before },
    { run: RUN, kind: 'rollout', carried: [], revision: { ...revision, layers: { cloud: {} } }, ...more },
    NOW,
  );
const readyOf = ({ conditions }: FogRolloutStatus) => conditions?.find(({ type }) => type === 'Ready');
const ended = (status: Partial<FogRolloutStatus>, of = revision) => succeeded({ ...STANDING, ...status }, of, NOW);

describe('A rollout that goes back', () => {
  it('by itself shows why, which a person who asks for it knows', () => {
    const back = { generation: 3, at: NOW, reason: 'edge: too many' };
    expect(opened({ rollback: back })).toMatchObject({
      phase: 'RollingBack',
      failures: [FAILURE],
      rollback: { ...back, version: 'v1.2.0' },
    });
    const asked = opened({ rollback: { ...back, by: 'alice' } });
    expect(asked.phase).toBe('RollingBack');
    expect(asked).not.toHaveProperty('failures');
    expect(opened()).not.toHaveProperty('failures');
  });

  it.each([
    [{}, 'Rolling back to v1.2.0'],
    [{ by: 'alice' }, 'Rolling back to v1.2.0 by alice'],
    [{ reason: 'edge: too many' }, 'Rolling back to v1.2.0: edge: too many'],
    [{ by: 'alice', reason: 'slow' }, 'Rolling back to v1.2.0 by alice: slow'],
  ])('says who asked for it, and why: %j', (more, message) => {
    expect(readyOf(opened({ rollback: { generation: 3, at: NOW, ...more } }))?.message).toBe(message);
  });

  it('says so from the moment of its failure', () => {
    const back = rollingBack(STANDING, FAILURE, 'v1.1.0', NOW);
    expect([back.phase, readyOf(back)?.message]).toEqual([
      'RollingBack',
      'Rolling back to v1.1.0: edge edge-1: no such image',
    ]);
  });

  it.each([
    [{}, 'Failed', 'rolled back; v1.2.0'],
    [{ reason: 'slow' }, 'Failed', 'rolled back: slow; v1.2.0'],
    [{ by: 'alice', reason: 'slow' }, 'Succeeded', 'rolled back by alice: slow; v1.2.0'],
  ])('has failed when it is back, unless a person wanted it: %j', (more, phase, said) => {
    const back = ended({ rollback: { generation: 3, version: 'v1.2.0', at: NOW, ...more } });
    expect([back.phase, back.rollback?.done, readyOf(back)?.status]).toEqual([phase, true, 'False']);
    expect(readyOf(back)?.message).toBe(`${said} is ready in cloud; change spec, or Resume, to go on`);
  });
});

describe('A rollout that is begun again', () => {
  it('says when that was asked for, and is not taken for one that is done', () => {
    expect(opened({ restartedAt: EARLIER })).toMatchObject({ restartedAt: EARLIER, observedGeneration: 3 });
    expect(opened()).not.toHaveProperty('restartedAt');
  });

  it('waits for nobody whom the run before has waited for, but for a repair', () => {
    const gates = [{ layer: 'cloud', at: 'before', name: 'approval', state: 'Closed', message: '', since: EARLIER }];
    const before = { gates } as Partial<FogRolloutStatus>;
    for (const one of [opened({}, before), opened({ kind: 'removal' }, before)]) {
      expect(one).not.toHaveProperty('hold');
      expect(one).not.toHaveProperty('gates');
    }
    expect(opened({ kind: 'repair' }, before)).toMatchObject({ hold: STANDING.hold, gates });
  });

  it('to bring a few sites up to date stands as before', () => {
    const before = { phase: 'Succeeded' } as const;
    expect(opened({ kind: 'repair', isCatchUp: true }, before).phase).toBe('Succeeded');
    expect(opened({ kind: 'repair' }, before).phase).toBe('Progressing');
  });
});

describe('What a rollout can go back to', () => {
  it('is what has succeeded last, and before that with another content', () => {
    expect(ended({}).succeeded).toEqual([revision]);
    expect(ended({ succeeded: [OLD, OLDEST] }).succeeded).toEqual([revision, OLD]);
    const again = { ...OLD, hash: revision.hash };
    expect(ended({ succeeded: [again, OLDEST] }).succeeded).toEqual([revision, OLDEST]);
  });

  it('ran until the next was begun, and says so once', () => {
    expect(opened({}, { succeeded: [OLD, { ...OLDEST, until: EARLIER }] }).succeeded).toEqual([
      { ...OLD, until: NOW },
      { ...OLDEST, until: EARLIER },
    ]);
  });

  it('is nothing where a person passed a layer over', () => {
    const skipped = { by: 'alice', at: NOW, reason: 'closed' };
    const layers = [
      aLayer('cloud', { phase: 'Ready', sites: ALL_READY }),
      aLayer('edge', { phase: 'Skipped', skipped }),
    ];
    const done = ended({ layers, succeeded: [OLD] });
    expect([done.version, done.succeeded]).toEqual(['v1.1.0', [OLD]]);
    expect(readyOf(done)?.message).toBe(
      'v1.2.0 is ready in cloud; edge was passed over by alice: closed; Retry, or change spec, to roll it out there',
    );
  });

  it('leaves the order of layers that are not ready as it was', () => {
    const layers = [
      aLayer('cloud', { phase: 'Ready', generation: 3 }),
      aLayer('edge', { phase: 'Pending', generation: 3 }),
    ];
    expect(ended({ layers }).layers?.map(({ generation }) => generation)).toEqual([4, 3]);
  });
});
