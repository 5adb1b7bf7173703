import type { KubeClient } from '../../kube/client.ts';
import { type Clock, sleep, systemClock } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { createOutside, type Outside } from '../../kube/outside.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { FogRollout } from '../../model/types.ts';
import { KnownRollouts } from './known.ts';
import type { NotificationMeters } from './meters.ts';
import { Reader } from './reader.ts';
import { NotificationRecord } from './record.ts';
import { Sender } from './sender.ts';
import type { Sink } from './sink.ts';

/** Who is told, and as whose word. */
export interface Notifications {
  /** Of events: of this Fog Rollouts. */
  source: string;
  /** Hosts that are asked wherever they lead. */
  hosts: readonly string[];
  sinks: readonly Sink[];
}

export interface NotificationsDeps {
  notifications: Notifications;
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  /** Of Fog Rollouts: of the record. */
  namespace: string;
  mayAct(): boolean;
  meters: NotificationMeters;
  log: Log;
  clock?: Clock;
}

/** Between two tries to read the record, in ms. */
const AGAIN_MS = 5_000;

/**
 * Tells sinks of what happens to FogRollouts, while `signal` is not aborted: at least once, and of each rollout in order. Whatever
 * happened while nobody did is found in what the objects say. Never rejects, and nothing waits for it.
 */
export async function notify(deps: NotificationsDeps, signal: AbortSignal): Promise<void> {
  const { log, clock = systemClock } = deps;
  while (!signal.aborted) {
    const outside = createOutside({ allowedHosts: deps.notifications.hosts });
    try {
      await tell(deps, outside, signal);
    } catch (err) {
      if (signal.aborted) return;
      log.error({ err }, 'Nobody is notified; it is tried again');
      await sleep(clock, AGAIN_MS, signal).catch(() => undefined);
    } finally {
      await outside.close().catch(() => undefined);
    }
  }
}

async function tell(deps: NotificationsDeps, outside: Outside, signal: AbortSignal): Promise<void> {
  const { notifications, rollouts, log } = deps;
  await rollouts.waitForSync(signal);
  const record = await loaded(deps, signal);
  const sinks = notifications.sinks.map(({ name }) => name);
  const known = new KnownRollouts({ ...deps, sinks });
  const reader = new Reader({ ...deps, known, record, source: notifications.source });
  const senders = notifications.sinks.map((sink) => new Sender({ ...deps, sink, reader, record, outside }));
  const look = (rollout: string) => {
    for (const sender of senders) sender.look(rollout);
  };
  const unfollow = known.follow(look);
  for (const rollout of record.rollouts) if (!known.present(rollout)) look(rollout);
  log.info({ sinks }, 'Notifying');
  const told = new AbortController();
  const recording = record.run(told.signal);
  await Promise.all(senders.map((sender) => sender.run(signal)));
  unfollow();
  told.abort(); // what was told last is written down too
  await recording;
}

async function loaded(deps: NotificationsDeps, signal: AbortSignal): Promise<NotificationRecord> {
  const { notifications, clock = systemClock, log } = deps;
  for (;;) {
    const record = new NotificationRecord(deps);
    try {
      const sinks = notifications.sinks.map(({ name }) => name);
      await record.load(sinks, clock.date(), signal);
      return record;
    } catch (err) {
      signal.throwIfAborted();
      log.warn({ err }, 'What sinks were told cannot be read; nobody is notified meanwhile, and it is tried again');
    }
    await sleep(clock, AGAIN_MS, signal);
  }
}
