import { describe, expect, it } from '@jest/globals';
import type { FogWindowSpec, WindowPeriod } from '../../../../model/types.ts';
import { outlookOf } from '../../../../model/windows/evaluate.ts';
import { stateAt } from '../../../../model/windows/timetable.ts';

const at = (time: string) => Date.parse(time);
const daily = (start: string, duration: string, timeZone = 'Europe/Berlin'): WindowPeriod => ({
  rrule: 'FREQ=DAILY',
  start,
  duration,
  timeZone,
});
const utc = (start: string, duration: string, rrule?: string): WindowPeriod => ({
  start,
  duration,
  timeZone: 'UTC',
  ...(rrule && { rrule }),
});

/** The first times at which it is closed, e.g. `2026-01-05T20:00Z to 2026-01-06T06:00Z`. */
function closed(spec: FogWindowSpec, from: string, count = 3): string[] {
  const { timetable, fault } = outlookOf(spec, at(from));
  if (fault !== undefined) return [`cannot be read: ${fault}`];
  const short = (time: string) => time.replace(':00.000Z', 'Z');
  return timetable.closed
    .slice(0, count)
    .map((span) => (span.until ? `${short(span.from)} to ${short(span.until)}` : `${short(span.from)} on`));
}

describe('A FogWindow is closed', () => {
  it.each<[string, FogWindowSpec, string, string[]]>([
    ['never, when it says nothing', {}, '2026-01-01T00:00Z', []],
    ['for ever, where it denies without an end', { deny: [{}] }, '2026-01-01T00:00Z', ['2026-01-01T00:00Z on']],
    [
      'for ever from a start on',
      { deny: [{ start: '2026-12-20T00:00', timeZone: 'Europe/Berlin' }] },
      '2026-01-01T00:00Z',
      ['2026-12-19T23:00Z on'],
    ],
    [
      'but for the one time that is allowed',
      { allow: [utc('2026-01-02T08:00', 'PT2H')] },
      '2026-01-01T00:00Z',
      ['2026-01-01T00:00Z to 2026-01-02T08:00Z', '2026-01-02T10:00Z on'],
    ],
    [
      'outside of business hours, over a night and a weekend',
      { allow: [{ ...daily('2026-01-05T08:00', 'PT10H'), rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR' }] },
      '2026-01-08T12:00Z',
      [
        '2026-01-08T17:00Z to 2026-01-09T07:00Z',
        '2026-01-09T17:00Z to 2026-01-12T07:00Z',
        '2026-01-12T17:00Z to 2026-01-13T07:00Z',
      ],
    ],
    [
      'outside of a window over midnight that began the day before',
      { allow: [daily('2026-01-01T22:00', 'PT8H', 'UTC')] },
      '2026-01-08T01:00Z',
      [
        '2026-01-08T06:00Z to 2026-01-08T22:00Z',
        '2026-01-09T06:00Z to 2026-01-09T22:00Z',
        '2026-01-10T06:00Z to 2026-01-10T22:00Z',
      ],
    ],
    [
      'where it denies, whatever it allows',
      { allow: [daily('2026-01-01T08:00', 'PT10H', 'UTC')], deny: [utc('2026-01-05T12:00', 'PT1H')] },
      '2026-01-05T09:00Z',
      [
        '2026-01-05T12:00Z to 2026-01-05T13:00Z',
        '2026-01-05T18:00Z to 2026-01-06T08:00Z',
        '2026-01-06T18:00Z to 2026-01-07T08:00Z',
      ],
    ],
    [
      'as one where what denies overlaps or touches',
      {
        deny: [
          utc('2026-01-02T08:00', 'PT4H'),
          utc('2026-01-02T10:00', 'PT1H'),
          utc('2026-01-02T11:00', 'PT3H'),
          utc('2026-01-02T14:00', 'PT1H'),
        ],
      },
      '2026-01-01T00:00Z',
      ['2026-01-02T08:00Z to 2026-01-02T15:00Z'],
    ],
    [
      'never between windows that touch',
      { allow: [utc('2026-01-01T00:00', 'P1D'), utc('2026-01-02T00:00', 'P1D')] },
      '2026-01-01T12:00Z',
      ['2026-01-03T00:00Z on'],
    ],
    [
      'at the same hour of the place on both sides of spring',
      { deny: [daily('2026-03-01T08:00', 'PT1H')] },
      '2026-03-28T00:00Z',
      [
        '2026-03-28T07:00Z to 2026-03-28T08:00Z',
        '2026-03-29T06:00Z to 2026-03-29T07:00Z',
        '2026-03-30T06:00Z to 2026-03-30T07:00Z',
      ],
    ],
    [
      'at the same hour of the place on both sides of autumn',
      { deny: [daily('2026-03-01T08:00', 'PT1H')] },
      '2026-10-24T00:00Z',
      [
        '2026-10-24T06:00Z to 2026-10-24T07:00Z',
        '2026-10-25T07:00Z to 2026-10-25T08:00Z',
        '2026-10-26T07:00Z to 2026-10-26T08:00Z',
      ],
    ],
    [
      'from the jump of the clocks, where they skip a start that denies',
      { deny: [daily('2026-03-01T02:30', 'PT1H')] },
      '2026-03-28T00:00Z',
      [
        '2026-03-28T01:30Z to 2026-03-28T02:30Z',
        '2026-03-29T01:00Z to 2026-03-29T02:00Z',
        '2026-03-30T00:30Z to 2026-03-30T01:30Z',
      ],
    ],
    [
      'all night, where they skip a start that allows, as iCalendar has it',
      { allow: [daily('2026-03-01T02:30', 'PT1H')] },
      '2026-03-28T02:00Z',
      ['2026-03-28T02:30Z to 2026-03-30T00:30Z', '2026-03-30T01:30Z to 2026-03-31T00:30Z'],
    ],
    [
      'by no start that the clocks skip after the end of a rule',
      { deny: [{ ...daily('2026-03-26T02:30', 'PT1H'), rrule: 'FREQ=DAILY;UNTIL=20260328T235959Z' }] },
      '2026-03-28T03:00Z',
      [],
    ],
    [
      'from the jump by the last of a count that the clocks skip',
      { deny: [{ ...daily('2026-03-28T02:30', 'PT1H'), rrule: 'FREQ=DAILY;COUNT=2' }] },
      '2026-03-28T00:00Z',
      [
        '2026-03-28T01:30Z to 2026-03-28T02:30Z',
        '2026-03-29T01:00Z to 2026-03-29T02:00Z',
        '2026-03-30T00:30Z to 2026-03-30T01:30Z',
      ],
    ],
    [
      'from the first of a time that comes twice, for as long as it says',
      { deny: [daily('2026-03-01T02:30', 'PT1H')] },
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z to 2026-10-25T01:30Z', '2026-10-26T01:30Z to 2026-10-26T02:30Z'],
    ],
    [
      'until the same time of the next day, when a day has 23 hours and when it has 25',
      { deny: [{ start: '2026-03-28T12:00', duration: 'P1D', timeZone: 'Europe/Berlin' }] },
      '2026-03-01T00:00Z',
      ['2026-03-28T11:00Z to 2026-03-29T10:00Z'],
    ],
    [
      'at the same hour south of the equator, where spring is in October',
      { deny: [daily('2026-09-01T02:00', 'PT30M', 'Australia/Sydney')] },
      '2026-10-03T12:00Z',
      ['2026-10-03T16:00Z to 2026-10-03T16:30Z', '2026-10-04T15:00Z to 2026-10-04T15:30Z'],
    ],
    [
      'on leap days alone',
      { deny: [{ ...utc('2024-02-29T00:00', 'P1D'), rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29' }] },
      '2026-01-01T00:00Z',
      ['2028-02-29T00:00Z to 2028-03-01T00:00Z', '2032-02-29T00:00Z to 2032-03-01T00:00Z'],
    ],
    [
      'until a rule ends by UNTIL',
      { deny: [utc('2026-01-01T08:00', 'PT1H', 'FREQ=DAILY;UNTIL=20260102T080000Z')] },
      '2026-01-01T00:00Z',
      ['2026-01-01T08:00Z to 2026-01-01T09:00Z', '2026-01-02T08:00Z to 2026-01-02T09:00Z'],
    ],
    [
      'until a rule ends by COUNT',
      { deny: [utc('2026-01-01T08:00', 'PT1H', 'FREQ=DAILY;COUNT=2')] },
      '2026-01-01T00:00Z',
      ['2026-01-01T08:00Z to 2026-01-01T09:00Z', '2026-01-02T08:00Z to 2026-01-02T09:00Z'],
    ],
    [
      'from the third Friday of December on, for two weeks',
      { deny: [utc('2025-12-19T00:00', 'P2W', 'FREQ=YEARLY;BYMONTH=12;BYDAY=3FR')] },
      '2026-01-01T00:00Z',
      ['2025-12-19T00:00Z to 2026-01-02T00:00Z', '2026-12-18T00:00Z to 2027-01-01T00:00Z'],
    ],
    [
      'never by a rule that never comes',
      { deny: [utc('2026-01-01T08:00', 'PT1H', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30')] },
      '2026-01-01T00:00Z',
      [],
    ],
    [
      'never by a rule whose interval is longer than anybody lives',
      { deny: [utc('2020-01-01T08:00', 'PT1H', 'FREQ=YEARLY;INTERVAL=9999')] },
      '2026-01-01T00:00Z',
      [],
    ],
  ])('%s', (_name, spec, from, expected) => {
    expect(closed(spec, from).slice(0, expected.length || 3)).toEqual(expected);
  });
});

describe('A FogWindow is always open', () => {
  it.each<[string, FogWindowSpec]>([
    ['by every day, worked out for good', { allow: [daily('2026-01-05T08:00', 'P1D')] }],
    [
      'by a rule that goes through every day of ten years',
      { deny: [utc('2026-01-01T08:00', 'PT1H', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30')] },
    ],
    [
      'but for what never comes at last',
      { deny: [utc('2026-01-01T08:00', 'PT1H', 'FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31')] },
    ],
  ])('%s', (_name, spec) => {
    expect(outlookOf(spec, at('2026-11-27T00:00Z'))).toEqual({ timetable: { closed: [] } });
  });
});

describe('What cannot be read', () => {
  it.each<[string, WindowPeriod, string]>([
    [
      'a zone that does not exist',
      daily('2026-01-01T08:00', 'PT1H', 'Europe/Nowhere'),
      'There is no time zone Europe/Nowhere',
    ],
    [
      'a day that does not exist',
      utc('2026-02-30T08:00', 'PT1H'),
      'There is no such date and time as 2026-02-30T08:00',
    ],
    ['no duration', utc('2026-02-01T08:00', 'PT0M'), 'A duration is longer than nothing, and 366 days at most: PT0M'],
    [
      'a duration without an end',
      utc('2026-02-01T08:00', 'P999D'),
      'A duration is longer than nothing, and 366 days at most: P999D',
    ],
    ['half a duration', utc('2026-02-01T08:00', 'P'), 'P is no duration; one is e.g. PT8H30M or P2D'],
    [
      'every second',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=SECONDLY'),
      'FREQ=SECONDLY: FREQ=SECONDLY has no such value',
    ],
    ['no frequency', utc('2026-01-01T08:00', 'PT1M', 'BYDAY=MO'), 'BYDAY=MO: RRULE must include FREQ'],
    [
      'a part that there is not',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;FOO=1'),
      'FREQ=DAILY;FOO=1: FOO=1 is no part of a rule',
    ],
    [
      'a part of every object',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;toString=1'),
      'FREQ=DAILY;toString=1: toString=1 is no part of a rule',
    ],
    [
      'a part twice',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;FREQ=WEEKLY'),
      'FREQ=DAILY;FREQ=WEEKLY: FREQ is there twice',
    ],
    [
      'an hour that there is not',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;BYHOUR=8,77'),
      'FREQ=DAILY;BYHOUR=8,77: BYHOUR=8,77 has no such value',
    ],
    [
      'a day of the week that there is not',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=WEEKLY;BYDAY=XX'),
      'FREQ=WEEKLY;BYDAY=XX: BYDAY=XX has no such value',
    ],
    [
      'more often than every hour',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7;BYMINUTE=0,10,20,30'),
      'FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7;BYMINUTE=0,10,20,30: it begins more than 24 times a day',
    ],
    [
      'many at a time',
      utc('2026-01-01T08:00', 'P30D', 'FREQ=DAILY;BYHOUR=1,2,3'),
      'FREQ=DAILY;BYHOUR=1,2,3 begins several times a day, and lasts longer than a day',
    ],
    [
      'a count beyond reason',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;COUNT=100000'),
      'FREQ=DAILY;COUNT=100000: COUNT is at most 100; say when it ends by UNTIL',
    ],
    [
      'an interval beyond all time',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=YEARLY;INTERVAL=99999'),
      'FREQ=YEARLY;INTERVAL=99999: INTERVAL=99999 has no such value',
    ],
    [
      'an interval of nothing',
      utc('2026-01-01T08:00', 'PT1M', 'FREQ=DAILY;INTERVAL=0'),
      'FREQ=DAILY;INTERVAL=0: Cannot create RRule: interval must be greater than 0',
    ],
  ])('as %s, is closed, and says why', (_name, period, why) => {
    const outlook = outlookOf({ allow: [utc('2026-01-01T00:00', 'PT1H'), period] }, at('2026-01-01T00:30Z'));
    expect(outlook).toEqual({
      timetable: { closed: [{ from: '2026-01-01T00:30:00.000Z' }] },
      fault: `allow[1]: ${why}`,
    });
  });
});

describe('How it is', () => {
  const spec: FogWindowSpec = {
    allow: [daily('2026-01-01T08:00', 'PT2H', 'UTC')],
    deny: [utc('2026-01-02T09:00', 'PT30M')],
  };

  it.each<[string, string, boolean, string | undefined]>([
    ['before it opens', '2026-01-02T07:59:59.999Z', false, '2026-01-02T08:00:00.000Z'],
    ['as it opens', '2026-01-02T08:00:00Z', true, '2026-01-02T09:00:00.000Z'],
    ['as something denies', '2026-01-02T09:00:00Z', false, '2026-01-02T09:30:00.000Z'],
    ['as that is over', '2026-01-02T09:30:00Z', true, '2026-01-02T10:00:00.000Z'],
    ['as it closes', '2026-01-02T10:00:00Z', false, '2026-01-03T08:00:00.000Z'],
  ])('is known %s', (_name, now, open, until) => {
    const { timetable } = outlookOf(spec, at('2026-01-02T00:00Z'));
    expect(stateAt(timetable, now)).toEqual({ open, until });
  });

  it('is by whom it is closed', () => {
    const closedBy = (now: string) => outlookOf(spec, at(now)).closedBy;
    expect(['2026-01-02T07:00Z', '2026-01-02T08:30Z', '2026-01-02T09:15Z'].map(closedBy)).toEqual([
      'allow',
      undefined,
      'deny[0]',
    ]);
  });

  it('counts as closed beyond what was worked out', () => {
    const { timetable } = outlookOf(spec, at('2026-01-02T00:00Z'));
    expect(timetable.closed).toHaveLength(6);
    expect(stateAt(timetable, timetable.knownUntil!)).toEqual({ open: false });
  });

  it('is worked out for good where nothing changes any more', () => {
    const { timetable } = outlookOf({ deny: [utc('2026-01-02T09:00', 'PT30M')] }, at('2026-01-02T00:00Z'));
    expect(timetable.knownUntil).toBeUndefined();
    expect(stateAt(timetable, '2050-01-01T00:00:00Z')).toEqual({ open: true });
  });

  it('is the same from whenever it is worked out', () => {
    const early = outlookOf(spec, at('2026-03-20T00:00Z')).timetable;
    for (let hour = 0; hour < 24 * 5; hour++) {
      const now = new Date(at('2026-03-20T00:00Z') + hour * 3_600_000).toISOString();
      expect([now, stateAt(outlookOf(spec, at(now)).timetable, now)]).toEqual([now, stateAt(early, now)]);
    }
  });
});

describe('However much it asks for', () => {
  const many = (period: (n: number) => WindowPeriod) => Array.from({ length: 16 }, (_, n) => period(n));
  const HOURS = Array.from({ length: 24 }, (_, hour) => hour).join();

  it.each<[string, FogWindowSpec]>([
    ['old rules with counts', { deny: many((n) => utc(`2000-01-${10 + n}T08:00`, 'PT1H', 'FREQ=DAILY;COUNT=100')) }],
    [
      'rules that never come',
      { deny: many(() => utc('2000-01-01T08:00', 'PT1H', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30')) },
    ],
    [
      'every hour under what is closed anyway',
      {
        allow: [utc('2000-01-01T08:00', 'PT1H')],
        deny: many((n) => utc('2000-01-01T00:00', `PT${n + 1}M`, `FREQ=DAILY;BYHOUR=${HOURS}`)),
      },
    ],
    ['long ones that overlap', { allow: many((n) => utc('2000-01-01T08:00', `P${300 + n}D`, 'FREQ=DAILY')) }],
    ['huge intervals', { deny: many((n) => utc('2000-01-01T08:00', 'PT1H', `FREQ=DAILY;INTERVAL=999${n % 10}`)) }],
  ])('%s are worked out in seconds of CPU, on a busy machine too', (_name, spec) => {
    const start = process.cpuUsage();
    const { timetable, fault } = outlookOf(spec, at('2026-01-01T00:00Z'));
    const { user } = process.cpuUsage(start);
    expect([timetable.closed.length <= 6, fault]).toEqual([true, undefined]);
    expect(user / 1000).toBeLessThan(10_000); // without a bound, hours
  });
});
