/** Days and weeks of a time zone, and when something is open in them. Pure; times in ms since the epoch. */

export interface Day {
  /** `2026-11-23`. */
  date: string;
  /** `Mon 23 Nov`. */
  title: string;
  /** 23 to 25 hours where the clocks change. */
  from: number;
  until: number;
}

const DAY_MS = 86_400_000;

/** The date that it is somewhere, `2026-11-23`. */
export function dateIn(timeZone: string, time: number): string {
  return new Date(time + offsetOf(timeZone, time)).toISOString().slice(0, 10);
}

export function laterDate(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The Monday of a date's week. */
export function mondayOf(date: string): string {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return laterDate(date, -((day + 6) % 7));
}

/** The seven days from a date on. */
export function daysFrom(date: string, timeZone: string): Day[] {
  return Array.from({ length: 7 }, (_, at) => {
    const own = laterDate(date, at);
    return {
      date: own,
      title: titleOf(own),
      from: startOf(own, timeZone),
      until: startOf(laterDate(own, 1), timeZone),
    };
  });
}

function titleOf(date: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
  return parts.format(new Date(`${date}T00:00:00Z`)).replace(',', '');
}

/** When a day begins; where the clocks skip its midnight, when they jump. */
function startOf(date: string, timeZone: string): number {
  const wanted = Date.parse(`${date}T00:00:00Z`);
  const guess = wanted - offsetOf(timeZone, wanted);
  const better = wanted - offsetOf(timeZone, guess);
  return dateIn(timeZone, better) === date ? better : Math.max(guess, better);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone is ahead of UTC, in ms. */
function offsetOf(timeZone: string, time: number): number {
  const format = formats.get(timeZone) ?? formatOf(timeZone);
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = parts as Record<string, number>;
  const local = Date.UTC(year!, month! - 1, day, hour, minute, second);
  return local - Math.floor(time / 1000) * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit';
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two, second: two },
  });
}

export interface OpenSpan {
  /** Of the day, from its beginning on: fractions. */
  top: number;
  height: number;
  /** `08:00–17:00`. */
  text: string;
}

export interface Closed {
  from: string;
  until: string;
}

/** When something is open on a day. @param closed - in order, and apart from one another */
export function openOn(day: Day, closed: readonly Closed[], timeZone: string): OpenSpan[] {
  const spans: OpenSpan[] = [];
  let from = day.from;
  const close = (until: number) => {
    if (until > from) spans.push(openSpan(day, from, until, timeZone));
  };
  for (const span of closed) {
    const [begin, end] = [Date.parse(span.from), Date.parse(span.until)];
    if (end <= day.from || begin >= day.until) continue;
    close(begin);
    from = Math.max(from, end);
  }
  close(day.until);
  return spans;
}

function openSpan(day: Day, from: number, until: number, timeZone: string): OpenSpan {
  const whole = day.until - day.from;
  const isWhole = from === day.from && until === day.until;
  const end = until === day.until ? '24:00' : clockText(until, timeZone);
  return {
    top: (from - day.from) / whole,
    height: (until - from) / whole,
    text: isWhole ? 'all day' : `${clockText(from, timeZone)}–${end}`,
  };
}

/** `17:05`. */
export function clockText(time: number, timeZone: string): string {
  return new Date(time + offsetOf(timeZone, time)).toISOString().slice(11, 16);
}

/** `Mon 23 Nov 17:05`. */
export function momentText(time: number, timeZone: string): string {
  return `${titleOf(dateIn(timeZone, time))} ${clockText(time, timeZone)}`;
}

/** Where on a day a time is, as a fraction; undefined where it is on another. */
export function placeOn(day: Day, time: number): number | undefined {
  if (time < day.from || time >= day.until) return undefined;
  return (time - day.from) / (day.until - day.from);
}

/** What a person may read times in, their own first. */
export function zonesOf(own: string, others: readonly string[]): string[] {
  return [...new Set([own, ...others.filter(isZone), 'UTC'])];
}

function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Where the browser is. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
