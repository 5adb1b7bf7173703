/** The three layers, in the order a revision is promoted through them. */
export const LAYERS = ['cloud', 'fog', 'edge'] as const;

export type Layer = (typeof LAYERS)[number];

/** Removal goes the other way: nothing below a layer may outlive it. */
export const REMOVAL_ORDER: readonly Layer[] = [...LAYERS].reverse();

/** The nearest layer above that has something. */
export function layerAbove(layer: Layer, layers: Partial<Record<Layer, unknown>>): Layer | undefined {
  return LAYERS.slice(0, LAYERS.indexOf(layer)).findLast((name) => layers[name]);
}

export function isLayer(value: unknown): value is Layer {
  return LAYERS.includes(value as Layer);
}
