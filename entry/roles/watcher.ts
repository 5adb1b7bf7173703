import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { LeaderElector } from '../../kube/lease.ts';
import { Releases } from '../../watcher/releases.ts';
import { createSignaller } from '../../watcher/signaller.ts';
import { runWatcher } from '../../watcher/watcher.ts';
import type { Role, RoleContext } from './role.ts';

const LEASE = 'fog-rollouts-watcher';

/** Turns changes of FogRollouts into signals; of several such processes the one with the Lease acts. */
export const watcherRole: Role = {
  name: 'watcher',
  async start(context: RoleContext): Promise<Promise<void>> {
    const { hub, log, signal, config } = context;
    // The caches are warm before the lead is taken, so that a takeover costs no list.
    const rollouts = hub.rollouts();
    const releases = new Releases(hub.client, { deployments: hub.deployments(), services: hub.services() });
    const { connection, namespace } = await context.temporal();
    const signaller = createSignaller(new Client({ connection, namespace }).workflow);
    const elector = new LeaderElector({
      client: hub.client,
      namespace: config.leaseNamespace,
      name: LEASE,
      identity: `${hostname()}_${randomUUID()}`,
      log,
    });
    return elector.run({
      signal,
      onStarted: (leading) => runWatcher({ client: hub.client, rollouts, releases, signaller, log }, leading),
    });
  },
};
