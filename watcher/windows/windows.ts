import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { isInvalid, isNotFound } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { type KubeObject, keyOfObject } from '../../kube/resources.ts';
import { FOG_WINDOWS } from '../../model/names.ts';
import type { FogRollout, FogWindow, FogWindowStatus } from '../../model/types.ts';
import { Outlooks } from '../../model/windows/outlooks.ts';
import type { Signaller } from '../signaller.ts';
import { windowStatus } from './status.ts';
import { WindowTelling } from './telling.ts';

export interface WindowsDeps {
  client: Pick<KubeClient, 'patch'>;
  /** With its namespace as index. */
  rollouts: Informer<FogRollout & KubeObject>;
  /** With its namespace as index. */
  windows: Informer<FogWindow & KubeObject>;
  signaller: Signaller;
  /** Where FogWindows can be for all namespaces. */
  home: string;
  log: Log;
  clock?: Clock;
}

/** How many runs are told at the same time. */
const TELLERS = 20;
/** A timer only asks how long it is yet: the time of day may have been set meanwhile. In ms. */
const LONGEST_WAIT_MS = 10 * 60_000;

/**
 * Follows FogWindows: says of each how it is, and tells runs of them. One timer a FogWindow, however many rollouts it is for:
 * these know when it opens.
 */
export class Windows {
  private readonly deps: WindowsDeps;
  private readonly now: () => number;
  private readonly outlooks: Outlooks;
  private readonly telling: WindowTelling;
  private readonly queue: WorkQueue;
  private readonly runs: WorkQueue;
  /** By FogWindow, what its rollouts were last looked at for. */
  private readonly marks = new Map<string, string>();

  /** @param signal - until when it is the one that acts */
  constructor(deps: WindowsDeps, signal: AbortSignal) {
    this.deps = deps;
    const clock = deps.clock ?? systemClock;
    this.now = () => clock.date().getTime();
    this.outlooks = new Outlooks(this.now);
    this.telling = new WindowTelling({ ...deps, outlooks: this.outlooks, signal });
    this.queue = new WorkQueue({ clock, baseMs: 200, maxMs: 30_000 });
    this.runs = new WorkQueue({ clock, baseMs: 200, maxMs: 30_000 });
  }

  /** Hands on changes, and what they have to know of FogWindows with them. */
  get signaller(): Signaller {
    return this.telling.signaller;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { windows, rollouts, log } = this.deps;
    await Promise.all([windows, rollouts].map((informer) => informer.waitForSync(signal)));
    const look = (rollout: KubeObject) => this.runs.add(keyOfObject(rollout));
    const unsubscribe = [
      windows.subscribe({
        onAdd: (window) => this.queue.add(keyOfObject(window)),
        onUpdate: (_old, window) => this.queue.add(keyOfObject(window)),
        onDelete: (window) => this.forget(window),
      }),
      rollouts.subscribe({ onAdd: look, onUpdate: (_old, rollout) => look(rollout), onDelete: look }),
    ];
    try {
      await Promise.all([
        this.queue.run({
          workers: 1,
          signal,
          handle: (key) => this.handle(key),
          onError: (window, err, failures) => {
            if (failures === 1) log.warn({ window, err }, 'Could not look after a FogWindow; trying again');
          },
        }),
        this.runs.run({
          workers: TELLERS,
          signal,
          handle: (key) => this.tell(key),
          onError: (rollout, err, failures) => log.debug({ rollout, err, failures }, 'Could not tell of FogWindows'),
        }),
      ]);
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  private async tell(key: string): Promise<void> {
    const dueAt = await this.telling.look(key);
    if (Number.isFinite(dueAt)) this.runs.addAfter(key, this.waitFor(dueAt));
  }

  /** In ms. */
  private waitFor(dueAt: number): number {
    return Math.min(LONGEST_WAIT_MS, Math.max(1, dueAt - this.now()));
  }

  private async handle(key: string): Promise<void> {
    await nextTurn(); // hundreds of these in a row are not to hold up everything else
    const [namespace, name] = key.split('/') as [string, string];
    const window = this.deps.windows.get(namespace, name);
    if (!window) return;
    const { outlook, mark, dueAt } = this.outlooks.of(window);
    if (this.marks.get(key) !== mark) this.lookAtRollouts(window);
    this.marks.set(key, mark);
    this.queue.addAfter(key, this.waitFor(dueAt));
    await this.say(
      window,
      windowStatus(window, outlook, { now: new Date(this.now()).toISOString(), home: this.deps.home }),
    );
  }

  private forget(window: FogWindow & KubeObject): void {
    this.outlooks.forget(window);
    this.marks.delete(keyOfObject(window));
    this.lookAtRollouts(window);
  }

  /** Those under way; the others learn of it with their next change. */
  private lookAtRollouts({ metadata }: FogWindow): void {
    const { rollouts, home } = this.deps;
    // What it is for may have been wider before.
    const all = metadata.namespace === home ? rollouts.list() : rollouts.byIndex('namespace', metadata.namespace);
    for (const rollout of all) if (this.telling.isUnderWay(rollout)) this.runs.add(keyOfObject(rollout));
  }

  private async say({ metadata, status }: FogWindow, said: FogWindowStatus): Promise<void> {
    if (isDeepStrictEqual(status, said)) return;
    const body = [
      { op: 'test', path: '/metadata/uid', value: metadata.uid },
      { op: 'test', path: '/metadata/generation', value: metadata.generation },
      { op: 'add', path: '/status', value: said },
    ];
    try {
      await this.deps.client.patch(FOG_WINDOWS, metadata, { type: 'json', body, subresource: 'status' });
    } catch (error) {
      if (!isInvalid(error) && !isNotFound(error)) throw error; // it is another by now, and its event comes
    }
  }
}
