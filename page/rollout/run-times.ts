/** When a run did what: how long it worked and how long it waited, and its way through the layers. Pure; times in ms. */
import { actorsOf, type PastRun } from '../../model/history/past.ts';
import type { GateRecord, LayerRecord } from '../../model/history/record.ts';
import type { Layer } from '../../model/layers.ts';
import { placeText } from '../../model/run/gate-turn.ts';

/** As `/history` answers it. */
export interface Run extends Omit<PastRun, 'startedAt' | 'finishedAt'> {
  startTime: string;
  closeTime?: string;
}

export interface RunTimes {
  /** The run's, once among all. */
  key: string;
  /** `4`, or `4.1` for a later attempt. */
  order: string;
  from: number;
  /** Left out where nobody knows how long it took. */
  took?: number;
  /** Of that, at gates. */
  waited: number;
  /** Who acted. */
  by: string[];
}

/** @param now - until when what is under way has taken */
export function timesOf(run: Run, now: number): RunTimes {
  const from = Date.parse(run.startTime);
  const until = endOf(run, now);
  const gates = run.gates.map((gate) => gateSpan(gate, run, now));
  return {
    key: run.runId ?? `${orderOf(run)} ${run.startTime}`,
    order: orderOf(run),
    from,
    ...(until !== undefined && { took: Math.max(0, until - from) }),
    waited: lengthOf(gates.filter((span) => span !== undefined)),
    by: actorsOf(run),
  };
}

function orderOf({ generation, attempt = 0 }: Run): string {
  return attempt === 0 ? `${generation}` : `${generation}.${attempt}`;
}

function endOf({ outcome, closeTime }: Run, now: number): number | undefined {
  if (outcome === 'Running') return now;
  return closeTime === undefined ? undefined : Date.parse(closeTime);
}

interface Span {
  from: number;
  until: number;
}

export interface Bar extends Span {
  kind: 'layer' | 'gate';
  name: string;
  /** Of the layer or the gate. */
  state: LayerRecord['phase'] | GateRecord['state'];
  message?: string;
  /** It goes on. */
  isOpen?: true;
}

export interface Lane {
  layer: Layer;
  bars: Bar[];
}

export interface Mark {
  at: number;
  text: string;
}

export interface Way extends Span {
  lanes: Lane[];
  /** What people asked. */
  marks: Mark[];
}

/** A run's way through the layers; undefined of one of which nothing is known. */
export function wayOf(run: Run, now: number): Way | undefined {
  const end = endOf(run, now);
  if (end === undefined || run.layers.length === 0) return undefined;
  const from = Date.parse(run.startTime);
  const until = Math.max(end, from + 1);
  const lanes = run.layers.map((one): Lane => {
    const gates = run.gates.filter((gate) => gate.layer === one.layer).flatMap((gate) => gateBar(gate, run, now));
    return { layer: one.layer, bars: [...layerBar(one, run, { from, until: end }), ...gates] };
  });
  const marks = run.actions.map(({ action, by, at, reason }) => ({
    at: Math.min(Math.max(Date.parse(at), from), until),
    text: `${action} by ${by}${reason === undefined ? '' : `: ${reason}`}`,
  }));
  return { from, until, lanes, marks };
}

/** What began before the run, as by the one before it, had its time there. */
function layerBar({ layer, phase, message, startedAt, finishedAt }: LayerRecord, run: Run, whole: Span): Bar[] {
  if (startedAt === undefined || phase === 'Pending') return [];
  const until = finishedAt === undefined ? whole.until : Date.parse(finishedAt);
  if (until < whole.from) return [];
  const from = Math.max(Date.parse(startedAt), whole.from);
  const isOpen = finishedAt === undefined && run.outcome === 'Running';
  return [
    {
      ...{ kind: 'layer', name: layer, state: phase, from, until: Math.max(until, from) },
      ...(message !== undefined && { message }),
      ...(isOpen && { isOpen: true }),
    },
  ];
}

function gateBar(gate: GateRecord, run: Run, now: number): Bar[] {
  const span = gateSpan(gate, run, now);
  if (!span) return [];
  const { name, state, message } = gate;
  const isOpen = state === 'Closed' && run.outcome === 'Running';
  return [
    { kind: 'gate', name: `${name} ${placeText(gate)}`, state, message, ...span, ...(isOpen && { isOpen: true }) },
  ];
}

/**
 * From when it was come to until what it held up began. When it opened is not recorded: the last decision about it says so,
 * or the first that came after it.
 */
function gateSpan(gate: GateRecord, run: Run, now: number): Span | undefined {
  const from = Date.parse(gate.since);
  const end = endOf(run, now);
  if (end === undefined || Number.isNaN(from)) return undefined;
  const decided = (gate.decisions ?? []).map(({ at }) => Date.parse(at));
  const at = run.layers.findIndex(({ layer }) => layer === gate.layer);
  const behind = run.layers.slice(gate.at === 'before' ? at : at + 1);
  const next = behind.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Date.parse(startedAt)]));
  // Gates that were come to later were come to because it was open.
  const later = run.gates.slice(run.gates.indexOf(gate) + 1).filter((one) => !isBeside(one, gate));
  const came = later.map(({ since }) => Date.parse(since));
  const until =
    gate.state === 'Closed' ? end : firstFrom(from, [Math.max(...decided), Math.min(...next, ...came), end]);
  return { from, until: Math.max(from, Math.min(until, end)) };
}

function isBeside(a: GateRecord, b: GateRecord): boolean {
  return a.layer === b.layer && a.at === b.at && a.wave === b.wave;
}

function firstFrom(from: number, times: number[]): number {
  // Decisions are of whole seconds.
  return times.find((time) => Number.isFinite(time) && time >= from - 1_000) ?? from;
}

/** Of spans together, what overlaps once. */
function lengthOf(spans: Span[]): number {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, until } of spans.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, until - Math.max(from, end));
    end = Math.max(end, until);
  }
  return sum;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30].map((step) => step * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((step) => step * MINUTE),
  ...[1, 2, 4, 8, 12].map((step) => step * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 365].map((step) => step * DAY),
];

/** Times since the beginning at which an axis says how late it is: as fractions of the whole, and in words. */
export function ticksOf({ from, until }: Span, most = 7): { at: number; text: string }[] {
  const whole = until - from;
  const step = STEPS.find((one) => whole / one <= most) ?? whole;
  const count = Math.floor(whole / step);
  return Array.from({ length: count + 1 }, (_, index) => ({
    at: (index * step) / whole,
    text: tickText(index * step),
  }));
}

function tickText(ms: number): string {
  if (ms === 0) return '0';
  if (ms < MINUTE) return `${ms / SECOND} s`;
  if (ms < HOUR) return unitsText(ms, [MINUTE, 'min'], [SECOND, 's']);
  return ms < DAY ? unitsText(ms, [HOUR, 'h'], [MINUTE, 'min']) : unitsText(ms, [DAY, 'd'], [HOUR, 'h']);
}

function unitsText(ms: number, [big, bigName]: [number, string], [small, smallName]: [number, string]): string {
  const rest = Math.round((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** Revisions that one may go back to, newest first: of each generation but the present the newest run that ended well. */
export function revisionsToGoBackTo(runs: readonly Run[], present: number | undefined): Run[] {
  const seen = new Set<number>();
  return runs.filter(({ generation, attempt = 0, outcome }) => {
    const fits = generation !== present && attempt === 0 && outcome === 'Succeeded' && !seen.has(generation);
    if (fits) seen.add(generation);
    return fits;
  });
}
