/** What a run tells for the history that is kept in the cluster: with its end, and to whom it gives way. */
import { describe, expect, it } from '@jest/globals';
import { Gate as Barrier, NOT_READY_YET, terminal } from './support/behaviour.ts';
import type { Inputs } from './support/fake-rollout.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const inputOf = <Name extends 'openRun' | 'reportStatus'>({ fake }: Rollout, name: Name, what: string) =>
  fake.last(`${name} ${what}`).input as Inputs[Name];

/** One that waits for the cloud to become ready. */
async function inTheCloud(name: string): Promise<{ rollout: Rollout; ready: Barrier }> {
  const rollout = new Rollout(server(), name);
  const ready = new Barrier();
  rollout.fake.next('applyRelease cloud', NOT_READY_YET);
  rollout.fake.next('awaitReady cloud', ready.hold());
  await rollout.change(1);
  await rollout.fake.untilBegun('awaitReady cloud');
  return { rollout, ready };
}

describe('The end of a run', () => {
  it('comes with what people asked of it', async () => {
    const { rollout, ready } = await inTheCloud('asked');
    await rollout.act('Pause', { reason: 'incident 7' });
    await rollout.act('Resume', { by: 'bob' });
    ready.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(inputOf(rollout, 'reportStatus', 'Succeeded').notes).toMatchObject({
      kind: 'rollout',
      actions: [
        { action: 'Pause', by: 'alice', reason: 'incident 7' },
        { action: 'Resume', by: 'bob' },
      ],
    });
    const earlier = rollout.fake.calls.filter(({ what }) => what === 'reportStatus Progressing');
    expect(earlier.map(({ input }) => (input as Inputs['reportStatus']).notes)).toEqual(earlier.map(() => undefined));
  });

  it('of a quick one, that is reported once, comes with the first word', async () => {
    const rollout = new Rollout(server(), 'quick');
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(inputOf(rollout, 'openRun', 'rollout 1')).toMatchObject({
      status: { phase: 'Succeeded' },
      notes: { kind: 'rollout', actions: [] },
    });
  });

  it('that failed comes with them too', async () => {
    const rollout = new Rollout(server(), 'failed');
    rollout.fake.always('applyRelease fog', terminal('Invalid', 'no'));
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Failed']);
    const told = rollout.fake.calls.map(({ input }) => (input as { notes?: unknown }).notes).filter((notes) => notes);
    expect(told).toEqual([{ kind: 'rollout', actions: [] }]);
  });
});

it('A run that gives way hands on what people asked of it', async () => {
  const { rollout, ready } = await inTheCloud('gives-way');
  await rollout.act('Pause', { reason: 'incident 7' });
  await rollout.act('Resume', { by: 'bob' });
  await rollout.change(2);
  ready.open();
  expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
  expect(inputOf(rollout, 'openRun', 'rollout 2').superseded).toMatchObject({
    kind: 'rollout',
    runId: expect.any(String),
    actions: [{ action: 'Pause' }, { action: 'Resume' }],
  });
});
