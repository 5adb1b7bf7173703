import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { LeaderElector } from '../../kube/lease.ts';
import type { Log } from '../../kube/log.ts';
import { WATCHER_LEASE } from '../../model/names.ts';
import { ObservedClusters } from '../../observed/clusters.ts';
import { runActions } from '../../watcher/actions/actions.ts';
import { type Actor, createActor } from '../../watcher/actions/actor.ts';
import { tellTransitions } from '../../watcher/events/events.ts';
import { type NotificationsDeps, notify } from '../../watcher/notifications/notifications.ts';
import { leadAlone, OtherHubs, refusal } from '../../watcher/other-hubs.ts';
import { Releases } from '../../watcher/releases.ts';
import { Returns } from '../../watcher/returns.ts';
import { createRuns, type Runs } from '../../watcher/runs.ts';
import { createSignaller, type Signaller } from '../../watcher/signaller.ts';
import type { RegionClient } from '../../watcher/sites/queue-sites.ts';
import { createRegionClient } from '../../watcher/sites/region-client.ts';
import { keepSiteStatuses } from '../../watcher/sites/site-judge.ts';
import { runWatcher } from '../../watcher/watcher.ts';
import { Windows } from '../../watcher/windows/windows.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';
import { showCensus } from '../metrics/census.ts';
import { countEnds } from '../metrics/ends.ts';
import { meterNotifications } from '../metrics/notifications.ts';
import { meterWatcher } from '../metrics/watcher.ts';
import type { Temporal } from '../temporal.ts';
import type { Role, RoleContext } from './role.ts';

/**
 * Turns changes of FogRollouts into signals, brings sites up to date that come later or come back, and says of each FogSite
 * whether it can be used; of several such processes
 * the one with the Lease acts.
 */
export const watcherRole: Role = {
  name: 'watcher',
  async run(context: RoleContext): Promise<void> {
    const { hub, log, metrics, signal, config, ages } = context;
    // The caches are warm before the lead is taken, so that a takeover costs no list.
    const { client } = hub;
    const rollouts = hub.rollouts();
    const sites = hub.sites();
    const shards = hub.shards();
    const actions = hub.actions();
    const windows = hub.windows();
    const deployments = hub.deployments();
    const services = hub.services();
    const releases = new Releases(client, { deployments, services });
    void context.temporal().catch(() => undefined); // connects; what waits for it says so
    const { signaller, runs, regions, actor } = throughTemporal(context);
    const { begunAtOnce, kubeconfigSecrets } = config;
    const temporalAddress = config.temporal.connection.address ?? '';
    const clusters = new ObservedClusters({ clusters: context.clusters, signal, log });
    const siteDeps = {
      client,
      sites,
      shards,
      rollouts,
      deployments,
      services,
      windows,
      regions,
      clusters,
      kubeconfigSecrets,
      log,
      ...(ages && { ages }),
    };
    const returns = new Returns();
    const kept = releases.kept.bind(releases);
    const elector = new LeaderElector({
      client,
      namespace: config.leaseNamespace,
      name: WATCHER_LEASE,
      identity: `${hostname()}_${randomUUID()}`,
      log,
    });
    const speaks = () => elector.leading;
    showCensus(metrics, { rollouts, sites, speaks });
    const meters = meterWatcher(metrics, { leads: speaks });
    const followEnds = countEnds(metrics);
    const telling = tellsOthers(context, { rollouts, speaks });
    const others = new OtherHubs({ client, namespace: config.leaseNamespace, log });
    context.readiness.ask('cluster', () => others.refusedBy && refusal(others.refusedBy));
    return leadAlone(elector, others, {
      signal,
      onStarted: (leading) => {
        const told = new Windows({ client, rollouts, windows, signaller, home: config.leaseNamespace, log }, leading);
        followEnds({ rollouts, shards }, leading);
        return together(leading, [
          (stopped) => told.run(stopped),
          (stopped) =>
            runWatcher(
              {
                client,
                rollouts,
                sites,
                shards,
                releases,
                signaller: told.signaller,
                runs,
                temporalAddress,
                windows,
                home: config.leaseNamespace,
                begunAtOnce,
                returns,
                meters,
                log,
              },
              stopped,
            ),
          (stopped) =>
            runActions({ client, rollouts, actions, sites, actor, signaller: told.signaller, releases, log }, stopped),
          (stopped) => tellTransitions({ client, rollouts, sites, instance: hostname(), log }, stopped),
          telling,
          (stopped) => keepSiteStatuses({ ...siteDeps, kept, returns, namespace: config.leaseNamespace }, stopped),
        ]);
      },
    });
  },
};

/** Nothing of the rest waits for it, and nothing ends with it. */
function tellsOthers(
  { hub: { client }, notifications, config, metrics, log }: RoleContext,
  { rollouts, speaks }: { rollouts: NotificationsDeps['rollouts']; speaks: () => boolean },
): (stopped: AbortSignal) => Promise<void> {
  if (!notifications) return async () => undefined;
  const sinks = notifications.sinks.map(({ name }) => name);
  const meters = meterNotifications(metrics, { sinks, leads: speaks });
  const namespace = config.leaseNamespace;
  return (stopped) => notify({ notifications, client, rollouts, namespace, mayAct: speaks, meters, log }, stopped);
}

/** What the watcher has to do with Temporal. It does not wait for it: that Temporal is not there is for the watcher to say. */
export function throughTemporal(context: RoleContext): {
  signaller: Signaller;
  runs: Runs;
  regions: RegionClient;
  actor: Actor;
} {
  let clients: ReturnType<typeof clientsOf> | undefined;
  const connected = () => {
    clients ??= clientsOf(context.temporalNow(), context.log);
    return clients;
  };
  return {
    signaller: {
      change: async (signal) => await connected().signaller.change(signal),
      remove: async (signal) => await connected().signaller.remove(signal),
      repair: async (signal) => await connected().signaller.repair(signal),
      sites: async (key, signal) => await connected().signaller.sites(key, signal),
      health: async (key, signal) => await connected().signaller.health(key, signal),
      windows: async (key, signal) => await connected().signaller.windows(key, signal),
    },
    runs: {
      look: async (key) => await connected().runs.look(key),
      namespaceId: async () => await connected().runs.namespaceId(),
    },
    actor: { act: async (key, request) => await connected().actor.act(key, request) },
    regions: {
      pollers: async (queue) => await connected().regions.pollers(queue),
      observe: async (input, signal) => await connected().regions.observe(input, signal),
    },
  };
}

function clientsOf(temporal: Temporal, log: Log) {
  const { connection, namespace } = temporal;
  const { workflow: workflows } = new Client(temporal);
  return {
    signaller: createSignaller(workflows, () => ensureSearchAttributes(connection, namespace)),
    runs: createRuns(workflows),
    actor: createActor(workflows),
    regions: createRegionClient(workflows, { log }),
  };
}

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
