/** Runs that ask others: whoever is asked answers yes, no, nothing, late, or while nobody is there to hear it. */
import { describe, expect, it } from '@jest/globals';
import type { AskGateInput } from '../../model/gates/asking.ts';
import type { Gate } from '../../model/types.ts';
import { Gate as Barrier, returns, terminal, transient } from './support/behaviour.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 60;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);

const board = (more: Partial<NonNullable<Gate['http']>> = {}): Gate => ({
  name: 'board',
  http: { url: 'https://board.example/ask', ...more },
});
const beforeEdge = (...gates: Gate[]) => ({ gates: { edge: { before: gates } } });
const gateOf = ({ fake }: Rollout) => fake.status?.gates?.[0];
const applied = ({ fake }: Rollout) => fake.begun('applyRelease');
const tokens = ({ fake }: Rollout) =>
  fake.calls.filter(({ what }) => what.startsWith('askGate')).map(({ input }) => (input as AskGateInput).token);

/** One that has asked, and has no answer. */
async function asking(name: string, gate = board(), generation = 1): Promise<{ rollout: Rollout; answer: Barrier }> {
  const rollout = new Rollout(server(), name);
  const answer = new Barrier();
  rollout.fake.next(`askGate board ${generation}`, answer.hold());
  await rollout.change(generation, beforeEdge(gate));
  await answer.reached;
  return { rollout, answer };
}

describe('A rollout that asks others', () => {
  it.concurrent('goes on when they say yes, and had told them what waits', async () => {
    const { rollout, answer } = await asking('asked');
    await rollout.fake.until('it says so', () => gateOf(rollout)?.state === 'Closed');
    expect([gateOf(rollout)?.message, applied(rollout)]).toEqual([
      expect.stringContaining('asks https://board.example/ask, until '),
      ['applyRelease cloud 1', 'applyRelease fog 1'],
    ]);
    answer.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.last('askGate').input).toMatchObject({
      owner: { namespace: 'shop', name: 'asked' },
      revision: { generation: 1, version: 'v1' },
      layer: 'edge',
      at: 'before',
      name: 'board',
    });
    expect(gateOf(rollout)).toMatchObject({ state: 'Open', message: 'they said yes' });
  });

  it.concurrent('fails when they say no, and keeps the layers as they are', async () => {
    const rollout = new Rollout(server(), 'asked-refused');
    rollout.fake.next('askGate', returns({ state: 'Failed', reason: 'GateRefused', message: 'no ticket' }));
    await rollout.change(1, beforeEdge(board()));
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      conditions: expect.arrayContaining([
        expect.objectContaining({ reason: 'GateRefused', message: 'edge: the gate board before it: no ticket' }),
      ]),
      gates: [{ state: 'Failed', message: 'no ticket' }],
    });
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1']);
  });

  it.concurrent('tries again without a word in its history, and fails with what it heard last when the deadline has passed', async () => {
    const rollout = new Rollout(server(), 'asked-in-vain');
    rollout.fake.always('askGate', transient('https://board.example/ask answered 503 Service Unavailable'));
    await rollout.change(1, beforeEdge(board({ deadlineSeconds: 4, retrySeconds: 1 })));
    await rollout.fake.untilBegun('askGate', 3);
    const { events } = await rollout.handle.fetchHistory();
    const activities = events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(activities.filter((name) => name === 'askGate')).toHaveLength(1);
    expect(await rollout.ends()).toEqual(['Failed']);
    const [{ message } = { message: '' }] = rollout.fake.status!.gates!;
    expect(message).toMatch(/^nobody had said yes or no by .*Z: https:\/\/board.example\/ask answered 503/);
    expect(rollout.fake.status?.conditions?.[0]?.reason).toBe('GateDeadlineExceeded');
    expect(new Set(tokens(rollout)).size).toBe(1);
  });

  it.concurrent('shows what it heard, and goes on asking by the same token, until the deadline', async () => {
    const rollout = new Rollout(server(), 'asked-and-heard');
    const busy = 'https://board.example/ask answered 503 Service Unavailable';
    rollout.fake.next('askGate', returns({ state: 'Closed', message: busy }));
    const answer = new Barrier();
    rollout.fake.next('askGate', answer.hold());
    await rollout.change(1, beforeEdge(board({ deadlineSeconds: 6, timeoutSeconds: 60 })));
    await answer.reached;
    await rollout.fake.until('it says so', () => gateOf(rollout)?.message.endsWith(busy) === true);
    expect(gateOf(rollout)).toMatchObject({
      state: 'Closed',
      message: expect.stringMatching(/^asks until .*Z; since /),
    });
    expect(rollout.fake.last('askGate').input).toMatchObject({ heard: { message: busy, times: 0 } });
    expect(new Set(tokens(rollout)).size).toBe(1);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(gateOf(rollout)!.message).toMatch(
      /^nobody had said yes or no by .*Z: https:\/\/board.example\/ask answered 503/,
    );
    answer.open();
  });

  it.concurrent('that never answer fails when the deadline has passed', async () => {
    const { rollout, answer } = await asking('asked-nobody', board({ deadlineSeconds: 2, timeoutSeconds: 60 }));
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.conditions?.[0]?.reason).toBe('GateDeadlineExceeded');
    answer.open();
  });

  it.concurrent('asks all of one place at once, and nobody any more when one of them says no', async () => {
    const { rollout, answer } = await asking('asked-both', board());
    rollout.fake.next('askGate other 2', returns({ state: 'Failed', reason: 'GateRefused', message: 'no' }));
    await rollout.change(2, { contentOf: 1, ...beforeEdge(board(), { ...board(), name: 'other' }) });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.begun('askGate')).toEqual(['askGate board 1', 'askGate other 2']);
    answer.open();
  });
});

