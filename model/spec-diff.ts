/** What another spec changes, field by field, by layer, and what follows from it. Pure. */
import { LAYERS, type Layer } from './layers.ts';
import { isFields } from './run/shape.ts';
import type { FogRollout } from './types.ts';

/** One field; the value that is not there is left out. */
export interface Change {
  /** e.g. `containers[web].image`. */
  path: string;
  before?: unknown;
  after?: unknown;
}

export interface LayerDiff {
  layer: Layer;
  /** `restartless`: it is given another version with what it has, and its pods go on. */
  kind: 'added' | 'removed' | 'changed' | 'restartless' | 'same';
  changes: Change[];
}

export interface SpecDiff {
  version?: Change;
  layers: LayerDiff[];
  /** Of the strategy: a change of nothing else adjusts the run under way. */
  strategy: Change[];
  /** `run`: a new revision goes through the layers; `adjust`: the one under way is adjusted. */
  effect: 'run' | 'adjust' | 'none';
}

type Spec = FogRollout['spec'];
type Fields = Record<string, unknown>;

/** @param before - as it is live; @param after - as it would be, defaults applied in both */
export function specDiff(before: Spec, after: Spec): SpecDiff {
  const [version] = changesOf(before.version, after.version, 'version');
  const layers = LAYERS.flatMap((layer) => layerDiff(layer, before, after));
  const strategy = changesOf(before.strategy ?? {}, after.strategy ?? {});
  const isOther = version !== undefined || layers.some(({ kind }) => kind !== 'same');
  const effect = isOther ? 'run' : strategy.length > 0 ? 'adjust' : 'none';
  return { ...(version && { version }), layers, strategy, effect };
}

function layerDiff(layer: Layer, before: Spec, after: Spec): LayerDiff[] {
  const [had, has] = [before.deployments[layer], after.deployments[layer]];
  if (!had) return has ? [{ layer, kind: 'added', changes: [] }] : [];
  if (!has) return [{ layer, kind: 'removed', changes: [] }];
  const changes = changesOf(had, has);
  if (changes.length > 0) return [{ layer, kind: 'changed', changes }];
  return [{ layer, kind: before.version === after.version ? 'same' : 'restartless', changes }];
}

/**
 * The fields in which two values differ. Items of a list are known by their names, or by what else tells them apart in
 * Kubernetes; where nothing does, by their places.
 */
export function changesOf(before: unknown, after: unknown, path = ''): Change[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path, after }];
  if (after === undefined) return [{ path, before }];
  if (Array.isArray(before) && Array.isArray(after)) return changesOfItems(before, after, path);
  if (isFields<Fields>(before) && isFields<Fields>(after)) {
    const keys = [...Object.keys(before), ...Object.keys(after).filter((key) => !(key in before))];
    return keys.flatMap((key) => changesOf(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

function changesOfItems(before: unknown[], after: unknown[], path: string): Change[] {
  const key = KEYS.find((one) =>
    [...before, ...after].every((item) => isFields<Fields>(item) && item[one] !== undefined),
  );
  if (!key) {
    // Words in an order, as arguments are: all of them say more than the one that differs.
    if (![...before, ...after].some(isFields))
      return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
    const places = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => at);
    return places.flatMap((at) => changesOf(before[at], after[at], `${path}[${at}]`));
  }
  const [had, has] = [byKey(before, key), byKey(after, key)];
  const names = [...had.keys(), ...[...has.keys()].filter((name) => !had.has(name))];
  return names.flatMap((name) => changesOf(had.get(name), has.get(name), `${path}[${name}]`));
}

/** What items of Kubernetes' lists are known by, the first that all have. */
const KEYS = ['name', 'containerPort', 'mountPath', 'devicePath', 'topologyKey', 'key'];

function byKey(items: unknown[], key: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const item of items as Record<string, unknown>[]) {
    // A port may be there once a protocol.
    const name = key === 'containerPort' && item.protocol ? `${item[key]}/${item.protocol}` : String(item[key]);
    found.set(found.has(name) ? `${name}, ${found.size}` : name, item);
  }
  return found;
}
