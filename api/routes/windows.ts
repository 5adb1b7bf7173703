import { setImmediate as othersTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { type Asked, calendarOf, type RolloutWindow, shownWindows, windowsOf } from '../../model/windows/calendar.ts';
import { type ClosedBetween, closedBetween } from '../../model/windows/evaluate.ts';
import type { Span } from '../../model/windows/period.ts';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { ApiDeps } from '../deps.ts';
import { badField, unavailable } from '../problems.ts';
import { NameParams, REQUIREMENTS } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { WindowsQuery, WindowsSchema } from '../schemas/windows.ts';
import { rolloutOf } from './respond.ts';

const DAY_MS = 86_400_000;
/** How far from now a week may be, in days: rules are gone through until there. */
const MOST_DAYS = 400;

const DESCRIPTION = `Which FogWindows it has to do with, and when they are closed in one week: that from Monday to Sunday, with
two days around it, so that it is whole in every time zone.`;

export function addWindowsRoute(app: App, { rollouts, windows, clock }: ApiDeps): void {
  app.addSchema(WindowsSchema);
  const weeks = new Weeks();

  app.get(
    '/rollouts/:name/windows',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readWindows',
        summary: 'The windows of a FogRollout in one week: when it may begin something, and when not',
        description: DESCRIPTION,
        tags: ['rollouts'],
        params: NameParams,
        querystring: WindowsQuery,
        response: { 200: aged('Its windows', Type.Ref('Windows#')), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { namespace, week } = request.query;
      sayDataAge(reply, rollouts, windows);
      const now = clock.date().getTime();
      const times = { shown: weekOf(week, now), present: weekOf(undefined, now) };
      const rollout = rolloutOf(rollouts, namespace, request.params.name);
      if (!windows.hasSynced) throw unavailable('The list of FogWindows is not read from Kubernetes yet');
      const all = windowsOf(rollout, windows.about(namespace));
      const closed = new Map<RolloutWindow, Record<keyof typeof times, ClosedBetween>>();
      for (const window of shownWindows(all)) {
        const [shown, present] = [
          await weeks.closedIn(window, times.shown),
          await weeks.closedIn(window, times.present),
        ];
        closed.set(window, { shown, present });
      }
      const closedIn: Asked['closedIn'] = (window, time) => closed.get(window)![time];
      const calendar = calendarOf(all, { shown: times.shown, now, closedIn, presentUntil: times.present.until });
      return reply.header('cache-control', 'no-store').send({ namespace, name: rollout.metadata.name, ...calendar });
    },
  );
}

/**
 * The week of a day, and what of the days around it belongs to it somewhere on Earth.
 *
 * @throws a Problem: 400
 */
function weekOf(day: string | undefined, now: number): Span {
  const time = day === undefined ? now : Date.parse(`${day}T00:00:00Z`);
  const isDay = day === undefined || (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day));
  if (!isDay || Math.abs(time - now) > MOST_DAYS * DAY_MS) {
    throw badField({ field: 'week', in: 'query', message: REQUIREMENTS.week! });
  }
  const monday = Math.floor(time / DAY_MS) - ((new Date(time).getUTCDay() + 6) % 7);
  return { from: (monday - 1) * DAY_MS, until: (monday + 8) * DAY_MS };
}

/** How many weeks are kept of one window. */
const MOST_WEEKS = 8;

/**
 * Windows worked out: objects are replaced on change, so what is made of one holds as long as it is there. However many ask
 * for however much, one is worked out at a time, once for all who ask.
 */
class Weeks {
  private readonly made = new WeakMap<object, Map<number, Promise<ClosedBetween>>>();
  private last: Promise<unknown> = Promise.resolve();

  closedIn(window: RolloutWindow, week: Span): Promise<ClosedBetween> {
    const weeks = this.made.get(window.of) ?? new Map<number, Promise<ClosedBetween>>();
    this.made.set(window.of, weeks);
    const known = weeks.get(week.from) ?? this.next(() => workedOut(window, week));
    weeks.delete(week.from);
    weeks.set(week.from, known);
    const [oldest] = weeks.keys();
    if (weeks.size > MOST_WEEKS) weeks.delete(oldest!);
    return known;
  }

  private next(work: () => Promise<ClosedBetween>): Promise<ClosedBetween> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }
}

/** Others have their turn after each rule. */
async function workedOut({ rules }: RolloutWindow, week: Span): Promise<ClosedBetween> {
  const steps = closedBetween(rules, week);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await othersTurn();
  }
}
