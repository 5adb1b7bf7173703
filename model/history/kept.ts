/**
 * What a ControllerRevision of ours says of its generation: which it is, and how its runs went. People can edit it: what makes
 * no sense is said to be unknown, and nothing is believed that is not in its shape. Pure.
 */
import { isLayer } from '../layers.ts';
import { ANNOTATIONS, LABELS, RUN_ANNOTATION, revisionName } from '../names.ts';
import type { Order } from '../order.ts';
import { RUN_KINDS, type TakenAction } from '../run/notes.ts';
import { isFields, isText } from '../run/shape.ts';
import { boundLine } from '../text.ts';
import type { LayerPhase, SiteCounts, SiteFailure } from '../types.ts';
import { type GateRecord, type LayerRecord, OUTCOMES, type RunRecord } from './record.ts';

/** A run whose record cannot be read. */
export interface UnreadableRun {
  runId: string;
  outcome: 'Unknown';
}

/** What is kept of a generation, or of a later attempt within it, besides its content. */
export interface KeptGeneration extends Order {
  /** When its content was kept, RFC 3339. */
  createdAt: string;
  /** Of the FogRollout that it is of. */
  uid: string;
  version?: string;
  /** In no order. */
  runs: (RunRecord | UnreadableRun)[];
}

/** The part of an object's metadata that is read here. */
export interface KeptMetadata {
  name: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Bytes of a text that somebody may have written by hand. */
const MOST_TEXT = 2048;
/** And how much of what comes in lists. */
const MOST_ITEMS = 50;

/** Selects what is kept of a FogRollout, in its namespace. */
export function keptSelector(rollout: string): string {
  return `${LABELS.rollout}=${rollout}`;
}

/** @returns undefined for what is no kept revision of that FogRollout: others use the label too */
export function keptGeneration(rollout: string, metadata: KeptMetadata): KeptGeneration | undefined {
  const { name, labels = {}, annotations = {}, creationTimestamp } = metadata;
  const [, generation, attempt] = /-(\d{1,15})(?:\.(\d{1,9}))?$/.exec(name) ?? [];
  const order = { generation: Number(generation), ...(attempt !== undefined && { attempt: Number(attempt) }) };
  const uid = annotations[ANNOTATIONS.uid];
  if (name !== revisionName(rollout, order) || labels[LABELS.rollout] !== rollout || !uid) return undefined;
  const runs = Object.entries(annotations).flatMap(([key, text]) =>
    key.startsWith(RUN_ANNOTATION) ? [runIn(key.slice(RUN_ANNOTATION.length), text)] : [],
  );
  const version = annotations[ANNOTATIONS.version] ?? runs.find((run) => run.outcome !== 'Unknown')?.version;
  return {
    ...order,
    createdAt: creationTimestamp ?? new Date(0).toISOString(),
    uid,
    ...(version !== undefined && { version }),
    runs,
  };
}

/** The annotation of a run: written again, it is the same. */
export function annotationOf({ runId, ...record }: RunRecord): { key: string; value: string } {
  return { key: RUN_ANNOTATION + runId, value: JSON.stringify(record) };
}

/** Inverse of {@link annotationOf}. */
function runIn(runId: string, text: string): RunRecord | UnreadableRun {
  const unreadable = { runId, outcome: 'Unknown' } as const;
  const fields = fieldsIn(text);
  if (!fields) return unreadable;
  const { startedAt, finishedAt, version, message, phase, kind, reason, leftOut } = fields;
  const failures = listOf(fields.failures, failureIn);
  const outcome = OUTCOMES.find((one) => one === fields.outcome);
  if (!outcome || !isTime(startedAt) || !isTime(finishedAt) || ![version, message].every(isText)) return unreadable;
  return {
    runId,
    kind: RUN_KINDS.find((one) => one === kind) ?? 'rollout',
    version: textOf(version),
    outcome,
    phase: textOf(phase) as RunRecord['phase'],
    startedAt,
    finishedAt,
    ...(isText(reason) && { reason: textOf(reason) }),
    message: textOf(message),
    layers: listOf(fields.layers, layerIn),
    gates: listOf(fields.gates, gateIn),
    actions: listOf(fields.actions, actionIn),
    ...(failures.length > 0 && { failures }),
    ...(isText(leftOut) && { leftOut: textOf(leftOut) }),
  };
}

function layerIn({ layer, phase, sites, message, startedAt, finishedAt }: Fields): LayerRecord | undefined {
  if (!isLayer(layer) || !isText(phase) || !isFields<Fields>(sites)) return undefined;
  const counts = COUNTS.map((name) => [name, sites[name] ?? 0] as const);
  const unknown = sites.unknown;
  if (!counts.every(([, count]) => Number.isSafeInteger(count))) return undefined;
  return {
    layer,
    phase: textOf(phase) as LayerPhase,
    sites: {
      ...(Object.fromEntries(counts) as unknown as SiteCounts),
      ...(Number.isSafeInteger(unknown) && { unknown: unknown as number }),
    },
    ...(isText(message) && { message: textOf(message) }),
    ...(isTime(startedAt) && { startedAt }),
    ...(isTime(finishedAt) && { finishedAt }),
  };
}

const COUNTS = ['total', 'updated', 'ready', 'failed', 'deferred'] as const;

function gateIn({ layer, at, wave, name, state, message, since, decisions }: Fields): GateRecord | undefined {
  if (!isLayer(layer) || ![at, name, state, message].every(isText) || !isTime(since)) return undefined;
  const decided = listOf(decisions, ({ by, at: when }) =>
    isText(by) && isTime(when) ? { by: textOf(by), at: when } : undefined,
  );
  return {
    layer,
    at: textOf(at) as GateRecord['at'],
    name: textOf(name),
    state: textOf(state) as GateRecord['state'],
    message: textOf(message),
    since,
    ...(isText(wave) && { wave: textOf(wave) }),
    ...(decided.length > 0 && { decisions: decided }),
  };
}

function actionIn({ action, layer, wave, gate, plan, by, at, reason }: Fields): TakenAction | undefined {
  if (![action, by].every(isText) || !isTime(at)) return undefined;
  return {
    action: textOf(action) as TakenAction['action'],
    ...(isLayer(layer) && { layer }),
    ...(isText(wave) && { wave: textOf(wave) }),
    ...(isText(gate) && { gate: textOf(gate) }),
    ...(isText(plan) && { plan: textOf(plan) }),
    by: textOf(by),
    at,
    ...(isText(reason) && { reason: textOf(reason) }),
  };
}

function failureIn({ layer, site, reason, message }: Fields): SiteFailure | undefined {
  if (!isLayer(layer) || ![site, reason, message].every(isText)) return undefined;
  return { site: textOf(site), layer, reason: textOf(reason), message: textOf(message) };
}

type Fields = Record<string, unknown>;

function fieldsIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields<Fields>(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTime(value: unknown): value is string {
  return isText(value) && /^\d{4}-\d\d-\d\dT[\d:.]{5,20}Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function textOf(value: unknown): string {
  return isText(value) ? boundLine(value, MOST_TEXT) : '';
}

function listOf<T>(value: unknown, read: (fields: Fields) => T | undefined): T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_ITEMS).flatMap((item) => {
    const found = isFields<Fields>(item) ? read(item) : undefined;
    return found === undefined ? [] : [found];
  });
}
