import { Type } from 'typebox';
import { type ClosedIn, calendarOf } from '../../model/windows/calendar.ts';
import { closedBetween } from '../../model/windows/evaluate.ts';
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
    (request, reply) => {
      const { namespace, week } = request.query;
      sayDataAge(reply, rollouts, windows);
      const now = clock.date().getTime();
      const shown = weekOf(week, now);
      const rollout = rolloutOf(rollouts, namespace, request.params.name);
      if (!windows.hasSynced) throw unavailable('The list of FogWindows is not read from Kubernetes yet');
      const { outlooks } = windows;
      const closedIn = weeks.closedIn(shown);
      const calendar = calendarOf(rollout, windows.about(namespace), { shown, now, outlooks, closedIn });
      reply.header('cache-control', 'no-store').send({ namespace, name: rollout.metadata.name, ...calendar });
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

/** Windows worked out: objects are replaced on change, so what is made of one holds as long as it is there. */
class Weeks {
  private readonly known = new WeakMap<object, Map<number, ReturnType<ClosedIn>>>();

  closedIn(shown: Span): ClosedIn {
    return (rules, key) => {
      const weeks = this.known.get(key) ?? new Map<number, ReturnType<ClosedIn>>();
      this.known.set(key, weeks);
      const made = weeks.get(shown.from) ?? closedBetween(rules, shown);
      weeks.delete(shown.from);
      weeks.set(shown.from, made);
      const [oldest] = weeks.keys();
      if (weeks.size > MOST_WEEKS) weeks.delete(oldest!);
      return made;
    };
  }
}
