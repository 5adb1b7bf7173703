import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FogRollout, RolloutKey } from '../../model/types.ts';
import { dataAge } from '../data-age.ts';
import type { EventStreamLimits, RolloutReader, ShardReader } from '../deps.ts';
import { type Change, Changes, type Shown } from './changes.ts';
import { type Reader, readerOfMany, readerOfOne, type Told } from './reader.ts';
import { followSites, withSites } from './site-changes.ts';

/** How long a client may take to read the end of its stream when the server closes, in milliseconds. */
const FAREWELL = 1_000;

/** Milliseconds after which a browser connects again. */
const RECONNECT = 2_000;

export interface EventStreams {
  readonly size: number;
  readonly full: boolean;
  /**
   * Follows one FogRollout until it or either end goes.
   * @param last - Last-Event-ID of a client that comes again
   */
  followOne(rollout: FogRollout, last: string | undefined, response: ServerResponse): void;
  /** Follows those of a namespace, or all, until either end goes. */
  followMany(response: ServerResponse, following: FollowingMany): void;
  /** Ends every stream; resolves when the clients have gone or were dropped. */
  close(): Promise<void>;
}

export interface FollowingMany {
  /** Left out: those of all. */
  namespace?: string | undefined;
  /** As of {@link EventStreams.followOne}. */
  last?: string | undefined;
  shown: Shown;
}

interface Stream {
  shown: Shown;
  response: ServerResponse;
  reader: Reader & { sitesChanged?(rollout: RolloutKey): void };
  /** Since when the client has not read what it was sent, in the milliseconds of `performance.now()`. */
  fullSince: number | undefined;
}

/**
 * Server-sent events of rollouts. However many clients there are, there is one subscription, a change is rendered once, and
 * one timer sends the heartbeats. Nothing is kept for a client that does not read: it is told the newest of each rollout when it
 * reads again, and dropped when it does not for too long.
 *
 * @param render - the data of an event: the view of a rollout, or its summary
 */
export function createEventStreams(
  { rollouts, shards }: { rollouts: RolloutReader; shards: ShardReader },
  render: Record<Shown, (rollout: FogRollout) => unknown>,
  limits: EventStreamLimits,
): EventStreams {
  const changes = new Changes();
  const epoch = randomUUID();
  /** By what is followed: `namespace/name`, `namespace/` or {@link EVERYTHING}. */
  const audiences = new Map<string, Set<Stream>>();
  const open = new Set<Stream>();
  let heartbeat: NodeJS.Timeout | undefined;

  /** Tells a client what there is to tell, as long as it reads. */
  function tell(stream: Stream): void {
    const { response, reader, shown } = stream;
    while (stream.fullSince === undefined && !response.writableEnded && !response.destroyed) {
      const told = reader.next();
      if (!told) return;
      const frame = frameOf(told, shown);
      if (frame === undefined) continue;
      if (told.isLast) response.end(frame);
      else send(stream, frame);
    }
  }

  function send(stream: Stream, text: string): void {
    const { response } = stream;
    if (response.writableEnded || response.destroyed || response.write(text)) return;
    stream.fullSince = performance.now();
    response.once('drain', () => {
      stream.fullSince = undefined;
      tell(stream);
    });
  }

  function frameOf({ event, id, change, rollout }: Told, shown: Shown): string | undefined {
    const data = change ? dataOf(change, shown) : JSON.stringify(rollout ?? {});
    return data && `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
  }

  /** @returns undefined for what the cache has not any more, though its handlers are yet to be told */
  function dataOf(change: Change, shown: Shown): string | undefined {
    const { namespace, name, uid, isGone } = change;
    if (isGone) return JSON.stringify({ namespace, name, uid });
    const rollout = rollouts.get(namespace, name);
    if (!rollout) return undefined;
    change.data ??= {};
    change.data[shown] ??= JSON.stringify(render[shown](rollout));
    return change.data[shown];
  }

  function changed({ metadata: { namespace, name } }: FogRollout): void {
    for (const followed of [`${namespace}/${name}`, `${namespace}/`, EVERYTHING]) {
      for (const stream of audiences.get(followed) ?? []) tell(stream);
    }
  }

  function beat(): void {
    // A stream tells changes only: that there are none, or that none can be known of, is told here.
    const age = dataAge(rollouts);
    const comment = age === undefined ? ': heartbeat\n\n' : `: heartbeat, data age ${age}\n\n`;
    const longest = performance.now() - limits.stalled;
    for (const stream of open) {
      if (stream.fullSince === undefined) send(stream, comment);
      else if (stream.fullSince < longest) stream.response.destroy();
    }
  }

  function follow(
    followed: string,
    { shown, reader }: Pick<Stream, 'shown' | 'reader'>,
    response: ServerResponse,
  ): void {
    const stream: Stream = { shown, response, reader, fullSince: undefined };
    const audience = audiences.get(followed) ?? new Set();
    audiences.set(followed, audience.add(stream));
    if (open.size === 0) heartbeat = setInterval(beat, limits.heartbeat).unref();
    open.add(stream);
    response.once('close', () => {
      open.delete(stream);
      if (open.size === 0) {
        clearInterval(heartbeat);
        changes.dropData();
      }
      audience.delete(stream);
      if (audience.size === 0) audiences.delete(followed);
    });
    response.on('error', () => response.destroy());
    send(stream, `retry: ${RECONNECT}\n`);
    tell(stream);
  }

  const unfollow = followSites(shards, (changed) => {
    for (const rollout of changed) {
      for (const followed of [`${rollout.namespace}/`, EVERYTHING]) {
        for (const stream of audiences.get(followed) ?? []) {
          stream.reader.sitesChanged?.(rollout);
          tell(stream);
        }
      }
    }
  });

  const unsubscribe = rollouts.subscribe({
    onAdd(rollout) {
      changes.changed(rollout);
      changed(rollout);
    },
    onUpdate(old, now) {
      if (old.metadata.uid === now.metadata.uid && old.metadata.resourceVersion === now.metadata.resourceVersion)
        return;
      changes.changed(now);
      changed(now);
    },
    onDelete(last) {
      changes.gone(last);
      changed(last);
    },
  });

  return {
    get size() {
      return open.size;
    },
    get full() {
      return open.size >= limits.clients;
    },
    followOne(rollout, last, response) {
      const { namespace, name } = rollout.metadata;
      follow(`${namespace}/${name}`, { shown: 'view', reader: readerOfOne(changes, rollout, last) }, response);
    },
    followMany(response, { namespace, last, shown }) {
      const followed = namespace === undefined ? EVERYTHING : `${namespace}/`;
      const isSummary = shown === 'summary';
      const reader = readerOfMany(changes, { epoch, namespace, last, saysSynced: isSummary });
      follow(followed, { shown, reader: isSummary ? withSites(reader) : reader }, response);
    },
    async close() {
      unsubscribe();
      unfollow();
      await Promise.all([...open].map(({ response }) => response).map(endWithin(FAREWELL)));
    },
  };
}

/** No namespace and no name has it. */
const EVERYTHING = '*';

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
