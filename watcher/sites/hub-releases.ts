import type { Informer } from '../../kube/informer.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { type LiveObject, type Made, madeByRevision } from '../../model/drift.ts';
import { orderOf } from '../../model/fence.ts';
import type { Layer } from '../../model/layers.ts';
import { ANNOTATIONS } from '../../model/names.ts';
import { type Order, orderText } from '../../model/order.ts';
import type { Release } from '../../model/release.ts';
import { ownerOf } from '../../model/revision.ts';
import type { FogRollout, Owner, Revision, RolloutKey } from '../../model/types.ts';
import type { ReleasePlace, ReleaseRules } from '../../observed/releases.ts';
import { isSettled, wants } from '../decide.ts';
import { releaseOf, revisionGiven } from '../releases.ts';

export interface HubRulesDeps {
  rollouts: Informer<FogRollout & KubeObject>;
  /** The content that an order stands for; undefined when it is no longer kept. */
  kept(rollout: Omit<Owner, 'created'>, order: Order): Promise<Revision | undefined>;
}

/** How many releases that sites were given are remembered; those of one revision differ in their namespace only. */
const REMEMBERED = 500;

/** The releases at the hub's FogSites: what they were made is what the kept revisions make of them. */
export class HubRules implements ReleaseRules {
  readonly #deps: HubRulesDeps;
  readonly #expected = new Map<string, Release | undefined>();
  /** The layers of the sites in each namespace. */
  #layers: ReadonlyMap<string, ReadonlySet<Layer>> = new Map();

  constructor(deps: HubRulesDeps) {
    this.#deps = deps;
  }

  /** @returns the namespaces that are not followed any more, and those that are from now on */
  follow(layers: ReadonlyMap<string, ReadonlySet<Layer>>): { gone: string[]; come: string[] } {
    const before = this.#layers;
    this.#layers = layers;
    return {
      gone: [...before.keys()].filter((namespace) => !layers.has(namespace)),
      come: [...layers].flatMap(([namespace, now]) => {
        const old = before.get(namespace);
        return old && [...now].every((layer) => old.has(layer)) ? [] : [namespace];
      }),
    };
  }

  isFollowed(namespace: string, layer: Layer): boolean {
    return this.#layers.get(namespace)?.has(layer) ?? false;
  }

  isWanted({ layer, holder }: ReleasePlace): boolean {
    return wants(this.#rollout(holder), layer);
  }

  isUnderWay({ holder }: ReleasePlace): boolean {
    const rollout = this.#rollout(holder);
    return rollout !== undefined && !isSettled(rollout);
  }

  async madeAt({ layer, holder }: ReleasePlace, deployment: LiveObject): Promise<Made | undefined> {
    const rollout = this.#rollout(holder);
    // An earlier object of the name: its own removal, or the present one's run, has it on its way.
    if (!rollout || deployment.metadata?.annotations?.[ANNOTATIONS.uid] !== rollout.metadata.uid) return undefined;
    const given = orderOf(deployment);
    return madeByRevision(ownerOf(rollout), given, await this.#expect(rollout, layer, given));
  }

  #rollout({ namespace, name }: RolloutKey): FogRollout | undefined {
    return this.#deps.rollouts.get(namespace, name);
  }

  /** What a site was given with an order, but for its namespace; undefined when that can no longer be known. */
  async #expect(rollout: FogRollout, layer: Layer, order: Order): Promise<Release | undefined> {
    const { metadata } = rollout;
    const key = `${metadata.uid}/${orderText(order)}/${layer}`;
    if (this.#expected.has(key)) return this.#expected.get(key);
    const revision = await revisionGiven(rollout, order, this.#deps);
    if (!revision && order.generation > metadata.generation) return undefined; // our view of the rollout is behind
    const release = revision && releaseOf(rollout, revision, layer);
    if (this.#expected.size >= REMEMBERED) this.#expected.delete(this.#expected.keys().next().value!);
    this.#expected.set(key, release);
    return release;
  }
}
