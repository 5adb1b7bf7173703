/** The product on the real Temporal server with PostgreSQL, as in a company's clusters: what the development server may do otherwise. */
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { OWN_CLUSTER } from '../../model/site.ts';
import type { FogRollout } from '../../model/types.ts';
import { createRegionClient } from '../../watcher/sites/region-client.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually, startAgain } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout, SLOW } from '../support/rollouts.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';
import { whyNoPostgres } from './support/postgres.ts';
import { startOnPostgres, TOOLS } from './support/temporal-server.ts';

const NAMESPACE = 'on-postgres';
const QUEUE = 'region-on-postgres';
const SOON_MS = 60_000;
const why = whyNoPostgres();
const title = 'On a Temporal server with PostgreSQL';
jest.setTimeout(300_000);

(why ? describe.skip : describe)(why ? `${title} (${why})` : title, () => {
  const file = e2eFile();
  let stack: StackHandle;
  let world: World;
  let temporal: Client;

  beforeAll(async () => {
    stack = await file.startStack({ tools: TOOLS, temporal: startOnPostgres });
    world = await file.world(stack, NAMESPACE).open();
    const connection = await Connection.connect({ address: stack.temporalAddress });
    file.atEnd(() => connection.close());
    temporal = new Client({ connection });
  });

  const keyOf = (name: string) => `${NAMESPACE}/${name}`;
  const isIn = (layer: string, phase: string) => (live: FogRollout | undefined) =>
    live?.status?.layers?.some((one) => one.name === layer && one.phase === phase) ?? false;
  /** Resolves when the history page has one run, which ended well. */
  const isInHistory = async (name: string) => {
    const url = `${await world.product.address()}/rollouts/${name}/history?namespace=${NAMESPACE}`;
    await eventually(`${url} to have a run that succeeded`, async () => {
      const { runs } = (await (await fetch(url)).json()) as { runs: Record<string, unknown>[] };
      const known = runs.map(({ generation, status, outcome }) => `${generation} ${status} ${outcome}`);
      return known.join() === '1 Completed Succeeded' ? true : { not: runs };
    });
  };
  /** Ids of workflows, as the Temporal UI lists them. */
  const listed = async (query: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { workflowId } of temporal.workflow.list({ query })) ids.push(workflowId);
    return ids;
  };

  it('a rollout goes through three layers, and is found by the search attributes that we have registered', async () => {
    const done = await world.succeeded(await world.apply(aRollout('first')));
    await isInHistory('first');
    const query = `FogNamespace = "${NAMESPACE}" AND FogRollout = "first" AND FogPhase = "Succeeded" AND FogVersion = "v1"`;
    const found = await eventually(`visibility to know ${query}`, async () => {
      const ids = await listed(query);
      return ids.length > 0 ? ids : { not: ids };
    });
    expect(found).toEqual([done.status?.run?.workflowId]);
    expect(await listed(`FogRollout = "first" AND FogPhase = "Failed"`)).toEqual([]);
  });

  it('a run goes on where it was after the server was killed', async () => {
    const rollout = await world.apply(aRollout('held', { images: { fog: SLOW } }));
    const before = await world.untilRollout(keyOf('held'), 'to be in the fog', isIn('fog', 'Progressing'), SOON_MS);
    await stack.killTemporal();
    const fresh = await world.apply(aRollout('fresh'));
    const isSaid = (live: FogRollout | undefined) =>
      live?.status?.conditions?.some(({ reason }) => reason === 'TemporalUnavailable') ?? false;
    await world.untilRollout(keyOf('held'), 'to say that Temporal is away', isSaid, SOON_MS);
    await startAgain('Temporal', stack.startTemporal);
    const after = await world.succeeded(rollout, SOON_MS);
    expect(after.status?.run?.runId).toBe(before.status?.run?.runId);
    await world.succeeded(fresh, SOON_MS);
    await isInHistory('held');
  });

  it('what regions report is found by the list of runs that have closed', async () => {
    const region = await new Product(stack, { role: 'region', args: ['--queue', QUEUE] }).ready();
    file.atEnd(() => region.stop());
    const client = createRegionClient(temporal.workflow, { few: 0 });
    const input = { queue: QUEUE, clusters: [OWN_CLUSTER] };
    const report = await client.observe(input, AbortSignal.timeout(SOON_MS));
    expect(report).toMatchObject({ whole: true, clusters: [{ name: OWN_CLUSTER, answering: true }] });
  });
});
