import type { Informer } from '../../kube/informer.ts';
import { type KubeObject, keyOf, keyOfObject } from '../../kube/resources.ts';
import { conditionOf } from '../../model/conditions.ts';
import { LAYERS } from '../../model/layers.ts';
import { WINDOW_CLOSED } from '../../model/run/standing.ts';
import type { ChangeSignal } from '../../model/signals.ts';
import { boundText } from '../../model/text.ts';
import type { FogRollout, FogWindow, WindowGate } from '../../model/types.ts';
import type { Outlook } from '../../model/windows/evaluate.ts';
import type { Outlooks } from '../../model/windows/outlooks.ts';
import { isFor, WINDOWS_INDEX, windowsAbout } from '../../model/windows/selection.ts';
import { inlineKey, type ToldWindow } from '../../model/windows/told.ts';
import { isSettled } from '../decide.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { Signaller } from '../signaller.ts';

export interface TellingDeps {
  rollouts: Informer<FogRollout & KubeObject>;
  /** With its namespace as index. */
  windows: Informer<FogWindow & KubeObject>;
  signaller: Signaller;
  outlooks: Outlooks;
  /** Where FogWindows can be for all namespaces. */
  home: string;
  /** While it is not aborted, changes wait for the FogWindows to be known. */
  signal: AbortSignal;
}

/** How many FogWindows of one rollout are heeded: each goes along with its run. */
export const MAX_WINDOWS = 50;
const MAX_FAULT = 512;

/** What a rollout is to be told, and a name for it. */
interface News {
  windows: ToldWindow[];
  mark: string;
  /** When it is to be looked at again for what its gates have inline, ms since the epoch: nothing else tells of those. */
  dueAt: number;
}

type Strategy = Pick<FogRollout['spec'], 'strategy'>['strategy'];

/**
 * Tells runs of the FogWindows that they have to do with: with each change, and where these are others by now than the run
 * was told. What another watcher has told is not known; then it is told again, where it may make a difference.
 */
export class WindowTelling {
  private readonly deps: TellingDeps;
  private readonly sending = new OneAtATime();
  /** By rollout, what its run was told last. */
  private readonly told = new Map<string, string>();
  /** What hands on changes, and the FogWindows with them. */
  readonly signaller: Signaller;

  constructor(deps: TellingDeps) {
    this.deps = deps;
    this.signaller = { ...deps.signaller, change: (signal) => this.change(signal) };
  }

  /**
   * Tells the run of a rollout, if one is under way that knows otherwise.
   *
   * @param key - `namespace/name`
   * @returns when it is to be looked at again, ms since the epoch; Infinity where it need not be
   */
  async look(key: string): Promise<number> {
    const rollout = this.underWay(key);
    if (!rollout) {
      this.told.delete(key);
      return Number.POSITIVE_INFINITY;
    }
    const { dueAt } = this.newsFor({ ...rollout.metadata, strategy: rollout.spec.strategy });
    if (!this.isToBeTold(key, rollout)) return dueAt;
    await this.sending.run(key, async () => {
      const { metadata, spec } = this.underWay(key) ?? rollout;
      const news = this.newsFor({ ...metadata, strategy: spec.strategy });
      if (this.told.get(key) === news.mark) return; // by a change, meanwhile
      this.told.delete(key); // it may arrive without our hearing of it
      await this.deps.signaller.windows(metadata, { uid: metadata.uid, windows: news.windows });
      this.told.set(key, news.mark);
    });
    return dueAt;
  }

  /** Whether a rollout is under way, by what is known here. */
  isUnderWay(rollout: FogRollout & KubeObject): boolean {
    return this.underWay(keyOfObject(rollout)) !== undefined;
  }

  private async change(signal: ChangeSignal): Promise<void> {
    const { owner, revision } = signal;
    const { rollouts, windows, signaller } = this.deps;
    await windows.waitForSync(this.deps.signal);
    const key = keyOf(owner.namespace, owner.name);
    await this.sending.run(key, async () => {
      const { labels } = rollouts.get(owner.namespace, owner.name)?.metadata ?? {};
      const news = this.newsFor({ ...owner, ...(labels && { labels }), strategy: revision.strategy });
      this.told.delete(key);
      await signaller.change({ ...signal, ...(news.windows.length > 0 && { windows: news.windows }) });
      this.told.set(key, news.mark);
    });
  }

