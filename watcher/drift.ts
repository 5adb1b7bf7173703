import type { Layer } from '../model/layers.ts';

export interface DriftedLayer {
  layer: Layer;
  generation: number;
  drift: string;
}
