/**
 * A run that people look at in the Temporal UI, which asks it questions, while it does something inside its task: no answer, which
 * would end the task, goes out before that has ended. See `workflows/tasks.ts`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Gate, returns } from './support/behaviour.ts';
import { aShutFleet } from './support/fleets.ts';
import { expectToReplay } from './support/history.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 70;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);

type History = Awaited<ReturnType<Rollout['historyOf']>>;

/** They differ in how long their histories are: one of them becomes too long while it is asked. */
const ROLLOUTS = 6;
const LOOKS = 3;
/** A page in a browser asks every few seconds, and there may be many of them. */
const ASKED_EVERY_MS = 50;

it('goes on as it did when it is replayed, whatever it was asked', async () => {
  // All of them end, also when one has failed: what still asks would fail the next file.
  const runs = await Promise.allSettled(Array.from({ length: ROLLOUTS }, (_, at) => asked(at)));
  const histories = runs.flatMap((run) => {
    if (run.status === 'rejected') throw run.reason;
    return run.value;
  });
  expect(histories.filter(hasForcedTask)).toEqual([]);
  for (const history of histories) await expectToReplay(history);
});

/** A site is looked at again and again; and while the next look waits for the end of the task, so does a question. */
async function asked(at: number): Promise<History[]> {
  const rollout = await aShutFleet(server(), `asked-${at}`);
  for (let signal = 0; signal < at; signal++) await rollout.change(1, { fleet: ['edge'] });
  const isOver = new AbortController();
  await Promise.all([lookedAt(rollout).finally(() => isOver.abort()), askOn(rollout, isOver.signal)]);
  const runs = await rollout.runs();
  return await Promise.all(runs.map(({ runId }) => rollout.historyOf(runId)));
}

async function lookedAt(rollout: Rollout): Promise<void> {
  const { fake } = rollout;
  for (let look = 0; look < LOOKS; look++) {
    // It has found out by then what it says when the gate is opened.
    const gate = new Gate();
    fake.next('findSites edge-1', async (proceed) => {
      const found = await proceed();
      return await gate.hold(returns(found))(proceed);
    });
    await rollout.look('edge', ['edge-1']);
    await gate.reached;
    fake.fleet.windows.set('edge-1', { open: false, text: `FogWindow ${look} is closed` });
    const answer = ask(rollout);
    await rollout.look('edge', ['edge-1']);
    gate.open();
    await answer;
    await rollout.caughtUp();
  }
  fake.fleet.windows.set('edge-1', { open: true });
  await rollout.look('edge', ['edge-1']);
}

const ask = ({ handle }: Rollout) => handle.query('__temporal_workflow_metadata');

/** Somebody who asks again soon after each answer. */
async function askOn(rollout: Rollout, isOver: AbortSignal): Promise<void> {
  for (; !isOver.aborted; await delay(ASKED_EVERY_MS)) await ask(rollout);
}

/** The end of a local activity has come in a task of its own. */
function hasForcedTask({ events = [] }: History): boolean {
  return events!.some(
    ({ markerRecordedEventAttributes: marker }, at) =>
      marker?.markerName === 'core_local_activity' && events![at + 1]?.workflowTaskScheduledEventAttributes,
  );
}
