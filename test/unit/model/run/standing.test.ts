/** What a run says that it is held by. */
import { describe, expect, it } from '@jest/globals';
import type { AnyGate } from '../../../../model/gates/kind.ts';
import { RunMachine } from '../../../../model/run/machine.ts';
import { isFree, type Standing, standingOf, withStanding } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { GateStep } from '../../../../model/run/steps.ts';
import type { Gate, GateStatus, Hold } from '../../../../model/types.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
import { aStage, failureOf } from './runs.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };
const SOAK: AnyGate = { name: 'soak', soak: { seconds: 300, deadlineSeconds: 60 } };
const ASKS: Gate = { http: { url: 'https://board.example' } };
const NIGHT: Gate = { window: { ref: 'night' } };
const CLOSED: ToldWindow = { name: 'night', overrun: 'Finish', holds: false, timetable: { closed: [{ from: at(0) }] } };
const before = (layer: 'fog' | 'edge', ...gates: AnyGate[]): GateStep => ({ kind: 'gate', layer, at: 'before', gates });

/** It waits before its fog from second 0 on. */
function waiting(...gates: AnyGate[]): RunMachine {
  const machine = RunMachine.of([
    before('fog', ...gates),
    aStage('fog'),
    before('edge', { approval: {} }),
    aStage('edge'),
  ]);
  machine.tell([CLOSED]);
  machine.decide(at(0));
  return machine;
}

let uids = 0;
function act(machine: RunMachine, action: ActionRequest['action'], more: Partial<ActionRequest> = {}): string {
  const request = { uid: `uid-${uids++}`, action, by: 'alice', at: at(5), ...more };
  return machine.refusal(request, UNDER, at(5)) ?? machine.act(request, UNDER, at(5));
}

const standing = (machine: RunMachine, second = 6) => standingOf(machine, { version: 'v2' }, at(second));
const brief = ({ phase, reason }: Standing) => `${phase} ${reason}`;

describe('A run that waits', () => {
  it.each<[string, AnyGate[], string]>([
    ['for a layer to stay ready goes on', [SOAK], 'Progressing Soaking'],
    ['for people besides waits for approval', [SOAK, { approval: {} }], 'WaitingForApproval WaitingForApproval'],
    ['for a window is paused', [NIGHT], 'Paused WindowClosed'],
    ['for a window and for a layer to stay ready is paused', [NIGHT, SOAK], 'Paused WindowClosed'],
    ['for a window and for others waits for those', [NIGHT, ASKS], 'Progressing WaitingForGate'],
    ['for a window and for people waits for those', [NIGHT, { approval: {} }], 'WaitingForApproval WaitingForApproval'],
    ['for others and for people waits for those', [ASKS, { approval: {} }], 'WaitingForApproval WaitingForApproval'],
  ])('%s', (_, gates, expected) => {
    expect(brief(standing(waiting(...gates)))).toBe(expected);
  });

  it.each<[string, AnyGate, string]>([
    ['a window is paused by that alone', NIGHT, 'Paused WindowClosed'],
    ['others waits for them alone', ASKS, 'Progressing WaitingForGate'],
  ])('after people have approved for %s', (_, gate, expected) => {
    const machine = waiting({ approval: {} }, gate);
    act(machine, 'Approve');
    expect(brief(standing(machine))).toBe(expected);
  });

  it('for people a second time waits for approval again', () => {
    const machine = waiting({ approval: {} });
    act(machine, 'Approve');
    machine.decide(at(5));
    machine.ended(1);
    machine.decide(at(6));
    expect(standing(machine)).toMatchObject({
      phase: 'WaitingForApproval',
      message: 'v2: before the edge, the gate approval waits for an approval',
      gates: [
        { layer: 'fog', state: 'Open' },
        { layer: 'edge', state: 'Closed' },
      ],
    });
  });

  it('says why one gate was waited for in vain, beside one that is open', () => {
    const machine = waiting({ name: 'shop', approval: {} }, { approval: { expiresAfterSeconds: 6 } });
    act(machine, 'Approve', { gate: 'shop' });
    expect(standing(machine)).toMatchObject({
      phase: 'Paused',
      reason: 'ApprovalExpired',
      message:
        'v2 is paused: before the fog, the gate approval-2 waited 6 s for an approval in vain; a FogAction Resume lets it wait anew',
    });
  });

  it('looks again when the first of its gates may answer something else', () => {
    const expires = (expiresAfterSeconds: number): Gate => ({ approval: { expiresAfterSeconds } });
    expect(waiting(expires(30), expires(10), expires(20)).until(at(1))).toBe(at(10));
  });

  it('is rolled back where nothing holds it', () => {
    const rollback = { generation: 1, by: 'alice', at: at(0) };
    expect(standingOf(RunMachine.of([aStage('edge')]), { version: 'v1', rollback }, at(1))).toMatchObject({
      phase: 'RollingBack',
      message: 'Rolling back to v1 by alice',
    });
  });
});

