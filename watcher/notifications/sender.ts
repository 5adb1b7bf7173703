/**
 * Tells one sink of what happens to all rollouts: of each one thing after the other, and of a few rollouts at a time. Which is
 * next is found out each time from what there is; nothing is lined up.
 */
import { setImmediate } from 'node:timers/promises';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { messageOf } from '../../kube/errors.ts';
import type { Log } from '../../kube/log.ts';
import type { Outside } from '../../kube/outside.ts';
import { WorkQueue } from '../../kube/queue.ts';
import type { CloudEvent } from '../../model/notifications/cloud-event.ts';
import { type Delivered, deliver } from './delivery.ts';
import type { NotificationMeters } from './meters.ts';
import type { Next, Reader } from './reader.ts';
import type { NotificationRecord } from './record.ts';
import type { Sink } from './sink.ts';
import { SinkPause } from './sink-pause.ts';

export interface SenderDeps {
  sink: Sink;
  reader: Reader;
  record: NotificationRecord;
  outside: Outside;
  /** Whether we may act: another may lead by now. */
  mayAct(): boolean;
  meters: NotificationMeters;
  log: Log;
  clock?: Clock;
}

/** How many rollouts a sink is told of at a time. */
const AT_ONCE = 8;

/** Between two tries of one event, in ms. */
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };

/** How many rollouts are looked at before others have their turn. */
const LOOKS_AT_A_TIME = 10;

interface Words {
  event: CloudEvent;
  body: string;
}

export class Sender {
  readonly #deps: SenderDeps;
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #pause: SinkPause;
  /** By rollout, what the sink has not taken, and when that happened, or was first told of, in ms since the epoch. */
  readonly #waiting = new Map<string, { id: string; since: number }>();
  #looks = 0;
  #turn: Promise<void> | undefined;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
    this.#queue = new WorkQueue({ clock: this.#clock, ...BACKOFF });
    this.#pause = new SinkPause(this.#clock, (rollout) => this.#queue.add(rollout));
    deps.meters.waiting(deps.sink.name, () => [...this.#waiting.values()].map(({ since }) => since));
  }

  /** Something may have happened to it. */
  look(rollout: string): void {
    this.#queue.add(rollout);
  }

  /** Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#queue.run({
      workers: AT_ONCE,
      signal,
      handle: (rollout, stopped) => this.#tell(rollout, stopped),
      onError: (rollout, err, failures) => {
        const { log, sink } = this.#deps;
        log.debug({ sink: sink.name, rollout, err, failures }, 'A notification is tried again');
      },
    });
    this.#pause.stop();
  }

  async #tell(rollout: string, signal: AbortSignal): Promise<void> {
    await this.#breathe();
    const { sink, reader } = this.#deps;
    for await (const next of reader.read(rollout, sink, signal)) {
      signal.throwIfAborted();
      const told = sink.hears(next.kind) ? this.#wordsOf(next.event()) : undefined;
      if (told) {
        const { id, time } = told.event;
        if (this.#waiting.get(rollout)?.id !== id) this.#waiting.set(rollout, { id, since: Date.parse(time) });
        if (!this.#pause.mayTry(rollout)) return; // comes again when it may
        await this.#send(rollout, told, signal);
      }
      this.#note(next, { isNews: told !== undefined });
    }
    this.#waiting.delete(rollout);
    this.#pause.next(); // it may have been its turn to try
  }

  /** After some looks at rollouts, of which there may be ten thousand at once, all that goes on besides has its turn. */
  async #breathe(): Promise<void> {
    if (++this.#looks % LOOKS_AT_A_TIME === 0) {
      this.#turn ??= setImmediate().then(() => {
        this.#turn = undefined;
      });
    }
    await this.#turn;
  }

  #note({ uid, rollout, told }: Next, how: { isNews: boolean }): void {
    this.#deps.record.put({ uid, rollout }, this.#deps.sink.name, told, how);
  }

  /** undefined for what the sink does not want, or nothing can be made of for it. */
  #wordsOf(event: CloudEvent): Words | undefined {
    const { sink } = this.#deps;
    try {
      return sink.wants(event) ? { event, body: sink.bodyOf(event) } : undefined;
    } catch (error) {
      this.#giveUp(event, messageOf(error));
      return undefined;
    }
  }

  /** @throws Error when it is to be tried again */
  async #send(rollout: string, words: Words, signal: AbortSignal): Promise<void> {
    const { event } = words;
    const { sink, outside, mayAct, meters, log } = this.#deps;
    if (!mayAct()) throw new Error('Another leads');
    this.#pause.begin();
    let answer: Delivered;
    try {
      answer = await deliver(sink, words, { outside, signal, now: this.#clock.date() });
    } catch (error) {
      this.#pause.end();
      throw error;
    }
    if (answer.outcome !== 'later') {
      if (this.#pause.succeeded()) log.info({ sink: sink.name }, 'The sink takes notifications again');
      if (answer.outcome === 'delivered') meters.told(sink.name, 'delivered');
      else this.#giveUp(event, answer.why);
      return;
    }
    meters.told(sink.name, 'failed');
    const { why, afterMs } = answer;
    if (this.#pause.failed(afterMs)) log.warn({ sink: sink.name, why }, 'The sink takes no notifications; tried again');
    // What nobody knows the time of has happened now each time it is told.
    const age = this.#clock.date().getTime() - this.#waiting.get(rollout)!.since;
    if (age > sink.giveUpMs) return this.#giveUp(event, why);
    throw new TryAgain(`${rollout}: ${why}`, afterMs / 1000);
  }

  #giveUp({ id, type, source }: CloudEvent, why: string): void {
    const { sink, meters, log } = this.#deps;
    meters.told(sink.name, 'given_up');
    log.warn({ sink: sink.name, id, type, source, why }, 'A notification is given up');
  }
}

class TryAgain extends Error {
  override readonly name = 'TryAgain';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
