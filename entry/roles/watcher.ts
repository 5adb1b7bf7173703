import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { LeaderElector } from '../../kube/lease.ts';
import { ObservedClusters } from '../../observed/clusters.ts';
import { runCatchUp } from '../../watcher/catch-up.ts';
import { FleetRecords } from '../../watcher/fleet-records.ts';
import { Releases } from '../../watcher/releases.ts';
import { createRuns } from '../../watcher/runs.ts';
import { createSignaller } from '../../watcher/signaller.ts';
import { createRegionClient } from '../../watcher/sites/region-client.ts';
import { keepSiteStatuses } from '../../watcher/sites/site-judge.ts';
import { runWatcher } from '../../watcher/watcher.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';
import type { Role, RoleContext } from './role.ts';

const LEASE = 'fog-rollouts-watcher';

/**
 * Turns changes of FogRollouts into signals, brings sites up to date that come later or come back, and says of each FogSite
 * whether it can be used; of several such processes
 * the one with the Lease acts.
 */
export const watcherRole: Role = {
  name: 'watcher',
  async run(context: RoleContext): Promise<void> {
    const { hub, log, signal, config, ages } = context;
    // The caches are warm before the lead is taken, so that a takeover costs no list.
    const { client } = hub;
    const rollouts = hub.rollouts();
    const sites = hub.sites();
    const shards = hub.shards();
    const deployments = hub.deployments();
    const services = hub.services();
    const releases = new Releases(client, { deployments, services });
    const records = new FleetRecords({ sites, shards }, releases);
    const { connection, namespace } = await context.temporal();
    const { workflow: workflows } = new Client({ connection, namespace });
    const signaller = createSignaller(workflows, () => ensureSearchAttributes(connection, namespace));
    const runs = createRuns(workflows);
    const temporalAddress = config.temporal.connection.address ?? '';
    const regions = createRegionClient(workflows, { log });
    const clusters = new ObservedClusters({ clusters: context.clusters, signal, log });
    const siteDeps = {
      client,
      sites,
      shards,
      rollouts,
      deployments,
      services,
      regions,
      clusters,
      log,
      ...(ages && { ages }),
    };
    const kept = releases.kept.bind(releases);
    const elector = new LeaderElector({
      client,
      namespace: config.leaseNamespace,
      name: LEASE,
      identity: `${hostname()}_${randomUUID()}`,
      log,
    });
    return elector.run({
      signal,
      onStarted: (leading) =>
        together(leading, [
          (stopped) =>
            runWatcher({ client, rollouts, sites, releases, records, signaller, runs, temporalAddress, log }, stopped),
          (stopped) => runCatchUp({ client, rollouts, records, releases, signaller, log }, stopped),
          (stopped) => keepSiteStatuses({ ...siteDeps, kept, namespace: config.leaseNamespace }, stopped),
        ]),
    });
  },
};

/** Runs all until the signal; when one fails, the others are stopped too, and only then does the failure show. */
async function together(signal: AbortSignal, works: ((stopped: AbortSignal) => Promise<void>)[]): Promise<void> {
  const failed = new AbortController();
  const stopped = AbortSignal.any([signal, failed.signal]);
  const running = works.map(async (work) => {
    try {
      await work(stopped);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(running);
  await Promise.all(running);
}
