import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { untouched } from '../../../model/fleet/report.ts';
import * as status from '../../../model/status.ts';
import { layerProgress, stageFailed, withFailures } from '../../../model/status-fleet.ts';
import { conditionReason, MAX_FAILURES } from '../../../model/status-size.ts';
import type { FogRolloutStatus } from '../../../model/types.ts';

const NOW = '2026-11-22T10:00:00Z';
const run = { workflowId: `fogrollout/${'n'.repeat(63)}/${'w'.repeat(63)}`, runId: 'r', startedAt: NOW, reports: 1 };
const LAYERS = ['cloud', 'fog', 'edge'] as const;
const revisionOf = (version: string) => ({
  generation: 1,
  version,
  hash: 'h',
  layers: { cloud: {}, fog: {}, edge: {} },
});

const sizeOf = (given: FogRolloutStatus) => Buffer.byteLength(JSON.stringify(status.withSummaries(given)));

/** Steps that lengthen a status, each with a text of any kind and length. */
const steps: Record<string, (now: FogRolloutStatus, text: string, at: number) => FogRolloutStatus> = {
  failure: (now, text, at) => withFailures(now, [{ site: text, layer: LAYERS[at % 3]!, reason: text, message: text }]),
  stageFailed: (now, text, at) => stageFailed(now, LAYERS[at % 3]!, text, NOW),
  failed: (now, text) => status.failed(now, { reason: text, message: text }, NOW),
  message: (now, text, at) => status.layerMessage(now, LAYERS[at % 3]!, text),
  progress: (now, text, at) =>
    layerProgress(now, LAYERS[at % 3]!, {
      revision: { generation: 1, version: text, hash: 'h' },
      ...{ hash: 'h', total: 3, counts: untouched(3), applied: 1, shards: 1, wave: text },
    }),
  succeeded: (now, text) => status.succeeded(now, { generation: 1, version: text, hash: 'h' }, NOW),
  rollingBack: (now, text) =>
    status.openingStatus(
      now,
      {
        ...{ kind: 'rollout', run, carried: [], revision: revisionOf(text) },
        rollback: { generation: 1, at: NOW, by: text, reason: text },
      },
      NOW,
    ),
  opened: (now, text) =>
    status.openingStatus(now, { kind: 'rollout', run, carried: [], revision: revisionOf(text) }, NOW),
};

describe('the size of a status', () => {
  it('stays under 64 KB, whatever went in', () => {
    const text = fc
      .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), fc.constantFrom(1, 200, 20_000))
      .map(([unit, times]) => unit.repeat(times));
    const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), text);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (taken) => {
        let now: FogRolloutStatus = { observedGeneration: -1, phase: 'Pending' };
        for (const [at, [name, said]] of taken.entries()) {
          now = steps[name]!(now, said, at);
          expect(sizeOf(now)).toBeLessThan(64 * 1024);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stays so with as many failures as there can be, each as long as it can be', () => {
    let now: FogRolloutStatus = { observedGeneration: -1, phase: 'Pending' };
    for (let at = 0; at < 50; at += 1) now = steps.failure!(now, '\u0001'.repeat(20_000), at);
    now = steps.failed!(now, '"'.repeat(20_000), 0);
    expect(now.failures).toHaveLength(MAX_FAILURES);
    expect(sizeOf(now)).toBeLessThan(64 * 1024);
  });

  it('keeps the newest failures, newest first', () => {
    let now: FogRolloutStatus = { observedGeneration: -1, phase: 'Pending' };
    for (let at = 0; at < 25; at += 1) now = steps.failure!(now, `failure ${at}`, at);
    expect(now.failures?.map(({ message }) => message).slice(0, 2)).toEqual(['failure 24', 'failure 23']);
  });
});

it.each([
  ['a word', 'Forbidden', 'Forbidden'],
  ['more than a word', 'not ours!', 'notours'],
  ['nothing usable', '…', 'Failed'],
  ['a digit first', '404', 'Failed'],
])('a condition takes %s for a reason', (_, given, expected) => {
  expect(conditionReason(given)).toBe(expected);
});
