import { describe, expect, it } from '@jest/globals';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import type { Gate } from '../../../../model/types.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
import { aStage, failureOf } from './runs.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };
const CANARY = { at: 0, name: 'canary' };
const REGION = { at: 1, name: 'region' };
const BOARD: Gate = { name: 'board', http: { url: 'https://board.example' } };
const edge = (...gates: Gate[]): Step => ({ ...aStage('edge'), ...(gates.length > 0 && { waveGates: { 0: gates } }) });
const act = (machine: RunMachine, action: ActionRequest['action'], more: Partial<ActionRequest> = {}, second = 5) => {
  const request = { uid: `${action}-${second}`, action, by: 'alice', at: at(second), ...more };
  return machine.refusal(request, UNDER, at(second)) ?? machine.act(request, UNDER, at(second));
};

/** The canary of its edge is over. */
function afterCanary(...gates: Gate[]): RunMachine {
  const machine = RunMachine.of([edge(...gates)]);
  machine.decide(at(0));
  expect(machine.mayFollow(0, CANARY, at(3))).toBe(gates.length === 0);
  return machine;
}

describe('Between two waves', () => {
  it('nothing is waited for where the strategy says nothing', () => {
    afterCanary();
  });

  it('an approval is waited for, and says after which wave', () => {
    const machine = afterCanary({ approval: {} });
    expect(standingOf(machine, { version: 'v2' }, at(4))).toMatchObject({
      phase: 'WaitingForApproval',
      message: 'v2: after canary of the edge, the gate approval waits for an approval',
      gates: [{ layer: 'edge', at: 'after', wave: 'canary', state: 'Closed', since: at(3) }],
    });
    expect(act(machine, 'Approve', { wave: 'other' })).toBe(
      'No such gate waits now; there waits approval after canary of the edge',
    );
    expect(act(machine, 'Approve', { wave: 'canary' })).toBe(
      'The gate approval after canary of the edge is open: approved by alice',
    );
    expect(machine.mayFollow(0, CANARY, at(6))).toBe(true);
  });

  it('one who rejects stops the layer, and is why it has failed', () => {
    const machine = afterCanary({ approval: {} });
    act(machine, 'Reject', { reason: 'slow' });
    expect(machine.decide(at(6)).map(({ kind, index }) => `${kind} ${index}`)).toEqual(['stop 0']);
    expect(machine.decide(at(7))).toEqual([]);
    machine.ended(0, { site: 'edge', layer: 'edge', reason: 'Stopped', message: 'edge: stopped' });
    expect([machine.done, machine.failure?.reason, machine.failure?.message]).toEqual([
      true,
      'Rejected',
      'edge: the gate approval after canary: rejected by alice: slow',
    ]);
  });

  it('what is waited for goes through continue-as-new, and other gates of the strategy hold from now on', () => {
    const machine = afterCanary({ approval: { required: 2 } });
    act(machine, 'Approve');
    const next = new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
    expect(next.mayFollow(0, CANARY, at(8))).toBe(false);
    next.adjust([edge({ approval: { required: 1 } })], at(9));
    expect(next.mayFollow(0, CANARY, at(9))).toBe(true);
    next.adjust([edge({ approval: { required: 3 } })], at(10));
    expect(next.mayFollow(0, CANARY, at(10))).toBe(false);
    next.adjust([edge()], at(11));
    expect(next.mayFollow(0, CANARY, at(11))).toBe(true);
  });

  it('an approval of another plan than that of now counts where it has opened the gate, unless that asks for more', () => {
    const machine = afterCanary({ approval: {} });
    const other = () => 'q';
    expect(act(machine, 'Approve', { plan: 'p' })).toContain('is open');
    machine.adjust([edge({ approval: {} })], at(7), other);
    expect(machine.mayFollow(0, CANARY, at(7))).toBe(true);
    machine.adjust([edge({ approval: { required: 2 } })], at(8), other);
    machine.adjust([edge({ approval: {} })], at(9), other);
    expect(machine.mayFollow(0, CANARY, at(9))).toBe(false);
    const [turn] = machine.turns;
    expect(turn?.gates[0]?.decisions).toEqual([]);
  });

  it('one of another plan does not open a gate that asks for less now', () => {
    const machine = afterCanary({ approval: { required: 2 } });
    act(machine, 'Approve', { plan: 'p' });
    machine.adjust([edge({ approval: {} })], at(7), () => 'q');
    expect(machine.mayFollow(0, CANARY, at(7))).toBe(false);
  });

  it('a pause comes first: what is waited for is not come to before it is over', () => {
    const machine = RunMachine.of([edge({ approval: { expiresAfterSeconds: 5 } })]);
    machine.decide(at(0));
    act(machine, 'Pause');
    expect([machine.mayFollow(0, CANARY, at(6)), machine.turns]).toEqual([false, []]);
    act(machine, 'Resume', {}, 20);
    machine.mayFollow(0, CANARY, at(21));
    expect([machine.turns.length, machine.until(at(22))]).toEqual([1, at(26)]);
  });
});

