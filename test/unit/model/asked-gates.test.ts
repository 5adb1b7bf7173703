import { describe, expect, it } from '@jest/globals';
import { deadlineOf, isNews, keptReply, tokenOf, urlText } from '../../../model/gates/asked.ts';
import type { GateReply } from '../../../model/gates/kind.ts';
import { RunMachine, type RunState } from '../../../model/run/machine.ts';
import { standingOf } from '../../../model/run/standing.ts';
import type { GateStep, Step } from '../../../model/run/steps.ts';
import type { Gate } from '../../../model/types.ts';
import { anOwner } from './run/messages.ts';
import { aStage } from './run/runs.ts';

const at = (second: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1000).toISOString();
const http = (url: string, name?: string): Gate => ({ ...(name && { name }), http: { url } });
const BOARD = http('https://board.example/ask?key=1', 'board');
const OPEN: GateReply = { state: 'Open', message: 'https://board.example/ask answered 200 OK' };
const REFUSED: GateReply = { state: 'Failed', reason: 'GateRefused', message: 'answered 403: no ticket' };
const UNCLEAR: GateReply = { state: 'Failed', reason: 'GateInconclusive', message: 'nobody can say', pauses: true };

const UNDER_WAY = { generation: 1, version: 'v2', hash: 'hash', isRollback: false, plan: () => 'p' };

const steps = (...gates: Gate[]): Step[] => [
  aStage('cloud'),
  { kind: 'gate', layer: 'fog', at: 'before', gates },
  aStage('fog'),
];

/** Its fog is what waits, from second 0 on. */
function waiting(...gates: Gate[]): RunMachine {
  const machine = RunMachine.of(steps(...gates));
  machine.decide(at(0));
  machine.ended(0);
  machine.decide(at(0));
  return machine;
}

const whom = ({ askings }: RunMachine) => askings.map(({ name, gate }) => `${name} ${gate.http?.url}`);
const begun = (machine: RunMachine, second: number) => machine.decide(at(second)).map(({ index }) => index);
const standing = (machine: RunMachine, second: number) => standingOf(machine, { version: 'v2' }, at(second));
const renewed = (machine: RunMachine) => new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);

describe('A gate that asks others', () => {
  it('is asked when it is come to, with all others of its place, and opens by the answer', () => {
    const machine = RunMachine.of(steps(BOARD, http('https://other.example')));
    machine.decide(at(0));
    expect(whom(machine)).toEqual([]);
    machine.ended(0);
    machine.decide(at(5));
    expect(whom(machine)).toEqual(['board https://board.example/ask?key=1', 'http-2 https://other.example']);
    const [board, other] = machine.askings;
    machine.answered(board!, OPEN);
    expect([begun(machine, 6), whom(machine)]).toEqual([[], ['http-2 https://other.example']]);
    machine.answered(other!, OPEN);
    expect([begun(machine, 7), machine.askings]).toEqual([[2], []]);
  });

  it('says whom it asks, and until when, and nothing of the query', () => {
    expect(standing(waiting(BOARD), 1)).toMatchObject({
      phase: 'Progressing',
      reason: 'WaitingForGate',
      message: 'v2: before the fog, the gate board asks https://board.example/ask, until 2026-01-01T01:00:00Z',
    });
  });

  it('says what was heard last, until it is answered or asked anew', () => {
    const machine = waiting(BOARD);
    const [board] = machine.askings;
    const busy = 'https://board.example/ask answered 503 Service Unavailable';
    machine.heard(board!, { state: 'Closed', message: busy }, at(1));
    machine.heard({ ...board!, since: at(-9) }, { state: 'Closed', message: 'of before' }, at(2));
    expect(standing(machine, 3).gates[0]).toMatchObject({
      state: 'Closed',
      message: `asks until 2026-01-01T01:00:00Z; since 2026-01-01T00:00:01Z ${busy}`,
    });
    const next = renewed(machine);
    expect(next.askings).toEqual([{ ...board!, heard: { message: busy, at: at(1), times: 0 } }]);
    expect(tokenOf(anOwner(1), next.askings[0]!)).toBe(tokenOf(anOwner(1), board!));
    next.heard(board!, { state: 'Closed', message: 'no answer within 10 s' }, at(70));
    expect(next.askings[0]!.heard).toEqual({ message: 'no answer within 10 s', at: at(70), times: 1 });
    next.answered(board!, OPEN);
    expect(standing(next, 80).gates[0]).toMatchObject({ state: 'Open', message: OPEN.message });
  });

  it('beside people waits for approval', () => {
    expect(standing(waiting(BOARD, { approval: {} }), 1).phase).toBe('WaitingForApproval');
  });

  it('that is refused fails the run, and nobody is asked any more', () => {
    const machine = waiting(BOARD, http('https://other.example'));
    machine.answered(machine.askings[0]!, REFUSED);
    expect([begun(machine, 1), machine.askings, machine.done]).toEqual([[], [], true]);
    expect(machine.failure).toEqual({
      site: 'fog',
      layer: 'fog',
      reason: 'GateRefused',
      message: 'fog: the gate board before it: answered 403: no ticket',
    });
  });

  it('is answered once', () => {
    const machine = waiting(BOARD, http('https://other.example'));
    const [board] = machine.askings;
    machine.answered(board!, OPEN);
    machine.answered(board!, REFUSED);
    machine.decide(at(1));
    expect(machine.failure).toBeUndefined();
  });

  it('keeps of an answer a line', () => {
    const machine = waiting(BOARD, http('https://other.example'));
    machine.answered(machine.askings[0]!, { ...OPEN, message: `said\n\u0007${'so '.repeat(1000)}` });
    const [{ message } = { message: '' }] = standing(machine, 1).gates;
    expect([message.startsWith('said so so'), message.length <= 256]).toEqual([true, true]);
  });

  it('is asked no more when the run is stopped, and a late answer means nothing', () => {
    const machine = waiting(BOARD);
    const [board] = machine.askings;
    machine.stop();
    machine.decide(at(1));
    machine.answered(board!, OPEN);
    expect([machine.askings, begun(machine, 2), machine.done]).toEqual([[], [], true]);
  });

  it('is asked by the run that goes on with this one, as the same', () => {
    const machine = waiting(BOARD, http('https://other.example'));
    machine.answered(machine.askings[0]!, OPEN);
    const next = renewed(machine);
    next.decide(at(100));
    expect(next.askings).toEqual(machine.askings);
    next.answered(machine.askings[0]!, OPEN);
    expect(begun(next, 101)).toEqual([2]);
  });

  it('is people’s not to decide about', () => {
    const request = { uid: 'a', action: 'Approve', by: 'alice', at: at(1), gate: 'board' } as const;
    expect(waiting(BOARD).refusal(request, UNDER_WAY, at(1))).toBe('Nothing waits for an approval now');
  });
});

