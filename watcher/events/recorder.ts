import { createHash } from 'node:crypto';
import type { CoreV1Event } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { isNotFound, isTransient } from '../../kube/errors.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { EVENTS, type KubeObject } from '../../kube/resources.ts';
import { boundText } from '../../model/text.ts';
import type { Transition } from '../../model/transitions.ts';

/** What an Event is about. */
export interface Regarding {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid: string; resourceVersion?: string };
}

export interface RecorderDeps {
  client: Pick<KubeClient, 'create' | 'patch'>;
  /** Of this process, as whose word it counts. */
  instance: string;
  log: Log;
  clock?: Clock;
}

/** client-go's rules (tools/record/events_cache.go): the same again within so many ms is counted on the Event there is. */
const SAME_MS = 10 * 60_000;
/** And of one object so many at once, then one each so many ms. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** How many wait for one object while the API server does not take them; older ones are dropped. */
const MOST_WAITING = 25;
const WORKERS = 4;
/** As the API server has it. */
const MAX_MESSAGE = 1_000;
const COMPONENT = 'fog-rollouts';

interface Written {
  name: string;
  count: number;
  at: number;
}

/**
 * Writes Kubernetes' Events, beside all else: what cannot be written is dropped, and nobody waits for it. The same thing said
 * again is counted, and what one object says too often is left out.
 */
export class EventRecorder {
  private readonly deps: RecorderDeps;
  private readonly clock: Clock;
  private readonly queue: WorkQueue;
  private readonly waiting = new Map<string, { regarding: Regarding; transitions: Transition[] }>();
  /** By object and text. */
  private readonly written = new Map<string, Written>();
  /** By object: how many may be written yet, and since when that grows. */
  private readonly allowed = new Map<string, { left: number; at: number }>();

  constructor(deps: RecorderDeps) {
    this.deps = deps;
    this.clock = deps.clock ?? systemClock;
    this.queue = new WorkQueue({ clock: this.clock, baseMs: 500, maxMs: 30_000 });
  }

  record(regarding: Regarding, transitions: Transition[]): void {
    if (transitions.length === 0) return;
    const { uid } = regarding.metadata;
    const before = this.waiting.get(uid)?.transitions ?? [];
    this.waiting.set(uid, { regarding, transitions: [...before, ...transitions].slice(-MOST_WAITING) });
    this.queue.add(uid);
  }

  /** Writes what is recorded, until the signal. */
  run(signal: AbortSignal): Promise<void> {
    const onError = (uid: string, err: unknown) => this.deps.log.debug({ uid, err }, 'Could not write an Event');
    return this.queue.run({ workers: WORKERS, signal, handle: (uid) => this.write(uid), onError });
  }

  private async write(uid: string): Promise<void> {
    for (;;) {
      const [next] = this.waiting.get(uid)?.transitions ?? [];
      if (!next) break;
      const { regarding } = this.waiting.get(uid)!;
      await this.say(regarding, next);
      this.waiting.get(uid)!.transitions.shift();
    }
    this.waiting.delete(uid);
    this.sweep();
  }

  private async say(regarding: Regarding, transition: Transition): Promise<void> {
    const key = keyOf(regarding, transition);
    const before = this.written.get(key);
    try {
      if (before && this.clock.now() - before.at < SAME_MS) await this.countOn(regarding, before);
      else if (this.mayWrite(regarding.metadata.uid)) {
        const name = await this.make(regarding, transition, key);
        this.written.set(key, { name, count: 1, at: this.clock.now() });
      }
    } catch (error) {
      if (isTransient(error)) throw error; // tried again
      this.written.delete(key); // it is not there any more, or not to be written: no Event is worth more
      if (!isNotFound(error)) this.deps.log.debug({ err: error, reason: transition.reason }, 'An Event was refused');
    }
  }

  private async countOn({ metadata }: Regarding, before: Written): Promise<void> {
    const count = before.count + 1;
    const lastTimestamp = this.clock.date().toISOString();
    const ref = { namespace: namespaceOf(metadata), name: before.name };
    await this.deps.client.patch(EVENTS, ref, { type: 'merge', body: { count, lastTimestamp } });
    Object.assign(before, { count, at: this.clock.now() });
  }

  private async make({ apiVersion, kind, metadata }: Regarding, { type, reason, message }: Transition, key: string) {
    const at = this.clock.date();
    const { namespace, name, uid, resourceVersion } = metadata;
    const event = {
      metadata: {
        namespace: namespaceOf(metadata),
        name: `${name.slice(0, 200)}.${digest(`${key} ${at.getTime()}`)}`,
      },
      involvedObject: {
        apiVersion,
        kind,
        name,
        uid,
        ...(namespace && { namespace }),
        ...(resourceVersion && { resourceVersion }),
      },
      type,
      reason,
      message: boundText(message, MAX_MESSAGE),
      firstTimestamp: at.toISOString(),
      lastTimestamp: at.toISOString(),
      count: 1,
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      reportingInstance: this.deps.instance,
    };
    await this.deps.client.create<KubeObject>(EVENTS, event as unknown as CoreV1Event & KubeObject);
    return event.metadata.name;
  }

  private mayWrite(uid: string): boolean {
    const now = this.clock.now();
    const { left, at } = this.allowed.get(uid) ?? { left: BURST, at: now };
    const grown = Math.floor((now - at) / REFILL_MS);
    const most = Math.min(BURST, left + grown);
    this.allowed.set(uid, { left: Math.max(0, most - 1), at: grown > 0 || left === BURST ? now : at });
    return most > 0;
  }

  /** Forgets what is old: nothing of it would be told apart from what is new. */
  private sweep(): void {
    const now = this.clock.now();
    for (const [key, { at }] of this.written) {
      if (now - at < SAME_MS) break; // in the order they were written
      this.written.delete(key);
    }
    for (const [uid, { at }] of this.allowed) {
      if (now - at < BURST * REFILL_MS) break;
      this.allowed.delete(uid);
    }
  }
}

/** Of what is in no namespace, Events are in this one. */
function namespaceOf({ namespace }: Regarding['metadata']): string {
  return namespace ?? 'default';
}

function keyOf({ metadata }: Regarding, { type, reason, message }: Transition): string {
  return [metadata.uid, type, reason, message].join('\n');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
