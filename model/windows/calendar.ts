/** The windows of one FogRollout, a week at a time, as a person looks at them. Pure; not for workflow code. */
import { selectorText } from '../fleet/selector.ts';
import { gateName } from '../gates/gates.ts';
import { LAYERS, type Layer } from '../layers.ts';
import { secondText } from '../text.ts';
import type { FogRollout, FogWindow, Gate, WindowGate } from '../types.ts';
import { type ClosedBetween, united } from './evaluate.ts';
import type { Span } from './period.ts';
import { isFor } from './selection.ts';
import type { ClosedSpan } from './timetable.ts';
import type { WindowRules } from './told.ts';

/** Where a gate asks for a window. */
export interface WindowGatePlace {
  layer: Layer;
  at: 'before' | 'after';
  wave?: string;
  name: string;
}

/** What a window is to a rollout. */
interface About {
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
}

export interface CalendarWindow extends About {
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

/** A window that a rollout has to do with. */
export interface RolloutWindow {
  about: About;
  rules: WindowRules;
  /** The object that the rules are of: another one where they are others. */
  of: object;
  /** What its status says of times that are far away. */
  next?: { opening?: string | undefined; closing?: string | undefined };
  /** A gate names it, and there is none. */
  isMissing?: true;
}

/** As many as a rollout heeds. */
const MOST_WINDOWS = 50;

/** @param windows - those that the rollout may have to do with (`windowsAbout`) */
export function windowsOf(rollout: FogRollout, windows: FogWindow[]): RolloutWindow[] {
  const gates = windowGatesOf(rollout);
  const named = windows.toSorted(byName).flatMap((window) => namedWindow(window, rollout, gates) ?? []);
  const found = named.flatMap(({ about }) => about.gates);
  const others = gates.filter((gate) => !found.includes(gate.place));
  return [...named, ...others.map(windowOfGate)];
}

export interface Asked {
  shown: Span;
  /** ms since the epoch. */
  now: number;
  /** When a window is closed in the time that is shown, and in one around now. */
  closedIn(window: RolloutWindow, time: 'shown' | 'present'): ClosedBetween;
  /** The end of the latter. */
  presentUntil: number;
}

export function calendarOf(all: RolloutWindow[], asked: Asked): WindowCalendar {
  const { shown, closedIn } = asked;
  const windows = shownWindows(all);
  const holding = windows.filter(({ about }) => about.holds);
  const closedOf = (time: 'shown' | 'present') => united(holding.flatMap((window) => closedIn(window, time).closed));
  const [only, ...more] = holding;
  const next = more.length === 0 ? only?.next : undefined;
  return {
    from: timeOf(shown.from),
    until: timeOf(shown.until),
    windows: windows.map((window) => calendarWindow(window, asked)),
    together: { ...stateOf(closedOf('present'), asked, next), closed: closedOf('shown').map(spanOf) },
    leftOut: all.length - windows.length,
  };
}

/** Those of {@link windowsOf} that a calendar shows. */
export function shownWindows(all: RolloutWindow[]): RolloutWindow[] {
  return all.slice(0, MOST_WINDOWS);
}

function calendarWindow(window: RolloutWindow, asked: Asked): CalendarWindow {
  const { about, rules, next, isMissing } = window;
  const { closed, fault } = asked.closedIn(window, 'shown');
  const periods = [...(rules.allow ?? []), ...(rules.deny ?? [])];
  const why = isMissing ? 'it does not exist' : fault;
  return {
    ...about,
    ...(why !== undefined && { fault: why }),
    ...stateOf(asked.closedIn(window, 'present').closed, asked, next),
    timeZones: [...new Set(periods.flatMap(({ timeZone }) => timeZone ?? []))],
    closed: closed.map(spanOf),
  };
}

/** @param next - what is known beyond the present */
function stateOf(
  closed: Span[],
  { now, presentUntil }: Asked,
  next: RolloutWindow['next'] = {},
): Pick<CalendarWindow, 'open' | 'until'> {
  const span = closed.find(({ until }) => now < until);
  const open = span === undefined || now < span.from;
  const change = open ? span?.from : span.until;
  const far = open ? next.closing : next.opening;
  if (change !== undefined && change < presentUntil) return { open, until: timeOf(change) };
  return { open, ...(far !== undefined && Date.parse(far) >= presentUntil && { until: secondText(far) }) };
}

interface AskingGate {
  place: WindowGatePlace;
  window: WindowGate;
}

function windowGatesOf({ spec }: FogRollout): AskingGate[] {
  return LAYERS.flatMap((layer) => {
    const { before = [], after = [], waves = [] } = spec.strategy?.layers?.[layer] ?? {};
    const asking = (gates: Gate[], place: Pick<WindowGatePlace, 'at' | 'wave'>) =>
      gates.flatMap(({ window, ...gate }, index) =>
        window ? [{ window, place: { layer, ...place, name: gateName({ window, ...gate }, index) } }] : [],
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

function namedWindow(
  window: FogWindow,
  { metadata: rollout }: FogRollout,
  gates: AskingGate[],
): RolloutWindow | undefined {
  const { metadata, spec, status } = window;
  const isForIt = isFor(spec, rollout);
  const isNear = metadata.namespace === rollout.namespace;
  const asking = isNear ? gates.filter(({ window: { ref } }) => ref === metadata.name) : [];
  if (!isForIt && asking.length === 0) return undefined;
  const isSeen = status?.observedGeneration === metadata.generation;
  return {
    about: {
      name: metadata.name,
      ...(!isNear && { namespace: metadata.namespace }),
      ...(spec.reason !== undefined && { reason: spec.reason }),
      overrun: spec.overrun ?? 'Finish',
      holds: isForIt && !spec.sites,
      gates: asking.map(({ place }) => place),
      ...(isForIt && spec.sites && { sites: selectorText(spec.sites.selector) ?? '' }),
    },
    rules: spec,
    of: window,
    ...(isSeen && { next: { opening: status.nextOpening, closing: status.nextClosing } }),
  };
}

/** What it has inline, or one that is not there. */
function windowOfGate({ place, window }: AskingGate): RolloutWindow {
  const { ref: name, ...rules } = window;
  const about: About = { overrun: 'Finish', holds: false, gates: [place] };
  if (name === undefined) return { about, rules, of: window };
  return { about: { name, ...about }, rules: { deny: [{}] }, of: window, isMissing: true };
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
