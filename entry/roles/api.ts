import { Client } from '@temporalio/client';
import { buildApp } from '../../api/app.ts';
import { type HistoryReader, HistoryUnavailable } from '../../api/deps.ts';
import { createHistoryReader } from '../../api/history.ts';
import { systemClock } from '../../kube/clock.ts';
import type { RoleContext } from './role.ts';

/** The API's app; answers from the informer's cache, and of history as soon as Temporal is there. */
export async function createApi(context: RoleContext) {
  const { hub, log, metrics, readiness } = context;
  return await buildApp({
    rollouts: hub.rollouts(),
    shards: hub.shards(),
    sites: hub.sites(),
    history: historyOf(context),
    readiness,
    logger: log,
    metrics,
    clock: systemClock,
  });
}

function historyOf(context: RoleContext): HistoryReader {
  let reader: HistoryReader | undefined;
  context.temporal().then(
    ({ connection, namespace }) => {
      reader = createHistoryReader(new Client({ connection, namespace }).workflow);
    },
    () => undefined, // stopped before Temporal was there
  );
  return {
    async runs(namespace, name, page) {
      if (!reader) throw new HistoryUnavailable('Temporal is not connected yet');
      return await reader.runs(namespace, name, page);
    },
  };
}
