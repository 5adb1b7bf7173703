import { DEPLOYMENTS, SERVICES } from '../kube/resources.ts';
import type {
  AppliedDeployment,
  AppliedRelease,
  MissedContent,
  RemoveReleaseInput,
  SiteActivities,
} from '../model/activities.ts';
import { deploymentName } from '../model/names.ts';
import { placeName, type Site } from '../model/site.ts';
import { applyRelease, checkRelease } from './apply-release.ts';
import { atSite, type Call } from './call.ts';
import type { Cluster, Clusters } from './clusters.ts';
import { ContentCache } from './content-cache.ts';
import { withinReach } from './reach.ts';
import { awaitReadiness } from './readiness.ts';
import { checked } from './release-checker.ts';
import { orphanObject } from './release-orphaner.ts';
import { removeObject } from './release-remover.ts';

export interface SiteDeps {
  clusters: Clusters;
  /**
   * How long applyRelease stays to see its release ready, in ms: as long as most releases take, which then cost one
   * activity and one workflow task instead of two. It hears of its cancellation with its heartbeats.
   */
  lingerMs?: number;
  /** How many may stay so at once: beyond that a release is waited for elsewhere at once. Left out, any number. */
  mostLingering?: number;
  /** How long a cluster may take to send its first list before it is asked why, in ms. */
  firstListMs?: number;
  /** Told of each site that became ready, and how long that took from when it was written. Left out, nobody wants to know. */
  onReady?: (site: Site, seconds: number) => void;
}

/** The activities of a site's queue. */
export function createSiteActivities({
  clusters,
  lingerMs = 15_000,
  mostLingering = Number.POSITIVE_INFINITY,
  firstListMs = 10_000,
  onReady = () => {},
}: SiteDeps): SiteActivities {
  let lingering = 0;
  const ready = (site: Site, { at }: AppliedDeployment) => {
    // By another worker's clock, where that has written it.
    if (at !== undefined) onReady(site, Math.max(0, Date.now() - Date.parse(at)) / 1000);
  };
  const contents = new ContentCache();
  const atCluster = <T>(
    input: AtCluster,
    act: (call: Call, cluster: Cluster) => Promise<T>,
    deadlineSeconds?: number,
  ) =>
    atSite(
      input,
      async (call) => {
        const cluster = await clusters(input.site.cluster);
        return await withinReach(cluster, input.offlineAfterSeconds, () => act(call, cluster));
      },
      deadlineSeconds,
    );
  return {
    async applyRelease(input): Promise<AppliedRelease | MissedContent> {
      const content = contents.get(input.hash, input.content);
      if (!content) return { needsContent: true };
      const deadline = Math.max(input.progressDeadlineSeconds, APPLY_AT_LEAST);
      const patience = { lingerMs: lingering < mostLingering ? lingerMs : 0, firstListMs };
      lingering += 1;
      try {
        const given = { ...input, content };
        const applied = await atCluster(
          input,
          (call, cluster) => applyRelease(call, cluster, given, patience),
          deadline,
        );
        if (applied.ready) ready(input.site, applied.deployment);
        return applied;
      } finally {
        lingering -= 1;
      }
    },
    // A cluster that cannot be had, or is silent, is no refusal: nobody is to be kept waiting for it here.
    checkRelease: (input) =>
      atSite(input, (call) =>
        checked(placeName(input.site), call.signal, async () =>
          checkRelease(soon(call), await clusters(input.site.cluster), input),
        ),
      ),
    async awaitReady(input) {
      const awaited = await atCluster(input, (call, cluster) => awaitReadiness(cluster, input, call));
      if (awaited.outcome === 'ready') ready(input.site, input.deployment);
      return awaited;
    },
    removeRelease: (input) => atCluster(input, (call, cluster) => removeRelease(call, cluster, input)),
  };
}

/**
 * Writing a release is tried for this long, in seconds, however short the stage's deadline is: that speaks of the pods'
 * progress, not of an API server that is just being restarted.
 */
const APPLY_AT_LEAST = 30;

/** The longest that a check of a site may take, in ms. */
const CHECK_MS = 8_000;

function soon(call: Call): Call {
  return { ...call, signal: AbortSignal.any([call.signal, AbortSignal.timeout(CHECK_MS)]) };
}

type AtCluster = Pick<RemoveReleaseInput, 'site' | 'offlineAfterSeconds'>;

async function removeRelease(
  { signal }: Call,
  cluster: Cluster,
  { owner, site, order, orphan = false }: RemoveReleaseInput,
): Promise<void> {
  const letGo = orphan ? orphanObject : removeObject;
  const common = {
    client: cluster.client,
    owner,
    namespace: site.namespace,
    signal,
    ...(order && { order }),
  };
  await Promise.all([
    letGo({ ...common, type: SERVICES, name: owner.name }),
    letGo({ ...common, type: DEPLOYMENTS, name: deploymentName(owner.name, site.layer) }),
  ]);
}
