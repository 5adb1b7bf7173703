/**
 * What is told of a rollout next, by what was told of it before. That is all there is to remember: no queue, and nothing that
 * must have been seen when it happened. Pure.
 */
import { createHash } from 'node:crypto';
import type { PastRun } from '../history/past.ts';
import { compareOrder, isFirst, type Order } from '../order.ts';
import { type Course, courseOfPast, type Happened, momentOf, PAUSE, type RunHead } from './course.ts';
import type { Kind } from './kinds.ts';

/** As somebody was told last. */
export interface Told {
  /** Names the run: its order, and what asked for it. */
  run: string;
  /** When that began, as momentOf has it. */
  since: string;
  /** What was told of its way, and is there yet. */
  marks: readonly string[];
  /** How it has ended, and how many ends it has had: one that repairs fail has another. */
  end?: Kind;
  ends?: number;
  /** How many pauses it has had of which nobody says when they began. */
  pauses?: number;
}

export interface News {
  happened: Happened;
  run: string;
  /** What was told once this is. */
  told: Told;
}

/**
 * The next of what has happened that was not told yet; undefined when all was. Of the turns of layers in a repair nothing is
 * told: the rollout has ended, and they get what they had.
 *
 * @param told - undefined: nothing
 */
export function newsOf(told: Told | undefined, course: Course): News | undefined {
  const run = runOf(told, course);
  const { begin, stations, end, removing } = course;
  const there = new Set([...stations, ...(removing ? [removing] : [])].map(({ mark }) => mark));
  const isThere = (mark: string) => there.has(mark);
  if (told?.run !== run) {
    // A run that is adjusted goes on as another, on the same way.
    const marks = (told?.marks ?? []).filter(isThere);
    return { happened: begin, run, told: { run, since: momentOf(course.startedAt), marks } };
  }
  const known = told.marks.filter((mark) => isThere(mark) || mark.startsWith(PAUSE));
  const news = (happened: Happened, then: Partial<Told>) => ({
    happened,
    run,
    told: { ...told, marks: known, ...then },
  });
  if (told.end === undefined) {
    const over = known.find((mark) => !isThere(mark));
    const marks = known.filter((mark) => mark !== over);
    if (over !== undefined && !end && !removing) {
      return news({ ...RESUMED, mark: over === PAUSE ? PAUSE + told.pauses : over }, { marks });
    }
    const next = stations.find(({ mark }) => !known.includes(mark));
    if (next) {
      const passed = { marks: [...known, next.mark] };
      if (next.mark !== PAUSE) return news(next, passed);
      const pauses = (told.pauses ?? 0) + 1;
      return news({ ...next, mark: PAUSE + pauses }, { ...passed, pauses });
    }
  }
  if (end && end.kind !== told.end) {
    const ends = (told.ends ?? 0) + 1;
    return news({ ...end, mark: `${ends}` }, { marks: [], end: end.kind, ends });
  }
  if (removing && !known.includes(removing.mark)) return news(removing, { marks: [...known, removing.mark] });
  return undefined;
}

const RESUMED: Happened = { kind: 'rollout.resumed', mark: '', message: 'It goes on' };

/** The object is gone. */
export const REMOVED: Happened = { kind: 'rollout.removed', mark: '', message: 'It is removed' };

/** The same whenever, and by whomever, it is told. @param uid - of the FogRollout */
export function idOf(uid: string, { happened, run }: Pick<News, 'happened' | 'run'>): string {
  const parts = [uid, run, happened.kind, happened.mark];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
}

/** Whether it is another run of the rollout, and none that goes on with the one before. */
export function isOtherRun(before: RunHead, { order, asked }: RunHead): boolean {
  return compareOrder(before.order, order) !== 0 || (asked !== undefined && asked !== before.asked);
}

/**
 * Whether runs may have come and gone that nothing is told of, so that the history has to be asked for them.
 *
 * @param before - the runs that were seen before the present one, the last of them last; undefined where others may have been
 */
export function mayLack(told: Told | undefined, course: Course, before: readonly RunHead[] | undefined): boolean {
  if (course.removing) return false; // its history goes with it
  if (!told) return !(isFirst(course.order) && course.asked === undefined) && before?.length !== 1;
  if (told.run === runOf(told, course)) return false;
  const last = before?.at(-1);
  return told.end === undefined || last === undefined || runOf(told, last) !== told.run;
}

/** The courses of runs that are over and were told of in part, or not at all; the oldest first. */
export function lackedOf(told: Told | undefined, past: readonly PastRun[], present: Course): Course[] {
  return past
    .flatMap((run) => courseOfPast(run) ?? [])
    .filter(({ runId, order }) => runId !== present.runId && compareOrder(order, present.order) <= 0)
    .filter((course) => told === undefined || isLacked(told, course))
    .toSorted((a, b) => compareOrder(a.order, b.order) || Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

function isLacked(told: Told, course: Course): boolean {
  const later = compareOrder(course.order, orderOf(told.run));
  if (later !== 0) return later > 0;
  const began = Date.parse(course.startedAt) - Number.parseInt(told.since, 36);
  return began >= 0 && (told.end === undefined || (course.asked !== undefined && began > 0));
}

/** A run that nobody asked for, of the order of the one before, goes on with it: a repair, a fresh history, one begun anew. */
function runOf(told: Told | undefined, { order, asked, startedAt }: RunHead): string {
  if (told && compareOrder(orderOf(told.run), order) === 0) {
    if (asked === undefined || momentOf(startedAt) === told.since) return told.run;
  }
  const { generation, attempt = 0 } = order;
  return `${generation}.${attempt}${asked === undefined ? '' : `/${asked}`}`;
}

function orderOf(run: string): Order {
  const [generation, attempt] = run.split('/')[0]!.split('.').map(Number);
  return { generation: generation!, attempt: attempt! };
}