describe('A run that fails at one of its layers, and goes on at another', () => {
  const gated = (...gates: Gate[]) => ({ ...aStage('fog', 'cloud'), waveGates: { 0: gates } });

  it('no more waits for approval at a layer that was stopped', () => {
    const machine = RunMachine.of([aStage('cloud'), gated({ approval: {} }), aStage('edge', 'fog')]);
    machine.decide(at(0));
    machine.mayFollow(1, { at: 0, name: 'canary' }, at(1));
    expect(standing(machine).phase).toBe('WaitingForApproval');
    machine.ended(0, failureOf('cloud'));
    machine.decide(at(6));
    machine.ended(1, failureOf('fog'));
    expect([standing(machine).phase, machine.active]).toEqual(['Progressing', [2]]);
  });

  it('by a gate after a wave says nothing of waiting anew nor of what else was waited for there', () => {
    const machine = RunMachine.of([aStage('cloud'), gated({ name: 'shop', approval: {} }, { approval: {} })]);
    machine.decide(at(0));
    machine.mayFollow(1, { at: 0, name: 'canary' }, at(1));
    act(machine, 'Reject', { gate: 'shop' });
    expect(machine.decide(at(6)).map(({ kind, index }) => `${kind} ${index}`)).toEqual(['stop 1']);
    expect(standing(machine)).toMatchObject({
      phase: 'Progressing',
      message: 'Rolling out v2',
      gates: [{ name: 'shop', state: 'Failed' }, { state: 'Closed' }],
    });
    expect(act(machine, 'Resume')).toBe('It is not paused');
  });
});

describe('What a status shows of gates', () => {
  it('is the last twelve that were come to', () => {
    const machine = waiting(...Array.from({ length: 15 }, (_, n): Gate => ({ name: `gate-${n}`, approval: {} })));
    expect(standing(machine).gates.map(({ name }) => name)).toEqual(
      Array.from({ length: 12 }, (_, n) => `gate-${n + 3}`),
    );
  });

  it('is of many who approved the first ten', () => {
    const machine = waiting({ approval: { required: 12 } });
    for (let n = 0; n < 11; n++) act(machine, 'Approve', { by: `person ${n}` });
    expect(standing(machine).gates[0]?.decisions?.map(({ by }) => by)).toEqual(
      Array.from({ length: 10 }, (_, n) => `person ${n}`),
    );
  });

  it('is no more than there is to say', () => {
    const message = 'waits for an approval';
    expect(standing(waiting({ approval: {} })).gates).toStrictEqual([
      { layer: 'fog', at: 'before', name: 'approval', state: 'Closed', message, since: at(0) },
    ]);
  });
});

const FREE: Standing = { phase: 'Progressing', reason: 'Progressing', message: 'Rolling out v2', gates: [] };
const HOLD: Hold = { by: 'alice', at: at(1) };
const GATE: GateStatus = {
  layer: 'fog',
  at: 'before',
  name: 'approval',
  state: 'Open',
  message: 'approved by alice',
  since: at(0),
};

describe('Nothing holds a run, and nothing did:', () => {
  it.each<[string, Partial<Standing>, boolean]>([
    ['it goes on', {}, true],
    ['it goes back', { phase: 'RollingBack' }, true],
    ['not where it is paused', { phase: 'Paused' }, false],
    ['not where it waits for approval', { phase: 'WaitingForApproval' }, false],
    ['not where it has come to a gate', { gates: [GATE] }, false],
    ['not where a person paused it', { hold: HOLD }, false],
  ])('%s', (_, more, expected) => {
    expect(isFree({ ...FREE, ...more })).toBe(expected);
  });
});

describe('The status of a run', () => {
  const status = { observedGeneration: 4, phase: 'Pending' } as const;

  it('says who paused it, and what it waited for, until that is over', () => {
    const paused = withStanding(
      status,
      { ...FREE, phase: 'Paused', reason: 'Paused', gates: [GATE], hold: HOLD },
      at(2),
    );
    expect(paused).toMatchObject({ observedGeneration: 4, phase: 'Paused', gates: [GATE], hold: HOLD });
    const { conditions, ...rest } = withStanding(paused, FREE, at(3));
    expect(rest).toStrictEqual({ observedGeneration: 4, phase: 'Progressing' });
    expect(conditions?.some(({ message }) => message === 'Rolling out v2')).toBe(true);
  });
});
