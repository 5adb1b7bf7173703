/**
 * The course that a run has taken so far, and what has happened on it, by what an object says of itself or what is kept of its
 * past runs: both say the same of the same run, so that it does not matter who is asked, nor how often. Pure.
 */
import { createHash } from 'node:crypto';
import { conditionOf } from '../conditions.ts';
import type { PastRun } from '../history/past.ts';
import { type GateRecord, gateOf, type LayerRecord, layerOf, startOf } from '../history/record.ts';
import type { Layer } from '../layers.ts';
import { type Order, orderIn } from '../order.ts';
import { placeText } from '../run/gate-turn.ts';
import { endingOf, rollingBackText } from '../status.ts';
import { counted } from '../text.ts';
import type { FogRollout, FogRolloutStatus } from '../types.ts';
import type { Kind } from './kinds.ts';

export interface Happened {
  kind: Kind;
  /** RFC 3339; left out where nobody has written it down. */
  at?: string;
  /** Tells it from all else that happens to the rollout, in a few characters. */
  mark: string;
  /** A line for people. */
  message: string;
  layer?: LayerRecord;
  gate?: GateRecord;
  reason?: string;
  by?: string;
}

export interface Course {
  order: Order;
  version: string;
  runId: string;
  /** What tells it from other runs of the same order: what asked for it. */
  asked?: string;
  /** RFC 3339. */
  startedAt: string;
  layers: LayerRecord[];
  begin: Happened;
  /** On its way, in the order of time. */
  stations: Happened[];
  end?: Happened;
  removing?: Happened;
}

/** What of a run tells it from others. */
export type RunHead = Pick<Course, 'order' | 'asked' | 'startedAt'>;

/** @returns undefined of an object that has had no run yet */
export function headOf({ status }: FogRollout): RunHead | undefined {
  if (!status?.run || !status.revision) return undefined;
  const { run, revision, layers = [] } = status;
  const asked = run.action === undefined ? {} : { asked: run.action };
  return { order: orderIn(revision), ...asked, startedAt: startOf(run, layers) };
}

/** Likewise. */
export function courseOf(rollout: FogRollout): Course | undefined {
  const { metadata, status } = rollout;
  const head = headOf(rollout);
  if (!head || !status?.run || !status.revision) return undefined;
  const { run, revision, rollback, layers = [], gates = [] } = status;
  const { startedAt } = head;
  const records = layers.map(layerOf);
  const end = endIn(status, revision.version);
  const removing = removingBy(metadata.deletionTimestamp);
  return {
    ...head,
    version: revision.version,
    runId: run.runId,
    layers: records,
    begin: rollback
      ? { ...backTo(revision.version, rollback), at: rollback.at }
      : { ...begun(revision.version), at: startedAt },
    stations: [...onTheWay(records, gates.map(gateOf)), ...(end || removing ? [] : pauseIn(status))].toSorted(inTime),
    ...(end && { end }),
    ...(removing && { removing }),
  };
}

/** @returns undefined of a generation of which nothing is recorded */
export function courseOfPast(past: PastRun): Course | undefined {
  const { runId, kind, version, startedAt, layers, gates, outcome, finishedAt, reason, message } = past;
  if (runId === undefined || version === undefined || outcome === 'Unknown' || outcome === 'Running') return undefined;
  const ended = END_OF[outcome];
  const [asking] = past.actions;
  const asked = {
    ...(asking?.by !== undefined && { by: asking.by }),
    ...(asking?.reason && { reason: asking.reason }),
  };
  return {
    order: orderIn(past),
    version,
    runId,
    ...(kind === 'retry' && { asked: runId }),
    startedAt,
    layers,
    begin:
      kind === 'rollback'
        ? { ...backTo(version, asked), at: asking?.at ?? startedAt }
        : { ...begun(version), at: startedAt },
    stations: onTheWay(layers, gates).toSorted(inTime),
    ...(ended && {
      end: { kind: ended, mark: '', message, ...(finishedAt && { at: finishedAt }), ...(reason && { reason }) },
    }),
  };
}

/** What a run is over with; undefined where another goes on with it. */
const END_OF: Record<Exclude<PastRun['outcome'], 'Unknown' | 'Running'>, Kind | undefined> = {
  Succeeded: 'rollout.succeeded',
  Failed: 'rollout.failed',
  Aborted: 'rollout.failed',
  RolledBack: 'rollout.rolledback',
  Superseded: 'rollout.superseded',
  Adjusted: undefined,
  Interrupted: undefined,
};

function begun(version: string): Happened {
  return { kind: 'rollout.started', mark: '', message: `Rolling out ${version}` };
}

function backTo(version: string, { by, reason }: { by?: string; reason?: string }): Happened {
  const who = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
  return { kind: 'rollout.rollingback', mark: '', message: rollingBackText(version, who), ...who };
}

