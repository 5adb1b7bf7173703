import { guardedLookup } from '../../kube/addresses.ts';
import { systemClock } from '../../kube/clock.ts';
import { HUB_CLUSTER } from '../../model/site.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';
import { ClusterRegistry } from '../clusters/registry.ts';
import { kubeconfigsInSecrets } from '../clusters/secret.ts';
import { openHub } from '../hub.ts';
import { showWatches } from '../metrics/kube.ts';
import { payloadsOfHub, payloadsOfHubWorkers } from '../payloads.ts';
import { watchesOf } from '../readiness.ts';
import { sharedTemporal } from '../temporal.ts';
import { createApi } from './api.ts';
import type { Open, RoleContext } from './role.ts';
import { watcherRole } from './watcher.ts';
import { workerRole } from './worker.ts';

/** Roles at the hub, in one process: with one connection to each, and each watch once. */
export function openAtHub(...names: ('worker' | 'watcher' | 'api')[]): Open {
  return async (context) => {
    const payloads = names.includes('worker') ? payloadsOfHubWorkers(context.config) : {};
    const hub = openHub(context, context.signal);
    const answersReads = names.includes('api');
    const temporal = sharedTemporal(context, {
      ...payloadsOfHub(context.config),
      prepare: ({ connection, namespace }) => ensureSearchAttributes(connection, namespace),
      isOptional: answersReads && names.length === 1,
    });
    context.readiness.ask('kubernetes', watchesOf(hub.informers, { answersReads }));
    const { kubeconfigSecrets } = context.config;
    const find = kubeconfigsInSecrets(hub.client, kubeconfigSecrets);
    const lookup = guardedLookup((host) => kubeconfigSecrets.allowedHosts.includes(host));
    const others = new ClusterRegistry({ ...context, find, lookup, clock: systemClock });
    const watches = () => hub.informers().map((watch) => ({ cluster: HUB_CLUSTER, watch }));
    showWatches(context.metrics, () => [...watches(), ...others.watches()]);
    const shared: RoleContext = {
      ...context,
      hub,
      payloads,
      clusters: others.cluster,
      temporal: () => temporal.connect(),
      temporalNow: () => temporal.connected(),
    };
    const roles = [workerRole, watcherRole].filter(({ name }) => (names as string[]).includes(name));
    return {
      ...(answersReads && { app: await createApi(shared) }),
      roles: roles.map((role) => () => role.run(shared)),
      async close() {
        await temporal.close();
        await others.close();
        await hub.close();
      },
    };
  };
}
