/** What a rollout has at the places of its layers, whether they are FogSites or not, and had before. */
import type { V1Deployment } from '@kubernetes/client-node';
import type { KubeObject } from '../../kube/resources.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import type { World } from './world.ts';

const PREFIX = 'fog-rollouts.paguos.io';

type Live = V1Deployment & KubeObject;

export const imageOf = ({ spec }: V1Deployment) => spec?.template.spec?.containers[0]?.image;

/** The generation of the FogRollout that it was given. */
export const generationOf = ({ metadata }: V1Deployment) => Number(metadata?.annotations?.[`${PREFIX}/generation`]);

export class Standing {
  readonly #world: World;
  readonly #name: string;

  /** @param name - of the FogRollout */
  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  /** What is read of each Deployment, of the cloud's places first; undefined where there is none. */
  each<T>(read: (live: Live) => T): (T | undefined)[] {
    return this.#everywhere(LAYERS, (layer, place) => {
      const live = this.#world.deployment(layer, this.#name, place);
      return live && read(live);
    });
  }

  /** What is ours to write at the layers' places, and the versions of their Services, which nobody else writes. */
  ours(...layers: Layer[]): object[] {
    return this.#everywhere(layers, (layer, place) => {
      const live = this.#world.deployment(layer, this.#name, place)!;
      const { uid, labels, annotations } = live.metadata;
      const service = this.#world.service(layer, this.#name, place)?.metadata.resourceVersion;
      return { place, uid, labels, annotations, spec: live.spec, service };
    });
  }

  /** Whether Deployments and Services are all there, and say of none of them that it is ours. */
  isNobodys(): boolean {
    const objects = this.#everywhere(LAYERS, (layer, place) => [
      this.#world.deployment(layer, this.#name, place),
      this.#world.service(layer, this.#name, place),
    ]).flat();
    return objects.every((live) => {
      const marks = Object.keys({ ...live?.metadata.labels, ...live?.metadata.annotations });
      return live !== undefined && !marks.some((key) => key.startsWith(PREFIX) || key.endsWith('managed-by'));
    });
  }

  /** The generations that a place was given, one after the other. */
  generationsAt(layer: Layer, place: string): number[] {
    const given = this.#historyAt(layer, place).map(generationOf);
    return given.filter((generation, at) => generation !== given[at - 1]);
  }

  /** Layers that have lost a Deployment, one for each, in this order. */
  get removed(): Layer[] {
    return this.#world.recorder.versions.flatMap(({ kind, isDeleted, object }) => {
      const layer = LAYERS.find((one) => object.metadata.name === `${this.#name}-${one}`);
      return kind === 'Deployment' && isDeleted && layer ? [layer] : [];
    });
  }

  /** Of each layer but the cloud, whether all places above were ready with the generation before one of its was given it. */
  begunInOrder(generation: number): boolean[] {
    return LAYERS.slice(1).map((layer, at) => {
      const begun = this.#numbers(layer, generation, () => true);
      const ready = this.#numbers(LAYERS[at]!, generation, isAvailable);
      return Math.min(...begun) > Math.max(...ready);
    });
  }

  /** The number of the first version at each place of the layer with that generation that is so. */
  #numbers(layer: Layer, generation: number, isSo: (live: Live) => boolean): number[] {
    return this.#world.places[layer].map((place) => {
      const first = this.#historyAt(layer, place).find((live) => generationOf(live) === generation && isSo(live));
      return Number(first?.metadata.resourceVersion);
    });
  }

  #historyAt(layer: Layer, place: string): Live[] {
    return this.#world.recorder.historyOf('Deployment', `${place}/${this.#name}-${layer}`);
  }

  #everywhere<T>(layers: readonly Layer[], at: (layer: Layer, place: string) => T): T[] {
    return layers.flatMap((layer) => this.#world.places[layer].map((place) => at(layer, place)));
  }
}

function isAvailable({ metadata, spec, status }: Live): boolean {
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === spec?.replicas &&
    status?.availableReplicas === spec?.replicas
  );
}
