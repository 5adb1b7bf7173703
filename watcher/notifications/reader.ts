/** What a sink is to be told of a rollout next, by what it was told, what there is, and what there was. */
import { type Clock, systemClock } from '../../kube/clock.ts';
import type { PastRun } from '../../model/history/past.ts';
import { type CloudEvent, cloudEventOf } from '../../model/notifications/cloud-event.ts';
import { type Course, courseOf } from '../../model/notifications/course.ts';
import type { Kind } from '../../model/notifications/kinds.ts';
import { idOf, lackedOf, mayLack, type News, newsOf, REMOVED, type Told } from '../../model/notifications/told.ts';
import type { FogRollout } from '../../model/types.ts';
import type { KnownRollouts } from './known.ts';
import type { NotificationRecord } from './record.ts';
import type { Sink } from './sink.ts';

export interface Next {
  uid: string;
  /** `namespace/name`. */
  rollout: string;
  kind: Kind;
  event(): CloudEvent;
  /** What the sink was told once it has heard of that; undefined: all, the object is gone. */
  told: Told | undefined;
}

export interface ReaderDeps {
  known: KnownRollouts;
  record: NotificationRecord;
  /** Of events: of this Fog Rollouts. */
  source: string;
  clock?: Clock;
}

/** An object that is gone and that only the record knows, or any other. */
type Known = Pick<FogRollout, 'metadata'> & { course?: Course | undefined };

export class Reader {
  readonly #deps: ReaderDeps;
  readonly #clock: Clock;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
  }

  /**
   * One after the other: whoever reads has to have noted one in the record, before the next is asked for. Objects of the name
   * that are gone come first.
   *
   * @throws KubeError, KubeConnectionError where the history is needed, and not to be had at present
   */
  async *read(rollout: string, sink: Sink, signal: AbortSignal): AsyncGenerator<Next, void, void> {
    const { known, record } = this.#deps;
    const present = known.present(rollout);
    const gone = known.gone(rollout, sink.name);
    const uids = new Set([...record.uidsOf(rollout), ...gone.keys()]);
    for (const uid of uids) if (uid !== present?.metadata.uid) yield* this.#removed(rollout, uid, sink, signal);
    if (present) yield* this.#happened(rollout, present, sink, signal);
  }

  async *#removed(rollout: string, uid: string, sink: Sink, signal: AbortSignal): AsyncGenerator<Next, void, void> {
    const { known, record } = this.#deps;
    const last = known.gone(rollout, sink.name).get(uid);
    if (last) yield* this.#happened(rollout, last, sink, signal);
    if (record.told(uid, sink.name)) {
      const news = { happened: REMOVED, run: '' };
      const object = last
        ? { metadata: last.metadata, course: courseOf(last) }
        : { metadata: metadataOf(rollout, uid) };
      yield { uid, rollout, kind: REMOVED.kind, event: () => this.#eventOf(object, news), told: undefined };
    }
    known.forget(rollout, uid, sink.name);
  }

  async *#happened(
    rollout: string,
    object: FogRollout,
    sink: Sink,
    signal: AbortSignal,
  ): AsyncGenerator<Next, void, void> {
    const { known, record } = this.#deps;
    const course = courseOf(object);
    if (!course || !sink.takes(object)) return;
    const { metadata } = object;
    const { uid } = metadata;
    let told = record.told(uid, sink.name);
    const from = told ? Number.NEGATIVE_INFINITY : this.#tellsFrom(sink);
    const isOld = told === undefined && Date.parse(course.begin.at ?? '') < from;
    let past: PastRun[] = [];
    if (!isOld && mayLack(told, course, known.before(object))) past = await known.past(object, signal);
    for (;;) {
      const found = firstIn([...lackedOf(told, past, course), course], told);
      if (!found) return;
      const { of, news } = found;
      const isBefore = Date.parse(news.happened.at ?? '') < from;
      const event = () => this.#eventOf({ metadata, course: of }, news);
      if (!isBefore) yield { uid, rollout, kind: news.happened.kind, event, told: news.told };
      told = news.told;
    }
  }

  /** What has happened before is old news to it: it was not there, or it did not want to hear of that rollout then. */
  #tellsFrom({ name, giveUpMs }: Sink): number {
    const longAgo = this.#clock.date().getTime() - 2 * giveUpMs; // twice, so that what is given up was tried
    return Math.max(this.#deps.record.sinceOf(name), longAgo);
  }

  #eventOf({ metadata, course }: Known, news: Pick<News, 'happened' | 'run'>): CloudEvent {
    const { namespace, name, uid } = metadata;
    const now = this.#clock.date().toISOString();
    const { source } = this.#deps;
    return cloudEventOf({
      id: idOf(uid, news),
      happened: news.happened,
      rollout: { namespace, name, uid },
      course,
      source,
      now,
    });
  }
}

function firstIn(courses: Course[], told: Told | undefined): { of: Course; news: News } | undefined {
  for (const of of courses) {
    const news = newsOf(told, of);
    if (news) return { of, news };
  }
  return undefined;
}

function metadataOf(rollout: string, uid: string): Known['metadata'] {
  const [namespace, name] = rollout.split('/') as [string, string];
  return { namespace, name, uid } as Known['metadata'];
}
