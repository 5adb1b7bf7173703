/**
 * One entry of a FogWindow's `allow` or `deny`. Recurrences are RFC 5545's, by rrule-temporal: of a start that the clocks come
 * to twice the first counts, and one that they skip is none, unless that is asked for. Pure, and bounded whatever a rule says.
 */
import { type RRuleResolvedOptions, RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { WindowPeriod } from '../types.ts';
import { skippedBetween } from './skipped.ts';

/** What cannot be read of a FogWindow; the message is for people. */
export class UnreadablePeriod extends Error {
  override name = 'UnreadablePeriod';
}

/** In ms since the epoch: from the one on until the other, without that. */
export interface Span {
  from: number;
  until: number;
}

/** A period that can be read. */
export interface Period {
  /** Its spans that have a part between the two times, in their order; they may overlap. */
  between(from: number, until: number): Span[];
}

type Time = Temporal.ZonedDateTime;
const { compare } = Temporal.ZonedDateTime;

/** How many steps of a recurrence are gone through for one answer, days at the shortest: more than there are ahead. */
const MAX_STEPS = 6_000;
/** How many dates are looked at, likewise. */
const MAX_CANDIDATES = 50_000;
const MAX_COUNT = 100;
const MAX_A_DAY = 24;
const MAX_DAYS = 366;

/**
 * @param keepsSkipped - a start that the clocks skip is when they jump
 * @throws UnreadablePeriod
 */
export function periodOf(period: WindowPeriod, { keepsSkipped }: { keepsSkipped: boolean }): Period {
  if (period.start === undefined) return { between: (from, until) => [{ from, until }] };
  const start = startOf(period.start, zoneOf(period.timeZone ?? ''));
  if (period.duration === undefined) return fixed({ from: start.epochMilliseconds, until: Number.POSITIVE_INFINITY });
  const duration = durationOf(period.duration);
  const spanOf = (begin: Time): Span => ({
    from: begin.epochMilliseconds,
    until: begin.add(duration).epochMilliseconds,
  });
  if (period.rrule === undefined) return fixed(spanOf(start));
  return recurring(period.rrule, { start, duration, keepsSkipped }, spanOf);
}

function fixed(span: Span): Period {
  return { between: (from, until) => (span.from < until && span.until > from ? [span] : []) };
}

function recurring(
  text: string,
  how: { start: Time; duration: Temporal.Duration; keepsSkipped: boolean },
  spanOf: (begin: Time) => Span,
): Period {
  const { start, duration, keepsSkipped } = how;
  const rule = ruleOf(text, start);
  const daysLong = Math.ceil(duration.total({ unit: 'days', relativeTo: start }));
  if (timesADay(rule.options()) > 1 && daysLong > 1) {
    throw new UnreadablePeriod(`${text} begins several times a day, and lasts longer than a day`);
  }
  const { until: end } = rule.options();
  const begins = beginsOf(rule);
  const floating = keepsSkipped && beginsOf(ruleOf(withoutUntil(text), start.toPlainDateTime().toZonedDateTime('UTC')));
  const beginsBetween = (from: number, until: number) => {
    const asked = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(start.timeZoneId);
    // A day more, for those that the clocks make longer.
    const [first, last] = [asked(from).subtract({ days: daysLong + 1 }), asked(until)];
    if (!floating) return begins(first, last);
    const skipped = skippedBetween((one, other) => floating(one, other).length > 0, first, last);
    return [...begins(first, last), ...skipped.filter((begin) => !end || compare(begin, end) <= 0)];
  };
  return {
    between(from, until) {
      try {
        const spans = beginsBetween(from, until).map(spanOf);
        return spans.filter((span) => span.from < until && span.until > from);
      } catch (error) {
        throw new UnreadablePeriod(`${text} comes so seldom, or asks for so much, that it is not worked out`, {
          cause: error,
        });
      }
    },
  };
}

/** Starts of a rule between two times, those too. With a count, a rule is gone through from its start on: that once. */
function beginsOf(rule: RRuleTemporal<Time>): (first: Time, last: Time) => Time[] {
  let all: Time[] | undefined;
  return (first, last) => {
    if (rule.options().count === undefined) return rule.between(first, last, true);
    all ??= rule.all();
    return all.filter((begin) => compare(begin, first) >= 0 && compare(begin, last) <= 0);
  };
}

/** @throws UnreadablePeriod - the library takes what it does not know for left out, which would open a window */
function ruleOf(text: string, dtstart: Time): RRuleTemporal<Time> {
  const unreadable = (why: string, cause?: unknown) => new UnreadablePeriod(`${text}: ${why}`, { cause });
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = ''] = part.split('=');
    const values = PARTS.get(name);
    if (!values || part.split('=').length !== 2) throw unreadable(`${part} is no part of a rule`);
    if (parts.has(name)) throw unreadable(`${name} is there twice`);
    if (!values.test(value)) throw unreadable(`${part} has no such value`);
    parts.set(name, value);
  }
  if (Number(parts.get('COUNT') ?? 0) > MAX_COUNT) {
    throw unreadable(`COUNT is at most ${MAX_COUNT}; say when it ends by UNTIL`);
  }
  try {
    const rule = new RRuleTemporal({
      rruleString: `RRULE:${text}`,
      dtstart,
      temporal: Temporal,
      strict: true,
      cache: false,
      maxIterations: MAX_STEPS,
      maxCandidateEvaluations: MAX_CANDIDATES,
    });
    assertTaken(rule.options(), parts, unreadable);
    if (timesADay(rule.options()) > MAX_A_DAY) throw unreadable(`it begins more than ${MAX_A_DAY} times a day`);
    return rule;
  } catch (error) {
    if (error instanceof UnreadablePeriod) throw error;
    throw unreadable(error instanceof Error ? error.message : String(error), error);
  }
}

