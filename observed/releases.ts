import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Informer } from '../kube/informer.ts';
import { type Log, silentLog } from '../kube/log.ts';
import { WorkQueue } from '../kube/queue.ts';
import { DEPLOYMENTS, type KubeObject, keyOf, SERVICES } from '../kube/resources.ts';
import {
  DEPLOYMENT_MISSING,
  type Drift,
  driftOf,
  type LiveObject,
  type Made,
  SERVICE_MISSING,
  wasRewritten,
} from '../model/drift.ts';
import { holderOf } from '../model/fence.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { deploymentName } from '../model/names.ts';
import { identityOf, layerOf } from '../model/present-release.ts';
import { MOST_DRIFTED, MOST_MESSAGE, MOST_NAMED, type NamespaceReport } from '../model/region-observation.ts';
import { boundText } from '../model/text.ts';
import type { DriftedRelease, RolloutKey } from '../model/types.ts';

/** A Deployment as the API server sends it: always with metadata. */
export type LiveDeployment = V1Deployment & KubeObject;
export type LiveService = V1Service & KubeObject;

/** Where a release of a rollout is. */
export interface ReleasePlace {
  namespace: string;
  layer: Layer;
  holder: RolloutKey;
}

/** A cluster's watches of our releases, the Deployments with {@link NAMESPACE_INDEX}, and whom to ask when they may be behind. */
export interface ReleaseSource {
  client: Pick<KubeClient, 'find'>;
  deployments: Informer<LiveDeployment>;
  services: Informer<LiveService>;
}

/** What is known of the releases on a cluster besides what is live there. */
export interface ReleaseRules {
  /** Whether releases of the layer in that namespace are judged. */
  isFollowed(namespace: string, layer: Layer): boolean;
  /** False where the release is nobody's to miss. */
  isWanted(place: ReleasePlace): boolean;
  /** Somebody is at it: what looks wrong has time to come right. */
  isUnderWay(place: ReleasePlace): boolean;
  /** What it was made; undefined where its drift is not to be told. */
  madeAt(place: ReleasePlace, deployment: LiveObject): Made | undefined | Promise<Made | undefined>;
}

/** `count`: only which releases there are. */
export type ReleaseChange = 'count' | 'drift';

export interface ObservedReleasesOptions {
  rules: ReleaseRules;
  clock: Clock;
  log?: Log | undefined;
  onChange(namespace: string, change: ReleaseChange): void;
  /** All that was there at first has been judged. */
  onJudged?(): void;
}

export const NAMESPACE_INDEX = 'namespace';

/** Index of releases by the namespace they are in. */
export function namespaceIndex({ metadata }: KubeObject): string[] {
  return metadata.namespace ? [metadata.namespace] : [];
}

/** A busy cluster may have a Deployment for seconds before it has its Service: how long that may take, in ms. */
const SUSPECT_MS = 10_000;
/** How long the cluster has to say what is there, in ms. */
const ANSWER_MS = 8_000;
const WORKERS = 4;

/**
 * Follows the releases on a cluster: which there are, and which are not what they were made. Repairs nothing. What seems to
 * have drifted is asked for before it is told, since a watch may be behind our own writes.
 * Of a Deployment that goes while this lives that is told at once; who misses one that went before knows that by its record.
 */
export class ObservedReleases {
  readonly #options: ObservedReleasesOptions;
  readonly #namespaces = new Map<string, ObservedNamespace>();
  /** Since when releases look wrong that have time to come right, by the clock, ms. */
  readonly #suspects = new Map<string, number>();
  #source: ReleaseSource | undefined;
  /** Keys as {@link keyIn} makes them. */
  #queue: WorkQueue | undefined;
  /** Of those that are there at first, the ones that were not judged yet; undefined once all were. */
  #unjudged: Set<string> | undefined = new Set();

  constructor(options: ObservedReleasesOptions) {
    this.#options = options;
  }

  /** Whether what is told of drift is all that there is. */
  get isJudged(): boolean {
    this.#maybeJudged(); // of an empty cluster nothing else tells
    return this.#unjudged === undefined;
  }

  /** How the releases of a namespace are; of one without any, that there are none. */
  of(namespace: string): NamespaceReport {
    const here = this.#source?.deployments.byIndex(NAMESPACE_INDEX, namespace) ?? [];
    return {
      namespace,
      releases: here.length,
      ...(here.length <= MOST_NAMED && { present: here.flatMap((deployment) => identityOf(deployment) ?? []) }),
      drifted: this.driftedIn(namespace),
    };
  }

