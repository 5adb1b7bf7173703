/** One test file's view of a stack with the product on it: a namespace, what happens in it, and how to change it. */
import type { V1Deployment, V1Pod, V1Service } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, PODS, type ResourceType, SERVICES } from '../../kube/resources.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { kubectl, mustKubectl } from './kubectl.ts';
import { Product, type ProductOptions } from './product.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import type { RolloutManifest } from './rollouts.ts';
import { keepName, type StackInfo } from './stack.ts';

/** Namespaces that the sites of each layer have on the hub. */
export type Places = Record<Layer, readonly string[]>;

/** Without FogSites. */
export const IMPLICIT: Places = { cloud: ['cloud'], fog: ['fog'], edge: ['edge'] };

export interface WorldOptions extends Pick<RecorderOptions, 'parentOf'> {
  /** Default {@link IMPLICIT}. */
  places?: Places;
}

export class World {
  readonly stack: StackInfo;
  readonly namespace: string;
  readonly recorder: Recorder;
  readonly places: Places;
  product!: Product;

  constructor(stack: StackInfo, namespace: string, { places = IMPLICIT, ...options }: WorldOptions = {}) {
    this.stack = stack;
    this.namespace = namespace;
    this.places = places;
    this.recorder = new Recorder(stack.kubeconfig, options);
  }

  /** Everything is watched, the namespace exists, and the product is ready. */
  async open(options?: ProductOptions): Promise<this> {
    this.product = new Product(this.stack, options);
    await Promise.all([this.watch(), this.product.ready()]);
    return this;
  }

  /** {@link open} without the product. */
  async watch(): Promise<void> {
    await Promise.all([this.recorder.start(), this.createNamespace(this.namespace)]);
  }

  /** Stops the product. @throws Error with the end of its log when it ended badly */
  async close(): Promise<void> {
    const product = this.product as Product | undefined; // undefined where the file has begun none
    const exit = await product?.stop();
    if (product && exit !== 0) throw new Error(`The product ended with ${exit}:\n${product.tail()}`);
  }

  get client(): KubeClient {
    return this.recorder.client;
  }

