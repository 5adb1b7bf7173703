import type { ManagedEntry } from './coverage.ts';
import { FIELD_MANAGER, ORPHAN_MANAGER } from './names.ts';

export type { ManagedEntry } from './coverage.ts';

interface Managed {
  metadata: { managedFields?: unknown[] };
}

/**
 * The entries with what a manager wrote by create or update as if it had applied it; undefined when there is nothing to change.
 */
export function upgraded(entries: readonly ManagedEntry[], manager: string): ManagedEntry[] | undefined {
  const isOf = (entry: ManagedEntry, operation: string) =>
    entry.manager === manager && entry.operation === operation && !entry.subresource;
  if (!entries.some((entry) => isOf(entry, 'Update'))) return undefined;
  const hasApplied = entries.some((entry) => isOf(entry, 'Apply'));
  return hasApplied
    ? entries.filter((entry) => !isOf(entry, 'Update'))
    : entries.map((entry) => (isOf(entry, 'Update') ? { ...entry, operation: 'Apply' } : entry));
}

const PODS = ['f:spec', 'f:template', 'f:spec'] as const;
const SPEC = ['f:spec'] as const;

/** The entries with what others have in a Deployment's pods handed to what a manager has applied. */
export function withPodsOfOthers(entries: readonly ManagedEntry[], manager: string): ManagedEntry[] {
  return withFieldsOfOthers(entries, manager, PODS);
}

/** The entries of an object that somebody else has made, with what they wrote of its spec as if the manager had applied it. */
export function withSpecOfOthers(entries: readonly ManagedEntry[], manager: string): ManagedEntry[] {
  const theirs = entries.find(
    ({ subresource, fieldsV1 = {} }) => !subresource && fieldAt(fieldsV1, SPEC) !== undefined,
  );
  if (!theirs) return [...entries];
  return withFieldsOfOthers([...entries, { ...theirs, manager, operation: 'Apply', fieldsV1: {} }], manager, SPEC);
}

/** @param path - of `fieldsV1`; what others have there is handed to what the manager has applied */
function withFieldsOfOthers(
  entries: readonly ManagedEntry[],
  manager: string,
  path: readonly string[],
): ManagedEntry[] {
  const isTheirs = (entry: ManagedEntry) => entry.manager !== manager && !entry.subresource;
  const theirs = entries.filter(isTheirs).map(({ fieldsV1 }) => fieldAt(fieldsV1 ?? {}, path));
  const taken = theirs.filter((fields) => fields !== undefined).reduce<object>(union, {});
  const handed = path.reduceRight<object>((fields, key) => ({ [key]: fields }), taken);
  return entries.map((entry) => {
    const { fieldsV1 = {}, operation, subresource } = entry;
    if (isTheirs(entry)) return { ...entry, fieldsV1: without(fieldsV1, path) };
    return operation === 'Apply' && !subresource ? { ...entry, fieldsV1: union(fieldsV1, handed) } : entry;
  });
}

/** All fields of two sets. */
function union(one: object, other: unknown): object {
  const all: Record<string, unknown> = { ...one };
  for (const [key, fields] of Object.entries(other as object)) all[key] = union((all[key] ?? {}) as object, fields);
  return all;
}

function without(fields: object, [key, ...rest]: readonly string[]): object {
  const inner = (fields as Record<string, object>)[key!];
  if (inner === undefined) return fields;
  const { [key!]: _, ...others } = fields as Record<string, object>;
  const left = rest.length === 0 ? {} : without(inner, rest);
  return Object.keys(left).length === 0 ? others : { ...others, [key!]: left };
}

/** A field that a revision may leave to others, and what the API server makes of it where nobody has it. */
export interface SharedField {
  path: readonly string[];
  byDefault: unknown;
}

/** Of a Deployment, all that others may want besides us: an autoscaler. */
export const REPLICAS: SharedField = { path: ['spec', 'replicas'], byDefault: 1 };

/**
 * Whether leaving a field out of the next apply would change it: we have it, nobody else has, and what is rendered now does not
 * say it. What is as it is by default, as in whatever was created without it, would come back the same.
 */
export function mustHandOver(live: Managed, rendered: object, { path, byDefault }: SharedField): boolean {
  const value = fieldAt(live, path);
  if (value === undefined || value === byDefault || fieldAt(rendered, path) !== undefined) return false;
  const entries = (live.metadata.managedFields ?? []) as ManagedEntry[];
  const holders = entries.filter(
    ({ fieldsV1 }) =>
      fieldAt(
        fieldsV1 ?? {},
        path.map((key) => `f:${key}`),
      ) !== undefined,
  );
  return holders.length > 0 && holders.every(({ manager, subresource }) => manager === FIELD_MANAGER && !subresource);
}

/** The entries of an object that we let go: all that was ours is someone else's, so that no apply ever removes it. */
export function orphaned(entries: readonly ManagedEntry[]): ManagedEntry[] {
  return entries.map((entry) => (entry.manager === FIELD_MANAGER ? { ...entry, manager: ORPHAN_MANAGER } : entry));
}

/** What is at a path, or undefined. */
export function fieldAt(object: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
}