  countIn(namespace: string): number {
    return this.#source?.deployments.byIndex(NAMESPACE_INDEX, namespace).length ?? 0;
  }

  driftedIn(namespace: string): DriftedRelease[] {
    // The newest: what went long ago may not be wanted any more.
    return [...(this.#namespaces.get(namespace)?.drifted.values() ?? [])].slice(-MOST_DRIFTED);
  }

  /** Judges what is in a namespace, for a caller whose rules have come to follow it. */
  judgeAllIn(namespace: string): void {
    const here = this.#source?.deployments.byIndex(NAMESPACE_INDEX, namespace) ?? [];
    if (here.length > 0) this.#unjudged ??= new Set();
    for (const deployment of here) this.#enqueue(deployment);
  }

  /** Drops what is known of a namespace that is not followed any more. */
  forget(namespace: string): void {
    this.#namespaces.delete(namespace);
  }

  /** Takes everything from these watches, and from no others any more, until the signal. */
  async run(source: ReleaseSource, signal: AbortSignal): Promise<void> {
    const { clock, log = silentLog } = this.#options;
    const before = new Set(this.#source?.deployments.list().flatMap(namespaceIndex));
    const queue = new WorkQueue({ clock, baseMs: 500, maxMs: 10_000 });
    this.#source = source;
    this.#queue = queue;
    this.#unjudged = new Set();
    this.#suspects.clear();
    for (const { drifted } of this.#namespaces.values()) drifted.clear();
    const stops = this.#subscribe(source);
    for (const namespace of before) this.#options.onChange(namespace, 'count');
    this.#maybeJudged();
    try {
      await queue.run({
        workers: WORKERS,
        signal,
        handle: async (key) => {
          try {
            await this.#judge(key, signal);
          } finally {
            this.#unjudged?.delete(key);
            this.#maybeJudged();
          }
        },
        onError: (release, err, failures) =>
          log.warn({ release, err, failures }, 'Could not judge a release; trying again'),
      });
    } finally {
      for (const stop of stops) stop();
    }
  }

  #subscribe({ deployments, services }: ReleaseSource): (() => void)[] {
    const { onChange } = this.#options;
    const judgeThoseOf = (service: LiveService) => {
      const { namespace = '' } = service.metadata;
      const holder = holderOf(service);
      for (const layer of holder ? LAYERS : []) {
        const deployment = deployments.get(namespace, deploymentName(holder!.name, layer));
        if (deployment) this.#enqueue(deployment);
      }
    };
    return [
      deployments.subscribe({
        onAdd: (live) => {
          const { namespace = '' } = live.metadata;
          const isBack = this.#namespaces.get(namespace)?.gone.delete(keyOfRelease(live) ?? '');
          onChange(namespace, isBack ? 'drift' : 'count');
          this.#enqueue(live);
        },
        onUpdate: (old, live) => {
          if (!wasRewritten(old, live)) return;
          const { namespace = '' } = live.metadata;
          if (identityOf(old) !== identityOf(live)) onChange(namespace, 'count');
          this.#enqueue(old);
          this.#enqueue(live);
        },
        onDelete: (last) => this.#isGone(last),
      }),
      services.subscribe({
        onAdd: judgeThoseOf,
        onUpdate: (old, service) => {
          judgeThoseOf(old);
          judgeThoseOf(service);
        },
        onDelete: judgeThoseOf,
      }),
    ];
  }

  #isGone(last: LiveDeployment): void {
    const { namespace = '' } = last.metadata;
    const key = keyOfRelease(last);
    if (key !== undefined) {
      const { gone, drifted } = this.#at(namespace);
      const [oldest] = gone;
      if (gone.size >= MOST_DRIFTED && oldest !== undefined) {
        gone.delete(oldest);
        drifted.delete(oldest);
      }
      gone.add(key);
      this.#enqueue(last);
    }
    this.#options.onChange(namespace, 'count');
  }

  #enqueue(deployment: LiveDeployment): void {
    const key = keyOfRelease(deployment);
    if (key === undefined) return;
    const { namespace, layer } = placeIn(key);
    if (!this.#options.rules.isFollowed(namespace, layer)) return;
    this.#unjudged?.add(key);
    this.#queue?.add(key);
  }

  #maybeJudged(): void {
    if (!this.#unjudged || this.#unjudged.size > 0 || !this.#source?.deployments.hasSynced) return;
    this.#unjudged = undefined;
    this.#options.onJudged?.();
  }

  async #judge(key: string, signal: AbortSignal): Promise<void> {
    const place = placeIn(key);
    const { namespace, holder } = place;
    const drift = await this.#driftAt(key, place, signal);
    const known = this.#namespaces.get(namespace)?.drifted;
    const message = drift === undefined ? undefined : boundText(drift, MOST_MESSAGE);
    if (message === known?.get(key)?.message) return;
    if (message === undefined) known?.delete(key);
    else this.#at(namespace).drifted.set(key, { ...holder, message });
    this.#options.onChange(namespace, 'drift');
  }

  async #driftAt(key: string, place: ReleasePlace, signal: AbortSignal): Promise<Drift> {
    const { rules } = this.#options;
    const looks = await this.#looks(key, place);
    const told = this.#namespaces.get(place.namespace)?.drifted.get(key)?.message;
    if (looks === undefined || !(rules.isUnderWay(place) || looks === SERVICE_MISSING)) this.#suspects.delete(key);
    else if (this.#isYoung(key)) return told;
    return looks === undefined || looks === told ? looks : await this.#asked(place, looks, signal);
  }

  /** How it has drifted by what is watched. */
  async #looks(key: string, place: ReleasePlace): Promise<Drift> {
    const { rules } = this.#options;
    const { namespace, layer, holder } = place;
    if (!this.#source || !rules.isFollowed(namespace, layer) || !rules.isWanted(place)) return undefined;
    const { deployments, services } = this.#source;
    const deployment = deployments.get(namespace, deploymentName(holder.name, layer)) as LiveObject | undefined;
    if (!deployment) return this.#namespaces.get(namespace)?.gone.has(key) ? DEPLOYMENT_MISSING : undefined;
    const made = await rules.madeAt(place, deployment);
    if (!made) return undefined;
    // Where Services may not be watched, nothing is known of them.
    const canSee = services.hasSynced;
    const service = canSee ? (services.get(namespace, holder.name) as LiveObject | undefined) : undefined;
    return driftOf(holder, { deployment, service }, canSee ? made : { ...made, hasService: false });
  }

  /** How it has drifted by what the API server says. */
  async #asked(place: ReleasePlace, looks: Drift, signal: AbortSignal): Promise<Drift> {
    const { client, deployments, services } = this.#source!;
    const { namespace, layer, holder } = place;
    const options = { signal, timeoutMs: ANSWER_MS };
    const name = deploymentName(holder.name, layer);
    const deployment =
      looks === SERVICE_MISSING
        ? (deployments.get(namespace, name) as LiveObject | undefined)
        : await client.find<KubeObject & LiveObject>(DEPLOYMENTS, { namespace, name }, options);
    if (!deployment) return DEPLOYMENT_MISSING;
    const made = await this.#options.rules.madeAt(place, deployment);
    if (!made) return undefined;
    const service =
      made.hasService && services.hasSynced
        ? await client.find<KubeObject & LiveObject>(SERVICES, { namespace, name: holder.name }, options)
        : undefined;
    return driftOf(holder, { deployment, service }, services.hasSynced ? made : { ...made, hasService: false });
  }