const NUMBER = /^\d{1,9}$/;
const NUMBERS = /^\d{1,3}(,\d{1,3})*$/;
const SIGNED = /^[+-]?\d{1,3}(,[+-]?\d{1,3})*$/;
const DAY = 'MO|TU|WE|TH|FR|SA|SU';

/** The parts of a rule and what they may be; what would begin more often than is of use to people is left out. */
const PARTS = new Map<string, RegExp>([
  ['FREQ', /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/],
  ['INTERVAL', /^\d{1,4}$/],
  ['COUNT', NUMBER],
  ['UNTIL', /^\d{8}T\d{6}Z$/],
  ['BYMONTH', NUMBERS],
  ['BYMONTHDAY', SIGNED],
  ['BYYEARDAY', SIGNED],
  ['BYWEEKNO', SIGNED],
  ['BYDAY', new RegExp(`^([+-]?\\d{1,2})?(${DAY})(,([+-]?\\d{1,2})?(${DAY}))*$`)],
  ['BYHOUR', NUMBERS],
  ['BYMINUTE', NUMBERS],
  ['BYSETPOS', SIGNED],
  ['WKST', new RegExp(`^(${DAY})$`)],
]);

type Options = RRuleResolvedOptions<Time>;

const LISTS: Record<string, (options: Options) => unknown[] | undefined> = {
  BYMONTH: ({ byMonth }) => byMonth,
  BYMONTHDAY: ({ byMonthDay }) => byMonthDay,
  BYYEARDAY: ({ byYearDay }) => byYearDay,
  BYWEEKNO: ({ byWeekNo }) => byWeekNo,
  BYDAY: ({ byDay }) => byDay,
  BYHOUR: ({ byHour }) => byHour,
  BYMINUTE: ({ byMinute }) => byMinute,
  BYSETPOS: ({ bySetPos }) => bySetPos,
};

/** What is out of range the library leaves out: the 32nd of a month would be any day. */
function assertTaken(options: Options, parts: Map<string, string>, unreadable: (why: string) => Error): void {
  for (const [name, listOf] of Object.entries(LISTS)) {
    const value = parts.get(name);
    if (value === undefined) continue;
    const given = new Set(value.split(',').map((one) => one.replace('+', '')));
    if ((listOf(options) ?? []).length < given.size) throw unreadable(`${name}=${value} has no such value`);
  }
}

function withoutUntil(text: string): string {
  const parts = text.split(';');
  return parts.filter((part) => !part.startsWith('UNTIL=')).join(';');
}

function timesADay({ byHour, byMinute }: Options): number {
  return (byHour?.length ?? 1) * (byMinute?.length ?? 1);
}

function zoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new UnreadablePeriod(`There is no time zone ${name}`, { cause });
  }
}

function startOf(text: string, timeZone: string): Time {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).toZonedDateTime(timeZone);
  } catch (cause) {
    throw new UnreadablePeriod(`There is no such date and time as ${text}`, { cause });
  }
}

function durationOf(text: string): Temporal.Duration {
  try {
    const duration = Temporal.Duration.from(text);
    const days = duration.total({ unit: 'days', relativeTo: '2026-01-01' });
    if (days > 0 && days <= MAX_DAYS) return duration;
  } catch (cause) {
    throw new UnreadablePeriod(`${text} is no duration; one is e.g. PT8H30M or P2D`, { cause });
  }
  throw new UnreadablePeriod(`A duration is longer than nothing, and ${MAX_DAYS} days at most: ${text}`);
}