describe('While something is waited for between two waves', () => {
  it('the stage goes on, and is neither begun again nor stopped', () => {
    const machine = afterCanary({ approval: {} });
    expect([machine.decide(at(4)), machine.toJSON().steps[0]?.phase]).toEqual([[], 'active']);
  });

  it('a wave that is another one by now in the strategy is waited for as well, and decided about anew', () => {
    const pilot = { at: 0, name: 'pilot' };
    const machine = afterCanary({ approval: { required: 2 } });
    act(machine, 'Approve');
    machine.adjust([edge({ approval: { required: 2 } })], at(6));
    expect(machine.mayFollow(0, pilot, at(6))).toBe(false);
    expect(act(machine, 'Approve', { wave: 'pilot' }, 7)).toContain(
      'after pilot of the edge: waits for approvals of 2',
    );
    expect(machine.mayFollow(0, pilot, at(8))).toBe(false);
    expect(machine.turns.map(({ step }) => step.wave)).toEqual(['pilot']);
  });

  it('gates that change places keep what was decided about each', () => {
    const [shop, till]: Gate[] = [
      { name: 'shop', approval: {} },
      { name: 'till', approval: {} },
    ];
    const machine = afterCanary(shop!, till!);
    act(machine, 'Approve', { gate: 'shop' });
    machine.adjust([edge(till!, shop!)], at(6));
    expect(act(machine, 'Approve', { gate: 'shop' }, 7)).toBe(
      'No such gate waits now; there waits till after canary of the edge',
    );
    expect(act(machine, 'Approve', { gate: 'till' }, 8)).toContain('is open');
    expect(machine.mayFollow(0, CANARY, at(9))).toBe(true);
  });

  it('an approval of another plan counts no more where its gate asks for more now, whoever approves besides', () => {
    const machine = afterCanary({ approval: {} });
    act(machine, 'Approve', { plan: 'p' });
    machine.adjust([edge({ approval: { required: 2 } })], at(6), () => 'q');
    const request = { uid: 'bob', action: 'Approve', by: 'bob', at: at(7), plan: 'q' } as const;
    expect(machine.act(request, { ...UNDER, plan: () => 'q' }, at(7))).toContain('approved so far by bob');
    expect(machine.mayFollow(0, CANARY, at(8))).toBe(false);
  });

  it.each<[string, (machine: RunMachine, second: number) => void]>([
    ['is decided', (machine, second) => machine.decide(at(second))],
    ['is asked whether the next may follow', (machine, second) => machine.mayFollow(0, CANARY, at(second))],
  ])('nobody new is asked as long as people hold the run, however often it %s', (_, look) => {
    const machine = afterCanary({ approval: {} });
    act(machine, 'Pause');
    machine.adjust([edge(BOARD)], at(6));
    look(machine, 6);
    expect(machine.askings).toEqual([]);
    act(machine, 'Resume', {}, 7);
    look(machine, 7);
    expect(machine.askings).toMatchObject([{ name: 'board', wave: 'canary' }]);
  });
});

describe('A window between two waves', () => {
  const hours: ToldWindow = {
    name: 'hours',
    overrun: 'Finish',
    holds: false,
    timetable: { closed: [{ from: at(0), until: at(8) }, { from: at(10) }] },
  };

  it('is waited for as it was told before, and counts as open once the next wave has followed', () => {
    const machine = RunMachine.of([edge({ window: { ref: 'hours' } })]);
    machine.tell([hours]);
    machine.decide(at(0));
    expect([machine.mayFollow(0, CANARY, at(3)), machine.until(at(3))]).toEqual([false, at(8)]);
    expect(standingOf(machine, { version: 'v2' }, at(3)).message).toBe(
      'v2: after canary of the edge, the gate window FogWindow hours is closed, and opens at 2026-01-01T00:00:08Z',
    );
    expect(machine.mayFollow(0, CANARY, at(8))).toBe(true);
    expect(standingOf(machine, { version: 'v2' }, at(11))).toMatchObject({
      phase: 'Progressing',
      gates: [{ state: 'Open', message: 'FogWindow hours was open' }],
    });
  });
});

