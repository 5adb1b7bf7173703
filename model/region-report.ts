import { presentRelease } from './present-release.ts';
import {
  type ClusterReport,
  MOST_DRIFTED,
  MOST_MESSAGE,
  MOST_NAMED,
  type NamespaceReport,
  REPORTED_NAMESPACES,
  type RegionReport,
} from './region-observation.ts';
import { boundLine } from './text.ts';
import type { DriftedRelease } from './types.ts';

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const MOST_CAUSE = 600;
const MOST_IDENTITY = 256;
const MOST_IDENTITY_LINE = 512;

/**
 * What a worker answered, as far as it may be believed: a region's credential may be in the wrong hands. Clusters that were
 * not asked for, and what does not have the shape of a report, are left out; texts are cut.
 *
 * @param asked - names of the clusters
 * @throws Error when it is no report at all
 */
export function readReport(raw: unknown, asked: readonly string[]): RegionReport {
  const { worker, cursor, whole, more, leaving, clusters } = fieldsOf(raw);
  const { epoch, version } = fieldsOf(cursor);
  if (typeof worker !== 'string' || typeof epoch !== 'string' || !isCount(version) || !Array.isArray(clusters)) {
    throw new Error('What the worker answered is no report; run the same version of Fog Rollouts everywhere');
  }
  let room = REPORTED_NAMESPACES;
  const read = clusters.slice(0, asked.length).flatMap((cluster) => {
    const known = readCluster(cluster, asked, room);
    room -= known?.namespaces.length ?? 0;
    return known ? [known] : [];
  });
  return {
    worker: worker.slice(0, MOST_IDENTITY),
    cursor: { epoch: epoch.slice(0, MOST_IDENTITY), version },
    whole: whole === true,
    ...(more === true && { more: true }),
    ...(leaving === true && { leaving: true }),
    clusters: read,
  };
}

function readCluster(raw: unknown, asked: readonly string[], room: number): ClusterReport | undefined {
  const { name, answering, since, cause, synced, namespaces } = fieldsOf(raw);
  if (typeof name !== 'string' || !asked.includes(name) || !Array.isArray(namespaces)) return undefined;
  return {
    name,
    ...(typeof answering === 'boolean' && { answering }),
    ...(isTime(since) && { since }),
    ...(typeof cause === 'string' && { cause: boundLine(cause.slice(0, 4 * MOST_CAUSE), MOST_CAUSE) }),
    synced: synced === true,
    namespaces: namespaces.slice(0, room).flatMap(readNamespace),
  };
}

function readNamespace(raw: unknown): NamespaceReport[] {
  const { namespace, releases, present, drifted } = fieldsOf(raw);
  if (!isName(namespace) || !isCount(releases) || !Array.isArray(drifted)) return [];
  const named = readPresent(present);
  return [
    {
      namespace,
      releases,
      ...(named && { present: named }),
      drifted: drifted.slice(0, MOST_DRIFTED).flatMap(readDrifted),
    },
  ];
}

/** All of them or none: one that is left out would be missed. */
function readPresent(raw: unknown): string[] | undefined {
  if (!Array.isArray(raw) || raw.length > MOST_NAMED) return undefined;
  const isIdentity = (line: unknown) =>
    typeof line === 'string' && line.length <= MOST_IDENTITY_LINE && presentRelease(line) !== undefined;
  return raw.every(isIdentity) ? (raw as string[]) : undefined;
}

function readDrifted(raw: unknown): DriftedRelease[] {
  const { namespace, name, message } = fieldsOf(raw);
  if (!isName(namespace) || !isName(name) || typeof message !== 'string') return [];
  return [{ namespace, name, message: boundLine(message.slice(0, 4 * MOST_MESSAGE), MOST_MESSAGE) }];
}

function fieldsOf(raw: unknown): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/** As the schema's int32 takes it. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}

function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
