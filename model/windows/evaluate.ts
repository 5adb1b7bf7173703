/** When a FogWindow is open and when it is not, worked out ahead. Pure, and bounded whatever it says. */
import { type Period, periodOf, type Span, UnreadablePeriod } from './period.ts';
import type { ClosedSpan, Timetable } from './timetable.ts';
import type { WindowRules } from './told.ts';

/** How a FogWindow is from a time on. */
export interface Outlook {
  timetable: Timetable;
  /** What closes it at that time: `deny[1]`, or `allow`, as nothing there allows it; left out, it is open. */
  closedBy?: string;
  /** Why it cannot be read, for people: then it is closed, without an end. */
  fault?: string;
}

/** How many transitions are worked out where there are so many. */
export const TOLD_TRANSITIONS = 12;

const DAY_MS = 86_400_000;
/** How far is looked ahead until there are enough transitions, in days. */
const HORIZONS_DAYS = [16, 64, 256, 1_024];
/** What does not change in ten years does not change. */
const LAST_HORIZON_DAYS = 3_700;
/** With so many spans no further horizon is looked at, which may have four times as many. */
const MAX_SPANS = 2_000;

/**
 * @param from - ms since the epoch
 * @param transitions - how many are worked out
 */
export function outlookOf(spec: WindowRules, from: number, transitions = TOLD_TRANSITIONS): Outlook {
  try {
    return readable(spec, from, transitions);
  } catch (error) {
    if (!(error instanceof UnreadablePeriod)) throw error;
    return { timetable: { closed: [{ from: textOf(from) }] }, fault: error.message };
  }
}

function readable(spec: WindowRules, from: number, transitions: number): Outlook {
  const periods = periodsOf(spec);
  const ahead = (days: number, isLast = false) =>
    lookAhead(periods, { from, until: from + days * DAY_MS, transitions, isLast });
  for (const days of HORIZONS_DAYS) {
    const { outlook, isEnough } = ahead(days);
    if (isEnough) return outlook;
  }
  return ahead(LAST_HORIZON_DAYS, true).outlook;
}

/**
 * When it is closed between two times, all of it: in its order, and not beyond these. What cannot be read is closed.
 * A rule may take tens of milliseconds: it stops after each, so that others get their turn.
 *
 * @param range - weeks at most: nothing else bounds the answer
 */
export function* closedBetween(spec: WindowRules, range: Span): Generator<void, ClosedBetween> {
  try {
    const { allows, denies } = periodsOf(spec);
    const spans: { allow: Span[]; deny: Span[] } = { allow: [], deny: [] };
    for (const [name, periods] of [['allow', allows ?? []] as const, ['deny', denies] as const]) {
      for (const [index, period] of periods.entries()) {
        spans[name].push(...inPlace(`${name}[${index}]`, () => period.between(range.from, range.until)));
        yield;
      }
    }
    const closed = closedIn(range, allows && spans.allow, spans.deny);
    return { closed: closed.map((span) => within(range, span)) };
  } catch (error) {
    if (!(error instanceof UnreadablePeriod)) throw error;
    return { closed: [range], fault: error.message };
  }
}

export interface ClosedBetween {
  closed: Span[];
  /** Why it cannot be read, for people. */
  fault?: string;
}

function within({ from, until }: Span, span: Span): Span {
  return { from: Math.max(from, span.from), until: Math.min(until, span.until) };
}

interface Periods {
  /** Left out, all is allowed. */
  allows: Period[] | undefined;
  denies: Period[];
}

/** @throws UnreadablePeriod */
function periodsOf({ allow, deny = [] }: WindowRules): Periods {
  const named = (name: string, at: number, period: Parameters<typeof periodOf>[0]) =>
    inPlace(`${name}[${at}]`, () => periodOf(period, { keepsSkipped: name === 'deny' }));
  return {
    allows: allow?.map((period, at) => named('allow', at, period)),
    denies: deny.map((period, at) => named('deny', at, period)),
  };
}

interface Look extends Span {
  transitions: number;
  /** What is not until then will not be. */
  isLast: boolean;
}

/** @throws UnreadablePeriod */
function lookAhead(periods: Periods, look: Look): { outlook: Outlook; isEnough: boolean } {
  const { from, until, transitions, isLast } = look;
  const spans = (name: string, periods: Period[]) =>
    periods.map((period, index) => inPlace(`${name}[${index}]`, () => period.between(from, until)));
  const allowed = periods.allows && spans('allow', periods.allows);
  const denied = spans('deny', periods.denies);
  const closed = closedIn(look, allowed?.flat(), denied.flat());
  const isAll = closed.length * 2 > transitions;
  const isMuch = [...(allowed ?? []), ...denied].flat().length > MAX_SPANS;
  const by = closedBy(from, allowed, denied);
  const timetable = timetableOf(closed, until, { transitions, isWhole: isLast && !isAll });
  return { outlook: { timetable, ...(by && { closedBy: by }) }, isEnough: isAll || isMuch };
}

/** Says which period it is that cannot be read. */
function inPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadablePeriod)) throw error;
    throw new UnreadablePeriod(`${place}: ${error.message}`, { cause: error });
  }
}

function closedBy(at: number, allowed: Span[][] | undefined, denied: Span[][]): string | undefined {
  const covers = ({ from, until }: Span) => from <= at && at < until;
  const by = denied.findIndex((spans) => spans.some(covers));
  if (by >= 0) return `deny[${by}]`;
  return allowed && !allowed.flat().some(covers) ? 'allow' : undefined;
}

/** Where nothing allows, or something denies. */
function closedIn(range: Span, allowed: Span[] | undefined, denied: Span[]): Span[] {
  const notAllowed = allowed ? gapsOf(range, united(allowed)) : [];
  return united([...notAllowed, ...denied]);
}

/** In their order, what overlaps or touches as one. */
export function united(spans: Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const before = all.at(-1);
    if (before && span.from <= before.until) before.until = Math.max(before.until, span.until);
    else all.push({ ...span });
  }
  return all;
}

function gapsOf({ from, until }: Span, spans: Span[]): Span[] {
  const edges = [from, ...spans.flatMap((span) => [span.from, span.until]), until];
  const gaps: Span[] = [];
  for (let at = 0; at < edges.length; at += 2) gaps.push({ from: edges[at]!, until: edges[at + 1]! });
  return gaps.filter((gap) => gap.from < gap.until);
}

/** @param isWhole - what is not until then will not be */
function timetableOf(
  closed: Span[],
  until: number,
  { transitions, isWhole }: { transitions: number; isWhole: boolean },
): Timetable {
  const shown = closed.slice(0, Math.ceil(transitions / 2));
  const next = closed[shown.length];
  const spans = shown.map((span): ClosedSpan => {
    const from = textOf(span.from);
    return span.until < until ? { from, until: textOf(span.until) } : { from };
  });
  const isOpenEnded = shown.at(-1)?.until === Number.POSITIVE_INFINITY;
  if (isOpenEnded || (isWhole && !next)) return { closed: spans };
  return { closed: spans, knownUntil: textOf(next ? next.from : until) };
}

function textOf(ms: number): string {
  return new Date(ms).toISOString();
}
