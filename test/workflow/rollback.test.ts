import { describe, expect, it } from '@jest/globals';
import type { FogRolloutStatus, Revision } from '../../model/types.ts';
import { Gate as Barrier, NOT_READY_YET, terminal } from './support/behaviour.ts';
import { aChange, type ChangeOptions, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const BACK = { control: { onFailure: 'Rollback' } } as const;
const CRASHED = terminal('ProgressDeadlineExceeded', 'edge: its pods crash');
const messageOf = ({ fake }: Rollout) => fake.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const applied = ({ fake }: Rollout, from = 0) => fake.begun('applyRelease', 'removeRelease').slice(from);
const contentOf = (name: string, generation: number): Revision => aChange(name, generation).revision;
const untilStatus = (rollout: Rollout, what: string, holds: (status: FogRolloutStatus) => boolean) =>
  rollout.fake.until(what, () => rollout.fake.status !== undefined && holds(rollout.fake.status));

/** Its first revision has succeeded. */
async function aSucceeded(name: string, options: ChangeOptions = {}): Promise<Rollout> {
  const rollout = new Rollout(server(), name);
  await rollout.change(1, options);
  expect(await rollout.ends()).toEqual(['Completed']);
  expect(rollout.fake.status?.succeeded).toMatchObject([{ generation: 1, version: 'v1' }]);
  return rollout;
}

describe('A rollout that fails and is to be rolled back', () => {
  it('takes all layers back to what last succeeded, edge first, and says why until spec changes', async () => {
    const rollout = await aSucceeded('back');
    rollout.fake.next('applyRelease edge 2', CRASHED);
    await rollout.change(2, BACK);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(applied(rollout, 3)).toEqual([
      'applyRelease cloud 2',
      'applyRelease fog 2',
      'applyRelease edge 2',
      'applyRelease edge 2.1',
      'applyRelease fog 2.1',
      'applyRelease cloud 2.1',
    ]);
    expect(rollout.fake.last('applyRelease cloud 2.1').input).toMatchObject({
      revision: { generation: 2, attempt: 1, version: 'v1', hash: 'hash-1' },
      content: { containers: [{ image: 'nginx:v1' }] },
    });
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      observedGeneration: 2,
      version: 'v1',
      revision: { generation: 2, attempt: 1, version: 'v1' },
      rollback: { generation: 1, version: 'v1', done: true, reason: 'edge: its pods crash' },
      layers: ['cloud', 'fog', 'edge'].map((name) => ({ name, phase: 'Ready', generation: 2, attempt: 1 })),
    });
    expect(messageOf(rollout)).toBe(
      'rolled back: edge: its pods crash; v1 is ready in cloud, fog, edge; change spec, or Resume, to go on',
    );
    await rollout.change(3, BACK);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v3' });
    expect(rollout.fake.status).not.toHaveProperty('rollback');
  });

  it('is not settled before it is back, and shows that it goes back', async () => {
    const rollout = await aSucceeded('shown');
    rollout.fake.next('applyRelease cloud 2', CRASHED);
    const barrier = new Barrier();
    rollout.fake.next('applyRelease fog 2.1', barrier.hold());
    await rollout.change(2, BACK);
    await barrier.reached;
    await untilStatus(rollout, 'it says so', ({ phase }) => phase === 'RollingBack');
    expect(rollout.fake.status?.observedGeneration).toBeLessThan(2);
    expect(messageOf(rollout)).toBe('Rolling back to v1: edge: its pods crash');
    barrier.open();
    await rollout.ends();
  });

  it('takes away what was not there before', async () => {
    const rollout = await aSucceeded('fewer', { layers: ['cloud'] });
    rollout.fake.next('applyRelease fog 2', CRASHED);
    await rollout.change(2, { ...BACK, layers: ['cloud', 'fog'] });
    await rollout.ends();
    expect(applied(rollout, 1)).toEqual([
      'applyRelease cloud 2',
      'applyRelease fog 2',
      'removeRelease fog up to 2',
      'applyRelease cloud 2.1',
    ]);
    expect(rollout.fake.status?.layers?.map(({ name }) => name)).toEqual(['cloud']);
  });

  it('stops where the rollback itself fails, and can be tried again', async () => {
    const rollout = await aSucceeded('halted');
    rollout.fake.next('applyRelease edge 2', CRASHED);
    rollout.fake.next('applyRelease fog 2.1', terminal('ProgressDeadlineExceeded', 'fog: the old image is gone'));
    await rollout.change(2, BACK);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Failed']);
    expect(applied(rollout, 3).slice(-2)).toEqual(['applyRelease edge 2.1', 'applyRelease fog 2.1']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Failed', observedGeneration: 2, rollback: { version: 'v1' } });
    expect(rollout.fake.status?.rollback).not.toHaveProperty('done');
    expect(messageOf(rollout)).toBe('fog: the old image is gone');
  });

  it.each<[string, (rollout: Rollout) => void, string]>([
    ['nothing has succeeded', () => {}, 'edge: its pods crash'],
    [
      'what has succeeded is not kept',
      ({ fake }) => {
        fake.status = { ...fake.status!, succeeded: [{ generation: 1, version: 'v0', hash: 'other' }] };
      },
      'edge: its pods crash; not rolled back: the content of generation 1 is no longer kept',
    ],
  ])('stays as it is where %s', async (_, arrange, message) => {
    const rollout = new Rollout(server(), `stays-${message.length}`);
    rollout.fake.status = { observedGeneration: -1, phase: 'Pending' };
    arrange(rollout);
    rollout.fake.next('applyRelease edge 2', CRASHED);
    await rollout.change(2, BACK);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect([rollout.fake.status?.phase, messageOf(rollout)]).toEqual(['Failed', message]);
  });

  it('gives way to a newer revision', async () => {
    const rollout = await aSucceeded('superseded');
    rollout.fake.next('applyRelease edge 2', CRASHED);
    const barrier = new Barrier();
    rollout.fake.next('applyRelease fog 2.1', barrier.hold());
    await rollout.change(2, BACK);
    await barrier.reached;
    await rollout.change(3);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v3' });
  });

  it('goes back also when its worker dies on the way', async () => {
    const rollout = await aSucceeded('crashed');
    rollout.fake.next('applyRelease edge 2', CRASHED);
    const barrier = new Barrier();
    rollout.fake.next('loadRevision', barrier.hold());
    await rollout.change(2, BACK);
    await barrier.reached;
    await server().stopWorker();
    barrier.open();
    await server().startWorker();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status?.rollback).toMatchObject({ version: 'v1', done: true });
  });

  it('leaves out the waves where what it goes back to was live only just now', async () => {
    const waves = { waves: [{ size: 1 }, {}], maxConcurrency: 10 };
    const rollout = new Rollout(server(), 'fast');
    rollout.fake.fleet.have('edge', 4);
    const fleet = { fleet: ['edge'] as ['edge'], strategy: waves };
    await rollout.change(1, fleet);
    await rollout.ends();
    const barrier = new Barrier();
    rollout.fake.next('applyRelease edge-0 2', CRASHED);
    rollout.fake.next('applyRelease edge-0 2.1', barrier.hold());
    await rollout.change(2, { ...fleet, control: { onFailure: 'Rollback', rollbackWindowSeconds: 3600 } });
    await barrier.reached;
    const plan = rollout.fake.last('planStage edge 2.1').input as { strategy: object };
    expect(plan.strategy).toEqual({ maxConcurrency: 10 });
    barrier.open();
    await rollout.ends();
  });
});

