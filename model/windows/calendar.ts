/** The windows of one FogRollout, a week at a time, as a person looks at them. Pure; not for workflow code. */
import { selectorText } from '../fleet/selector.ts';
import { gateName } from '../gates/gates.ts';
import { LAYERS, type Layer } from '../layers.ts';
import { secondText } from '../text.ts';
import type { FogRollout, FogWindow, Gate, WindowGate } from '../types.ts';
import { closedBetween, united } from './evaluate.ts';
import type { Outlooks } from './outlooks.ts';
import type { Span } from './period.ts';
import { isFor } from './selection.ts';
import { type ClosedSpan, stateAt, type Timetable } from './timetable.ts';
import type { WindowRules } from './told.ts';

/** Where a gate asks for a window. */
export interface WindowGatePlace {
  layer: Layer;
  at: 'before' | 'after';
  wave?: string;
  name: string;
}

export interface CalendarWindow {
  /** Left out of what a gate has inline. */
  name?: string;
  /** Where it is not that of the FogRollout. */
  namespace?: string;
  reason?: string;
  overrun: 'Finish' | 'Stop';
  /** The rollout as a whole waits for it. */
  holds: boolean;
  /** Gates that wait for it. */
  gates: WindowGatePlace[];
  /** It closes FogSites with these labels; empty: all. */
  sites?: string;
  /** Why it cannot be read: then it is closed. */
  fault?: string;
  open: boolean;
  /** When that changes next, RFC 3339; left out, it does not, or nobody knows. */
  until?: string;
  /** The time zones of its rules. */
  timeZones: string[];
  /** When it is closed, of the time that is shown. */
  closed: Required<ClosedSpan>[];
}

export interface WindowCalendar {
  /** What is shown, RFC 3339. */
  from: string;
  until: string;
  windows: CalendarWindow[];
  /** Those together that hold the rollout as a whole; without any, it is open. */
  together: Pick<CalendarWindow, 'open' | 'until' | 'closed'>;
  /** How many more there are, which are not shown. */
  leftOut: number;
}

/** {@link closedBetween} for the time that is shown. @param key - says no other rules as long as it is there */
export type ClosedIn = (rules: WindowRules, key: object) => { closed: Span[]; fault?: string };

interface Asked {
  shown: Span;
  /** ms since the epoch. */
  now: number;
  outlooks: Outlooks;
  /** Left out, it is worked out anew. */
  closedIn?: ClosedIn;
}

/** As many as a rollout heeds. */
const MOST_WINDOWS = 50;

/** @param windows - those that the rollout may have to do with ({@link windowsAbout}) */
export function calendarOf(rollout: FogRollout, windows: FogWindow[], asked: Asked): WindowCalendar {
  const gates = windowGatesOf(rollout);
  const named = windows.toSorted(byName).flatMap((window) => namedWindow(window, rollout, gates, asked) ?? []);
  const inline = gates.flatMap((gate) => inlineWindow(gate, asked) ?? []);
  const missing = gates.flatMap((gate) => missingWindow(gate, named, asked) ?? []);
  const all = [...named, ...inline, ...missing];
  const shown = all.slice(0, MOST_WINDOWS);
  return {
    from: timeOf(asked.shown.from),
    until: timeOf(asked.shown.until),
    windows: shown.map(({ window }) => window),
    together: together(
      shown.filter(({ window }) => window.holds),
      asked,
    ),
    leftOut: all.length - shown.length,
  };
}

/** With what it is together with others by. */
interface Known {
  window: CalendarWindow;
  timetable: Timetable;
}

interface AskingGate extends WindowGatePlace {
  window: WindowGate;
}

function windowGatesOf({ spec }: FogRollout): AskingGate[] {
  return LAYERS.flatMap((layer) => {
    const { before = [], after = [], waves = [] } = spec.strategy?.layers?.[layer] ?? {};
    const asking = (gates: Gate[], place: Pick<WindowGatePlace, 'at' | 'wave'>) =>
      gates.flatMap((gate, index) =>
        gate.window ? [{ layer, ...place, name: gateName(gate, index), window: gate.window }] : [],
      );
    return [
      ...asking(before, { at: 'before' }),
      ...waves.flatMap(({ name: wave, after: gates = [] }) =>
        asking(gates, { at: 'after', ...(wave !== undefined && { wave }) }),
      ),
      ...asking(after, { at: 'after' }),
    ];
  });
}

function placeOf({ window: _, ...place }: AskingGate): WindowGatePlace {
  return place;
}

