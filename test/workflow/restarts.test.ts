/** What people have said of rollouts outlives the workers that heard it. */
import { expect, it } from '@jest/globals';
import type { AskGateInput } from '../../model/gates/asking.ts';
import { Gate as Barrier, NOT_READY_YET } from './support/behaviour.ts';
import { aWindow, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const phaseOf = ({ fake }: Rollout) => fake.status?.phase;
const stands = (rollout: Rollout, phase: string) =>
  rollout.fake.until(`it is ${phase}`, () => phaseOf(rollout) === phase);
const applied = ({ fake }: Rollout) => fake.begun('applyRelease');

async function paused(): Promise<Rollout> {
  const rollout = new Rollout(server(), 'paused');
  const ready = new Barrier();
  rollout.fake.next('applyRelease cloud', NOT_READY_YET);
  rollout.fake.next('awaitReady cloud', ready.hold());
  await rollout.change(1);
  await rollout.fake.untilBegun('awaitReady cloud');
  await rollout.act('Pause', { reason: 'incident 7' });
  ready.open();
  await rollout.fake.until('the cloud is ready', () => rollout.fake.status?.layers?.[0]?.phase === 'Ready');
  return rollout;
}

async function betweenWaves(): Promise<Rollout> {
  const rollout = new Rollout(server(), 'between-waves');
  rollout.fake.fleet.have('edge', 4);
  const waves = [{ name: 'canary', size: 1, after: [{ approval: { required: 2 } }] }, {}];
  await rollout.change(1, { fleet: ['edge'], strategy: { waves, maxConcurrency: 4 } });
  await stands(rollout, 'WaitingForApproval');
  await rollout.act('Approve', { layer: 'edge', wave: 'canary' });
  return rollout;
}

async function frozen(): Promise<Rollout> {
  const rollout = new Rollout(server(), 'frozen');
  await rollout.change(1, { windows: [aWindow()] });
  const reason = () => rollout.fake.status?.conditions?.[0]?.reason;
  await rollout.fake.until('it waits for a window', () => reason() === 'WindowClosed');
  return rollout;
}

it('a pause, an approval and a closed window hold when another worker goes on', async () => {
  const [held, waiting, closed] = await Promise.all([paused(), betweenWaves(), frozen()]);
  await server().stopWorker();
  await server().startWorker();
  expect(applied(held)).toEqual(['applyRelease cloud 1']);
  expect(await held.act('Resume', { by: 'bob' })).toBe('It goes on');
  expect(await held.ends()).toEqual(['Completed']);
  expect(applied(held)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1', 'applyRelease edge 1']);
  expect(held.fake.status).not.toHaveProperty('hold');
  await closed.change(1, { windows: [aWindow()] });
  await closed.caughtUp();
  expect(applied(closed)).toEqual([]);
  await closed.windows();
  expect(await closed.ends()).toEqual(['Completed']);
  expect(await waiting.act('Approve', { by: 'alice' })).toContain('alice has approved already');
  expect(await waiting.act('Approve', { by: 'bob' })).toContain('is open: approved by alice, bob');
  expect((await waiting.ends()).at(-1)).toBe('Completed');
  expect(applied(waiting).filter((what) => what.includes('edge'))).toHaveLength(4);
});

it('whoever is asked for a gate is asked the same by another worker', async () => {
  const rollout = new Rollout(server(), 'asked');
  const answer = new Barrier();
  rollout.fake.next('askGate board 1', answer.hold());
  const http = { url: 'https://board.example/ask', timeoutSeconds: 1 };
  await rollout.change(1, { gates: { edge: { before: [{ name: 'board', http }] } } });
  await answer.reached;
  await server().stopWorker();
  await server().startWorker();
  await rollout.fake.untilBegun('askGate board 1', 2);
  expect(await rollout.ends()).toEqual(['Completed']);
  const asked = rollout.fake.calls.filter(({ what }) => what.startsWith('askGate'));
  expect(new Set(asked.map(({ input }) => (input as AskGateInput).token)).size).toBe(1);
  answer.open();
});
