/** Many runs that want to do something inside their tasks at once: a worker does a few such things at a time. */
import { beforeAll, expect, it } from '@jest/globals';
import { Gate } from './support/behaviour.ts';
import { expectToReplay } from './support/history.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
beforeAll(async () => {
  await server().stopWorker();
  await server().startWorker({ maxConcurrentLocalActivityExecutions: 1 });
});

it('who has no turn soon does it outside, and is neither held up nor taken back', async () => {
  const first = new Rollout(server(), 'first');
  const second = new Rollout(server(), 'second');
  const gate = new Gate();
  first.fake.next('openRun', gate.holdDeaf());
  await first.change(1);
  await gate.reached;
  await second.change(1);
  expect(await second.ends()).toEqual(['Completed']);
  gate.open();
  expect(await first.ends()).toEqual(['Completed']);
  const histories = await Promise.all([first, second].map(historyOf));
  for (const history of histories) {
    expect(history.events!.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    await expectToReplay(history);
  }
  const scheduled = histories[1]!.events!.map(({ activityTaskScheduledEventAttributes: activity }) => activity);
  expect(scheduled.map((activity) => activity?.activityType?.name)).toContain('openRun');
});

async function historyOf(rollout: Rollout) {
  const [run] = await rollout.runs();
  return await rollout.historyOf(run!.runId);
}
