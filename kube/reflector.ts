import { backoffMs } from './backoff.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { Contact } from './contact.ts';
import { isGone, isNotFound, isNotServed, isTransient, KubeConnectionError, KubeError, messageOf } from './errors.ts';
import { type Log, silentLog } from './log.ts';
import { type KubeObject, type ResourceType, typeName } from './resources.ts';

/** Where the state of the server goes. Both methods must not throw. */
export interface Sink<T> {
  /** The whole state: what is not in `objects` does not exist any more. */
  replace(objects: T[]): void;
  apply(event: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }): void;
}

export interface ReflectOptions<T extends KubeObject> {
  client: KubeClient;
  type: ResourceType;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  sink: Sink<T>;
  /**
   * The type may not be installed. Then there are none of it, which the sink is told once, and whether it is there now is
   * asked twice a minute.
   */
  optional?: boolean | undefined;
  /** Told of every sign of life. */
  contact?: Contact | undefined;
  log?: Log | undefined;
  /** The longest silence of a watch that is believed, in milliseconds. */
  idleTimeoutMs?: number | undefined;
  clock?: Clock | undefined;
  /** In [0, 1); for tests. */
  random?: (() => number) | undefined;
}

const BACKOFF = { baseMs: 200, maxMs: 15_000 };

// A watch ends after 5 to 10 minutes, at random, so that clients spread over the servers again (client-go's figure).
const WATCH_SECONDS = 300;

/**
 * The API server sends a bookmark to a quiet watch about once a minute. Twice that, and some, without a byte means that
 * the connection is dead though nobody said so (a middlebox forgot it, or a proxy lost its other side). A peer whose
 * machine is gone is found sooner, by the TCP probes that the connection asks for.
 */
const IDLE_TIMEOUT_MS = 130_000;

// A watch that lived this long, in milliseconds, or told something, was a success: the next failure counts as the first.
const HEALTHY_MS = 10_000;

// After so many refusals in a row to continue from where we were, listing again is the safer way. A server that is away
// refuses nothing: when it is back we go on without a list, or all its clients would list at the same moment.
const REFUSALS_BEFORE_RELIST = 8;

// How often an optional type that is not served is asked for, in milliseconds.
const ABSENT_MS = 30_000;

/**
 * Keeps `sink` equal to the server's state until `signal` is aborted: lists, then watches from there, for ever. Whatever
 * goes wrong is logged and tried again with backoff, no sooner than the server's Retry-After; the list is taken again only
 * when the watch cannot continue where it was. Never rejects.
 */
export async function reflect<T extends KubeObject>(options: ReflectOptions<T>, signal: AbortSignal): Promise<void> {
  const { client, type, namespace, labelSelector, fieldSelector, sink, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const { optional = false, contact, log = silentLog, clock = systemClock, random = Math.random } = options;
  const selection = { namespace, labelSelector, fieldSelector };
  let resourceVersion: string | undefined;
  let failures = 0;
  let expiries = 0;
  let served: boolean | undefined;

  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        const all = await client.listAll<T>(type, selection, { signal });
        contact?.heard();
        sink.replace(all.items);
        served = true;
        resourceVersion = all.resourceVersion;
      }
      await watchOnce(resourceVersion);
    } catch (error) {
      if (signal.aborted) return;
      if (optional && resourceVersion === undefined && (isNotServed(error) || isNotFound(error))) await absent();
      else await recover(error);
    }
  }

  async function watchOnce(from: string): Promise<void> {
    const started = clock.now();
    let events = 0;
    const isGood = () => events > 0 || clock.now() - started >= HEALTHY_MS;
    try {
      const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + random()));
      const onOpen = () => contact?.opened();
      const bounds = { timeoutSeconds, idleTimeoutMs };
      const watch = { ...selection, resourceVersion: from, allowWatchBookmarks: true, ...bounds, onOpen };
      for await (const event of client.watch<T>(type, watch, { signal })) {
        events++;
        contact?.heard();
        if (isChange(event)) sink.apply(event);
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      }
    } finally {
      const wasGood = isGood();
      if (wasGood) failures = expiries = 0;
      if (contact?.isOpen) contact.closed({ wasGood });
    }
    if (!isGood()) {
      throw new Error(`The watch of ${typeName(type)} ended at once`);
    }
  }

  async function absent(): Promise<void> {
    contact?.heard();
    if (served !== false) log.info({ type: typeName(type) }, 'The type is not installed; going on without');
    // Objects that were there are not given up for a 404: when a definition goes, its objects' deletions come before.
    if (served === undefined) sink.replace([]);
    served = false;
    await sleep(clock, ABSENT_MS, signal).catch(() => {});
  }

  async function recover(error: unknown): Promise<void> {
    const fields = { type: typeName(type), namespace, error: messageOf(error) };
    const refused = !(error instanceof KubeConnectionError) && failures >= REFUSALS_BEFORE_RELIST;
    const relist = isGone(error) || !resumable(error) || refused;
    // An expired version is normal after a separation, and the server is there: no need to wait, unless it says so again.
    const expired = isGone(error) && resourceVersion !== undefined && expiries++ === 0;
    if (relist) resourceVersion = undefined;
    const retryAfterMs = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = expired ? 0 : Math.max(retryAfterMs, backoffMs(failures, { ...BACKOFF, random }));
    if (!expired) failures++;
    // One broken watch is everyday life; a person should hear of it when it does not pass, or when nobody answered.
    const loud = failures > 2 || (error instanceof KubeConnectionError && error.timedOut);
    log[loud ? 'warn' : 'debug']({ ...fields, failures, relist, delayMs }, 'List and watch interrupted');
    if (delayMs > 0) await sleep(clock, delayMs, signal).catch(() => {});
  }
}

function isChange<T>(event: WatchEvent<T>): event is WatchEvent<T> & { type: 'ADDED' | 'MODIFIED' | 'DELETED' } {
  return event.type !== 'BOOKMARK';
}

// What says nothing about our position in the history: a lost connection, an overloaded or restarting server.
// A server that does not know our version yet (restored, or lagging) says so with 504 and a cause: the list then tells.
function resumable(error: unknown): boolean {
  if (!(error instanceof KubeError)) return true;
  const tooLarge = error.status?.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge');
  return isTransient(error) && !tooLarge;
}
