/** What the objects of a layer's sites would change in. One for all of them: all are given the same. Pure. */
import type { Layer } from '../layers.ts';
import { InvalidReleaseError, type Release, renderRelease } from '../release.ts';
import { implicitSite, type Site } from '../site.ts';
import { type Change, changesOf } from '../spec-diff.ts';
import type { Owner, Revision } from '../types.ts';

export interface ObjectDiff {
  kind: string;
  name: string;
  /** `same`: it is given what it has, at most under another version, and no pod is made anew. */
  effect: 'new' | 'changed' | 'same' | 'removed';
  /** Of its spec. */
  changes: Change[];
}

export interface Rendered {
  kind: string;
  metadata: { name: string };
  spec?: unknown;
}

/** @returns a text for what cannot be rendered; undefined where the revision has no such layer */
export function renderedOf(
  layer: Layer,
  { owner, revision, site = implicitSite(layer) }: { owner: Owner; revision: Revision; site?: Site },
): Release | string | undefined {
  const content = revision.layers[layer];
  if (!content) return undefined;
  const { progressDeadlineSeconds } = revision.strategy;
  try {
    return renderRelease({ owner, site, revision, hash: revision.hashes[layer]!, content, progressDeadlineSeconds });
  } catch (error) {
    if (error instanceof InvalidReleaseError) return error.message;
    throw error;
  }
}

/** By what is asked for, since no server is: between what a layer was given, and what it is to be given. */
export function diffOf(before: Release | undefined, after: Release): ObjectDiff[] {
  return [...objectDiff(before?.deployment, after.deployment), ...objectDiff(before?.service, after.service)];
}

/** What is not there is left out. */
export function objectDiff(before: Rendered | undefined, after: Rendered | undefined): ObjectDiff[] {
  const object = after ?? before;
  if (!object) return [];
  const known = { kind: object.kind, name: object.metadata.name };
  if (!before) return [{ ...known, effect: 'new', changes: [] }];
  if (!after) return [{ ...known, effect: 'removed', changes: [] }];
  const changes = changesOf(before.spec, after.spec);
  return [{ ...known, effect: changes.length > 0 ? 'changed' : 'same', changes }];
}
