import { describe, expect, it } from '@jest/globals';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import type { Gate } from '../../../../model/types.ts';
import { aStage } from './runs.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };
const CANARY = { at: 0, name: 'canary' };
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
