/** What a run tells for the history that is kept in the cluster: with its end, and to whom it gives way. */
import { describe, expect, it } from '@jest/globals';
import { Gate as Barrier, NOT_READY_YET, terminal } from './support/behaviour.ts';
import type { Inputs } from './support/fake-rollout.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const openingOf = ({ fake }: Rollout, what: string) => fake.last(`openRun ${what}`).input as Inputs['openRun'];

/** What was told for the history, and with which phase. */
const told = ({ fake }: Rollout) =>
  fake.calls.flatMap(({ input }) => {
    const { notes, status } = input as Partial<Inputs['reportStatus']>;
    return notes ? [{ ...notes, phase: status?.phase }] : [];
  });

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
    expect(told(rollout)).toMatchObject([
      {
        ...{ phase: 'Succeeded', kind: 'rollout' },
        actions: [
          { action: 'Pause', by: 'alice', reason: 'incident 7' },
          { action: 'Resume', by: 'bob' },
        ],
      },
    ]);
  });

  it('of a quick one, that is reported once, comes with the first word', async () => {
    const rollout = new Rollout(server(), 'quick');
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(openingOf(rollout, 'rollout 1')).toMatchObject({
      status: { phase: 'Succeeded' },
      notes: { kind: 'rollout', actions: [] },
    });
  });

  it('that failed comes with them too', async () => {
    const rollout = new Rollout(server(), 'failed');
    rollout.fake.always('applyRelease fog', terminal('Invalid', 'no'));
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(told(rollout)).toEqual([{ phase: 'Failed', kind: 'rollout', actions: [] }]);
  });
});

it('A run that gives way hands on what people asked of it', async () => {
  const { rollout, ready } = await inTheCloud('gives-way');
  await rollout.act('Pause', { reason: 'incident 7' });
  await rollout.act('Resume', { by: 'bob' });
  await rollout.change(2);
  ready.open();
  expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
  expect(openingOf(rollout, 'rollout 2').superseded).toMatchObject({
    kind: 'rollout',
    runId: expect.any(String),
    actions: [{ action: 'Pause' }, { action: 'Resume' }],
  });
});
