import { createHash } from 'node:crypto';
import { canonical } from './canonical.ts';
import { LAYERS, type Layer } from './layers.ts';
import { ANNOTATIONS } from './names.ts';
import { boundText } from './text.ts';
import type { FogRollout, LayerContent, Owner, Revision, Strategy } from './types.ts';

/** What `spec.strategy` means where it says nothing. */
export const STRATEGY_DEFAULTS: Strategy = {
  paused: false,
  onFailure: 'Halt',
  rollbackWindowSeconds: 0,
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 10,
  promotion: 'Layer',
  layers: {},
};

/** What makes one revision differ from another: what its sites are given, not how they are gone through. */
export type RevisionContent = Pick<Revision, 'version' | 'layers'>;

/** Freezes the object's current generation. Only the spec counts: labels and annotations alter nothing. */
export function revisionOf(rollout: FogRollout): Revision {
  const content: RevisionContent = {
    version: rollout.spec.version,
    layers: restarted(layersOf(rollout.spec.deployments), rollout.status?.restartedAt),
  };
  const strategy = strategyOf(rollout.spec.strategy);
  return { generation: rollout.metadata.generation, ...named(content), strategy };
}

/** The same with pods that are made anew. @param at - RFC 3339 */
export function restartedRevision(revision: Revision, at: string): Revision {
  const { version, layers } = revision;
  return { ...revision, ...named({ version, layers: restarted(layers, at) }) };
}

function named(content: RevisionContent): Pick<Revision, 'version' | 'layers' | 'hash' | 'hashes'> {
  return { hash: hashOf(content), ...content, hashes: contentHashesOf(content) };
}

/** Pods that were made anew once stay so: without the mark they would be made anew again. */
function restarted(layers: RevisionContent['layers'], at: string | undefined): RevisionContent['layers'] {
  if (at === undefined) return layers;
  const mark = { [ANNOTATIONS.restartedAt]: at };
  const marked = Object.entries(layers).map(([layer, content]) => {
    return [layer, { ...content, podAnnotations: { ...content.podAnnotations, ...mark } }];
  });
  return Object.fromEntries(marked);
}

/** The layers that a revision has, cloud first. */
export function layersIn({ layers }: Pick<Revision, 'layers'>): Layer[] {
  return LAYERS.filter((layer) => layers[layer]);
}

/** Whether a rollout is to have a release in a layer: by spec, or by what it was rolled back to. */
export function hasLayer({ spec, status }: FogRollout, layer: Layer): boolean {
  if (status?.rollback) return status.layers?.some(({ name }) => name === layer) ?? false;
  return spec.deployments[layer] !== undefined;
}

export function ownerOf(rollout: FogRollout): Owner {
  const { namespace, name, uid, creationTimestamp } = rollout.metadata;
  return { namespace, name, uid, created: creationTimestamp };
}

/** Longest name of a user that is handed on, in bytes: longer ones can take no actions. */
const MAX_AUTHOR = 2_000;

/** Who last changed spec; undefined where nobody is recorded. Part of no hash. */
export function authorOf({ metadata }: FogRollout): string | undefined {
  const author = metadata.annotations?.[ANNOTATIONS.changedBy];
  return author ? boundText(author, MAX_AUTHOR) : undefined;
}

/** 16 hex digits of a SHA-256 over the content with its keys sorted, so that key order never matters. */
export function hashOf({ version, layers }: RevisionContent): string {
  return digestOf({ version, layers });
}

/**
 * Names what the sites of a layer are given, in the same digits: the version, since their objects carry it, and the
 * layer's content. A site is ready with it.
 */
export function contentHashOf(version: string, content: LayerContent): string {
  return digestOf({ version, content });
}

/** By layer, {@link contentHashOf}. */
export function contentHashesOf({ version, layers }: RevisionContent): Revision['hashes'] {
  return Object.fromEntries(Object.entries(layers).map(([layer, content]) => [layer, contentHashOf(version, content)]));
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
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
