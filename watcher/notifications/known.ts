/** FogRollouts as those know them who tell of them: as they are, as those were that are gone, and which runs they have had. */
import type { KubeClient } from '../../kube/client.ts';
import { isForbidden } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { CONTROLLER_REVISIONS, type KubeObject, keyOfObject } from '../../kube/resources.ts';
import { keptGeneration, keptSelector } from '../../model/history/kept.ts';
import { type PastRun, pastRuns } from '../../model/history/past.ts';
import { headOf, type RunHead } from '../../model/notifications/course.ts';
import { isOtherRun } from '../../model/notifications/told.ts';
import type { FogRollout } from '../../model/types.ts';

export interface KnownDeps {
  client: Pick<KubeClient, 'listMetadata'>;
  rollouts: Pick<Informer<FogRollout & KubeObject>, 'get' | 'subscribe'>;
  /** Names of all sinks. */
  sinks: readonly string[];
  log: Log;
}

/** An object that is gone. */
interface Gone {
  object: FogRollout;
  /** Sinks that were not told of it to the end. */
  left: Set<string>;
}

/** Runs that were seen to follow each other, newest last, and no more of them than tell whether one is missing. */
const SEEN_RUNS = 3;
const HISTORY_MS = 5_000;
/** More than are ever kept of one FogRollout. */
const MOST_KEPT = 500;

export class KnownRollouts {
  readonly #deps: KnownDeps;
  /** By uid. */
  readonly #seen = new Map<string, RunHead[]>();
  /** By rollout and uid. */
  readonly #gone = new Map<string, Map<string, Gone>>();

  constructor(deps: KnownDeps) {
    this.#deps = deps;
  }

  /** Calls `changed` with the key of each rollout there is, and at each change. @returns a function that ends it */
  follow(changed: (rollout: string) => void): () => void {
    return this.#deps.rollouts.subscribe({
      onAdd: (rollout) => {
        this.#see(rollout);
        changed(keyOfObject(rollout));
      },
      onUpdate: (_, rollout) => {
        this.#see(rollout);
        changed(keyOfObject(rollout));
      },
      onDelete: (rollout) => {
        const key = keyOfObject(rollout);
        const gone = { object: rollout, left: new Set(this.#deps.sinks) };
        this.#gone.set(key, (this.#gone.get(key) ?? new Map()).set(rollout.metadata.uid, gone));
        changed(key);
      },
    });
  }

  present(rollout: string): FogRollout | undefined {
    const [namespace, name] = rollout.split('/') as [string, string];
    return this.#deps.rollouts.get(namespace, name);
  }

  /** Objects of that name that are gone, and that the sink was not told of to the end, by uid. */
  gone(rollout: string, sink: string): ReadonlyMap<string, FogRollout> {
    const left = [...(this.#gone.get(rollout) ?? [])].filter(([, gone]) => gone.left.has(sink));
    return new Map(left.map(([uid, { object }]) => [uid, object]));
  }

  /** The sink was told of all that there was to be told of that object. */
  forget(rollout: string, uid: string, sink: string): void {
    const all = this.#gone.get(rollout);
    const gone = all?.get(uid);
    gone?.left.delete(sink);
    if (gone && gone.left.size > 0) return;
    this.#seen.delete(uid);
    all?.delete(uid);
    if (all?.size === 0) this.#gone.delete(rollout);
  }

  /** The runs that came right before the present one; undefined where others may have been. */
  before({ metadata }: FogRollout): readonly RunHead[] | undefined {
    const seen = this.#seen.get(metadata.uid) ?? [];
    return seen.length > 1 ? seen.slice(0, -1) : undefined;
  }

  /**
   * How its runs went. Without the right to read that, nothing is known of them.
   *
   * @throws KubeError, KubeConnectionError: it may be asked again
   */
  async past(rollout: FogRollout, signal: AbortSignal): Promise<PastRun[]> {
    const { client, log } = this.#deps;
    const { namespace, name } = rollout.metadata;
    const list = { namespace, labelSelector: keptSelector(name), limit: MOST_KEPT };
    try {
      const { items } = await client.listMetadata(CONTROLLER_REVISIONS, list, { signal, timeoutMs: HISTORY_MS });
      return pastRuns(
        items.flatMap(({ metadata }) => keptGeneration(name, metadata) ?? []),
        rollout,
      );
    } catch (err) {
      if (!isForbidden(err)) throw err;
      log.warn(
        { rollout: `${namespace}/${name}`, err },
        'The history of a rollout may not be read; not all of it is told',
      );
      return [];
    }
  }

  #see(rollout: FogRollout): void {
    const head = headOf(rollout);
    if (!head) return;
    const seen = this.#seen.get(rollout.metadata.uid) ?? [];
    const last = seen.at(-1);
    if (!last || isOtherRun(last, head)) this.#seen.set(rollout.metadata.uid, [...seen, head].slice(-SEEN_RUNS));
  }
}
