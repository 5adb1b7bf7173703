import type { V1Service } from '@kubernetes/client-node';
import { DEPLOYMENTS, type KubeObject, SERVICES } from '../kube/resources.ts';
import type { AppliedRelease, ApplyReleaseInput, RemoveReleaseInput, SiteActivities } from '../model/activities.ts';
import { deploymentName } from '../model/names.ts';
import { renderRelease } from '../model/release.ts';
import { atSite, type Call } from './call.ts';
import { type Cluster, type Clusters, firstList, type LiveDeployment } from './clusters.ts';
import { withinReach } from './reach.ts';
import { awaitReadiness, readyWithin, templateHash } from './readiness.ts';
import { removeObject } from './release-remover.ts';
import { writeObject } from './release-writer.ts';

export interface SiteDeps {
  clusters: Clusters;
  /**
   * How long applyRelease stays to see its release ready, in ms: as long as most releases take, which then cost one
   * activity and one workflow task instead of two. It hears of its cancellation with its heartbeats.
   */
  lingerMs?: number;
  /** How long a cluster may take to send its first list before it is asked why, in ms. */
  firstListMs?: number;
}

/** The activities of a site's queue. */
export function createSiteActivities({ clusters, lingerMs = 15_000, firstListMs = 10_000 }: SiteDeps): SiteActivities {
  const patience = { lingerMs, firstListMs };
  const atCluster = <T>(input: AtCluster, act: (call: Call, cluster: Cluster) => Promise<T>) =>
    atSite(input, async (call) => {
      const cluster = await clusters(input.site.cluster);
      return await withinReach(cluster, input.offlineAfterSeconds, () => act(call, cluster));
    });
  return {
    applyRelease: (input) => atCluster(input, (call, cluster) => applyRelease(call, cluster, input, patience)),
    awaitReady: (input) => atCluster(input, (call, cluster) => awaitReadiness(cluster, input, call)),
    removeRelease: (input) => atCluster(input, (call, cluster) => removeRelease(call, cluster, input)),
  };
}

type AtCluster = Pick<RemoveReleaseInput, 'site' | 'offlineAfterSeconds'>;

async function applyRelease(
  { signal }: Call,
  cluster: Cluster,
  input: ApplyReleaseInput,
  { lingerMs, firstListMs }: { lingerMs: number; firstListMs: number },
): Promise<AppliedRelease> {
  const { owner, site, revision } = input;
  await firstList(cluster, firstListMs, signal);
  const { deployment, service } = renderRelease(input);
  const common = { client: cluster.client, owner, generation: revision.generation, signal };
  const [written] = await Promise.all([
    writeObject<LiveDeployment>({
      ...common,
      type: DEPLOYMENTS,
      object: deployment as LiveDeployment,
      seen: cluster.deployments.get(site.namespace, deployment.metadata.name),
    }),
    service
      ? writeObject({
          ...common,
          type: SERVICES,
          object: service as V1Service & KubeObject,
          lookFirst: revision.generation > 1,
        })
      : removeObject({ ...common, type: SERVICES, namespace: site.namespace, name: owner.name }),
  ]);
  const applied = {
    uid: written.metadata.uid!,
    generation: written.metadata.generation!,
    template: templateHash(written),
  };
  return { deployment: applied, ...(await readyWithin(cluster, written.metadata, applied, lingerMs, signal)) };
}

async function removeRelease(
  { signal }: Call,
  cluster: Cluster,
  { owner, site, generation }: RemoveReleaseInput,
): Promise<void> {
  const common = {
    client: cluster.client,
    owner,
    namespace: site.namespace,
    signal,
    ...(generation !== undefined && { generation }),
  };
  await Promise.all([
    removeObject({ ...common, type: SERVICES, name: owner.name }),
    removeObject({ ...common, type: DEPLOYMENTS, name: deploymentName(owner.name, site.layer) }),
  ]);
}