describe('While the run is held', () => {
  it('nobody is asked, and whoever is asked already goes on being asked', () => {
    const held = RunMachine.of(steps(BOARD));
    held.decide(at(0));
    held.steering.pause(true);
    held.ended(0);
    held.decide(at(1));
    expect(held.askings).toEqual([]);
    held.steering.pause(false);
    held.decide(at(2));
    expect(whom(held)).toHaveLength(1);
    held.steering.pause(true);
    const next = renewed(held);
    next.decide(at(3));
    expect(next.askings).toEqual(held.askings);
    next.answered(next.askings[0]!, OPEN);
    expect(begun(next, 4)).toEqual([]);
    next.steering.pause(false);
    expect(begun(next, 5)).toEqual([2]);
  });
});

describe('When nobody can say', () => {
  it('the run is held until a person resumes it, and then another asking begins', () => {
    const machine = waiting(BOARD);
    const [first] = machine.askings;
    machine.answered(first!, UNCLEAR);
    machine.decide(at(1));
    expect([standing(machine, 1).phase, standing(machine, 1).reason, machine.done]).toEqual([
      'Paused',
      'GateInconclusive',
      false,
    ]);
    expect(machine.askings).toEqual([]);
    machine.act({ uid: 'r', action: 'Resume', by: 'alice', at: at(9) }, UNDER_WAY, at(9));
    machine.decide(at(9));
    expect(machine.askings).toEqual([{ ...first, since: at(9) }]);
    machine.answered(first!, OPEN); // of before
    expect(begun(machine, 10)).toEqual([]);
    machine.answered(machine.askings[0]!, OPEN);
    expect(begun(machine, 11)).toEqual([2]);
  });
});

describe('A change of the gates while they are asked', () => {
  const gateStep = (gates: Gate[]): GateStep => ({ kind: 'gate', layer: 'fog', at: 'before', gates });
  const adjusted = (machine: RunMachine, ...gates: Gate[]) => {
    machine.adjust([aStage('cloud'), gateStep(gates), aStage('fog')], at(10));
    const commands = machine.decide(at(10));
    return {
      since: machine.askings.map(({ name, since }) => [name, since]),
      begun: commands.map(({ index }) => index),
    };
  };

  it.each<[string, Gate[], { since: string[][]; begun: number[] }]>([
    ['of something else asks on', [BOARD, { approval: {} }], { since: [['board', at(0)]], begun: [] }],
    ['of whom to ask asks anew', [http('https://b.example', 'board')], { since: [['board', at(10)]], begun: [] }],
    ['to another kind asks nobody', [{ name: 'board', approval: {} }], { since: [], begun: [] }],
    ['that drops it asks nobody, and goes on', [], { since: [], begun: [2] }],
  ])('%s', (_, gates, expected) => {
    expect(adjusted(waiting(BOARD), ...gates)).toEqual(expected);
  });

  it('keeps what was answered with yes, and asks anew where nobody could say', () => {
    const other = http('https://b.example', 'board');
    const open = waiting(BOARD, { approval: {} });
    open.answered(open.askings[0]!, OPEN);
    expect(adjusted(open, other, { approval: {} }).since).toEqual([]);
    const unclear = waiting(BOARD);
    unclear.answered(unclear.askings[0]!, UNCLEAR);
    expect(adjusted(unclear, other).since).toEqual([['board', at(10)]]);
  });
});

