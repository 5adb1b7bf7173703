import { buildApp } from '../../api/app.ts';
import { createRevisionReader } from '../../api/revisions.ts';
import { systemClock } from '../../kube/clock.ts';
import type { RoleContext } from './role.ts';

/** The API's app; answers from the informer's cache, and of history by what Kubernetes keeps. */
export async function createApi({ hub, log, metrics, readiness }: RoleContext) {
  return await buildApp({
    rollouts: hub.rollouts(),
    shards: hub.shards(),
    sites: hub.sites(),
    revisions: createRevisionReader(hub.client),
    readiness,
    logger: log,
    metrics,
    clock: systemClock,
  });
}
