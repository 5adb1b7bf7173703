import type { Informer } from '../../kube/informer.ts';
import { DEPLOYMENT_MISSING, driftFromApplied, wasRewritten } from '../../model/drift.ts';
import { holderOf } from '../../model/fence.ts';
import { MOST_DRIFTED, MOST_MESSAGE, type NamespaceReport } from '../../model/region.ts';
import { boundText } from '../../model/text.ts';
import type { DriftedRelease } from '../../model/types.ts';
import type { LiveDeployment } from '../clusters.ts';

/** `count`: only how many releases there are. */
export type ReleaseChange = 'count' | 'drift';

/**
 * What the watch of a cluster shows of its releases, by namespace: how many there are, and which are not what they say they
 * were made. One that was deleted is known as long as this lives, until there is one in its place.
 */
export class ObservedReleases {
  private readonly onChange: (namespace: string, change: ReleaseChange) => void;
  private readonly byNamespace = new Map<string, ObservedNamespace>();

  constructor(onChange: (namespace: string, change: ReleaseChange) => void) {
    this.onChange = onChange;
  }

  /**
   * Takes everything from this watch, and from no other any more.
   *
   * @returns a function that ends it
   */
  follow(deployments: Informer<LiveDeployment>): () => void {
    const before = new Set(
      [...this.byNamespace].flatMap(([namespace, { present }]) => (present.size > 0 ? namespace : [])),
    );
    for (const { present } of this.byNamespace.values()) present.clear();
    const stop = deployments.subscribe({
      onAdd: (live) => this.put(live),
      onUpdate: (old, live) => {
        if (wasRewritten(old, live)) this.put(live);
      },
      onDelete: (last) => this.remove(last),
    });
    for (const namespace of before) this.onChange(namespace, 'count');
    return stop;
  }

  /** How the releases of a namespace are; of one without any, that there are none. */
  of(namespace: string): NamespaceReport {
    const { present, gone } = this.byNamespace.get(namespace) ?? NOTHING;
    const drifted = [...present.values(), ...gone.values()].filter((entry) => entry !== undefined);
    return { namespace, releases: present.size, drifted: drifted.slice(0, MOST_DRIFTED) };
  }

  private put(live: LiveDeployment): void {
    const { namespace = '', name } = live.metadata;
    const { present, gone } = this.at(namespace);
    const drift = driftFromApplied(live);
    const holder = holderOf(live);
    const entry = drift !== undefined && holder ? entryOf(holder, drift) : undefined;
    const isNew = !present.has(name);
    const isOther = present.get(name)?.message !== entry?.message;
    const isBack = gone.delete(name);
    present.set(name, entry);
    if (isOther || isBack) this.onChange(namespace, 'drift');
    else if (isNew) this.onChange(namespace, 'count');
  }

  private remove(last: LiveDeployment): void {
    const { namespace = '', name } = last.metadata;
    const { present, gone } = this.at(namespace);
    const holder = holderOf(last);
    present.delete(name);
    if (holder && gone.size < MOST_DRIFTED) gone.set(name, entryOf(holder, DEPLOYMENT_MISSING));
    this.onChange(namespace, 'drift');
  }

  private at(namespace: string): ObservedNamespace {
    const known = this.byNamespace.get(namespace);
    if (known) return known;
    const fresh: ObservedNamespace = { present: new Map(), gone: new Map() };
    this.byNamespace.set(namespace, fresh);
    return fresh;
  }
}

/** By the name of the Deployment. */
interface ObservedNamespace {
  /** What is wrong with those that are there; undefined where nothing is. */
  present: Map<string, DriftedRelease | undefined>;
  gone: Map<string, DriftedRelease>;
}

const NOTHING: ObservedNamespace = { present: new Map(), gone: new Map() };

function entryOf({ namespace, name }: { namespace: string; name: string }, message: string): DriftedRelease {
  return { namespace, name, message: boundText(message, MOST_MESSAGE) };
}
