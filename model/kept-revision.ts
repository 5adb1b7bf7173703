import type { Revision } from './types.ts';

/** What the `data` of a ControllerRevision of ours is. */
export interface KeptData {
  /** The revision in JSON, without characters that Go writes otherwise than JavaScript. */
  json: string;
}

/**
 * The revision as it is kept. A ControllerRevision's `data` may never change, and the API server compares its bytes: whoever
 * patches the object (the garbage collector, when owners are orphaned) has them encoded anew by Go, with sorted keys,
 * with `<`, `>`, `&`, U+2028 and U+2029 escaped, and with other forms of rare numbers. One text that has none of it
 * comes out as it went in.
 */
export function keptOf(revision: Revision): KeptData {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return { json: JSON.stringify(revision).replace(/[<>&\u2028\u2029]/g, escaped) };
}

/** Inverse of {@link keptOf}; also reads what 0.1.0 kept, the revision itself. Undefined when there is no sense in it. */
export function revisionIn(data: unknown): Revision | undefined {
  if (isOldForm(data)) return data as Revision;
  const { json } = (data ?? {}) as Partial<KeptData>;
  if (typeof json !== 'string') return undefined;
  try {
    return JSON.parse(json) as Revision;
  } catch {
    return undefined;
  }
}

/** Kept by 0.1.0: an object that nobody can patch whose keys are not in order, or whose texts have `<`, `>` or `&`. */
export function isOldForm(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'layers' in data;
}
