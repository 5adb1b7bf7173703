import type {
  FogRollout,
  FogRolloutStatus,
  LayerContent,
  LayerStatus,
  Owner,
  RevisionId,
} from '../../../model/types.ts';

/** A plain, valid one of each, to be changed where a test says so. */
export const owner: Owner = { namespace: 'shop', name: 'web', uid: 'uid-1', created: '2026-11-22T10:00:00Z' };

export const revision: RevisionId = { generation: 4, version: 'v1.2.0', hash: '0123456789abcdef' };

export const content: LayerContent = {
  containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }],
};

export function aRollout(spec: Partial<FogRollout['spec']> = {}, status?: FogRolloutStatus): FogRollout {
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogRollout',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-1',
      resourceVersion: '7',
      generation: 4,
      creationTimestamp: '2026-11-22T10:00:00Z',
    },
    spec: { version: 'v1.2.0', deployments: { cloud: content, fog: content, edge: content }, ...spec },
    ...(status && { status }),
  };
}

export function aLayer(name: LayerStatus['name'], given: Partial<LayerStatus> = {}): LayerStatus {
  return { name, phase: 'Pending', sites: { total: 1, updated: 0, ready: 0, failed: 0, deferred: 0 }, ...given };
}

export const ALL_READY = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
