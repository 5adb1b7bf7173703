import type { Clock } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import { keyOf, SERVICES } from '../../kube/resources.ts';
import {
  DEPLOYMENT_MISSING,
  type Drift,
  driftFromApplied,
  notOurs,
  SERVICE_MISSING,
  saysService,
  wasRewritten,
} from '../../model/drift.ts';
import { holderOf, isOurs } from '../../model/fence.ts';
import { LAYERS } from '../../model/layers.ts';
import { deploymentName } from '../../model/names.ts';
import { MOST_DRIFTED, MOST_MESSAGE, type NamespaceReport } from '../../model/region.ts';
import { boundText } from '../../model/text.ts';
import type { DriftedRelease, RolloutKey } from '../../model/types.ts';
import type { LiveDeployment, LiveService, ObservableCluster } from '../clusters.ts';

/** `count`: only how many releases there are. */
export type ReleaseChange = 'count' | 'drift';

/** A busy cluster may have a Deployment for seconds before it has its Service: how long that may take, in ms. */
const SUSPECT_MS = 10_000;
/** How long the cluster has to say whether a Service is there, in ms. */
const ANSWER_MS = 8_000;

/**
 * What is watched on a cluster shows of its releases, by namespace: how many there are, and which are not what they say they
 * were made. One that was deleted is known as long as this lives, until there is one in its place.
 */
export class ObservedReleases {
  private readonly clock: Clock;
  private readonly onChange: (namespace: string, change: ReleaseChange) => void;
  private readonly byNamespace = new Map<string, ObservedNamespace>();
  /** Those without the Service that they should have, by the key of the Deployment. */
  private readonly suspects = new Map<string, Suspect>();
  private deployments: Informer<LiveDeployment> | undefined;
  private services: Informer<LiveService> | undefined;

  constructor(clock: Clock, onChange: (namespace: string, change: ReleaseChange) => void) {
    this.clock = clock;
    this.onChange = onChange;
  }

  /**
   * Takes everything from this cluster's watches, and from no others any more.
   *
   * @returns a function that ends it
   */
  follow(cluster: ObservableCluster): () => void {
    const before = new Set(
      [...this.byNamespace].flatMap(([namespace, { present }]) => (present.size > 0 ? namespace : [])),
    );
    for (const { present } of this.byNamespace.values()) present.clear();
    this.suspects.clear();
    this.deployments = cluster.deployments;
    this.services = cluster.services();
    const judgeAgain = (service: LiveService) => this.judgeThoseOf(service);
    const stops = [
      this.deployments.subscribe({
        onAdd: (live) => this.put(live),
        onUpdate: (old, live) => {
          if (wasRewritten(old, live)) this.put(live);
        },
        onDelete: (last) => this.remove(last),
      }),
      this.services.subscribe({
        onAdd: judgeAgain,
        onUpdate: (_, service) => judgeAgain(service),
        onDelete: judgeAgain,
      }),
    ];
    for (const namespace of before) this.onChange(namespace, 'count');
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** How the releases of a namespace are; of one without any, that there are none. */
  of(namespace: string): NamespaceReport {
    const { present, gone } = this.byNamespace.get(namespace) ?? NOTHING;
    const drifted = [...present.values(), ...gone.values()].filter((entry) => entry !== undefined);
    return { namespace, releases: present.size, drifted: drifted.slice(0, MOST_DRIFTED) };
  }

  /** Finds out what became of the Services that have been missing for a while; to be called now and then. */
  async settle({ client }: ObservableCluster, signal: AbortSignal): Promise<void> {
    if (!this.services?.hasSynced) return;
    for (const [key, suspect] of [...this.suspects]) {
      if (suspect.drift !== undefined || this.clock.now() - suspect.since < SUSPECT_MS) continue;
      const { namespace, deployment, holder } = suspect;
      try {
        // The watch may be behind, and shows only what is ours.
        const found = await client.find<LiveService>(
          SERVICES,
          { namespace, name: holder.name },
          { signal, timeoutMs: ANSWER_MS },
        );
        if (this.suspects.get(key) !== suspect) continue; // it came, or its Deployment went, meanwhile
        if (found && isOurs(found, holder)) {
          this.suspects.delete(key);
          continue;
        }
        suspect.drift = found ? notOurs('Service') : SERVICE_MISSING;
      } catch {
        return; // another time
      }
      this.judgeAt(namespace, deployment);
    }
  }

  private put(live: LiveDeployment): void {
    const { namespace = '', name } = live.metadata;
    const { present, gone } = this.at(namespace);
    const holder = holderOf(live);
    const drift = holder ? this.driftOf(live, holder) : undefined;
    const entry = drift !== undefined && holder ? entryOf(holder, drift) : undefined;
    const isNew = !present.has(name);
    const isOther = present.get(name)?.message !== entry?.message;
    const isBack = gone.delete(name);
    present.set(name, entry);
    if (isOther || isBack) this.onChange(namespace, 'drift');
    else if (isNew) this.onChange(namespace, 'count');
  }

  private driftOf(live: LiveDeployment, holder: RolloutKey): Drift {
    const { namespace = '', name } = live.metadata;
    const key = keyOf(namespace, name);
    const drift = driftFromApplied(live, 'Deployment');
    const found = this.services?.get(namespace, holder.name);
    const service = found && isOurs(found, holder) ? found : undefined;
    if (drift !== undefined || service || !saysService(live)) {
      this.suspects.delete(key);
      return drift ?? (service && driftFromApplied(service, 'Service'));
    }
    const known = this.suspects.get(key);
    if (!known) this.suspects.set(key, { namespace, deployment: name, holder, since: this.clock.now() });
    return known?.drift;
  }

  private judgeThoseOf(service: LiveService): void {
    const { namespace = '', name } = service.metadata;
    for (const layer of LAYERS) this.judgeAt(namespace, deploymentName(name, layer));
  }

  private judgeAt(namespace: string, deployment: string): void {
    const live = this.deployments?.get(namespace, deployment);
    if (live) this.put(live);
  }

  private remove(last: LiveDeployment): void {
    const { namespace = '', name } = last.metadata;
    const { present, gone } = this.at(namespace);
    const holder = holderOf(last);
    present.delete(name);
    this.suspects.delete(keyOf(namespace, name));
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

interface Suspect {
  namespace: string;
  /** Its name. */
  deployment: string;
  holder: RolloutKey;
  /** By the clock, ms. */
  since: number;
  /** Once the cluster has been asked. */
  drift?: Drift;
}

const NOTHING: ObservedNamespace = { present: new Map(), gone: new Map() };

function entryOf({ namespace, name }: RolloutKey, message: string): DriftedRelease {
  return { namespace, name, message: boundText(message, MOST_MESSAGE) };
}