describe('Of two waves with gates', () => {
  const twice = (region: Gate, canary: Gate = { approval: {} }): Step => ({
    ...aStage('edge'),
    waveGates: { 0: [canary], 1: [region] },
  });

  /** Alice let the second follow the first, and now that is over too. */
  function afterRegion(): RunMachine {
    const machine = RunMachine.of([twice({ approval: {} })]);
    machine.decide(at(0));
    machine.mayFollow(0, CANARY, at(3));
    act(machine, 'Approve');
    expect(machine.mayFollow(0, CANARY, at(5))).toBe(true);
    expect(machine.mayFollow(0, REGION, at(7))).toBe(false);
    return machine;
  }

  it('each is decided about by itself, also when the strategy changes', () => {
    const machine = afterRegion();
    machine.adjust([twice({ approval: { reason: 'shop floor' } })], at(8));
    expect(machine.mayFollow(0, REGION, at(8))).toBe(false);
    expect(act(machine, 'Approve', { wave: 'region' }, 9)).toBe(
      'The gate approval after region of the edge is open: approved by alice',
    );
    expect(machine.mayFollow(0, REGION, at(9))).toBe(true);
  });

  it('the later one waits for nothing but what stands after it, whatever is to be waited for after the first by now', () => {
    const machine = afterRegion();
    machine.adjust([twice({ approval: {} }, { approval: { required: 2 } })], at(8));
    act(machine, 'Approve', { wave: 'region' }, 9);
    expect(machine.mayFollow(0, REGION, at(9))).toBe(true);
  });

  it('what was decided stays said where the layer is passed over, and the rest is waited for no more', () => {
    const machine = afterRegion();
    act(machine, 'Skip', { layer: 'edge' }, 9);
    expect(machine.turns.map(({ step }) => step.wave)).toEqual(['canary']);
  });
});

describe('Of two layers that go by branches', () => {
  const gated = (gate: Gate, above?: 'cloud') => ({
    ...aStage(above ? 'fog' : 'cloud', above),
    waveGates: { 0: [gate] },
  });

  it('the gates of the one stay waited for where the other is passed over', () => {
    const machine = RunMachine.of([gated({ approval: {} }), gated({ approval: {} }, 'cloud')]);
    machine.decide(at(0));
    for (const index of [0, 1]) machine.mayFollow(index, CANARY, at(3));
    act(machine, 'Skip', { layer: 'fog' });
    expect(machine.turns.map(({ step }) => step.layer)).toEqual(['cloud']);
  });

  it('an answer that comes for the one says nothing of the other, though both are asked since the same moment', () => {
    const machine = RunMachine.of([gated(BOARD), gated(BOARD, 'cloud')]);
    machine.decide(at(0));
    for (const index of [0, 1]) machine.mayFollow(index, CANARY, at(3));
    const [cloud] = machine.askings;
    machine.answered(cloud!, { state: 'Open', message: 'yes' });
    expect([0, 1].map((index) => machine.mayFollow(index, CANARY, at(4)))).toEqual([true, false]);
  });

  it('the gates of one that was stopped are for nobody to decide about, and it does not fail by them', () => {
    const expires: Gate = { approval: { expiresAfterSeconds: 6, onExpire: 'Fail' } };
    const machine = RunMachine.of([aStage('cloud'), gated(expires, 'cloud'), aStage('edge', 'fog')]);
    machine.decide(at(0));
    machine.mayFollow(1, CANARY, at(3));
    machine.ended(0, failureOf('cloud'));
    expect(machine.decide(at(4)).map(({ kind, index }) => `${kind} ${index}`)).toEqual(['stop 1', 'stop 2']);
    machine.ended(1, failureOf('fog'));
    expect(act(machine, 'Approve')).toBe('Nothing waits for an approval now');
    machine.decide(at(10));
    machine.ended(2, failureOf('edge'));
    machine.decide(at(11));
    expect([machine.done, machine.stoppedLayers, machine.failure]).toEqual([true, ['fog', 'edge'], failureOf('cloud')]);
  });
});
