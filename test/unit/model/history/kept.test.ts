import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keptGeneration } from '../../../../model/history/kept.ts';
import { pastRuns } from '../../../../model/history/past.ts';
import { RUN_ANNOTATION } from '../../../../model/names.ts';
import { aRecord, at, keptMetadata } from './runs.ts';

const withRun = (text: string) => {
  const metadata = keptMetadata(4);
  return { ...metadata, annotations: { ...metadata.annotations, [`${RUN_ANNOTATION}run-1`]: text } };
};

describe('What is kept of a generation', () => {
  it('has its runs as they were written', () => {
    const full = aRecord({
      kind: 'retry',
      outcome: 'Failed',
      reason: 'Rejected',
      gates: [
        {
          ...{ layer: 'edge', at: 'before', name: 'shop', state: 'Failed', message: 'rejected', since: at(3) },
          decisions: [{ by: 'bob', at: at(4) }],
        },
      ],
      actions: [{ action: 'Reject', layer: 'edge', gate: 'shop', by: 'bob', at: at(4), reason: 'no' }],
      failures: [{ site: 'hamburg', layer: 'edge', reason: 'Invalid', message: 'no' }],
      leftOut: '1 gate',
    });
    const other = aRecord({ runId: 'run-2' });
    expect(keptGeneration('web', keptMetadata(4, full, other))).toEqual({
      ...{ generation: 4, createdAt: at(4), uid: 'uid-1', version: 'v4' },
      runs: [full, other],
    });
  });

  it('may be of a later attempt within it', () => {
    const metadata = { ...keptMetadata(4, aRecord()), name: 'fgr-web-4.2' };
    expect(keptGeneration('web', metadata)).toMatchObject({ generation: 4, attempt: 2 });
    for (const name of ['fgr-web-4.0', 'fgr-web-4.', 'fgr-web-04']) {
      expect(keptGeneration('web', { ...metadata, name })).toBeUndefined();
    }
  });

  it.each([
    ['of another rollout', 'we', keptMetadata(4)],
    ['whose label says another', 'web', { ...keptMetadata(4), labels: { 'fog-rollout': 'other' } }],
    ['that another controller made', 'web', { ...keptMetadata(4), name: 'web-5d8f9c' }],
    ['that carries no owner', 'web', { ...keptMetadata(4), annotations: {} }],
    ['without anything', 'web', { name: 'fgr-web-4' }],
  ])('is not what %s', (_, rollout, metadata) => {
    expect(keptGeneration(rollout, metadata)).toBeUndefined();
  });

  it.each([
    ['no JSON', 'it went well'],
    ['another JSON', '[1]'],
    ['null', 'null'],
    ['an outcome that there is not', JSON.stringify({ ...aRecord(), outcome: 'Splendid' })],
    ['a time that is none', JSON.stringify({ ...aRecord(), finishedAt: 'yesterday' })],
    ['a time of another calendar', JSON.stringify({ ...aRecord(), startedAt: '2026-13-41T99:99:99Z' })],
    ['a number where words belong', JSON.stringify({ ...aRecord(), message: 7 })],
  ])('has a run that is unknown where somebody wrote %s', (_, text) => {
    expect(keptGeneration('web', withRun(text))?.runs).toEqual([{ runId: 'run-1', outcome: 'Unknown' }]);
  });

  it('leaves out what makes no sense in a run that does', () => {
    const { layers } = aRecord();
    const text = JSON.stringify({
      ...aRecord(),
      layers: [null, { layer: 'moon' }, { ...layers[0], sites: { total: 'all' } }, ...layers],
      gates: 'none',
      failures: [
        { site: 'moon', layer: 'moon', reason: 'Invalid', message: 'no' },
        { site: 'hamburg', layer: 'edge' },
      ],
      actions: [{ action: 'Pause', by: 'alice', at: 'never' }],
    });
    expect(keptGeneration('web', withRun(text))?.runs).toEqual([aRecord()]);
  });

  it('is read whatever stands there, and has a place in the history', () => {
    const mixed = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((fields) => JSON.stringify({ ...aRecord(), ...fields })),
      fc
        .dictionary(fc.constantFrom(...Object.keys(aRecord())), fc.jsonValue())
        .map((fields) => JSON.stringify({ ...aRecord(), ...fields })),
    );
    fc.assert(
      fc.property(mixed, (text) => {
        const [run, ...others] = pastRuns([keptGeneration('web', withRun(text))!]);
        expect([others, run]).toEqual([[], expect.objectContaining({ generation: 4, runId: 'run-1' })]);
        for (const time of [run!.startedAt, run!.finishedAt ?? at(0)]) expect(Date.parse(time)).not.toBeNaN();
      }),
    );
  });
});
