/** What a layer's content is changed in, in few words. Pure. */
import { LAYERS, type Layer } from '../../model/layers.ts';
import { type Change, type LayerDiff, specDiff } from '../../model/spec-diff.ts';
import type { FogRollout } from '../../model/types.ts';

type Spec = FogRollout['spec'];

/** As `/revisions/{n}` answers it. */
export interface Kept {
  generation: number;
  version?: string;
  deployments?: Spec['deployments'];
}

export interface LayerChange {
  layer: Layer;
  lines: string[];
}

const MOST_LINES = 6;
const LONGEST = 60;

/**
 * From what is kept of a generation to what the spec says, or back.
 *
 * @param only - this layer alone
 * @returns undefined where the content is not kept
 */
export function contentChanges(
  spec: Spec,
  { version, deployments }: Kept,
  { isBack, only }: { isBack: boolean; only?: Layer | undefined },
): LayerChange[] | undefined {
  if (!deployments || version === undefined) return undefined;
  const kept: Spec = { ...spec, version, deployments };
  const { layers } = isBack ? specDiff(spec, kept) : specDiff(kept, spec);
  const shown = layers.filter(({ layer }) => only === undefined || layer === only);
  const order = isBack ? LAYERS.toReversed() : LAYERS;
  return shown
    .map((diff) => ({ layer: diff.layer, lines: linesOf(diff) }))
    .sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer));
}

const WHOLE: Partial<Record<LayerDiff['kind'], string>> = {
  added: 'is given it for the first time',
  removed: 'loses its releases',
  restartless: 'keeps its pods',
  same: 'keeps what it has',
};

function linesOf({ kind, changes }: LayerDiff): string[] {
  const whole = WHOLE[kind];
  if (whole !== undefined) return [whole];
  const lines = changes.slice(0, MOST_LINES).map(lineOf);
  return changes.length > MOST_LINES ? [...lines, `and ${changes.length - MOST_LINES} more fields`] : lines;
}

function lineOf({ path, before, after }: Change): string {
  return `${path}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
