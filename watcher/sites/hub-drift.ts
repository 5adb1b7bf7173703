import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { DEPLOYMENTS, type KubeObject, keyOf, SERVICES } from '../../kube/resources.ts';
import { type Drift, driftOf, type LiveObject, type LiveRelease, wasRewritten } from '../../model/drift.ts';
import { generationOf, holderOf } from '../../model/fence.ts';
import type { Layer } from '../../model/layers.ts';
import { ANNOTATIONS, deploymentName } from '../../model/names.ts';
import type { Release } from '../../model/release.ts';
import { ownerOf, revisionOf } from '../../model/revision.ts';
import type { DriftedRelease, FogRollout, Revision, RolloutKey } from '../../model/types.ts';
import { isSettled } from '../decide.ts';
import { releaseOf } from '../releases.ts';

export interface HubDriftDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  deployments: Informer<V1Deployment & KubeObject>;
  services: Informer<V1Service & KubeObject>;
  /** The content of a generation; undefined when it is no longer kept. */
  kept(rollout: RolloutKey, generation: number): Promise<Revision | undefined>;
  clock: Clock;
  log: Log;
}

/** Releases at the hub's FogSites are judged so long after a change, in ms: a Deployment and its Service change together. */
const SETTLE_MS = 1_000;
/**
 * While a rollout is going on, a release is only said to have drifted when it has looked so for as long, in ms: a busy
 * cluster may have the Deployment for seconds before it has its Service.
 */
const SUSPECT_MS = 10_000;
const WORKERS = 4;
/** How many releases that sites were given are remembered; those of one revision differ in their namespace only. */
const REMEMBERED = 500;

/** Finds the releases at the hub's FogSites that are not what they were made, while its signal lives. Repairs nothing. */
export class HubDrift {
  readonly #deps: HubDriftDeps;
  readonly #onChange: (namespace: string) => void;
  /** Keys as {@link keyIn} makes them. */
  readonly #queue: WorkQueue;
  readonly #expected = new Map<string, Release | undefined>();
  readonly #drifted = new Map<string, Map<string, DriftedRelease>>();
  /** Since when releases of rollouts that are going on look as if they had drifted, by the clock. */
  readonly #suspects = new Map<string, number>();
  /** The layers of the sites in each namespace. */
  #layers = new Map<string, Set<Layer>>();

  constructor(deps: HubDriftDeps, onChange: (namespace: string) => void) {
    this.#deps = deps;
    this.#onChange = onChange;
    this.#queue = new WorkQueue({ clock: deps.clock, baseMs: 500, maxMs: 60_000 });
  }

  /** @param byIndex - the releases of a namespace; those of one that is new are judged */
  follow(layers: Map<string, Set<Layer>>, byIndex: (namespace: string) => KubeObject[]): void {
    const before = this.#layers;
    this.#layers = layers;
    for (const namespace of this.#drifted.keys()) if (!layers.has(namespace)) this.#drifted.delete(namespace);
    for (const namespace of layers.keys()) {
      if (!before.has(namespace)) for (const release of byIndex(namespace)) this.#judgeSoon(release);
    }
  }

  of(namespace: string): DriftedRelease[] {
    return [...(this.#drifted.get(namespace)?.values() ?? [])];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { deployments, services, log } = this.#deps;
    const handlers = {
      onAdd: (release: KubeObject) => this.#judgeSoon(release),
      onUpdate: (old: KubeObject, release: KubeObject) => {
        if (!wasRewritten(old as LiveObject, release as LiveObject)) return;
        this.#judgeSoon(old);
        this.#judgeSoon(release);
      },
      onDelete: (release: KubeObject) => this.#judgeSoon(release),
    };
    const unsubscribe = [deployments.subscribe(handlers), services.subscribe(handlers)];
    try {
      await this.#queue.run({
        workers: WORKERS,
        signal,
        handle: (key) => this.#judge(key),
        onError: (release, err, failures) =>
          log.warn({ release, err, failures }, 'Could not judge a release; trying again'),
      });
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  #judgeSoon(release: KubeObject): void {
    const { namespace = '' } = release.metadata;
    const holder = holderOf(release as LiveObject);
    if (!holder) return;
    for (const layer of this.#layers.get(namespace) ?? []) {
      this.#queue.addAfter(keyIn({ namespace, layer, holder }), SETTLE_MS);
    }
  }

  async #judge(key: string): Promise<void> {
    const at = placeIn(key);
    const { namespace, holder } = at;
    const drift = await this.#drift(at, key);
    const ofNamespace = this.#drifted.get(namespace);
    if (drift === ofNamespace?.get(key)?.message) return;
    if (drift === undefined) ofNamespace?.delete(key);
    else this.#drifted.set(namespace, (ofNamespace ?? new Map()).set(key, { ...holder, message: drift }));
    this.#onChange(namespace);
  }

  async #drift(place: Place, key: string): Promise<Drift> {
    const { namespace, layer, holder } = place;
    const rollout = this.#deps.rollouts.get(holder.namespace, holder.name);
    const looks = rollout && (await this.#looks(place, rollout));
    if (!looks || isSettled(rollout)) this.#suspects.delete(key);
    else if (this.#isYoung(key)) return this.#drifted.get(namespace)?.get(key)?.message;
    if (!looks) return undefined;
    // A cache may be behind our own writes.
    const { client } = this.#deps;
    const deployment = { namespace, name: deploymentName(holder.name, layer) };
    return await this.#compare(rollout, layer, {
      deployment: await client.find<KubeObject & LiveObject>(DEPLOYMENTS, deployment),
      service: await client.find<KubeObject & LiveObject>(SERVICES, { namespace, name: holder.name }),
    });
  }