describe('Between two waves', () => {
  const CANARY = { at: 0, name: 'canary' };
  /** The canary of its edge is over at second 3. */
  function afterCanary(): RunMachine {
    const machine = RunMachine.of([{ ...aStage('edge'), waveGates: { 0: [BOARD] } }]);
    machine.decide(at(0));
    expect(machine.askings).toEqual([]);
    expect(machine.mayFollow(0, CANARY, at(3))).toBe(false);
    return machine;
  }

  it('others are asked as soon as the first is over, and the next follows by their yes', () => {
    const machine = afterCanary();
    expect(machine.askings).toMatchObject([
      { layer: 'edge', at: 'after', wave: 'canary', name: 'board', since: at(3) },
    ]);
    machine.answered({ ...machine.askings[0]!, wave: 'other' }, OPEN);
    expect(machine.mayFollow(0, CANARY, at(4))).toBe(false);
    machine.answered(machine.askings[0]!, OPEN);
    expect([machine.mayFollow(0, CANARY, at(5)), machine.askings]).toEqual([true, []]);
  });

  it('their no stops the layer, and nobody is asked any more', () => {
    const machine = afterCanary();
    machine.answered(machine.askings[0]!, REFUSED);
    expect(machine.decide(at(4)).map(({ kind }) => kind)).toEqual(['stop']);
    expect(machine.askings).toEqual([]);
    machine.ended(0, { site: 'edge', layer: 'edge', reason: 'Stopped', message: 'edge: stopped' });
    expect(machine.failure?.reason).toBe('GateRefused');
  });

  it('nobody is asked while the run is held', () => {
    const machine = afterCanary();
    const held = RunMachine.of([{ ...aStage('edge'), waveGates: { 0: [BOARD] } }]);
    held.decide(at(0));
    held.steering.pause(true);
    held.mayFollow(0, CANARY, at(3));
    expect([held.askings, machine.askings.length]).toEqual([[], 1]);
    held.steering.pause(false);
    held.mayFollow(0, CANARY, at(4));
    expect(held.askings).toHaveLength(1);
  });
});

describe('The token of an asking', () => {
  const asking = { layer: 'fog', at: 'before', name: 'board', since: at(0) } as const;
  const token = tokenOf(anOwner(1), asking);

  it.each([
    ['another object', tokenOf(anOwner(2), asking)],
    ['another layer', tokenOf(anOwner(1), { ...asking, layer: 'edge' })],
    ['the other side of it', tokenOf(anOwner(1), { ...asking, at: 'after' })],
    ['another gate', tokenOf(anOwner(1), { ...asking, name: 'other' })],
    ['another time', tokenOf(anOwner(1), { ...asking, since: at(0.001) })],
  ])('is another one for %s', (_, other) => {
    expect(other).not.toBe(token);
  });

  it('fits into a header', () => {
    expect(token).toMatch(/^[-.a-z0-9]+$/);
  });
});

describe('What is heard while a gate asks', () => {
  const MINUTE = 60_000;
  const heard = (times: number) => ({ at: at(0), message: 'pending', times });
  const now = (minutes: number) => Date.parse(at(0)) + minutes * MINUTE;

  it('is told at first, and then only what is another', () => {
    expect(isNews('pending', undefined, now(0))).toBe(true);
    expect(isNews('pending', heard(0), now(600))).toBe(false);
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 8],
    [6, 60],
    [500, 60],
  ])('that is another, told %d times before, is told after %d minutes', (times, minutes) => {
    expect(isNews('running', heard(times), now(minutes) - 1)).toBe(false);
    expect(isNews('running', heard(times), now(minutes))).toBe(true);
  });

  it('is kept in one line, and a URL without its query, however long they are', () => {
    expect(keptReply({ ...OPEN, message: `one\ntwo ${'é'.repeat(500)}` }).message).toMatch(/^one two é+…$/);
    expect(Buffer.byteLength(keptReply({ ...OPEN, message: 'é'.repeat(500) }).message)).toBeLessThanOrEqual(256);
    expect(urlText('https://board.example/ask?key=1?2')).toBe('https://board.example/ask');
    expect(Buffer.byteLength(urlText(`https://board.example/${'a'.repeat(500)}`))).toBeLessThanOrEqual(128);
  });
});

it.each<[string, Gate, number]>([
  ['a URL, by default', BOARD, 3_600],
  ['a URL', { http: { url: 'https://a.example', deadlineSeconds: 5 } }, 5],
  ['a Job', { job: { cronJob: 'smoke', deadlineSeconds: 6 } }, 6],
  ['a workflow', { workflow: { type: 't', taskQueue: 'q', deadlineSeconds: 7 } } as Gate, 7],
])('A gate that asks %s asks no longer than that', (_, gate, seconds) => {
  expect(deadlineOf(gate, at(0))).toBe(`${at(seconds).slice(0, 19)}Z`);
});