function namedWindow(
  window: FogWindow,
  { metadata: rollout }: FogRollout,
  gates: AskingGate[],
  asked: Asked,
): Known | undefined {
  const { metadata, spec } = window;
  const isForIt = isFor(spec, rollout);
  const holds = isForIt && !spec.sites;
  const isNear = metadata.namespace === rollout.namespace;
  const asking = isNear ? gates.filter(({ window: { ref } }) => ref === metadata.name) : [];
  const closesSites = isForIt && spec.sites !== undefined;
  if (!holds && !closesSites && asking.length === 0) return undefined;
  const { outlook } = asked.outlooks.of(window);
  return known(spec, window, outlook.timetable, asked, {
    name: metadata.name,
    ...(!isNear && { namespace: metadata.namespace }),
    ...(spec.reason !== undefined && { reason: spec.reason }),
    overrun: spec.overrun ?? 'Finish',
    holds,
    gates: asking.map(placeOf),
    ...(closesSites && { sites: selectorText(spec.sites!.selector) ?? '' }),
  });
}

function inlineWindow(gate: AskingGate, asked: Asked): Known | undefined {
  const { ref, ...rules } = gate.window;
  if (ref !== undefined) return undefined;
  const { outlook } = asked.outlooks.ofInline(rules);
  const gates = [placeOf(gate)];
  return known(rules, gate.window, outlook.timetable, asked, { overrun: 'Finish', holds: false, gates });
}

/** A gate whose FogWindow is not there waits for it. */
function missingWindow(gate: AskingGate, named: Known[], { shown, now }: Asked): Known | undefined {
  const { ref } = gate.window;
  if (ref === undefined) return undefined;
  if (named.some(({ window }) => window.gates.some((one) => isSame(one, gate)))) return undefined;
  const window: CalendarWindow = {
    ...{ name: ref, overrun: 'Finish', holds: false, gates: [placeOf(gate)], fault: 'it does not exist' },
    ...{ open: false, timeZones: [], closed: [spanOf(shown)] },
  };
  return { window, timetable: { closed: [{ from: timeOf(now) }] } };
}

function isSame(a: WindowGatePlace, b: WindowGatePlace): boolean {
  return a.layer === b.layer && a.at === b.at && a.wave === b.wave && a.name === b.name;
}

type About = Pick<CalendarWindow, 'name' | 'namespace' | 'reason' | 'overrun' | 'holds' | 'gates' | 'sites'>;

function known(rules: WindowRules, key: object, timetable: Timetable, asked: Asked, about: About): Known {
  const { shown, now, closedIn = (of: WindowRules) => closedBetween(of, shown) } = asked;
  const { closed, fault } = closedIn(rules, key);
  const periods = [...(rules.allow ?? []), ...(rules.deny ?? [])];
  const window = {
    ...about,
    ...(fault !== undefined && { fault }),
    ...stateOf(timetable, now),
    timeZones: [...new Set(periods.flatMap(({ timeZone }) => timeZone ?? []))],
    closed: closed.map(spanOf),
  };
  return { window, timetable };
}

function together(all: Known[], { now }: Asked): WindowCalendar['together'] {
  const closed = united(all.flatMap(({ window }) => window.closed.map(asSpan)));
  return { ...stateOf(unitedTimetable(all), now), closed: closed.map(spanOf) };
}

/** Closed where one of them is; known as far as all are. */
function unitedTimetable(all: Known[]): Timetable {
  const spans = all.flatMap(({ timetable }) => timetable.closed.map(asSpan));
  const closed = united(spans).map(({ from, until }) => ({
    from: timeOf(from),
    ...(Number.isFinite(until) && { until: timeOf(until) }),
  }));
  const ends = all.flatMap(({ timetable }) => timetable.knownUntil ?? []).sort();
  return { closed, ...(ends[0] !== undefined && { knownUntil: ends[0] }) };
}

function stateOf(timetable: Timetable, now: number): Pick<CalendarWindow, 'open' | 'until'> {
  const { open, until } = stateAt(timetable, timeOf(now));
  const end = timetable.knownUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(timetable.knownUntil);
  const isKnown = until !== undefined && Date.parse(until) <= end;
  return { open, ...(isKnown && { until: secondText(until) }) };
}

function asSpan({ from, until }: ClosedSpan): Span {
  return { from: Date.parse(from), until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) };
}

function spanOf({ from, until }: Span): Required<ClosedSpan> {
  return { from: timeOf(from), until: timeOf(until) };
}

function timeOf(ms: number): string {
  return secondText(new Date(ms).toISOString());
}

function byName(a: FogWindow, b: FogWindow): number {
  return `${a.metadata.namespace}/${a.metadata.name}` < `${b.metadata.namespace}/${b.metadata.name}` ? -1 : 1;
}