describe('A person who rolls back', () => {
  it('stops what is under way, also where it is paused, and pins what it goes back to', async () => {
    const rollout = await aSucceeded('asked');
    const barrier = new Barrier();
    rollout.fake.next('applyRelease fog 2', barrier.hold());
    await rollout.change(2);
    await barrier.reached;
    await rollout.act('Pause');
    const to = contentOf('asked', 1);
    expect(await rollout.act('Rollback', { to, reason: 'incident 7' })).toBe('It is rolled back to v1');
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      version: 'v1',
      rollback: { generation: 1, by: 'alice', reason: 'incident 7', done: true },
      conditions: [{ type: 'Ready', status: 'False', reason: 'RolledBack' }, { type: 'Stalled' }],
    });
    expect(rollout.fake.status).not.toHaveProperty('hold');
  });

  it('of two who ask at once each is heard, the later last', async () => {
    const rollout = await aSucceeded('two');
    const barrier = new Barrier();
    rollout.fake.next('applyRelease edge 3.1', barrier.hold());
    await rollout.change(2);
    await rollout.ends();
    const cloud = new Barrier();
    rollout.fake.next('applyRelease cloud 3', NOT_READY_YET);
    rollout.fake.next('awaitReady cloud', cloud.hold());
    await rollout.change(3);
    await rollout.fake.untilBegun('awaitReady cloud');
    await rollout.act('Rollback', { to: contentOf('two', 2) });
    await barrier.reached;
    expect(await rollout.act('Rollback', { to: contentOf('two', 2) })).toBe(
      'refused: v2 is what is being rolled back to',
    );
    expect(await rollout.act('Resume')).toBe('refused: It is being rolled back to v2; resume it when that has ended');
    expect(await rollout.act('Rollback', { to: contentOf('two', 1) })).toBe('It is rolled back to v1');
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status).toMatchObject({ version: 'v1', revision: { generation: 3, attempt: 2 } });
  });
});
