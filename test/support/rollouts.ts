/** FogRollouts for the tests that run them: short to write, and named after what the simulated kubelet makes of them. */
import { LAYERS, type Layer } from '../../model/layers.ts';
import type { LayerContent, LayerStrategy, Promotion } from '../../model/types.ts';

export const SLOW = 'test/slow';
export const NEVER_READY = 'test/never-ready';
export const NO_SUCH_IMAGE = 'test/no-such-image';

export interface RolloutManifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    version: string;
    deployments: Partial<Record<Layer, LayerContent>>;
    strategy?: Strategy;
  };
}

interface Strategy {
  onFailure?: 'Halt' | 'Rollback';
  paused?: boolean;
  progressDeadlineSeconds?: number;
  revisionHistoryLimit?: number;
  promotion?: Promotion;
  layers?: Partial<Record<Layer, LayerStrategy>>;
}

interface Wishes {
  version?: string;
  /** Of every layer that `images` does not name. */
  image?: string;
  images?: Partial<Record<Layer, string>>;
  /** Default all. */
  layers?: readonly Layer[];
  /** `null` leaves it out. Default 1. */
  replicas?: number | null;
  /** Default true. */
  ports?: boolean;
  progressDeadlineSeconds?: number;
  strategy?: Strategy;
}

/** A FogRollout whose image has its version as tag, unless told otherwise. */
export function aRollout(name: string, wishes: Wishes = {}): RolloutManifest {
  const { version = 'v1', images = {}, layers = LAYERS, replicas = 1, ports = true } = wishes;
  const image = wishes.image ?? `nginx:${version}`;
  const contentOf = (layer: Layer): LayerContent => ({
    ...(replicas !== null && { replicas }),
    containers: [{ name: 'web', image: images[layer] ?? image, ...(ports && { ports: [{ containerPort: 80 }] }) }],
  });
  const { progressDeadlineSeconds } = wishes;
  const strategy = { ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }), ...wishes.strategy };
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogRollout',
    metadata: { name },
    spec: {
      version,
      deployments: Object.fromEntries(layers.map((layer) => [layer, contentOf(layer)])),
      ...(Object.keys(strategy).length > 0 && { strategy }),
    },
  };
}

/** A copy with another content of one layer. */
export function withLayer(manifest: RolloutManifest, layer: Layer, change: Partial<LayerContent>): RolloutManifest {
  const { deployments } = manifest.spec;
  const content = { ...deployments[layer]!, ...change };
  return { ...manifest, spec: { ...manifest.spec, deployments: { ...deployments, [layer]: content } } };
}
