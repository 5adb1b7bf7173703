import { type Clock, systemClock } from '../kube/clock.ts';
import { LOOK_MS, type RegionActivities, type RegionLook, type RegionReport } from '../model/region.ts';
import type { Clusters, ObservableCluster } from './clusters.ts';
import { ObservedClusters } from './observed/clusters.ts';
import { Journal } from './observed/journal.ts';

export interface RegionDeps {
  clusters: Clusters<ObservableCluster>;
  /** As the worker calls itself to Temporal. */
  identity: string;
  /** Aborted when the worker is to stop. */
  signal: AbortSignal;
  clock?: Clock;
}

/** Changes come in flocks: what is wrong is said after this many ms, how many releases there are after some more. */
const GATHER_MS = 1_000;
const COUNT_MS = 5_000;
/** How long a first report waits for clusters that have not answered yet, in ms. */
const FIRST_MS = 5_000;

/** The activity by which a region's worker tells the hub of its sites. Between two looks it goes on observing. */
export function createRegionActivities(deps: RegionDeps): RegionActivities {
  const { clusters, identity, signal, clock = systemClock } = deps;
  const observed = new ObservedClusters({ clusters, signal, clock });
  const journal = new Journal(observed, clock);
  let latest = new AbortController();
  return {
    async watchSites(look) {
      // Its workflow is gone, but an activity that does not heartbeat does not hear of that.
      latest.abort();
      latest = new AbortController();
      observed.observe(look.clusters);
      await enough(look, AbortSignal.any([latest.signal, signal]));
      return {
        worker: identity,
        ...journal.report(look),
        ...(signal.aborted && { leaving: true }),
      } satisfies RegionReport;
    },
  };

  /** Resolves when there is something to say. */
  async function enough(look: RegionLook, ended: AbortSignal): Promise<void> {
    const heard = journal.heard(look);
    if (heard === undefined) {
      const isKnown = (name: string) => {
        const { answering, synced } = observed.stateOf(name) ?? { synced: false };
        return synced || answering === false;
      };
      return await journal.until(() => look.clusters.every(isKnown), FIRST_MS, ended);
    }
    await journal.until(() => journal.isNewSince(heard), LOOK_MS, ended);
    if (!journal.isNewSince(heard)) return;
    await journal.until(() => journal.isUrgentSince(heard), COUNT_MS, ended);
    if (journal.isUrgentSince(heard)) await journal.until(() => false, GATHER_MS, ended);
  }
}
