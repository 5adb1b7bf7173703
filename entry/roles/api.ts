import { resolve } from 'node:path';
import { createAccess } from '../../api/access.ts';
import { buildApp } from '../../api/app.ts';
import type { Actions, Plans, WindowReader } from '../../api/deps.ts';
import { planServer } from '../../api/plan-server.ts';
import { createRevisionReader } from '../../api/revisions.ts';
import { systemClock } from '../../kube/clock.ts';
import type { Order } from '../../model/order.ts';
import type { Owner } from '../../model/types.ts';
import { WindowsAtSites } from '../../model/windows/at-sites.ts';
import { Outlooks } from '../../model/windows/outlooks.ts';
import { WINDOWS_INDEX, windowsAbout } from '../../model/windows/selection.ts';
import { createUnkeptActions } from '../../watcher/actions/unkept.ts';
import { keptRevision } from '../../watcher/releases.ts';
import { WindowTelling } from '../../watcher/windows/telling.ts';
import type { Hub } from '../hub.ts';
import type { RoleContext } from './role.ts';
import { throughTemporal } from './watcher.ts';

/** Made at the build of the image, and by `make run`. */
const PAGE = resolve(import.meta.dirname, '../../dist/page');

const now = () => systemClock.date().getTime();

/** The API's app; answers from the informer's cache, and of history by what Kubernetes keeps. */
export async function createApi(context: RoleContext) {
  const { config, hub, log, metrics, readiness } = context;
  return await buildApp({
    rollouts: hub.rollouts(),
    shards: hub.shards(),
    sites: hub.sites(),
    windows: windowsFor(context),
    revisions: createRevisionReader(hub.client),
    ...(config.apiReads && { reads: createAccess(hub.client, config.apiReads) }),
    ...byTokens(context),
    traceUrl: config.traceUrl,
    readiness,
    logger: log,
    metrics,
    clock: systemClock,
    ...(config.temporalUiUrl && { temporalUi: { url: config.temporalUiUrl, namespace: config.temporal.namespace } }),
    page: PAGE,
  });
}

function windowsFor({ hub, config }: RoleContext): WindowReader {
  const informer = hub.windows();
  const inNamespace = (namespace: string) => informer.byIndex(WINDOWS_INDEX, namespace);
  const home = config.leaseNamespace;
  const atSites = new WindowsAtSites({ inNamespace, home, outlooks: new Outlooks(now), now });
  return {
    about: (namespace) => windowsAbout(namespace, { inNamespace, home }),
    atSites: (rollout) => atSites.for(rollout),
    get hasSynced() {
      return informer.hasSynced;
    },
    get ageMs() {
      return informer.ageMs;
    },
  };
}

/** What is for those who say who they are; nothing where nobody can. */
function byTokens(context: RoleContext): { actions?: Actions; plans?: Plans } {
  const { hub, config } = context;
  if (!config.apiActions) return {};
  const access = createAccess(hub.client, config.apiActions);
  return { actions: { access, settle: settlingOf(context) }, plans: { access, ask: askingAt(hub) } };
}

function askingAt(hub: Hub): Plans['ask'] {
  return async (token, question) => {
    const client = hub.as(token);
    try {
      return await question(planServer(client));
    } finally {
      await client.connection.close();
    }
  };
}

function settlingOf(context: RoleContext): Actions['settle'] {
  const { hub, config, signal } = context;
  const { client } = hub;
  const { actor, signaller: plain } = throughTemporal(context);
  // A run that is begun has to know of the FogWindows, whoever begins it.
  const { signaller } = new WindowTelling({
    rollouts: hub.rollouts(),
    windows: hub.windows(),
    outlooks: new Outlooks(now),
    signaller: plain,
    home: config.leaseNamespace,
    signal,
  });
  const releases = { kept: (owner: Omit<Owner, 'created'>, order: Order) => keptRevision(client, owner, order) };
  return createUnkeptActions({ client, sites: hub.sites(), releases, actor, signaller }).settle;
}
