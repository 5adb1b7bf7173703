import { describe, expect, it } from '@jest/globals';
import {
  clockText,
  dateIn,
  daysFrom,
  laterDate,
  momentText,
  mondayOf,
  openOn,
  placeOn,
  zonesOf,
} from '../../../../page/rollout/week.ts';

const at = (time: string) => Date.parse(time);
const hours = ({ from, until }: { from: number; until: number }) => (until - from) / 3_600_000;

describe('A week', () => {
  it.each([
    ['2026-11-23', '2026-11-23'],
    ['2026-11-29', '2026-11-23'],
    ['2027-01-01', '2026-12-28'],
  ])('of %s begins on Monday %s', (date, monday) => {
    expect(mondayOf(date)).toBe(monday);
  });

  it('has seven days of the place', () => {
    const days = daysFrom('2026-11-23', 'Europe/Berlin');
    expect(days.map(({ title }) => title).join(', ')).toBe(
      'Mon 23 Nov, Tue 24 Nov, Wed 25 Nov, Thu 26 Nov, Fri 27 Nov, Sat 28 Nov, Sun 29 Nov',
    );
    expect([days[0]!.from, days[6]!.until]).toEqual([at('2026-11-22T23:00Z'), at('2026-11-29T23:00Z')]);
    expect(days.every((day) => hours(day) === 24)).toBe(true);
  });

  it.each([
    ['spring', '2026-03-29', 'Europe/Berlin', 23],
    ['autumn', '2026-10-25', 'Europe/Berlin', 25],
    ['a spring that skips midnight', '2025-09-07', 'America/Santiago', 23],
  ])('has a day of other length in %s', (_, date, zone, expected) => {
    const days = daysFrom(laterDate(date, -3), zone);
    expect(days.map(hours)).toEqual([24, 24, 24, expected, 24, 24, 24]);
    expect(days.map(({ from }) => dateIn(zone, from))).toEqual(days.map(({ date: own }) => own));
  });

  it('is another date on the other side of the Earth', () => {
    const time = at('2026-11-27T12:30Z');
    expect([dateIn('Pacific/Kiritimati', time), dateIn('Etc/GMT+12', time)]).toEqual(['2026-11-28', '2026-11-27']);
    expect([clockText(time, 'Asia/Kolkata'), momentText(time, 'UTC')]).toEqual(['18:00', 'Fri 27 Nov 12:30']);
  });
});

describe('On a day it is open', () => {
  const day = daysFrom('2026-11-23', 'UTC')[0]!;
  const closed = (...spans: [string, string][]) =>
    spans.map(([from, until]) => ({ from: `2026-11-${from}:00Z`, until: `2026-11-${until}:00Z` }));
  it.each<[string, ReturnType<typeof closed>, string[]]>([
    ['all of it, where nothing closes', closed(), ['all day']],
    ['never, where it is closed', closed(['22T00:00', '25T00:00']), []],
    ['between what closes', closed(['22T17:00', '23T08:00'], ['23T17:00', '24T08:00']), ['08:00–17:00']],
    ['before and after a pause', closed(['23T12:00', '23T13:00']), ['00:00–12:00', '13:00–24:00']],
    ['whatever was on other days', closed(['22T08:00', '22T09:00'], ['24T00:00', '24T01:00']), ['all day']],
  ])('%s', (_, spans, expected) => {
    const open = openOn(day, spans, 'UTC');
    expect(open.map(({ text }) => text)).toEqual(expected);
    for (const { top, height } of open) expect(top + height).toBeLessThanOrEqual(1);
  });

  it('where the clock of the place says so', () => {
    const [monday] = daysFrom('2026-11-23', 'Europe/Berlin');
    expect(openOn(monday!, closed(['22T00:00', '23T07:00'], ['23T16:00', '24T00:00']), 'Europe/Berlin')).toEqual([
      { top: 8 / 24, height: 9 / 24, text: '08:00–17:00' },
    ]);
    expect([placeOn(monday!, at('2026-11-23T11:00Z')), placeOn(monday!, at('2026-11-24T11:00Z'))]).toEqual([
      0.5,
      undefined,
    ]);
  });
});

it('Times are read in one’s own zone, in those of the windows, and in UTC', () => {
  expect(zonesOf('Europe/Paris', ['Europe/Berlin', 'Europe/Paris', 'Nowhere/Else'])).toEqual([
    'Europe/Paris',
    'Europe/Berlin',
    'UTC',
  ]);
});
