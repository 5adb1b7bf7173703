import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate as Barrier, terminal } from './support/behaviour.ts';
import { aChange, aWindow, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 60;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);

const ready = ({ fake }: Rollout) => fake.status?.conditions?.find(({ type }) => type === 'Ready');
const applied = ({ fake }: Rollout) => fake.begun('applyRelease');
const waits = (rollout: Rollout, generation = 1) =>
  rollout.fake.until(
    'it waits for a window',
    () => ready(rollout)?.reason === 'WindowClosed' && rollout.fake.status?.revision?.generation === generation,
  );

describe('A rollout that comes while a window is closed', () => {
  it.concurrent('gives nothing to anybody, says until when, and goes on by itself', async () => {
    const rollout = new Rollout(server(), 'windowed');
    const window = aWindow(3_000, { reason: 'the shops are open' });
    await rollout.change(1, { windows: [window] });
    await waits(rollout);
    const until = window.timetable.closed[0]!.until!.replace(/\.\d+/, '');
    expect([rollout.fake.status?.phase, ready(rollout)?.message, applied(rollout)]).toEqual([
      'Paused',
      `v1 waits: FogWindow hours is closed (the shops are open), and opens at ${until}`,
      [],
    ]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1 });
  });

  it.concurrent('waits for one without an end with no timer, over a repeat, until it is gone', async () => {
    const rollout = new Rollout(server(), 'frozen');
    await rollout.change(1, { windows: [aWindow()] });
    await waits(rollout);
    await rollout.caughtUp();
    expect(await rollout.sleepsFor()).toEqual([]);
    await rollout.change(1, { windows: [aWindow()] });
    await rollout.caughtUp();
    expect(applied(rollout)).toEqual([]);
    await rollout.windows();
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('waits in a run that goes on with it when its history has become long', async () => {
    const rollout = new Rollout(server(), 'frozen-long');
    await rollout.change(1, { windows: [aWindow()] });
    await waits(rollout);
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.change(1, { windows: [aWindow()] });
    await rollout.caughtUp();
    expect(applied(rollout)).toEqual([]);
    await rollout.windows();
    const ends = await rollout.ends();
    expect([ends.length > 1, ends.at(-1)]).toEqual([true, 'Completed']);
  });

  it.concurrent('is superseded by a newer revision, which waits too, and learns what was said to the older', async () => {
    const rollout = new Rollout(server(), 'frozen-superseded');
    await rollout.change(1, { windows: [aWindow()] });
    await waits(rollout);
    await rollout.change(2, { windows: [aWindow()] });
    await waits(rollout, 2);
    await rollout.windows();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 2', 'applyRelease fog 2', 'applyRelease edge 2']);
  });

  it.concurrent('is adjusted by a change of its strategy alone, and told by a repeat that there is none any more', async () => {
    const rollout = new Rollout(server(), 'frozen-adjusted');
    await rollout.change(1, { windows: [aWindow()] });
    await waits(rollout);
    await rollout.change(2, { contentOf: 1, windows: [aWindow(undefined, { name: 'other' })] });
    await rollout.fake.until('it waits for the other', () => ready(rollout)?.message?.includes('other') ?? false);
    await rollout.change(2, { contentOf: 1 });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status?.observedGeneration).toBe(2);
  });

  it.concurrent('is removed, aborted and paused as ever', async () => {
    const rollout = new Rollout(server(), 'frozen-aborted');
    await rollout.change(1, { windows: [aWindow()] });
    await waits(rollout);
    expect(await rollout.act('Resume')).toBe('refused: It is not paused; FogWindow hours is closed');
    await rollout.act('Pause');
    await rollout.fake.until('a person holds it', () => ready(rollout)?.reason === 'Paused');
    expect(await rollout.act('Resume')).toBe('It goes on; FogWindow hours is closed');
    await rollout.act('Abort');
    expect(await rollout.ends()).toEqual(['Failed']);
    const removed = new Rollout(server(), 'frozen-removed');
    await removed.change(1, { windows: [aWindow()] });
    await waits(removed);
    await removed.remove();
    expect((await removed.ends()).at(-1)).toBe('Completed');
    expect(removed.fake.begun('releaseFinalizer')).toHaveLength(1);
  });
});

describe('A rollout that is under way when a window closes', () => {
  it.concurrent('starts no further site where that says Stop, and finishes where it says Finish', async () => {
    const rollout = new Rollout(server(), 'stopped');
    rollout.fake.fleet.have('edge', 4);
    const gate = new Barrier();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 1 } });
    await gate.reached;
    await rollout.windows(aWindow(undefined, { overrun: 'Stop' }));
    await waits(rollout);
    gate.open();
    await rollout.fake.until('the first is ready', () => rollout.fake.status?.layers?.[2]?.sites.ready === 1);
    await rollout.caughtUp();
    expect(applied(rollout).filter((what) => what.includes('edge'))).toHaveLength(1);
    await rollout.windows(aWindow());
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.status?.layers?.[2]?.sites.ready).toBe(4);
  });
});

describe('A later attempt', () => {
  it.concurrent('that goes back waits for no window', async () => {
    const rollout = new Rollout(server(), 'rolled-back');
    await rollout.change(1);
    await rollout.ends();
    const gate = new Barrier();
    rollout.fake.next('applyRelease edge 2', gate.hold(terminal(FAILURE.invalid, 'edge: image is required')));
    await rollout.change(2, { control: { onFailure: 'Rollback' } });
    await gate.reached;
    await rollout.windows(aWindow());
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status?.rollback).toMatchObject({ generation: 1, done: true });
  });

  it.concurrent('that restarts waits for the window that its run was told of', async () => {
    const rollout = new Rollout(server(), 'restarted');
    rollout.fake.next('applyRelease cloud', new Barrier().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('applyRelease cloud');
    await rollout.windows(aWindow());
    expect(await rollout.act('Restart', { to: aChange('restarted', 2).revision })).not.toContain('refused');
    await waits(rollout);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1']);
    await rollout.windows();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
  });
});

it.concurrent('A gate that names a window opens with it', async () => {
  const rollout = new Rollout(server(), 'window-gate');
  await rollout.change(1, { gates: { edge: { before: [{ window: { ref: 'hours' } }] } } });
  await waits(rollout);
  expect(ready(rollout)?.message).toBe(
    'v1: before the edge, the gate window waits for the FogWindow hours, which does not exist',
  );
  await rollout.windows(aWindow(1_000, { holds: false }));
  expect(await rollout.ends()).toEqual(['Completed']);
  expect(rollout.fake.status?.gates).toMatchObject([{ name: 'window', state: 'Open' }]);
});