  /** Whether a suspicion is too young to be told; it is judged again when it is not. */
  #isYoung(key: string): boolean {
    const now = this.#options.clock.now();
    const since = this.#suspects.get(key) ?? now;
    this.#suspects.set(key, since);
    const leftMs = since + SUSPECT_MS - now;
    if (leftMs > 0) this.#queue?.addAfter(key, leftMs);
    return leftMs > 0;
  }

  #at(namespace: string): ObservedNamespace {
    const known = this.#namespaces.get(namespace);
    if (known) return known;
    const fresh: ObservedNamespace = { drifted: new Map(), gone: new Set() };
    this.#namespaces.set(namespace, fresh);
    return fresh;
  }
}

/** By the keys of releases. */
interface ObservedNamespace {
  drifted: Map<string, DriftedRelease>;
  gone: Set<string>;
}

/** undefined for what is no release of ours. */
function keyOfRelease(deployment: LiveDeployment): string | undefined {
  const { namespace = '', name } = deployment.metadata;
  const holder = holderOf(deployment);
  const layer = holder && layerOf(holder, name);
  return layer && keyIn({ namespace, layer, holder });
}

function keyIn({ namespace, layer, holder }: ReleasePlace): string {
  return `${namespace}/${layer}/${keyOf(holder.namespace, holder.name)}`;
}

function placeIn(key: string): ReleasePlace {
  const [namespace, layer, holderNamespace, holderName] = key.split('/') as [string, Layer, string, string];
  return { namespace, layer, holder: { namespace: holderNamespace, name: holderName } };
}
