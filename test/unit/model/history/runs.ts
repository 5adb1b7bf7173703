import { annotationOf, type KeptGeneration, type KeptMetadata } from '../../../../model/history/kept.ts';
import type { RunRecord } from '../../../../model/history/record.ts';
import { ANNOTATIONS, LABELS, revisionName } from '../../../../model/names.ts';
import type { FogRolloutStatus } from '../../../../model/types.ts';
import { ALL_READY, aLayer } from '../builders.ts';

/** 10:00 and so many seconds. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 22, 10, 0, seconds)).toISOString();

/** A run as the history has it. */
export function aRecord(given: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: 'run-1',
    kind: 'rollout',
    version: 'v1',
    outcome: 'Succeeded',
    phase: 'Succeeded',
    startedAt: at(0),
    finishedAt: at(12),
    message: 'v1 is ready in cloud',
    layers: [{ layer: 'cloud', phase: 'Ready', sites: ALL_READY, startedAt: at(1), finishedAt: at(9) }],
    gates: [],
    actions: [],
    ...given,
  };
}

/** What is kept of a generation of the builders' rollout. */
export function aKept(generation: number, ...runs: KeptGeneration['runs']): KeptGeneration {
  return { generation, createdAt: at(generation), uid: 'uid-1', version: `v${generation}`, runs };
}

/** The same as an object has it. */
export function keptMetadata(generation: number, ...runs: RunRecord[]): KeptMetadata {
  const annotations = Object.fromEntries(runs.map(annotationOf).map(({ key, value }) => [key, value]));
  return {
    name: revisionName('web', { generation }),
    creationTimestamp: at(generation),
    labels: { [LABELS.rollout]: 'web' },
    annotations: { [ANNOTATIONS.uid]: 'uid-1', [ANNOTATIONS.version]: `v${generation}`, ...annotations },
  };
}

/** Of a run of generation 4 that is in the fog. */
export function aStatus(given: Partial<FogRolloutStatus> = {}): FogRolloutStatus {
  return {
    observedGeneration: 3,
    phase: 'Progressing',
    revision: { generation: 4, version: 'v4', hash: 'h' },
    run: { workflowId: 'w', runId: 'run-4', startedAt: at(0), reports: 2 },
    layers: [
      aLayer('cloud', { phase: 'Ready', sites: ALL_READY, startedAt: at(1), finishedAt: at(5) }),
      aLayer('fog', { phase: 'Progressing', startedAt: at(6), message: 'waits' }),
      aLayer('edge', { startedAt: at(-600) }),
    ],
    conditions: [ready('False', 'Progressing', 'Rolling out v4')],
    ...given,
  };
}

export function ready(status: 'True' | 'False', reason: string, message: string) {
  return { type: 'Ready' as const, status, observedGeneration: 4, lastTransitionTime: at(20), reason, message };
}
