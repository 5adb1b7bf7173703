import type { ObjectMeta } from '../kube/resources.ts';
import { LAYERS } from '../model/layers.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { ObjectDiff } from '../model/plan/renderings.ts';
import { type Change, changesOf, type LayerDiff, type SpecDiff, specDiff } from '../model/spec-diff.ts';
import { boundText, counted } from '../model/text.ts';
import type { FogRollout, LayerContent } from '../model/types.ts';
import { type Branch, drawn } from './branches.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubeManifest } from './manifests.ts';
import type { Paint } from './paint.ts';

interface KubeObject {
  kind: string;
  metadata: ObjectMeta;
  spec: unknown;
}

/** An object as it is live, where it is there, and as the API server would have it. */
export interface Pair {
  before?: KubeObject;
  after: KubeObject;
}

export interface Drawn {
  lines: string[];
  differs: boolean;
}

/**
 * Asks the API server what applying manifests would make of them, by a dry run: with its defaults, and what others own.
 *
 * @throws KubectlError where it refuses one of them
 */
export async function pairsOf(kubectl: Kubectl, manifests: KubeManifest[], flags: string[]): Promise<Pair[]> {
  if (manifests.length === 0) return [];
  const list = { apiVersion: 'v1', kind: 'List', items: manifests };
  const [after, before] = await Promise.all([
    kubectl.run(['apply', '--dry-run=server', ...flags, '-o', 'json', '-f', '-'], list),
    kubectl.run(['get', '--ignore-not-found', '-o', 'json', '-f', '-'], list),
  ]);
  const live = new Map(objectsIn(before).map((object) => [nameOf(object), object]));
  return objectsIn(after).map((object) => {
    const known = live.get(nameOf(object));
    return known ? { before: known, after: object } : { after: object };
  });
}

/** What a manifest changes, as lines. */
export function diffLines({ before, after }: Pair, paint: Paint): Drawn {
  const { namespace, name } = after.metadata;
  const isRollout = after.kind === FOG_ROLLOUTS.kind;
  const head = paint('bold', isRollout ? `${namespace}/${name}` : `${after.kind} ${name}`);
  if (!before) {
    const parts = isRollout ? newLayers((after as FogRollout).spec) : [];
    return { lines: [`${head}: ${paint('green', 'new')}`, ...drawn(parts)], differs: true };
  }
  const marks = changesOf(marksOf(before), marksOf(after)).map((change) => changeBranch(change, paint));
  if (isRollout) {
    const diff = specDiff((before as FogRollout).spec, (after as FogRollout).spec);
    const branches = [...rolloutBranches(diff, paint), ...marks];
    const differs = diff.effect !== 'none' || marks.length > 0;
    return { lines: [`${head}: ${effectWords(diff, marks.length > 0)}`, ...(differs ? drawn(branches) : [])], differs };
  }
  const branches = [...changesOf(before.spec, after.spec).map((change) => changeBranch(change, paint)), ...marks];
  const words = branches.length > 0 ? 'changes' : 'no change';
  return { lines: [`${head}: ${words}`, ...drawn(branches)], differs: branches.length > 0 };
}

/** What a plan gives the sites of a layer, as branches: what stays as it is needs none. */
export function objectBranches(objects: ObjectDiff[], paint: Paint): Branch[] {
  const changed = objects.filter(({ effect }) => effect !== 'same');
  if (changed.length === 0 && objects.length > 0) return [{ line: paint('dim', 'no pod is made anew') }];
  return changed.map(({ kind, name, effect, changes }) => {
    if (effect === 'new') return { line: paint('green', `+ ${kind} ${name}`) };
    if (effect === 'removed') return { line: paint('red', `- ${kind} ${name}`) };
    return { line: `${kind} ${name}: changes`, branches: changes.map((change) => changeBranch(change, paint)) };
  });
}

function effectWords({ effect, version }: SpecDiff, hasMarks: boolean): string {
  if (effect === 'adjust') return 'adjusts the run under way, and rolls nothing out';
  if (effect === 'none') return hasMarks ? 'changes labels or annotations alone' : 'no change';
  return version
    ? `begins a run, ${text(version.before)} → ${text(version.after)}`
    : 'begins a run of the same version';
}

function rolloutBranches({ layers, strategy }: SpecDiff, paint: Paint): Branch[] {
  const control = strategy.map((change) => changeBranch(change, paint));
  return [
    ...layers.map((layer) => layerBranch(layer, paint)),
    ...(control.length > 0 ? [{ line: 'strategy: control, adjusts the run under way', branches: control }] : []),
  ];
}

function layerBranch({ layer, kind, changes }: LayerDiff, paint: Paint): Branch {
  switch (kind) {
    case 'added':
      return { line: paint('green', `+ ${layer}: has its turn from now on`) };
    case 'removed':
      return { line: paint('red', `- ${layer}: is left out, what it has is removed`) };
    case 'same':
      return { line: paint('dim', `${layer}: the same`) };
    case 'restartless':
      return { line: paint('dim', `${layer}: the same under another version, no pod is restarted`) };
    case 'changed':
      return { line: `${layer}: changes`, branches: changes.map((change) => changeBranch(change, paint)) };
  }
}

function changeBranch({ path, before, after }: Change, paint: Paint): Branch {
  if (before === undefined) return { line: paint('green', `+ ${path}: ${text(after)}`) };
  if (after === undefined) return { line: paint('red', `- ${path}: ${text(before)}`) };
  return { line: `${paint('yellow', `~ ${path}:`)} ${text(before)} → ${text(after)}` };
}

function newLayers({ deployments }: FogRollout['spec']): Branch[] {
  return LAYERS.flatMap((layer) => {
    const content = deployments[layer];
    return content ? [{ line: `${layer}: ${contentWords(content)}` }] : [];
  });
}

function contentWords({ replicas, containers }: LayerContent): string {
  const images = containers.map(({ name, image }) => `${name} ${image}`).join(', ');
  return replicas === undefined ? images : `${images}, ${counted(replicas, 'replica')}`;
}

/** Characters of a value that is shown. */
const MAX_TEXT = 200;

function text(value: unknown): string {
  return boundText(typeof value === 'string' ? value : JSON.stringify(value), MAX_TEXT);
}

/** kubectl's own note of what was applied says nothing new. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function marksOf({ metadata }: KubeObject): object {
  const { labels = {}, annotations = {} } = metadata;
  const { [LAST_APPLIED]: _, ...others } = annotations;
  return { labels, annotations: others };
}

function objectsIn(output: string): KubeObject[] {
  if (output.trim() === '') return [];
  const object = JSON.parse(output) as KubeObject & { items?: KubeObject[] };
  return object.kind === 'List' ? (object.items ?? []) : [object];
}

function nameOf({ kind, metadata }: KubeObject): string {
  return JSON.stringify([kind, metadata.namespace, metadata.name]);
}
