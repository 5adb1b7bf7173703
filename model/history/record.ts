/** How one run went, as it is kept with the content of its generation. Pure. */
import { conditionOf } from '../conditions.ts';
import { layerWords } from '../layer-skip.ts';
import type { RunNotes, TakenAction } from '../run/notes.ts';
import { REASONS } from '../status.ts';
import { boundLine, counted } from '../text.ts';
import type { FogRolloutStatus, GateStatus, LayerStatus, RunReference, SiteFailure } from '../types.ts';

/**
 * How a run ended. `Superseded`: a newer change came. `Adjusted`: it went on as a run of a newer generation, which changed
 * nothing but the strategy. `Interrupted`: it ended without a word, as when Temporal has lost it, and was begun anew. `RolledBack`: all
 * layers have what they were to go back to.
 */
export const OUTCOMES = [
  'Succeeded',
  'Failed',
  'Aborted',
  'RolledBack',
  'Superseded',
  'Adjusted',
  'Interrupted',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export type LayerRecord = Pick<LayerStatus, 'phase' | 'sites' | 'message' | 'startedAt' | 'finishedAt'> & {
  layer: LayerStatus['name'];
};

export type GateRecord = Pick<
  GateStatus,
  'layer' | 'at' | 'wave' | 'name' | 'state' | 'message' | 'since' | 'decisions'
>;

export interface RunRecord {
  /** Of Temporal: names the run, so that it is there once however often it is written. */
  runId: string;
  kind: RunNotes['kind'];
  version: string;
  outcome: Outcome;
  /** The last the object said while it went on, or its end. */
  phase: FogRolloutStatus['phase'];
  /** RFC 3339, as all times here. */
  startedAt: string;
  finishedAt: string;
  reason?: string;
  message: string;
  layers: LayerRecord[];
  /** Newest last. */
  gates: GateRecord[];
  /** Oldest first. */
  actions: TakenAction[];
  /** Of sites, newest first; left out where none has failed. */
  failures?: SiteFailure[];
  /** What there was no room for, e.g. `2 gates, 7 actions`. */
  leftOut?: string;
}

/** Bytes that one run may take: ten of them are far from the 256 KiB that Kubernetes gives all annotations of an object. */
export const MAX_RECORD_BYTES = 8 * 1024;

/** Runs of one generation that are kept, the newest. */
export const MAX_RUNS = 10;

/** Bytes of the one message that says how it ended. */
const MAX_MESSAGE = 1024;

/**
 * What a record keeps, one after the other until it fits: bytes of texts, of what sites failed with, and of names, and how many of
 * what comes in lists.
 */
const LEVELS = [
  { text: 1024, cause: 256, word: 256, gates: 12, decisions: 10, actions: 20, failures: 20 },
  { text: 256, cause: 128, word: 128, gates: 12, decisions: 3, actions: 10, failures: 12 },
  { text: 128, cause: 64, word: 64, gates: 4, decisions: 1, actions: 4, failures: 4 },
] as const;

type Level = (typeof LEVELS)[number];

/** A run by what the object says, and what that does not. */
export interface Told {
  notes: RunNotes;
  outcome: Outcome;
  finishedAt: string;
  reason?: string;
  message: string;
}

/** @returns undefined of a status that is of no run */
export function recordOf(status: FogRolloutStatus, told: Told): RunRecord | undefined {
  const { run, revision, layers = [], gates = [], phase } = status;
  if (!run || !revision) return undefined;
  const { notes, message, ...end } = told;
  return fitted({
    runId: run.runId,
    kind: notes.kind,
    version: revision.version,
    phase,
    startedAt: startOf(run, layers),
    ...end,
    message,
    layers: layers.map(layerOf),
    gates: gates.map(gateOf),
    actions: notes.actions,
    ...failedIn(status),
  });
}

/** Of a run that has come to its end by itself; undefined while it has not. */
export function endOf(status: FogRolloutStatus, notes: RunNotes): RunRecord | undefined {
  if (status.phase !== 'Succeeded' && status.phase !== 'Failed') return undefined;
  const ready = conditionOf(status.conditions, 'Ready');
  if (!ready) return undefined;
  const end = conditionOf(status.conditions, 'Stalled') ?? ready;
  return recordOf(status, {
    notes,
    outcome: OUTCOME_OF[ready.reason] ?? status.phase,
    finishedAt: end.lastTransitionTime,
    reason: ready.reason,
    message: ready.message,
  });
}

/** By what the object says in one word, where its phase does not. */
const OUTCOME_OF: Record<string, Outcome> = { [REASONS.aborted]: 'Aborted', [REASONS.rolledBack]: 'RolledBack' };

/** A run that went on in a fresh history began with its first layer, which may have been in the one before. */
export function startOf({ startedAt }: RunReference, layers: LayerStatus[]): string {
  const begun = layers.flatMap(({ phase, startedAt: at }) => (at !== undefined && phase !== 'Pending' ? [at] : []));
  return [startedAt, ...begun].reduce((first, at) => (Date.parse(at) < Date.parse(first) ? at : first));
}

/** Of a layer whose turn did not come the status keeps when an earlier run began it: that is no part of this one. */
export function layerOf(layer: LayerStatus): LayerRecord {
  const { name, phase, sites, startedAt, finishedAt } = layer;
  const times = phase === 'Pending' ? {} : { startedAt, finishedAt };
  const given = Object.entries({ message: layerWords(layer), ...times }).filter(([, value]) => value !== undefined);
  return { layer: name, phase, sites, ...Object.fromEntries(given) };
}

/** Those of this run: a rollback keeps those that it came of, and layers their counts until their turn has come. */
export function failedIn({ layers = [], failures = [] }: FogRolloutStatus): { failures?: SiteFailure[] } {
  const own = layers.flatMap(({ name, phase, sites }) => {
    return phase === 'Pending' ? [] : failures.filter(({ layer }) => layer === name).slice(0, sites.failed);
  });
  return own.length > 0 ? { failures: failures.filter((failure) => own.includes(failure)) } : {};
}

export function gateOf({ layer, at, wave, name, state, message, since, decisions }: GateStatus): GateRecord {
  const more = { ...(wave !== undefined && { wave }), ...(decisions && { decisions }) };
  return { layer, at, name, state, message, since, ...more };
}

/** In the fullest form that has room. */
function fitted(record: RunRecord): RunRecord {
  const forms = LEVELS.map((level) => bounded(record, level));
  return forms.find((form) => bytesOf(form) <= MAX_RECORD_BYTES) ?? forms.at(-1)!;
}

function bytesOf(record: RunRecord): number {
  return Buffer.byteLength(JSON.stringify(record));
}

function bounded(record: RunRecord, level: Level): RunRecord {
  const { text, cause, word, gates, decisions, actions } = level;
  const words = (value: string) => boundLine(value, word);
  const kept = record.gates.slice(-gates);
  const failures = record.failures?.slice(0, level.failures);
  const left = {
    gate: record.gates.length - Math.min(record.gates.length, gates),
    decision: kept.reduce((sum, gate) => sum + Math.max(0, (gate.decisions?.length ?? 0) - decisions), 0),
    action: record.actions.length - Math.min(record.actions.length, actions),
    failure: (record.failures?.length ?? 0) - (failures?.length ?? 0),
  };
  const leftOut = Object.entries(left).flatMap(([what, count]) => (count > 0 ? [counted(count, what)] : []));
  return {
    ...record,
    version: words(record.version),
    ...(record.reason !== undefined && { reason: words(record.reason) }),
    message: boundLine(record.message, MAX_MESSAGE),
    layers: record.layers.map((layer) => ({
      ...layer,
      ...(layer.message !== undefined && { message: boundLine(layer.message, text) }),
    })),
    gates: kept.map((gate) => ({
      ...gate,
      name: words(gate.name),
      ...(gate.wave !== undefined && { wave: words(gate.wave) }),
      message: boundLine(gate.message, text),
      ...(gate.decisions && {
        decisions: gate.decisions.slice(0, decisions).map(({ by, at }) => ({ by: words(by), at: words(at) })),
      }),
    })),
    actions: record.actions.slice(-actions).map((action) => ({
      ...action,
      by: words(action.by),
      at: words(action.at),
      ...(action.wave !== undefined && { wave: words(action.wave) }),
      ...(action.gate !== undefined && { gate: words(action.gate) }),
      ...(action.reason !== undefined && { reason: words(action.reason) }),
    })),
    ...(failures && {
      failures: failures.map(({ site, layer, reason, message }) => {
        return { site: words(site), layer, reason: words(reason), message: boundLine(message, cause) };
      }),
    }),
    ...(leftOut.length > 0 && { leftOut: leftOut.join(', ') }),
  };
}
