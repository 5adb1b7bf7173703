import { createHash } from 'node:crypto';
import { LAYERS, type Layer } from './layers.ts';
import type { FogRollout, LayerContent, Owner, Revision, Strategy } from './types.ts';

/** What `spec.strategy` means where it says nothing. */
export const STRATEGY_DEFAULTS: Strategy = { progressDeadlineSeconds: 600, promotion: 'Layer', layers: {} };

/** What makes one revision differ from another. */
export type RevisionContent = Pick<Revision, 'version' | 'layers' | 'strategy'>;

/** Freezes the object's current generation. Only the spec counts: labels and annotations alter nothing. */
export function revisionOf(rollout: FogRollout): Revision {
  const content: RevisionContent = {
    version: rollout.spec.version,
    layers: layersOf(rollout.spec.deployments),
    strategy: strategyOf(rollout.spec.strategy),
  };
  return { generation: rollout.metadata.generation, hash: hashOf(content), ...content };
}

export function ownerOf(rollout: FogRollout): Owner {
  const { namespace, name, uid, creationTimestamp } = rollout.metadata;
  return { namespace, name, uid, created: creationTimestamp };
}

/** 16 hex digits of a SHA-256 over the content with its keys sorted, so that key order never matters. */
export function hashOf({ version, layers, strategy }: RevisionContent): string {
  return createHash('sha256').update(canonical({ version, layers, strategy })).digest('hex').slice(0, 16);
}

function layersOf(deployments: FogRollout['spec']['deployments']): Partial<Record<Layer, LayerContent>> {
  const layers: Partial<Record<Layer, LayerContent>> = {};
  for (const layer of LAYERS) {
    const content = deployments[layer];
    if (content) layers[layer] = content;
  }
  return layers;
}

function strategyOf(given: Partial<Strategy> = {}): Strategy {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
  return { ...STRATEGY_DEFAULTS, ...Object.fromEntries(set) };
}

/** JSON with sorted keys; undefined members are left out, as JSON leaves them out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
