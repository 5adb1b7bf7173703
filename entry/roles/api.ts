import { createAccess } from '../../api/access.ts';
import { buildApp } from '../../api/app.ts';
import type { Actions } from '../../api/deps.ts';
import { createRevisionReader } from '../../api/revisions.ts';
import { systemClock } from '../../kube/clock.ts';
import type { Order } from '../../model/order.ts';
import type { Owner } from '../../model/types.ts';
import { Outlooks } from '../../model/windows/outlooks.ts';
import { createUnkeptActions } from '../../watcher/actions/unkept.ts';
import { keptRevision } from '../../watcher/releases.ts';
import { WindowTelling } from '../../watcher/windows/telling.ts';
import type { RoleContext } from './role.ts';
import { throughTemporal } from './watcher.ts';

/** The API's app; answers from the informer's cache, and of history by what Kubernetes keeps. */
export async function createApi(context: RoleContext) {
  const { hub, log, metrics, readiness } = context;
  return await buildApp({
    rollouts: hub.rollouts(),
    shards: hub.shards(),
    sites: hub.sites(),
    revisions: createRevisionReader(hub.client),
    actions: actionsOf(context),
    readiness,
    logger: log,
    metrics,
    clock: systemClock,
  });
}

/** Undefined where nobody can act by the API. */
function actionsOf(context: RoleContext): Actions | undefined {
  const { hub, config, signal } = context;
  if (!config.apiActions) return undefined;
  const { client } = hub;
  const { actor, signaller: plain } = throughTemporal(context);
  // A run that is begun has to know of the FogWindows, whoever begins it.
  const { signaller } = new WindowTelling({
    rollouts: hub.rollouts(),
    windows: hub.windows(),
    outlooks: new Outlooks(() => systemClock.date().getTime()),
    signaller: plain,
    home: config.leaseNamespace,
    signal,
  });
  const releases = { kept: (owner: Omit<Owner, 'created'>, order: Order) => keptRevision(client, owner, order) };
  const { settle } = createUnkeptActions({ client, sites: hub.sites(), releases, actor, signaller });
  return { access: createAccess(client, config.apiActions), settle };
}