  private underWay(key: string): (FogRollout & KubeObject) | undefined {
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = this.deps.rollouts.get(namespace, name);
    if (!rollout || rollout.metadata.deletionTimestamp) return undefined;
    const { run, phase } = rollout.status ?? {};
    const isAtIt = run !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
    return isAtIt || (this.told.has(key) && !isSettled(rollout)) ? rollout : undefined;
  }

  private isToBeTold(key: string, { metadata, spec, status }: FogRollout): boolean {
    const { windows, mark } = this.newsFor({ ...metadata, strategy: spec.strategy });
    const told = this.told.get(key);
    if (told !== undefined) return told !== mark;
    const isHeld = conditionOf(status?.conditions, 'Ready')?.reason === WINDOW_CLOSED;
    return windows.length > 0 || isHeld || gatesIn(spec.strategy).length > 0;
  }

  /** Those that are for a rollout, and those that its gates name. */
  private newsFor(rollout: {
    namespace: string;
    name: string;
    labels?: Record<string, string>;
    strategy: Strategy;
  }): News {
    const { windows, outlooks, home } = this.deps;
    const { namespace, strategy } = rollout;
    const gates = gatesIn(strategy);
    const named = gates.flatMap(({ ref }) => ref ?? []);
    const inline = new Map(
      gates.flatMap(({ ref, ...rules }) => (ref === undefined ? [[inlineKey(rules), rules]] : [])),
    );
    const inNamespace = (name: string) => windows.byIndex(WINDOWS_INDEX, name);
    const marks: string[] = [];
    const told: ToldWindow[] = [];
    for (const window of windowsAbout(namespace, { inNamespace, home }).sort(byName)) {
      const { metadata, spec } = window;
      const holds = !spec.sites && isFor(spec, rollout);
      const isNamed = metadata.namespace === namespace && named.includes(metadata.name);
      if (!holds && !isNamed) continue;
      const { told: outlook, mark } = outlooks.of(window);
      marks.push(`${mark}/${holds}`);
      told.push({
        name: metadata.name,
        ...(metadata.namespace !== namespace && { namespace: metadata.namespace }),
        overrun: spec.overrun ?? 'Finish',
        holds,
        ...(spec.reason !== undefined && { reason: spec.reason }),
        ...knownOf(outlook),
      });
    }
    let dueAt = Number.POSITIVE_INFINITY;
    for (const [name, rules] of inline) {
      const known = outlooks.ofInline(rules);
      marks.push(known.mark);
      dueAt = Math.min(dueAt, known.dueAt);
      told.push({ name, inline: true, overrun: 'Finish', holds: false, ...knownOf(known.told) });
    }
    return { windows: told.length > MAX_WINDOWS ? tooMany(told) : told, mark: marks.join(), dueAt };
  }
}

function knownOf({ fault, timetable }: Outlook): Pick<ToldWindow, 'fault' | 'timetable'> {
  return { ...(fault !== undefined && { fault: boundText(fault, MAX_FAULT) }), timetable };
}

/** More than can be heeded: the safe side is closed. */
function tooMany(windows: ToldWindow[]): ToldWindow[] {
  const kept = windows.slice(0, MAX_WINDOWS);
  const fault = `it is one of ${windows.length} FogWindows for this FogRollout, of which at most ${MAX_WINDOWS} are heeded`;
  const last = { ...kept.at(-1)!, holds: true, fault, timetable: { closed: [{ from: '1970-01-01T00:00:00.000Z' }] } };
  return [...kept.slice(0, -1), last];
}

/** What gates say of windows: the name of a FogWindow each, or rules. */
function gatesIn(strategy: Strategy): WindowGate[] {
  return LAYERS.flatMap((layer) => {
    const { before = [], after = [], waves = [] } = strategy?.layers?.[layer] ?? {};
    const between = waves.flatMap(({ after: gates = [] }) => gates);
    return [...before, ...after, ...between].flatMap(({ window }) => window ?? []);
  });
}

function byName(a: FogWindow & KubeObject, b: FogWindow & KubeObject): number {
  return keyOfObject(a) < keyOfObject(b) ? -1 : 1;
}
