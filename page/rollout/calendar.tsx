/** The windows of a rollout, a week at a time: when it may begin something, and when not. */
import { useRef, useState } from 'preact/hooks';
import { placeText } from '../../model/run/gate-turn.ts';
import type { RolloutKey } from '../../model/types.ts';
import type { CalendarWindow, WindowCalendar } from '../../model/windows/calendar.ts';
import { queryOf } from '../api/client.ts';
import { useAnswer } from '../api/use-answer.ts';
import { now } from '../live/now.ts';
import {
  type Closed,
  type Day,
  dateIn,
  daysFrom,
  laterDate,
  momentText,
  mondayOf,
  openOn,
  ownZone,
  placeOn,
  zonesOf,
} from './week.ts';

export function calendarPath({ namespace, name }: RolloutKey, week: string): string {
  return `rollouts/${encodeURIComponent(name)}/windows${queryOf({ namespace, week })}`;
}

/** Nothing where there is no window. @param again - asks anew when it is another value */
export function Calendar({ rollout, again }: { rollout: RolloutKey; again: unknown }) {
  const [zone, setZone] = useState(ownZone());
  const [offset, setOffset] = useState(0);
  const [chosen, choose] = useState(ALL);
  const monday = laterDate(mondayOf(dateIn(zone, now.value)), 7 * offset);
  const { value: ofWeek, error } = useAnswer<WindowCalendar>(calendarPath(rollout, monday), again);
  // While another week is asked for, its hours are not known; all else stays where it is.
  const before = useRef(ofWeek);
  before.current = ofWeek ?? before.current;
  const value = before.current;
  if (!value) return error ? <p class="notice">{error.message}</p> : null;
  const { windows, together } = value;
  if (windows.length === 0) return null;
  const named = windows.map((window) => ({ window, title: titleOf(window) }));
  const shown = named.find(({ title }) => title === chosen)?.window ?? together;
  const days = daysFrom(monday, zone);
  return (
    <section class="calendar" aria-labelledby="calendar-title">
      <h2 id="calendar-title">Windows</h2>
      <div class="filters">
        <label>
          Shown{' '}
          <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            <option value={ALL}>when the rollout may begin</option>
            {named.map(({ title }) => (
              <option key={title} value={title}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          Time zone{' '}
          <select value={zone} onChange={({ currentTarget }) => setZone(currentTarget.value)}>
            {zonesOf(
              ownZone(),
              windows.flatMap(({ timeZones }) => timeZones),
            ).map((name) => (
              <option key={name} value={name}>
                {name}
                {name === ownZone() ? ' (yours)' : ''}
              </option>
            ))}
          </select>
        </label>
        <span class="buttons">
          <button type="button" onClick={() => setOffset(offset - 1)}>
            Week before
          </button>
          <button type="button" aria-disabled={offset === 0} onClick={() => setOffset(0)}>
            This week
          </button>
          <button type="button" onClick={() => setOffset(offset + 1)}>
            Next week
          </button>
        </span>
      </div>
      <p class="window-now" aria-live="polite">
        {stateText(shown, zone)} <span class="hint">Times are of {zone}.</span>
      </p>
      <Week days={days} closed={ofWeek && shown.closed} zone={zone} />
      <WindowList windows={named} zone={zone} />
    </section>
  );
}

/** No window is called so. */
const ALL = '';

function titleOf({ name, namespace, gates, sites }: CalendarWindow): string {
  const [gate] = gates;
  const what =
    name === undefined
      ? `gate ${gate?.name} ${gate ? placeText(gate) : ''}`
      : `${namespace ? `${namespace}/` : ''}${name}`;
  return sites === undefined ? what : `${what} (sites)`;
}

function stateText({ open, until }: Pick<CalendarWindow, 'open' | 'until'>, zone: string): string {
  const then = until === undefined ? undefined : momentText(Date.parse(until), zone);
  if (open) return then === undefined ? 'Open now.' : `Open now, until ${then}.`;
  return then === undefined ? 'Closed now; when it opens is not known.' : `Closed now; opens ${then}.`;
}

const HOURS = [0, 6, 12, 18, 24];

/** Left out, it is not known yet. */
type KnownClosed = readonly Closed[] | undefined;

function Week({ days, closed, zone }: { days: Day[]; closed: KnownClosed; zone: string }) {
  const today = dateIn(zone, now.value);
  return (
    <table class="week">
      <caption class="unseen">When it is open, by day</caption>
      <thead>
        <tr>
          <td />
          {days.map(({ date, title }) => (
            <th key={date} scope="col" {...(date === today && { 'aria-current': 'date' as const })}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <td class="hours" aria-hidden="true">
            {HOURS.map((hour) => (
              <span key={hour}>{String(hour).padStart(2, '0')}</span>
            ))}
          </td>
          {days.map((day) => (
            <DayCell key={day.date} day={day} closed={closed} zone={zone} />
          ))}
        </tr>
      </tbody>
    </table>
  );
}

function DayCell({ day, closed, zone }: { day: Day; closed: KnownClosed; zone: string }) {
  const open = closed ? openOn(day, closed, zone) : [];
  const hours = open.map(({ text }) => text).join(', ') || 'closed';
  const here = placeOn(day, now.value);
  return (
    <td>
      <svg aria-hidden="true">
        <rect class="is-closed" width="100%" height="100%" />
        {open.map(({ top, height, text }) => (
          <rect key={text} class="is-open" y={`${top * 100}%`} width="100%" height={`${height * 100}%`} />
        ))}
        {HOURS.map((hour) => (
          <line key={hour} class="hour" x2="100%" y1={`${(hour / 24) * 100}%`} y2={`${(hour / 24) * 100}%`} />
        ))}
        {here !== undefined && <line class="is-now" x2="100%" y1={`${here * 100}%`} y2={`${here * 100}%`} />}
      </svg>
      <p>{closed ? hours : '…'}</p>
    </td>
  );
}

function WindowList({ windows, zone }: { windows: { window: CalendarWindow; title: string }[]; zone: string }) {
  return (
    <ul class="window-list">
      {windows.map(({ window, title }) => {
        const { open, reason, fault, holds, gates, sites, overrun } = window;
        return (
          <li key={title}>
            <span class={`badge is-${open ? 'good' : 'wait'}`}>{open ? 'Open' : 'Closed'}</span> <b>{title}</b>{' '}
            <span>{stateText(window, zone)}</span>
            {reason && <span class="hint"> {reason}</span>}
            {fault && <span class="fault"> It cannot be read: {fault}.</span>}
            <small>
              {holds && <span>for the whole rollout{overrun === 'Stop' ? ', and stops one under way' : ''}</span>}
              {gates.map((gate) => (
                <span key={`${gate.layer}/${gate.at}/${gate.wave}/${gate.name}`}>
                  gate {gate.name} {placeText(gate)}
                </span>
              ))}
              {sites !== undefined && <span>for sites {sites === '' ? 'of all labels' : `with ${sites}`}</span>}
            </small>
          </li>
        );
      })}
    </ul>
  );
}
