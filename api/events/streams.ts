import type { ServerResponse } from 'node:http';
import type { FogRollout, RolloutKey } from '../model/types.ts';
import { dataAge } from './data-age.ts';
import type { EventStreamLimits, RolloutReader } from './deps.ts';

/** How long a client may take to read the end of its stream when the server closes, in milliseconds. */
const FAREWELL = 1_000;

/** Milliseconds after which a browser connects again. */
const RECONNECT = 2_000;

export interface EventStreams {
  readonly size: number;
  readonly full: boolean;
  /** Writes the current view, then one event per change until the rollout or either end goes. */
  open(rollout: FogRollout, response: ServerResponse): void;
  /** Ends every stream; resolves when the clients have gone or were dropped. */
  close(): Promise<void>;
}

/**
 * Server-sent events of rollouts. However many clients there are, a change is rendered once per rollout and
 * one timer sends the heartbeats. A client that does not read is dropped rather than buffered for: since the
 * first event of a stream is the whole current view, it misses nothing by connecting again.
 *
 * @param render the data of an event: the view of a rollout
 */
export function createEventStreams(
  rollouts: RolloutReader,
  render: (rollout: FogRollout) => unknown,
  limits: EventStreamLimits,
): EventStreams {
  const audiences = new Map<string, Set<ServerResponse>>();
  const open = new Set<ServerResponse>();
  let heartbeat: NodeJS.Timeout | undefined;

  function send(response: ServerResponse, frame: string): void {
    if (response.writableEnded || response.destroyed) return;
    response.write(frame);
    if (response.writableLength > limits.buffer) response.destroy();
  }

  function change(now: FogRollout): void {
    const audience = audiences.get(keyOf(now.metadata));
    if (audience === undefined) return;
    const frame = frameOf('status', now.metadata.resourceVersion, render(now));
    for (const response of audience) send(response, frame);
  }

  function end(last: FogRollout): void {
    const key = keyOf(last.metadata);
    const audience = audiences.get(key);
    if (audience === undefined) return;
    audiences.delete(key);
    const { namespace, name, uid, resourceVersion } = last.metadata;
    const frame = frameOf('deleted', resourceVersion, { namespace, name, uid });
    for (const response of audience) response.end(frame);
  }

  function beat(): void {
    // A stream tells changes only: that there are none, or that none can be known of, is told here.
    const age = dataAge(rollouts);
    const frame = age === undefined ? ': heartbeat\n\n' : `: heartbeat, data age ${age}\n\n`;
    for (const response of open) send(response, frame);
  }

  function leave(key: string, response: ServerResponse): void {
    open.delete(response);
    if (open.size === 0) clearInterval(heartbeat);
    const audience = audiences.get(key);
    if (audience?.delete(response) && audience.size === 0) audiences.delete(key);
  }

  const unsubscribe = rollouts.subscribe({
    onUpdate(old, now) {
      // The name is another object now: what the clients followed is gone.
      if (old.metadata.uid !== now.metadata.uid) end(old);
      else if (old.metadata.resourceVersion !== now.metadata.resourceVersion) change(now);
    },
    onDelete: end,
  });

  return {
    get size() {
      return open.size;
    },
    get full() {
      return open.size >= limits.clients;
    },
    open(rollout, response) {
      const key = keyOf(rollout.metadata);
      const audience = audiences.get(key) ?? new Set();
      audiences.set(key, audience.add(response));
      if (open.size === 0) heartbeat = setInterval(beat, limits.heartbeat).unref();
      open.add(response);
      response.once('close', () => leave(key, response));
      response.on('error', () => response.destroy());
      const first = frameOf('status', rollout.metadata.resourceVersion, render(rollout));
      send(response, `retry: ${RECONNECT}\n${first}`);
    },
    async close() {
      unsubscribe();
      await Promise.all([...open].map(endWithin(FAREWELL)));
    },
  };
}

function endWithin(milliseconds: number): (response: ServerResponse) => Promise<void> {
  return (response) =>
    new Promise((resolve) => {
      const giveUp = setTimeout(() => response.destroy(), milliseconds);
      response.once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      if (!response.writableEnded) response.end();
    });
}

function frameOf(event: 'status' | 'deleted', id: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function keyOf({ namespace, name }: RolloutKey): string {
  return `${namespace}/${name}`;
}
