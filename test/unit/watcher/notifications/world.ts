/** Those who notify, with rollouts that a test holds in its hands, real HTTP servers as sinks, and an API server for the record. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach } from '@jest/globals';
import { KubeClient } from '../../../../kube/client.ts';
import type { Clock } from '../../../../kube/clock.ts';
import { systemClock } from '../../../../kube/clock.ts';
import { KubeConnection } from '../../../../kube/connection.ts';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { FogRollout, FogRolloutStatus } from '../../../../model/types.ts';
import { createSink, type SinkOptions } from '../../../../watcher/notifications/create-sink.ts';
import { notify } from '../../../../watcher/notifications/notifications.ts';
import { FakeKube } from '../../../support/fakekube.ts';
import { Webhooks } from '../../../support/webhooks.ts';
import { objectOf } from '../../model/notifications/runs.ts';
import { Shelf } from '../shelf.ts';

/** Time that goes by a hundred times as fast; the time of day is the real one. */
const FAST = 100;
const fastClock: Clock = {
  now: () => systemClock.now() * FAST,
  date: () => new Date(),
  after: (ms, fn) => systemClock.after(ms / FAST, fn),
};

export class NotifyWorld {
  readonly rollouts = new Shelf<FogRollout & KubeObject>();
  readonly logged: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  readonly counted: string[] = [];
  /** What the API server keeps of past runs. */
  past: KubeObject[] = [];
  /** What it answers instead. */
  refusal: Error | undefined;
  /** How often it was asked for these. */
  askedForPast = 0;
  hub!: FakeKube;
  hooks!: Webhooks;
  readonly #waiting = new Map<string, () => Iterable<number>>();
  #connection!: KubeConnection;
  #version = 0;
  #running: { stop: AbortController; ended: Promise<void>; acts: boolean }[] = [];

  async open(): Promise<void> {
    this.hub = await FakeKube.start();
    this.hooks = await Webhooks.start();
    this.#connection = new KubeConnection(this.hub.kubeConfig());
  }

  async close(): Promise<void> {
    await this.stopAll();
    this.hooks.stop();
    await this.#connection.close();
    await this.hub.stop();
  }

  /** Another watcher leads. @returns what kills it: it writes nothing more */
  lead(...sinks: (Partial<SinkOptions> & { name: string })[]): () => Promise<void> {
    const client = new KubeClient(this.#connection, { fieldManager: 'fog-rollouts' });
    const log = (level: string) => (fields: object, message: string) =>
      void this.logged.push({ level, message, fields: fields as Record<string, unknown> });
    const hosts = ['127.0.0.1'];
    const stop = new AbortController();
    const one = { stop, acts: true, ended: Promise.resolve() };
    one.ended = notify(
      {
        notifications: {
          source: '/fog-rollouts',
          hosts,
          sinks: sinks.map((sink) => createSink({ url: `${this.hooks.origin}/${sink.name}`, ...sink }, hosts)),
        },
        client: {
          find: client.find.bind(client),
          create: client.create.bind(client),
          patch: client.patch.bind(client),
          listMetadata: async () => {
            this.askedForPast++;
            if (this.refusal) throw this.refusal;
            return { items: this.past, resourceVersion: '1' };
          },
        } as never,
        rollouts: this.rollouts.informer,
        namespace: 'fog-rollouts-system',
        mayAct: () => one.acts,
        meters: {
          told: (sink, outcome) => void this.counted.push(`${sink} ${outcome}`),
          waiting: (sink, since) => void this.#waiting.set(sink, since),
        },
        log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
        clock: fastClock,
      },
      stop.signal,
    );
    this.#running.push(one);
    return async () => {
      one.acts = false;
      stop.abort(new Error('Killed'));
      await one.ended;
    };
  }

  async stopAll(): Promise<void> {
    for (const one of this.#running) one.stop.abort();
    await Promise.all(this.#running.map(({ ended }) => ended));
  }

  /** Stops the one that leads as a process that is told to. */
  async stop(): Promise<void> {
    this.#running.at(-1)!.stop.abort();
    await this.#running.at(-1)!.ended;
  }

  /** Resolves when it tells. */
  async leads(...sinks: Parameters<NotifyWorld['lead']>): Promise<() => Promise<void>> {
    const before = this.logged.length;
    const kill = this.lead(...sinks);
    await this.until('it to notify', () => this.logged.slice(before).some(({ message }) => message === 'Notifying'));
    return kill;
  }

  put(name: string, status: FogRolloutStatus | undefined, more: Partial<FogRollout['metadata']> = {}): void {
    const object = objectOf(status);
    const metadata = { ...object.metadata, name, uid: `uid-${name}`, resourceVersion: `${++this.#version}`, ...more };
    this.rollouts.put({ ...object, metadata } as FogRollout & KubeObject);
  }

  remove(name: string): void {
    this.rollouts.remove(`shop/${name}`);
  }

  /** What a sink has taken of a rollout. */
  taken(sink: string, name: string): string[] {
    return this.hooks.taken(`/${sink}`, name).map(({ type, data: { layer, gate } }) => {
      const kind = type.slice('io.paguos.fogrollouts.'.length, -'.v1'.length);
      const what = layer?.name ?? gate?.name;
      return what === undefined ? kind : `${kind} ${what}`;
    });
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`Waited for ${what}: ${JSON.stringify(this.logged.slice(-5))}`);
      await delay(5);
    }
  }

  /** The same over a stop: what was taken then, before those who told had heard so, is told once more. */
  heard(sink: string, name: string): string[] {
    return this.taken(sink, name).filter((what, at, all) => what !== all[at - 1]);
  }

  /** When what waits for a sink happened. */
  waiting(sink: string): number[] {
    return [...(this.#waiting.get(sink)?.() ?? [])];
  }

  warnings(): string[] {
    return this.logged.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  }

  /** Requests that change what the API server has. */
  get writes(): number {
    return this.hub.requests.filter(({ verb }) => verb !== 'get').length;
  }
}

/** A world for each test of a file. */
export function notifyWorlds(): { world: NotifyWorld } {
  const held = {} as { world: NotifyWorld };
  beforeEach(async () => {
    held.world = new NotifyWorld();
    await held.world.open();
  });
  afterEach(() => held.world.close());
  return held;
}
