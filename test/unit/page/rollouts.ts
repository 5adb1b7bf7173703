/** Views and objects as the API answers them. */
import type { FogRollout, GateStatus } from '../../../model/types.ts';
import type { RolloutView, StageView } from '../../../model/view.ts';

export function aStage(layer: StageView['layer'], phase: StageView['phase'], more: Partial<StageView> = {}): StageView {
  const ready = phase === 'Ready' ? 1 : 0;
  const sites = { total: 1, updated: ready, ready, failed: 0, deferred: 0 };
  return { layer, phase, sites, ready: `${ready}/1`, ...(phase !== 'Pending' && { version: 'v2' }), ...more };
}

export function aView(phase: RolloutView['phase'], more: Partial<RolloutView> = {}): RolloutView {
  return {
    ...{ namespace: 'shop', name: 'web', phase, version: 'v2', completedVersion: 'v1', generation: 2 },
    ...{ observedGeneration: 1, ready: false, gates: [], failures: [] },
    revision: { generation: 2, version: 'v2', hash: 'h' },
    run: { workflowId: 'fogrollout/shop/web', runId: 'r', startedAt: '2026-11-27T10:00:00Z' },
    stages: [
      aStage('cloud', 'Ready'),
      aStage('fog', 'Progressing'),
      aStage('edge', 'Pending', { version: 'v1', ready: '1/1' }),
    ],
    ...more,
  };
}

export function aGate(more: Partial<GateStatus> = {}): GateStatus {
  return {
    ...{ layer: 'edge', at: 'before', name: 'shop', state: 'Closed', since: '2026-11-27T10:00:10Z' },
    message: 'waits for an approval',
    ...more,
  };
}

export function anObject(strategy: FogRollout['spec']['strategy'] = {}, more: Partial<FogRollout> = {}): FogRollout {
  return {
    ...{ apiVersion: 'paguos.io/v1alpha1', kind: 'FogRollout' },
    metadata: {
      ...{ name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 2 },
      creationTimestamp: '2026-11-27T09:00:00Z',
    },
    spec: { version: 'v2', deployments: {}, strategy },
    ...more,
  };
}