  /** How it has drifted by what the caches have. */
  async #looks({ namespace, layer, holder }: Place, rollout: FogRollout): Promise<Drift> {
    if (!this.#layers.get(namespace)?.has(layer)) return undefined;
    const deployment = this.#deps.deployments.get(namespace, deploymentName(holder.name, layer));
    const service = this.#deps.services.get(namespace, holder.name);
    if (!deployment && !service && !rollout.spec.deployments[layer]) return undefined;
    return await this.#compare(rollout, layer, { deployment, service } as LiveRelease);
  }

  /** Whether a suspicion is too young to be told; it is looked at again when it is not. */
  #isYoung(key: string): boolean {
    const now = this.#deps.clock.now();
    const since = this.#suspects.get(key) ?? now;
    this.#suspects.set(key, since);
    const leftMs = since + SUSPECT_MS - now;
    if (leftMs > 0) this.#queue.addAfter(key, leftMs);
    return leftMs > 0;
  }

  async #compare(rollout: FogRollout, layer: Layer, live: LiveRelease): Promise<Drift> {
    if (!live.deployment) return driftOf(ownerOf(rollout), 0, live, undefined);
    // An earlier object of the name: its own removal, or the present one's run, has it on its way.
    if (live.deployment.metadata?.annotations?.[ANNOTATIONS.uid] !== rollout.metadata.uid) return undefined;
    const given = generationOf(live.deployment);
    return driftOf(ownerOf(rollout), given, live, await this.#expect(rollout, layer, given));
  }

  /** What a site was given with a generation, but for its namespace; undefined when that can no longer be known. */
  async #expect(rollout: FogRollout, layer: Layer, generation: number): Promise<Release | undefined> {
    const { metadata } = rollout;
    const key = `${metadata.uid}/${generation}/${layer}`;
    if (this.#expected.has(key)) return this.#expected.get(key);
    const revision =
      generation === metadata.generation ? revisionOf(rollout) : await this.#deps.kept(metadata, generation);
    if (!revision && generation > metadata.generation) return undefined; // our view of the rollout is behind
    const release = revision && releaseOf(rollout, revision, layer);
    if (this.#expected.size >= REMEMBERED) this.#expected.delete(this.#expected.keys().next().value!);
    this.#expected.set(key, release);
    return release;
  }
}

/** Where a release of a rollout is. */
interface Place {
  namespace: string;
  layer: Layer;
  holder: RolloutKey;
}

function keyIn({ namespace, layer, holder }: Place): string {
  return `${namespace}/${layer}/${keyOf(holder.namespace, holder.name)}`;
}

function placeIn(key: string): Place {
  const [namespace, layer, holderNamespace, holderName] = key.split('/') as [string, Layer, string, string];
  return { namespace, layer, holder: { namespace: holderNamespace, name: holderName } };
}
