import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { createRegionActivities } from '../../activities/observe-region.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/connection.ts';
import { messageOf } from '../../kube/errors.ts';
import type { KubeConfig } from '../../kube/kube-config.ts';
import { HUB_QUEUE } from '../../model/names.ts';
import { OWN_CLUSTER } from '../../model/site.ts';
import { siteWorkers } from '../../workers/worker.ts';
import { kubeconfigsInFolder } from '../clusters/folder.ts';
import { type FindKubeconfig, UnusableKubeconfig } from '../clusters/kubeconfig.ts';
import { ClusterRegistry } from '../clusters/registry.ts';
import { showWatches } from '../metrics/kube.ts';
import { timeSites } from '../metrics/site-times.ts';
import { joined, payloadsOfRegion } from '../payloads.ts';
import { sharedTemporal } from '../temporal.ts';
import { keepWorking } from '../work.ts';
import type { Opened, ProcessContext } from './role.ts';

/** As the FogSite's schema has it. */
const QUEUE = /^[A-Za-z0-9]([-._/A-Za-z0-9]{0,198}[A-Za-z0-9])?$/;

/**
 * A worker outside the hub, for the sites of one queue: it opens connections to Temporal and to the clusters of its sites,
 * and to nothing else.
 */
export async function openRegion(context: ProcessContext): Promise<Opened> {
  const queue = queueOf(context);
  const find = clustersOf(context);
  const payloads = payloadsOfRegion(context.config);
  const temporal = sharedTemporal(context, payloads);
  const { readiness } = context;
  return {
    roles: [
      async () => {
        const registry = new ClusterRegistry({ ...context, find, clock: systemClock });
        showWatches(context.metrics, () => registry.watches());
        const clusters = registry.cluster;
        // Another one each time: the hub tells by it a worker that was started again from the one before.
        const identity = `${hostname()}/${randomUUID().slice(0, 8)}`;
        const region = createRegionActivities({ clusters, identity, signal: context.signal, log: context.log });
        readiness.waitFor('worker', 'starting');
        const connected = await temporal.connect();
        const { slots } = context.config;
        const onReady = timeSites(context.metrics);
        const interceptors = joined(context.tracing?.interceptors, payloads.interceptors);
        const workers = siteWorkers({ ...connected, interceptors, queue, clusters, region, identity, slots, onReady });
        await Promise.all(workers.map((create) => keepWorking(create, context))).finally(() => registry.close());
      },
    ],
    close: () => temporal.close(),
  };
}

function queueOf({ config: { queue } }: ProcessContext): string {
  if (queue === undefined) throw new Error('Give the task queue of its sites: --queue <queue>, or FOG_ROLLOUTS_QUEUE');
  if (!QUEUE.test(queue)) throw new Error(`A FogSite cannot name the task queue "${queue}"`);
  if (queue === HUB_QUEUE || queue.startsWith(`${HUB_QUEUE}/`))
    throw new Error(`The task queue ${queue} is the hub's: give the region another`);
  return queue;
}

function clustersOf({ config: { kubeconfigs }, log }: ProcessContext): FindKubeconfig {
  const own = ownCluster();
  if (kubeconfigs === undefined) {
    if (own instanceof Error) throw own;
    return (cluster) => {
      if (cluster === OWN_CLUSTER) return async () => own;
      throw new Error(`This region worker knows no cluster ${cluster}: it was given no folder of kubeconfigs`);
    };
  }
  if (!statSync(kubeconfigs, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`There is no folder ${kubeconfigs} of kubeconfigs`);
  }
  if (own instanceof Error) log.info({ why: own.message }, 'No cluster of its own');
  const inFolder = kubeconfigsInFolder(kubeconfigs);
  return (cluster) => {
    if (cluster !== OWN_CLUSTER) return inFolder(cluster);
    return async () => {
      // Its words may quote the file: they stay where the file is.
      if (own instanceof Error) throw new UnusableKubeconfig('This region worker has no cluster of its own');
      return own;
    };
  };
}

/** Its own cluster by kubectl's rules; read once, as the hub's is. */
function ownCluster(): { kubeConfig: KubeConfig; version: string } | Error {
  try {
    return { kubeConfig: loadKubeConfig(), version: OWN_CLUSTER };
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}
