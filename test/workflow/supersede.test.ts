import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { andThen, type Behaviour, Gate, NOT_READY_YET, returns, terminal, transient } from './support/behaviour.ts';
import { expectEndedBefore, expectPromotionInOrder } from './support/expectations.ts';
import type { FakeRollout, Inputs } from './support/fake-rollout.ts';
import { aContent, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

/** Where the present revision is when the next ones arrive. `hold` stays deaf to its cancellation until the gate opens. */
const STEPS: [string, string, (fake: FakeRollout, hold: Behaviour) => void][] = [
  ['is being opened', 'opening', (fake, hold) => fake.next('openRun rollout 2', hold)],
  ['is being applied to the cloud', 'applying-cloud', (fake, hold) => fake.next('applyRelease cloud 2', hold)],
  ['is being applied to the edge', 'applying-edge', (fake, hold) => fake.next('applyRelease edge 2', hold)],
  ['reports that it succeeded', 'reporting', (fake, hold) => fake.next('reportStatus Succeeded', hold)],
  [
    'reports that it failed',
    'reporting-failure',
    (fake, hold) => {
      fake.next('applyRelease fog 2', terminal('Invalid', 'fog: no'));
      fake.next('reportStatus Failed', hold);
    },
  ],
];

describe('A newer generation', () => {
  it.concurrent.each(STEPS)(
    'that arrives while the present one %s takes its place, the newest only',
    async (_, name, arrange) => {
      const rollout = new Rollout(server(), name);
      const gate = new Gate();
      arrange(rollout.fake, gate.holdDeaf());
      await rollout.change(2);
      await gate.reached;
      await rollout.change(3);
      await rollout.change(4);
      // A last report is made inside the workflow task: nothing can be asked of the run until it is over.
      if (!name.startsWith('reporting')) {
        await rollout.caughtUp();
        expect(rollout.fake.begun('openRun')).toEqual(['openRun rollout 2']);
      }
      gate.open();
      expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
      expect(rollout.fake.begun('openRun')).toEqual(['openRun rollout 2', 'openRun rollout 4']);
      expectEndedBefore(rollout.fake, 'applyRelease cloud 2', 'applyRelease cloud 4');
      expectEndedBefore(rollout.fake, 'openRun rollout 2', 'openRun rollout 4');
      if (name === 'reporting-failure') expectEndedBefore(rollout.fake, 'reportStatus Failed', 'openRun rollout 4');
      expectWinner(rollout, 4);
    },
  );

  it.concurrent('stops a wait at once, and promotes nothing of the old revision any more', async () => {
    const rollout = new Rollout(server(), 'waiting');
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.always('awaitReady fog 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog 1');
    await rollout.change(2);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    await rollout.fake.until('the old wait has heard of it', () => rollout.fake.last('awaitReady fog 1').ended != null);
    expect(rollout.fake.last('awaitReady fog 1').outcome).toBe('cancelled');
    expect(rollout.fake.begun('applyRelease')).not.toContain('applyRelease edge 1');
    expectWinner(rollout, 2);
  });

  it.concurrent('lets a write under way be cancelled before its own begins', async () => {
    const rollout = new Rollout(server(), 'writing');
    rollout.fake.next('applyRelease cloud 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('applyRelease cloud 1');
    await rollout.change(2);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.last('applyRelease cloud 1').outcome).toBe('cancelled');
    expectEndedBefore(rollout.fake, 'applyRelease cloud 1', 'applyRelease cloud 2');
    expectWinner(rollout, 2);
  });

  it.concurrent('does not wait for the next try of something that fails', async () => {
    const rollout = new Rollout(server(), 'trying');
    rollout.fake.always('applyRelease cloud 2', transient());
    rollout.fake.always('openRun rollout 2', transient());
    await rollout.change(2);
    await rollout.fake.untilBegun('applyRelease cloud 2', 2);
    await rollout.change(3);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expectWinner(rollout, 3);
  });

  it.concurrent('learns what the old run knew of the layers and had not reported', async () => {
    const rollout = new Rollout(server(), 'carrying');
    const gate = new Gate();
    rollout.fake.next('applyRelease edge 1', gate.hold());
    await rollout.change(1);
    await gate.reached;
    await rollout.change(2);
    await rollout.ends();
    const { carried } = rollout.fake.last('openRun rollout 2').input as Inputs['openRun'];
    expect(carried).toMatchObject([
      { name: 'cloud', phase: 'Ready', version: 'v1', generation: 1 },
      { name: 'fog', phase: 'Ready', version: 'v1', generation: 1 },
      { name: 'edge', phase: 'Progressing' },
    ]);
  });

  it.concurrent('does not hear of layers the old run knew nothing of', async () => {
    const rollout = new Rollout(server(), 'unopened');
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.always('openRun rollout 2', transient());
    rollout.fake.always('applyRelease cloud 2', transient());
    await rollout.change(2);
    await rollout.fake.untilBegun('openRun rollout 2', 2);
    await rollout.fake.untilBegun('applyRelease cloud 2');
    const gate = new Gate();
    rollout.fake.next('applyRelease cloud 3', gate.hold());
    await rollout.change(3);
    await gate.reached;
    await rollout.fake.until('the third is open', () => rollout.fake.status?.revision?.generation === 3);
    expect(rollout.fake.status?.layers?.slice(1)).toMatchObject([
      { name: 'fog', version: 'v1', sites: { ready: 1 } },
      { name: 'edge', version: 'v1', sites: { ready: 1 } },
    ]);
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
  });

  it.concurrent('is not lost when it arrives in the moment the present run ends', async () => {
    const rollouts = Array.from({ length: 8 }, (_, at) => new Rollout(server(), `last-moment-${at}`));
    await Promise.all(
      rollouts.map(async (rollout, at) => {
        await rollout.change(1);
        await rollout.fake.untilBegun('openRun rollout 1'); // a quick first revision is opened at its end
        if (at % 2) await rollout.fake.until('said', () => rollout.fake.last('openRun rollout 1').ended != null);
        await rollout.change(2);
      }),
    );
    for (const rollout of rollouts) {
      expect((await rollout.ends()).at(-1)).toBe('Completed');
      expectWinner(rollout, 2);
    }
  });
});

describe('A first revision', () => {
  it.concurrent('is opened and reported once, at the end, when it is quick', async () => {
    const rollout = new Rollout(server(), 'quick');
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.calls.map(({ what }) => what)).toEqual([
      'applyRelease cloud 1',
      'applyRelease fog 1',
      'applyRelease edge 1',
      'openRun rollout 1',
    ]);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1, run: { reports: 1 } });
  });

  it.concurrent('is opened and reported once, at the end, also when it takes longer, where others wait for its place', async () => {
    const rollout = new Rollout(server(), 'one-of-many');
    rollout.fake.next(
      'applyRelease fog 1',
      andThen(() => delay(2_500)),
    );
    await rollout.change(1, { isOneOfMany: true });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('openRun', 'reportStatus')).toEqual(['openRun rollout 1']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', run: { reports: 1 } });
  });

  it.concurrent('is opened and reported while it goes on, when it takes longer', async () => {
    const rollout = new Rollout(server(), 'slow-first');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', gate.hold());
    await rollout.change(1);
    await rollout.fake.until('it is reported', () => rollout.fake.status?.layers?.[1]?.phase === 'Progressing');
    expect(rollout.fake.begun('openRun')).toEqual(['openRun rollout 1']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Progressing', run: { reports: 1 } });
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('openRun')).toEqual(['openRun rollout 1']);
    expectWinner(rollout, 1);
  });

  it.concurrent('that is gone when it is opened at the end has its releases removed', async () => {
    const rollout = new Rollout(server(), 'quickly-gone');
    rollout.fake.next('openRun rollout 1', returns({ gone: true }));
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease')).toEqual([
      'removeRelease edge',
      'removeRelease fog',
      'removeRelease cloud',
    ]);
  });
});

describe('A repeat or an older generation', () => {
  it.concurrent('changes nothing of the run it reaches', async () => {
    const rollout = new Rollout(server(), 'repeated');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 5', gate.holdDeaf());
    await rollout.change(5);
    await gate.reached;
    await rollout.change(5);
    await rollout.change(4);
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('openRun')).toEqual(['openRun rollout 5']);
    expectWinner(rollout, 5);
  });
});

function expectWinner({ fake }: Rollout, generation: number): void {
  expect(fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: generation, version: `v${generation}` });
  expect(fake.begun('applyRelease').slice(-3)).toEqual([
    `applyRelease cloud ${generation}`,
    `applyRelease fog ${generation}`,
    `applyRelease edge ${generation}`,
  ]);
  const last = fake.last('applyRelease').input as Inputs['applyRelease'];
  expect(last.content).toEqual(aContent(`v${generation}`));
  const winning = fake.calls.filter(({ what }) => what.endsWith(` ${generation}`));
  expectPromotionInOrder({ calls: winning } as FakeRollout);
}
