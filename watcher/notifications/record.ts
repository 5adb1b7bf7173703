/**
 * What sinks were told, in ConfigMaps beside Fog Rollouts: whoever leads next goes on from there. A rollout's row is in one of a
 * few of them, by its uid, so that many rows are written at once, and none of them grows beyond what an object may be.
 */
import { createHash } from 'node:crypto';
import type { KubeClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../kube/errors.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { CONFIG_MAPS, type KubeObject } from '../../kube/resources.ts';
import { NOTIFICATIONS_RECORD } from '../../model/names.ts';
import type { Told } from '../../model/notifications/told.ts';
import { type Row, rowIn, textOf } from './rows.ts';

/** For one sink about 100 bytes a rollout: far from the MiB that an object may have with tens of thousands. */
const PARTS = 16;

/** How long what was told waits for more to be written with it, in ms. Who dies meanwhile has it told again. */
const GATHER_MS = 1_000;

const WRITE_MS = 5_000;

/** Row of the first part that says since when each sink is told, as RFC 3339. */
const SINKS = 'sinks';

export interface RecordDeps {
  client: Pick<KubeClient, 'find' | 'create' | 'patch'>;
  /** Of Fog Rollouts. */
  namespace: string;
  /** Whether we may write: another may lead by now. */
  mayAct(): boolean;
  log: Log;
  clock?: Clock;
}

type ConfigMap = KubeObject & { data?: Record<string, string> };

interface Part {
  name: string;
  /** undefined while there is none. */
  version?: string | undefined;
  /** Rows that are not written yet. */
  changed: Set<string>;
}

export class NotificationRecord {
  readonly #deps: RecordDeps;
  readonly #rows = new Map<string, Row>();
  /** By rollout, the uids that rows are of: of an object that is gone, and of the one of its name. */
  readonly #uids = new Map<string, Set<string>>();
  readonly #parts: Part[];
  readonly #queue: WorkQueue;
  #sinks: Record<string, string> = {};

  constructor(deps: RecordDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({ clock: deps.clock ?? systemClock, baseMs: 500, maxMs: 30_000 });
    this.#parts = Array.from({ length: PARTS }, (_, at) => ({
      name: `${NOTIFICATIONS_RECORD}-${at.toString(16)}`,
      changed: new Set<string>(),
    }));
  }

  /**
   * Reads it, and notes of new sinks that they are told from now on, of others that they are no longer.
   *
   * @throws KubeError, KubeConnectionError: it may be loaded again
   */
  async load(sinks: readonly string[], now: Date, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.map((part) => this.#read(part, signal)));
    const since = sinks.map((sink) => [sink, this.#sinks[sink] ?? now.toISOString()] as const);
    const isSame = since.every(([sink]) => sink in this.#sinks) && Object.keys(this.#sinks).length === since.length;
    this.#sinks = Object.fromEntries(since);
    if (isSame) return;
    // Whoever comes back later is told from then on.
    for (const [uid, row] of [...this.#rows]) {
      const gone = [...row.told.keys()].filter((sink) => !(sink in this.#sinks));
      for (const sink of gone) this.put({ uid, rollout: row.rollout }, sink, undefined, { isNews: false });
    }
    await Promise.all(this.#parts.map((part) => this.#write(part)));
    this.#parts[0]!.changed.add(SINKS);
    await this.#write(this.#parts[0]!);
  }

  /** From when on the sink is told of what happens, in ms since the epoch. */
  sinceOf(sink: string): number {
    return Date.parse(this.#sinks[sink] ?? '');
  }

  told(uid: string, sink: string): Told | undefined {
    return this.#rows.get(uid)?.told.get(sink);
  }

  /** All rollouts that it knows something of. */
  get rollouts(): Iterable<string> {
    return this.#uids.keys();
  }

  uidsOf(rollout: string): readonly string[] {
    return [...(this.#uids.get(rollout) ?? [])];
  }

  /**
   * @param told - undefined: all that there was to be told, its removal too
   * @param isNews - the sink has heard of it; what it has not need not be written for its own sake
   */
  put(
    { uid, rollout }: { uid: string; rollout: string },
    sink: string,
    told: Told | undefined,
    { isNews }: { isNews: boolean },
  ): void {
    const row = this.#rows.get(uid) ?? { rollout, told: new Map() };
    if (told) row.told.set(sink, told);
    else row.told.delete(sink);
    this.#set(uid, row);
    this.#changed(uid, isNews);
  }

  /** Writes what changes, until the signal, and then once more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#deps;
    await this.#queue.run({
      workers: 4,
      signal,
      handle: (name) => this.#write(this.#parts.find((part) => part.name === name)!),
      onError: (configMap, err, failures) => {
        if (failures === 1) log.warn({ configMap, err }, 'What sinks were told could not be written down; tried again');
      },
    });
    // Who stops in peace has nothing told twice.
    await Promise.allSettled(this.#parts.map((part) => this.#write(part)));
  }

  #changed(key: string, isNews: boolean): void {
    const part = this.#partOf(key);
    part.changed.add(key);
    if (isNews) this.#queue.addAfter(part.name, GATHER_MS);
  }

  #partOf(uid: string): Part {
    return this.#parts[createHash('sha256').update(uid).digest()[0]! % PARTS]!;
  }

  /** What is there, but for what we have to write ourselves. */
  async #read(part: Part, signal?: AbortSignal): Promise<void> {
    const { client, namespace, log } = this.#deps;
    const ref = { namespace, name: part.name };
    const live = await client.find<ConfigMap>(CONFIG_MAPS, ref, { timeoutMs: WRITE_MS, ...(signal && { signal }) });
    part.version = live?.metadata.resourceVersion;
    for (const [key, text] of Object.entries(live?.data ?? {})) {
      if (part.changed.has(key)) continue;
      if (key === SINKS) this.#sinks = sinksIn(text);
      else {
        const row = rowIn(text);
        if (row) this.#set(key, row);
        else log.warn({ configMap: part.name, key }, 'What sinks were told of a rollout cannot be read; done without');
      }
    }
  }

  /** Only on top of what we know: who else has written leads, or has led meanwhile, and knows more. */
  async #write(part: Part): Promise<void> {
    if (part.changed.size === 0 || !this.#deps.mayAct()) return;
    const { client, namespace } = this.#deps;
    const keys = [...part.changed];
    part.changed.clear();
    try {
      const options = { timeoutMs: WRITE_MS };
      if (part.version === undefined) {
        const all = [...this.#rows.keys()].filter((uid) => this.#partOf(uid) === part);
        const data = Object.fromEntries([...new Set([...keys, ...all])].flatMap((key) => this.#entry(key)));
        const made = {
          metadata: { namespace, name: part.name, labels: { 'app.kubernetes.io/part-of': 'fog-rollouts' } },
          data,
        };
        part.version = (await client.create<ConfigMap>(CONFIG_MAPS, made, options)).metadata.resourceVersion;
        return;
      }
      const data = Object.fromEntries(keys.map((key) => this.#entry(key)[0] ?? [key, null]));
      const body = { metadata: { resourceVersion: part.version }, data };
      const ref = { namespace, name: part.name };
      part.version = (
        await client.patch<ConfigMap>(CONFIG_MAPS, ref, { type: 'merge', body }, options)
      ).metadata.resourceVersion;
    } catch (error) {
      for (const key of keys) part.changed.add(key);
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) await this.#read(part);
      throw error;
    }
  }

  #entry(key: string): [string, string][] {
    if (key === SINKS) return [[SINKS, JSON.stringify(this.#sinks)]];
    const row = this.#rows.get(key);
    return row ? [[key, textOf(row)]] : [];
  }

  #set(uid: string, row: Row): void {
    const uids = this.#uids.get(row.rollout) ?? new Set();
    if (row.told.size === 0) {
      this.#rows.delete(uid);
      uids.delete(uid);
    } else {
      this.#rows.set(uid, row);
      uids.add(uid);
    }
    if (uids.size === 0) this.#uids.delete(row.rollout);
    else this.#uids.set(row.rollout, uids);
  }
}

function sinksIn(text: string): Record<string, string> {
  try {
    const sinks = Object.entries(JSON.parse(text) as object);
    return Object.fromEntries(sinks.filter(([, since]) => !Number.isNaN(Date.parse(since))));
  } catch {
    return {};
  }
}
