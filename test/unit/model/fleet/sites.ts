import type { FogSite } from '../../../../model/types.ts';

export interface SiteWishes extends Partial<FogSite['spec']> {
  /** Seconds after the first one that could be. Default 0. */
  age?: number;
  labels?: Record<string, string>;
  generation?: number;
  deleting?: boolean;
  status?: FogSite['status'];
}

/** A FogSite of the edge in a namespace of its own name, unless told otherwise. */
export function aSite(name: string, wishes: SiteWishes = {}): FogSite {
  const { age = 0, labels, generation = 1, deleting = false, status, ...spec } = wishes;
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogSite',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '7',
      generation,
      creationTimestamp: new Date(Date.UTC(2026, 10, 22) + age * 1000).toISOString().replace('.000Z', 'Z'),
      ...(labels && { labels }),
      ...(deleting && { deletionTimestamp: '2026-11-22T11:00:00Z' }),
    },
    spec: { layer: 'edge', namespace: name, ...spec },
    ...(status && { status }),
  };
}