  async createNamespace(name: string): Promise<void> {
    try {
      await this.client.create(NAMESPACES, { metadata: { name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** As `kubectl apply --server-side` does. */
  async apply(manifest: RolloutManifest, namespace = this.namespace): Promise<FogRollout> {
    if (this.places === IMPLICIT) keepName(this.stack, this.namespace, manifest.metadata.name);
    const object: KubeObject = { ...manifest, metadata: { ...manifest.metadata, namespace } };
    return (await this.client.apply<KubeObject>(FOG_ROLLOUTS, object, { force: true })) as unknown as FogRollout;
  }

  /** As `kubectl create` does, as soon as the name is free. */
  async createWhenFree(manifest: RolloutManifest): Promise<FogRollout> {
    const key = `${this.namespace}/${manifest.metadata.name}`;
    const object = { ...manifest, metadata: { ...manifest.metadata, namespace: this.namespace } };
    await this.recorder.until(`${key} to be gone`, [key], () => (this.rollout(key) ? undefined : true));
    return this.client.create(FOG_ROLLOUTS, object as unknown as FogRollout & KubeObject);
  }

  async delete({ metadata: { namespace, name } }: FogRollout): Promise<void> {
    await this.client.delete(FOG_ROLLOUTS, { namespace, name });
  }

  /** The run of the generation that was applied has ended, and the releases are seen; with a newer one there, that one's. */
  async settled(applied: FogRollout, ms?: number): Promise<FogRollout> {
    const { namespace, name, uid, generation } = applied.metadata;
    const key = `${namespace}/${name}`;
    const isEnd = ({ metadata, status }: FogRollout) =>
      metadata.uid === uid &&
      metadata.generation >= generation &&
      status?.observedGeneration === metadata.generation &&
      (status.phase === 'Succeeded' || status.phase === 'Failed');
    const settled = await this.untilRollout(key, 'to settle', (rollout) => rollout !== undefined && isEnd(rollout), ms);
    await this.#releasesSeen(name);
    return settled;
  }

  #all(): { layer: Layer; place: string }[] {
    return LAYERS.flatMap((layer) => this.places[layer].map((place) => ({ layer, place })));
  }

  /** Each type has a watch of its own, and one may be behind another: waits until what is there now was seen. */
  async #releasesSeen(name: string): Promise<void> {
    const releases = this.#all().flatMap(({ layer, place }) => [
      { kind: 'Deployment', type: DEPLOYMENTS, namespace: place, name: `${name}-${layer}` } as const,
      { kind: 'Service', type: SERVICES, namespace: place, name } as const,
    ]);
    await Promise.all(
      releases.map(async ({ kind, type, namespace, name }) => {
        const key = `${namespace}/${name}`;
        const list = await this.client.list(type, { namespace, fieldSelector: `metadata.name=${name}` });
        const version = list.items[0]?.metadata.resourceVersion;
        await this.recorder.until(`${kind} ${key} to be seen as it is`, [key], () => {
          const isSeen = version
            ? this.recorder.hasSeen(kind, key, version)
            : !this.recorder.get(kind, key) || this.recorder.hasSeen(kind, key, list.resourceVersion);
          return isSeen ? true : undefined;
        });
      }),
    );
  }

  /** Like {@link settled}, and it ended well. @throws Error with the status when it did not */
  async succeeded(applied: FogRollout, ms?: number): Promise<FogRollout> {
    const settled = await this.settled(applied, ms);
    if (settled.status?.phase !== 'Succeeded') {
      throw new Error(
        `${settled.metadata.name} ended ${JSON.stringify(settled.status, null, 1)}\n${this.product.tail()}`,
      );
    }
    return settled;
  }

  async untilRollout(
    key: string,
    what: string,
    check: (rollout: FogRollout | undefined) => boolean,
    ms?: number,
  ): Promise<FogRollout> {
    const about = [key, ...this.#all().map(({ layer, place }) => `${place}/${key.split('/')[1]}-${layer}`)];
    return await this.recorder.until(
      `${key} ${what}`,
      about,
      () => (check(this.rollout(key)) ? (this.rollout(key) ?? ({} as FogRollout)) : undefined),
      ms,
    );
  }

  /** @param name - in the world's namespace */
  async untilPhase(
    name: string,
    phase: string,
    holds: (rollout: FogRollout) => boolean = () => true,
  ): Promise<FogRollout> {
    return await this.untilRollout(
      `${this.namespace}/${name}`,
      `to be ${phase}`,
      (rollout) => rollout?.status?.phase === phase && holds(rollout),
    );
  }

  /** The object and every release of it are gone. */
  async gone({ metadata: { namespace, name } }: FogRollout, ms?: number): Promise<void> {
    const key = `${namespace}/${name}`;
    await this.untilRollout(
      key,
      'to be gone with all its releases',
      () =>
        !this.rollout(key) &&
        this.#all().every(
          ({ layer, place }) => !this.deployment(layer, name, place) && !this.service(layer, name, place),
        ),
      ms,
    );
  }

  /** The first version of a layer's Deployment, at its first place, that `check` takes, from now on. */
  async untilDeployment(
    layer: Layer,
    rollout: string,
    what: string,
    check: (deployment: V1Deployment & KubeObject) => boolean,
    ms?: number,
  ): Promise<V1Deployment & KubeObject> {
    const key = `${this.places[layer][0]}/${rollout}-${layer}`;
    return await this.recorder.until(
      `Deployment ${key} ${what}`,
      [key, `${this.namespace}/${rollout}`],
      () => {
        const live = this.deployment(layer, rollout);
        return live && check(live) ? live : undefined;
      },
      ms,
    );
  }

  rollout(key: string): FogRollout | undefined {
    return this.recorder.get('FogRollout', key);
  }

  /** @param place - default the first of the layer's */
  deployment(layer: Layer, rollout: string, place = this.places[layer][0]): (V1Deployment & KubeObject) | undefined {
    return this.recorder.get('Deployment', `${place}/${rollout}-${layer}`);
  }

  /** @param place - default the first of the layer's */
  service(layer: Layer, rollout: string, place = this.places[layer][0]): (V1Service & KubeObject) | undefined {
    return this.recorder.get('Service', `${place}/${rollout}`);
  }

  /** Asks the API server, not what was seen. */
  async read(
    type: typeof DEPLOYMENTS,
    namespace: string,
    name: string,
  ): Promise<(V1Deployment & KubeObject) | undefined>;
  async read(type: typeof SERVICES, namespace: string, name: string): Promise<(V1Service & KubeObject) | undefined>;
  async read(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
    return await this.client.find<KubeObject>(type, { namespace, name });
  }

  async podsOf(layer: Layer, rollout: string): Promise<(V1Pod & KubeObject)[]> {
    const page = await this.client.list<V1Pod & KubeObject>(PODS, {
      namespace: layer,
      labelSelector: `fog-rollout=${rollout}`,
    });
    return page.items;
  }

  /** The stock kubectl; its answer is what it printed, complaints included. */
  async kubectl(args: string[], input?: unknown): Promise<{ ok: boolean; output: string }> {
    return await kubectl(args, input, this.stack);
  }

  /** Like {@link kubectl}, for what has to work. */
  async must(args: string[], input?: unknown): Promise<string> {
    return await mustKubectl(args, input, this.stack);
  }
}
