/**
 * A run that takes longer for what it does inside its task than a task may last: the task is ended, and a replay does not know of it.
 * See `workflows/tasks.ts`.
 */
import { expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Gate } from './support/behaviour.ts';
import { aShutFleet } from './support/fleets.ts';
import { expectToReplay } from './support/history.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

/** A task is ended after four fifths of its second. */
const server = useServer('history.defaultWorkflowTaskTimeout="1s"');

const ROLLOUTS = 4;

it('goes on after a replay, and so as in every later one', async () => {
  const histories = await Promise.all(Array.from({ length: ROLLOUTS }, (_, at) => slowed(`slow-${at}`)));
  const events = histories.flat().flatMap((history) => history.events!);
  expect(events.some((event) => event.workflowTaskFailedEventAttributes)).toBe(true);
  for (const history of histories.flat()) await expectToReplay(history);
});

async function slowed(name: string) {
  const rollout = await aShutFleet(server(), name);
  const { fake } = rollout;
  for (let look = 0; look < 2; look++) {
    const gate = new Gate();
    fake.next('findSites edge-1', gate.hold());
    const before = await endedTasks(rollout);
    await rollout.look('edge', ['edge-1']);
    await gate.reached;
    await eventually('its task to be ended', async () => {
      const ended = await endedTasks(rollout);
      return ended > before || { not: ended };
    });
    gate.open();
    await rollout.caughtUp();
  }
  fake.fleet.windows.set('edge-1', { open: true });
  await rollout.look('edge', ['edge-1']);
  expect(await rollout.ends()).toEqual(['Completed']);
  return await Promise.all((await rollout.runs()).map(({ runId }) => rollout.historyOf(runId)));
}

/** On a machine that has no time, one may also be lost. */
async function endedTasks(rollout: Rollout): Promise<number> {
  const { events } = await rollout.handle.fetchHistory();
  return events!.filter(
    ({
      workflowTaskCompletedEventAttributes: completed,
      workflowTaskTimedOutEventAttributes: lost,
      workflowTaskFailedEventAttributes: failed,
    }) => completed ?? lost ?? failed,
  ).length;
}
