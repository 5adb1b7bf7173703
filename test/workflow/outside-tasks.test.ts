/** What comes to a workflow by the hundred while it waits for something inside its task would have Temporal take the task back. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { andThen } from './support/behaviour.ts';
import { aFleet, layerOf } from './support/fleets.ts';
import { expectToReplay } from './support/history.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
/** Each ends with two events or more, and a hundred are too many within a task; the worker takes a hundred activities at once. */
const MANY = 90;
/** What is done inside a task is given up after 2 s. */
const SLOW_MS = 1_800;

/** The first site to be ready is told at once, as nothing was told for so long; the others follow while that is written. */
const QUIET_MS = 6_000;

/** The sites are ready one soon after the other, and what is written on the hub takes its time. */
async function rollsOut(name: string, shardSize: number): Promise<Rollout> {
  const rollout = aFleet(server(), name, MANY);
  rollout.fake.fleet.shardSize = shardSize;
  let turn = 0;
  rollout.fake.always('applyRelease edge-', async (proceed) => {
    await delay(QUIET_MS + turn++ * 10);
    return await proceed();
  });
  for (const report of ['reportShard', 'reportStatus', 'findSites']) {
    rollout.fake.always(
      report,
      andThen(() => delay(SLOW_MS)),
    );
  }
  await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: '100%' } });
  expect(await rollout.ends()).toEqual(['Completed']);
  expect(layerOf(rollout)?.sites).toMatchObject({ total: MANY, ready: MANY });
  return rollout;
}

it('ninety sites of a shard are ready while its record is written', async () => {
  const rollout = await rollsOut('many-sites', MANY);
  await expectToReplay(await rollout.shard('edge', 0).fetchHistory());
});

it('ninety shards say how they are while the report of their run is written', async () => {
  const rollout = await rollsOut('many-shards', 1);
  const [run] = await rollout.runs();
  await expectToReplay(await rollout.historyOf(run!.runId));
});
