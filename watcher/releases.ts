import type { V1ControllerRevision, V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import { CONTROLLER_REVISIONS, DEPLOYMENTS, type KubeObject, keyOf, SERVICES } from '../kube/resources.ts';
import { driftOf, type LiveObject, type LiveRelease, madeByRevision } from '../model/drift.ts';
import { holderOf, isOurs } from '../model/fence.ts';
import { revisionIn } from '../model/kept-revision.ts';
import type { Layer } from '../model/layers.ts';
import { ANNOTATIONS, deploymentName, revisionName } from '../model/names.ts';
import { type Order, orderIn } from '../model/order.ts';
import { type Readiness, readiness, withService } from '../model/readiness.ts';
import { InvalidReleaseError, type Release, renderRelease } from '../model/release.ts';
import { contentHashOf, ownerOf, revisionOf } from '../model/revision.ts';
import { implicitSite } from '../model/site.ts';
import type { LayerHealth } from '../model/status.ts';
import type { FogRollout, LayerStatus, Owner, Revision, RolloutKey } from '../model/types.ts';
import { isOfSpec } from './decide.ts';

type Live<T> = T & KubeObject;

/** A layer whose release at its implicit site is not what it was made. */
export interface DriftedLayer {
  layer: Layer;
  generation: number;
  attempt?: number;
  drift: string;
}

export interface ReleaseInformers {
  deployments: Informer<Live<V1Deployment>>;
  services: Informer<Live<V1Service>>;
}

/** The releases on the hub: whose they are, and whether they are still what they were made. */
export class Releases {
  readonly informers: ReleaseInformers;
  private readonly client: KubeClient;

  constructor(client: KubeClient, informers: ReleaseInformers) {
    this.client = client;
    this.informers = informers;
  }

  /** The Deployments and Services on the hub of a rollout's name. @param key - `<namespace>/<name>` */
  ofOwner(key: string): KubeObject[] {
    const { deployments, services } = this.informers;
    return [...deployments.byIndex(OWNER_INDEX, key), ...services.byIndex(OWNER_INDEX, key)];
  }

  /** The owners that the releases of a rollout's name on the hub carry. */
  ownersIn({ namespace, name }: RolloutKey): Owner[] {
    return this.ofOwner(keyOf(namespace, name)).flatMap(({ metadata }) => {
      const { [ANNOTATIONS.uid]: uid, [ANNOTATIONS.created]: created = '' } = metadata.annotations ?? {};
      return uid ? [{ namespace, name, uid, created }] : [];
    });
  }

  /** The layers of a settled rollout whose release is not what it was last given; asks the API server before it says so. */
  async drifted(rollout: FogRollout): Promise<DriftedLayer[]> {
    const found = await Promise.all(atImplicitSites(rollout).map((layer) => this.drift(rollout, layer)));
    return found.filter((layer) => layer !== undefined);
  }

  /** Whether the releases of a settled rollout are ready now, as the watch last saw them. */
  health(rollout: FogRollout): LayerHealth[] {
    const given = atImplicitSites(rollout).filter((layer) => layer.generation !== undefined);
    return given.map(({ name: layer }) => {
      const { name } = rollout.metadata;
      const { namespace } = implicitSite(layer);
      const deployment = this.informers.deployments.get(namespace, deploymentName(name, layer));
      const service = this.informers.services.get(namespace, name);
      // A foreign Service beside a release that has none is nobody's concern.
      const own = service && isOurs(service, rollout.metadata) ? service : undefined;
      const { state, message } = withService(presentReadiness(deployment), own);
      return { layer, ready: state === 'ready', message };
    });
  }

  private async drift(
    rollout: FogRollout,
    { name: layer, generation, attempt }: LayerStatus,
  ): Promise<DriftedLayer | undefined> {
    if (generation === undefined) return undefined;
    const owner = ownerOf(rollout);
    const { namespace } = implicitSite(layer);
    const deployment = deploymentName(owner.name, layer);
    const cached: LiveRelease = {
      deployment: this.informers.deployments.get(namespace, deployment),
      service: this.informers.services.get(namespace, owner.name),
    };
    const order = orderIn({ generation, attempt });
    const made = madeByRevision(owner, order, await this.expected(rollout, layer, order));
    if (!driftOf(owner, cached, made)) return undefined;
    // A cache may be behind our own writes.
    const live: LiveRelease = {
      deployment: await this.client.find<KubeObject & LiveObject>(DEPLOYMENTS, { namespace, name: deployment }),
      service: await this.client.find<KubeObject & LiveObject>(SERVICES, { namespace, name: owner.name }),
    };
    const drift = driftOf(owner, live, made);
    return drift ? { layer, ...order, drift } : undefined;
  }

  /** What the layer was given; undefined when that can no longer be known, and then only a missing release counts. */
  private async expected(rollout: FogRollout, layer: LayerStatus['name'], order: Order): Promise<Release | undefined> {
    const revision = await revisionGiven(rollout, order, this);
    return revision && releaseOf(rollout, revision, layer);
  }

  /** {@link keptRevision} */
  async kept(owner: Omit<Owner, 'created'>, order: Order): Promise<Revision | undefined> {
    return await keptRevision(this.client, owner, order);
  }
}

/** The same by what the object says, where spec is what was given; else by what is kept. */
export async function revisionGiven(
  rollout: FogRollout,
  order: Order,
  releases: Pick<Releases, 'kept'>,
): Promise<Revision | undefined> {
  return isOfSpec(rollout, order) ? revisionOf(rollout) : await releases.kept(rollout.metadata, order);
}

/** The content that an order of a rollout stands for; undefined when it is no longer kept. */
export async function keptRevision(
  client: Pick<KubeClient, 'find'>,
  { namespace, name, uid }: Omit<Owner, 'created'>,
  order: Order,
): Promise<Revision | undefined> {
  const ref = { namespace, name: revisionName(name, order) };
  const kept = await client.find<Live<V1ControllerRevision>>(CONTROLLER_REVISIONS, ref);
  return kept && kept.metadata.annotations?.[ANNOTATIONS.uid] === uid ? revisionIn(kept.data) : undefined;
}

/** What a revision makes of a layer at its implicit site; undefined when that has nothing of it, or nothing that is valid. */
export function releaseOf(rollout: FogRollout, revision: Revision, layer: LayerStatus['name']): Release | undefined {
  const content = revision.layers[layer];
  if (!content) return undefined;
  const { progressDeadlineSeconds } = revision.strategy;
  try {
    const site = implicitSite(layer);
    const hash = contentHashOf(revision.version, content);
    return renderRelease({ owner: ownerOf(rollout), site, revision, hash, content, progressDeadlineSeconds });
  } catch (error) {
    if (error instanceof InvalidReleaseError) return undefined;
    throw error;
  }
}

/** Readiness of whatever the Deployment is now. */
export function presentReadiness(live: Live<V1Deployment> | undefined): Readiness {
  const { uid = '', generation = 0 } = live?.metadata ?? {};
  return readiness(live, { uid, generation, template: '' });
}

export const OWNER_INDEX = 'owner';

/** Index of releases by the rollout they belong to. */
export function ownerIndex(object: KubeObject): string[] {
  const holder = holderOf(object);
  return holder ? [keyOf(holder.namespace, holder.name)] : [];
}

/** Releases at FogSites are their own clusters' to watch. */
function atImplicitSites({ status }: FogRollout): LayerStatus[] {
  return (status?.layers ?? []).filter(({ shards }) => shards === undefined);
}
