import { type Clock, systemClock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import {
  OBSERVE_MS,
  type ObserveSitesInput,
  type RegionActivities,
  type RegionReport,
} from '../model/region-observation.ts';
import type { FindCluster } from '../observed/cluster.ts';
import { ObservedClusters } from '../observed/clusters.ts';
import { Journal } from '../observed/journal.ts';

export interface RegionDeps {
  clusters: FindCluster;
  log?: Log;
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

/** The activity by which a region's worker reports to the hub on its sites. Between two reports it goes on observing. */
export function createRegionActivities(deps: RegionDeps): RegionActivities {
  const { clusters, identity, signal, log, clock = systemClock } = deps;
  const observed = new ObservedClusters({ clusters, signal, clock, log });
  const journal = new Journal(observed, clock);
  let latest = new AbortController();
  return {
    async observeSites(input) {
      // Its workflow is gone, but an activity that does not heartbeat does not hear of that.
      latest.abort();
      latest = new AbortController();
      observed.observe(input.clusters);
      await untilNews(input, AbortSignal.any([latest.signal, signal]));
      return {
        worker: identity,
        ...journal.report(input),
        ...(signal.aborted && { leaving: true }),
      } satisfies RegionReport;
    },
  };

  /** Resolves when there is something to report. */
  async function untilNews(input: ObserveSitesInput, ended: AbortSignal): Promise<void> {
    const cursor = journal.cursorIn(input);
    if (cursor === undefined) {
      const isKnown = (name: string) => {
        const { answering, synced } = observed.stateOf(name) ?? { synced: false };
        return synced || answering === false;
      };
      return await journal.until(() => input.clusters.every(isKnown), FIRST_MS, ended);
    }
    await journal.until(() => journal.isNewSince(cursor), OBSERVE_MS, ended);
    if (!journal.isNewSince(cursor)) return;
    await journal.until(() => journal.isUrgentSince(cursor), COUNT_MS, ended);
    if (journal.isUrgentSince(cursor)) await journal.until(() => false, GATHER_MS, ended);
  }
}