describe('While others are asked', () => {
  it.concurrent('a history may become long: the run that goes on asks the same', async () => {
    const { rollout, answer } = await asking('asked-long');
    rollout.fake.always('askGate board 1', answer.hold());
    for (let at = 0; at < SUGGEST_AT + 20; at++) await rollout.change(1, beforeEdge(board()));
    await rollout.fake.untilBegun('askGate board 1', 2);
    answer.open();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect([new Set(tokens(rollout)).size, applied(rollout).length]).toEqual([1, 3]);
  });

  it.concurrent('a newer revision asks for itself, and what they say late of the older means nothing', async () => {
    const rollout = new Rollout(server(), 'asked-superseded');
    const [old, newer] = [new Barrier(), new Barrier()];
    rollout.fake.next('askGate board 1', old.holdDeaf());
    rollout.fake.next('askGate board 2', newer.hold());
    await rollout.change(1, beforeEdge(board()));
    await old.reached;
    await rollout.change(2, beforeEdge(board()));
    await newer.reached;
    old.open();
    await rollout.fake.until('the older was answered', () =>
      rollout.fake.calls.some((call) => call.what === 'askGate board 1' && call.outcome === 'done'),
    );
    await rollout.caughtUp();
    expect(applied(rollout).filter((what) => what.includes('edge'))).toEqual([]);
    newer.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(new Set(tokens(rollout)).size).toBe(2);
  });

  it.concurrent('a change of whom to ask asks anew, in the same run', async () => {
    const { rollout, answer } = await asking('asked-otherwise');
    await rollout.change(2, { contentOf: 1, ...beforeEdge(board({ url: 'https://other.example' })) });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('askGate')).toEqual(['askGate board 1', 'askGate board 2']);
    expect(new Set(tokens(rollout)).size).toBe(2);
    answer.open();
  });

  it.concurrent('a pause holds what their yes would let go', async () => {
    const { rollout, answer } = await asking('asked-paused');
    await rollout.act('Pause');
    answer.open();
    await rollout.fake.until('they said yes', () => gateOf(rollout)?.state === 'Open');
    expect([rollout.fake.status?.phase, applied(rollout).length]).toEqual(['Paused', 2]);
    await rollout.act('Resume');
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('an abort ends it', async () => {
    const { rollout, answer } = await asking('asked-aborted');
    await rollout.act('Abort', { reason: 'nobody answers' });
    expect(await rollout.ends()).toEqual(['Failed']);
    answer.open();
  });

  it.concurrent('its removal waits for nobody', async () => {
    const { rollout, answer } = await asking('asked-removed');
    await rollout.remove();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    answer.open();
  });
});

it.concurrent('A rollout that is paused asks nobody before it goes on', async () => {
  const rollout = new Rollout(server(), 'asked-later');
  await rollout.change(1, { paused: true, gates: { cloud: { before: [board()] } } });
  await rollout.fake.until('it is paused', () => rollout.fake.status?.phase === 'Paused');
  expect(rollout.fake.begun('askGate')).toEqual([]);
  await rollout.change(2, { contentOf: 1, gates: { cloud: { before: [board()] } } });
  expect(await rollout.ends()).toEqual(['Completed']);
  expect(rollout.fake.begun('askGate')).toEqual(['askGate board 2']);
});

describe('Between two waves', () => {
  const waves = [{ name: 'canary', size: 1, after: [board()] }];

  it.concurrent('others are asked, and the next follows by their yes', async () => {
    const rollout = new Rollout(server(), 'asked-in-waves');
    const answer = new Barrier();
    rollout.fake.fleet.have('edge', 3);
    rollout.fake.next('askGate board 1', answer.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { waves } });
    await answer.reached;
    expect(applied(rollout).filter((what) => what.includes('edge-'))).toHaveLength(1);
    answer.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(applied(rollout).filter((what) => what.includes('edge-'))).toHaveLength(3);
    expect(rollout.fake.last('askGate').input).toMatchObject({ layer: 'edge', at: 'after', wave: 'canary' });
  });

  it.concurrent('people are asked for a wave that takes the place of the one that waits for them', async () => {
    const rollout = new Rollout(server(), 'renamed-wave');
    const strategy = (name: string) => ({ waves: [{ name, size: 1, after: [{ approval: {} }] }] });
    const waitsAfter = (wave: string) =>
      rollout.fake.until(
        `it waits after ${wave}`,
        () => gateOf(rollout)?.state === 'Closed' && gateOf(rollout)?.wave === wave,
      );
    rollout.fake.fleet.have('edge', 3);
    await rollout.change(1, { fleet: ['edge'], strategy: strategy('canary') });
    await waitsAfter('canary');
    await rollout.change(2, { contentOf: 1, fleet: ['edge'], strategy: strategy('pilot') });
    await waitsAfter('pilot');
    await rollout.caughtUp();
    const atEdge = () => applied(rollout).filter((what) => what.includes('edge-'));
    expect([rollout.fake.status?.phase, atEdge().length]).toEqual(['WaitingForApproval', 1]);
    await rollout.act('Approve');
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(atEdge()).toHaveLength(3);
  });

  it.concurrent('they are asked anew by a run that finds the first ready', async () => {
    const rollout = new Rollout(server(), 'asked-at-once');
    rollout.fake.fleet.have('edge', 3);
    rollout.fake.next('askGate', returns({ state: 'Failed', reason: 'GateRefused', message: 'no ticket' }));
    await rollout.change(1, { fleet: ['edge'], strategy: { waves } });
    expect(await rollout.ends()).toEqual(['Failed']);
    await rollout.change(2, { contentOf: 1, fleet: ['edge'], strategy: { waves, maxConcurrency: 2 } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(applied(rollout).filter((what) => what.includes('edge-'))).toHaveLength(3);
  });

  it.concurrent('their no leaves the others as they are', async () => {
    const rollout = new Rollout(server(), 'refused-in-waves');
    rollout.fake.fleet.have('edge', 3);
    rollout.fake.next('askGate', returns({ state: 'Failed', reason: 'GateRefused', message: 'no ticket' }));
    await rollout.change(1, { fleet: ['edge'], strategy: { waves } });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(applied(rollout).filter((what) => what.includes('edge-'))).toHaveLength(1);
    expect(rollout.fake.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'GateRefused',
    });
  });
});

describe('What a gate has begun elsewhere', () => {
  const smoke = (more: Partial<NonNullable<Gate['job']>> = {}): Gate => ({
    name: 'smoke',
    job: { cronJob: 'smoke', ...more },
  });
  const withdrawn = ({ fake }: Rollout) => fake.begun('withdrawGate');

  /** One whose Job is under way. */
  async function running(name: string, gate = smoke()): Promise<Rollout> {
    const rollout = new Rollout(server(), name);
    rollout.fake.next('askGate smoke 1', new Barrier().hold());
    await rollout.change(1, beforeEdge(gate));
    await rollout.fake.untilBegun('askGate smoke 1');
    return rollout;
  }

  it.concurrent('stays when it has answered', async () => {
    const rollout = new Rollout(server(), 'ran');
    await rollout.change(1, beforeEdge(smoke()));
    expect([await rollout.ends(), withdrawn(rollout)]).toEqual([['Completed'], []]);
  });

  it.concurrent('is withdrawn before a newer revision begins, after whoever began it has stopped', async () => {
    const rollout = await running('ran-superseded');
    await rollout.change(2, beforeEdge(smoke()));
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    const { calls } = rollout.fake;
    const [asked, ended] = [calls.find(({ what }) => what === 'askGate smoke 1'), rollout.fake.last('withdrawGate')];
    expect(ended.begun).toBeGreaterThan(asked!.ended!);
    expect(calls.find(({ what }) => what === 'applyRelease cloud 2')!.begun).toBeGreaterThan(ended.ended!);
    expect((ended.input as AskGateInput).token).toBe((asked!.input as AskGateInput).token);
    expect(new Set(withdrawn(rollout))).toEqual(new Set(['withdrawGate smoke 1']));
  });

  it.concurrent('is withdrawn at once, and whoever began it need not hear it otherwise', async () => {
    const rollout = new Rollout(server(), 'ran-deaf');
    const ended = new Barrier();
    rollout.fake.next('askGate smoke 1', ended.holdDeaf());
    rollout.fake.next('withdrawGate', () => ended.open());
    await rollout.change(1, beforeEdge(smoke()));
    await ended.reached;
    await rollout.act('Abort');
    expect(await rollout.ends()).toEqual(['Failed']);
  });

  it.concurrent.each<[string, (rollout: Rollout) => Promise<unknown>]>([
    ['is withdrawn by an abort', (rollout) => rollout.act('Abort')],
    ['is withdrawn by a removal', (rollout) => rollout.remove()],
    [
      'is withdrawn where another gate is refused',
      async (rollout) => {
        rollout.fake.next('askGate board', returns({ state: 'Failed', reason: 'GateRefused', message: 'no' }));
        await rollout.change(2, { contentOf: 1, ...beforeEdge(smoke(), board()) });
      },
    ],
    [
      'is withdrawn where the strategy drops it',
      async (rollout) => {
        await rollout.change(2, { contentOf: 1 });
      },
    ],
    ['is withdrawn where a person cancels the run', (rollout) => rollout.handle.cancel()],
  ])('%s', async (name, act) => {
    const rollout = await running(name.replaceAll(' ', '-'));
    await act(rollout);
    await rollout.ends();
    expect(withdrawn(rollout).at(-1)).toBe('withdrawGate smoke 1');
  });

  it.concurrent('is withdrawn when its deadline has passed', async () => {
    const rollout = await running('ran-in-vain', smoke({ deadlineSeconds: 2 }));
    expect([await rollout.ends(), withdrawn(rollout)]).toEqual([['Failed'], ['withdrawGate smoke 1']]);
  });

  it.concurrent('and cannot be withdrawn holds nobody up for ever', async () => {
    const rollout = await running('ran-stuck');
    rollout.fake.always('withdrawGate', terminal('Forbidden', 'no'));
    await rollout.act('Abort');
    expect(await rollout.ends()).toEqual(['Failed']);
  });

  it.concurrent('is left alone while its run goes on as another one', async () => {
    const rollout = await running('ran-long');
    const answer = new Barrier();
    rollout.fake.always('askGate smoke 1', answer.hold());
    for (let at = 0; at < SUGGEST_AT + 20; at++) await rollout.change(1, beforeEdge(smoke()));
    await rollout.fake.untilBegun('askGate smoke 1', 2);
    answer.open();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect([new Set(tokens(rollout)).size, withdrawn(rollout)]).toEqual([1, []]);
  });
});
