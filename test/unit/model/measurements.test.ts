import { describe, expect, it } from '@jest/globals';
import {
  type Judgement,
  longestSeconds,
  NO_MEASUREMENTS,
  replyTo,
  withMeasurement,
} from '../../../model/gates/measurements.ts';
import type { MetricGate } from '../../../model/types.ts';

const gate: MetricGate = {
  prometheus: { url: 'https://prometheus.example', query: 'up' },
  success: 'result[0] > 0.5',
  count: 3,
  failureLimit: 1,
  inconclusiveLimit: 2,
};
const JUDGEMENTS: Record<string, Judgement> = { g: 'success', b: 'failure', n: 'inconclusive' };
const measured = (text: string) =>
  [...text].reduce(
    (before, letter, at) => withMeasurement(before, { judgement: JUDGEMENTS[letter]!, words: `words ${at}`, at }),
    NO_MEASUREMENTS,
  );

describe('Measurements that are good, bad or say nothing', () => {
  it.each([
    ['', undefined],
    ['gg', undefined],
    ['ggb', undefined],
    ['nngg', undefined],
    ['ggg', { state: 'Open', message: '3 of 3 measurements were good' }],
    ['gbngng', { state: 'Open', message: '3 of 6 measurements were good' }],
    ['gbb', { state: 'Failed', reason: 'GateFailed', message: '2 of 3 measurements failed, 1 may: words 2' }],
    ['gbnb', { state: 'Failed', reason: 'GateFailed', message: '2 of 4 measurements failed, 1 may: words 3' }],
    ['bngngg', { state: 'Open', message: '3 of 6 measurements were good' }],
    ['bngb', { state: 'Failed', reason: 'GateFailed', message: '2 of 4 measurements failed, 1 may: words 3' }],
    [
      'ngnn',
      {
        state: 'Failed',
        reason: 'GateInconclusive',
        message: 'had 3 measurements that said nothing, 2 may: words 3',
        pauses: true,
      },
    ],
  ])('in the order %p are answered by', (text, reply) => {
    expect(replyTo(gate, measured(text))).toEqual(reply);
  });

  it('come to an end within the deadline', () => {
    expect(longestSeconds({ ...gate, intervalSeconds: 60 })).toBe((3 + 1 + 2 + 1) * 90 + 600);
  });
});
