import { describe, expect, it } from '@jest/globals';
import { createViews } from '../../../api/views.ts';
import type { FogRollout } from '../../../model/types.ts';

const RUN = { workflowId: 'fogrollout/shop/web', runId: 'r', startedAt: '2026-11-22T11:59:00Z', reports: 3 };
const aRollout = (traceId?: string): FogRollout =>
  ({
    metadata: { namespace: 'shop', name: 'web', generation: 1 },
    spec: { version: 'v1', deployments: {} },
    status: { observedGeneration: 1, phase: 'Succeeded', run: { ...RUN, ...(traceId && { traceId }) } },
  }) as unknown as FogRollout;
const { reports: _, ...run } = RUN;

describe('The view of a run', () => {
  it.each([
    [
      'its trace and where people see it',
      'abc',
      'https://a/{traceId}?id={traceId}',
      { traceId: 'abc', traceUrl: 'https://a/abc?id=abc' },
    ],
    ['its trace alone, where no page is known', 'abc', undefined, { traceId: 'abc' }],
    ['no page, where it has no trace', undefined, 'https://a/{traceId}', {}],
  ])('has %s', (_name, traceId, traceUrl, expected) => {
    const view = createViews({ clock: { date: () => new Date(0) }, traceUrl });
    expect(view(aRollout(traceId)).run).toEqual({ ...run, ...expected });
  });
});