/** By what conditions no longer say once something is in its way, or is not ready any more, as little as possible. */
function endIn(status: FogRolloutStatus, version: string): Happened | undefined {
  const { phase, conditions, layers = [], rollback } = status;
  if (phase !== 'Succeeded' && phase !== 'Failed') return undefined;
  const ready = conditionOf(conditions, 'Ready');
  const stalled = conditionOf(conditions, 'Stalled');
  const said = stalled ?? (ready?.status === 'True' ? ready : undefined);
  const last = layers
    .flatMap(({ finishedAt }) => finishedAt ?? [])
    .toSorted(byTime)
    .at(-1);
  const at = said?.lastTransitionTime ?? last ?? ready?.lastTransitionTime;
  const when = { mark: '', ...(at !== undefined && { at }) };
  if (phase === 'Succeeded' || rollback?.done) {
    const { reason, message } = endingOf(status, version);
    return { kind: rollback ? 'rollout.rolledback' : 'rollout.succeeded', ...when, message, reason };
  }
  const { reason, message = 'it has failed' } = said ?? ready ?? {};
  return { kind: 'rollout.failed', ...when, message, ...(reason !== undefined && { reason }) };
}

function removingBy(at: string | undefined): Happened | undefined {
  return at === undefined
    ? undefined
    : { kind: 'rollout.removing', at, mark: REMOVING, message: 'It is being removed' };
}

const REMOVING = 'x';

/** Begins the mark of a pause, which alone of all may be over without a word; the whole of it where nobody says since when. */
export const PAUSE = 'p';

/** By a person, by spec, by a window, or because a gate has waited for too long. */
function pauseIn({ hold, phase, conditions, gates = [] }: FogRolloutStatus): Happened[] {
  if (hold) {
    const { by, at, reason } = hold;
    const message = `paused by ${by}${reason === undefined ? '' : `: ${reason}`}`;
    const why = reason === undefined ? {} : { reason };
    return [{ kind: 'rollout.paused', at, mark: PAUSE + momentOf(at), message, by, ...why }];
  }
  if (phase !== 'Paused' || gates.some(({ state }) => state === 'Closed')) return []; // of the latter that it waits is told
  const { reason, message = 'paused' } = conditionOf(conditions, 'Ready') ?? {};
  return [{ kind: 'rollout.paused', mark: PAUSE, message, ...(reason !== undefined && { reason }) }];
}

function onTheWay(layers: LayerRecord[], gates: GateRecord[]): Happened[] {
  return [...layers.flatMap(turnOf), ...gates.flatMap(waitAt)];
}

/** A layer's turn. Of one that is taken away nothing is told but that the rollout is. */
function turnOf(layer: LayerRecord): Happened[] {
  const { phase, startedAt, finishedAt } = layer;
  if (phase === 'Pending' || phase === 'Removing') return [];
  const began: Happened[] =
    startedAt === undefined || phase === 'Skipped'
      ? []
      : [
          {
            kind: 'layer.started',
            at: startedAt,
            mark: markOf(layer.layer, '>', startedAt),
            message: `${layer.layer} has begun`,
            layer,
          },
        ];
  const kind = phase === 'Progressing' ? undefined : KIND_OF[phase];
  if (!kind || finishedAt === undefined) return began;
  return [
    ...began,
    { kind, at: finishedAt, mark: markOf(layer.layer, '=', finishedAt), message: turnText(layer), layer },
  ];
}

const KIND_OF = { Ready: 'layer.ready', Failed: 'layer.failed', Skipped: 'layer.skipped' } as const;

function turnText({ layer, phase, sites, message }: LayerRecord): string {
  if (phase === 'Ready') return `${layer} is ready at ${sites.ready} of ${counted(sites.total, 'site')}`;
  const what = phase === 'Failed' ? 'has failed' : 'is passed over';
  return `${layer} ${what}${message === undefined ? '' : `: ${message}`}`;
}

/** Only while it is waited for: most open at once. */
function waitAt(gate: GateRecord): Happened[] {
  const { name, state, message, since, layer, at, wave } = gate;
  if (state !== 'Closed') return [];
  const words = `waits at the gate ${name} ${placeText({ at, layer, wave })}: ${message}`;
  return [
    {
      kind: 'rollout.waiting',
      at: since,
      mark: `g${hashOf([layer, at, wave ?? '', name, since])}`,
      message: words,
      gate,
    },
  ];
}

function markOf(layer: Layer, what: string, at: string): string {
  return layer[0] + what + momentOf(at);
}

/** A time in few characters. */
export function momentOf(at: string): string {
  return Date.parse(at).toString(36);
}

function hashOf(parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 8);
}

function inTime(a: Happened, b: Happened): number {
  return byTime(a.at ?? '', b.at ?? '');
}

/** What has no time has happened just now. */
function byTime(a: string, b: string): number {
  return (Date.parse(a) || Number.MAX_SAFE_INTEGER) - (Date.parse(b) || Number.MAX_SAFE_INTEGER);
}
