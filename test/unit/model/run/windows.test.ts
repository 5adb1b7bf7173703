import { describe, expect, it } from '@jest/globals';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import { inlineKey, type ToldWindow } from '../../../../model/windows/told.ts';
import { aStage } from './runs.ts';

const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
const [CLOUD, FOG] = [aStage('cloud'), aStage('fog')];

/** Closed from the one hour to the other. */
const closed = (from: number, until?: number, more: Partial<ToldWindow> = {}): ToldWindow => ({
  name: 'hours',
  overrun: 'Finish',
  holds: true,
  timetable: { closed: [{ from: at(from), ...(until !== undefined && { until: at(until) }) }] },
  ...more,
});

const machineOf = (steps: Step[], ...windows: ToldWindow[]) => {
  const machine = RunMachine.of(steps);
  machine.tell(windows);
  return machine;
};
const UNDER_WAY = { generation: 1, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };
const renewed = (machine: RunMachine) => new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
/** What is decided at an hour, e.g. `begin fog`. */
const decided = (machine: RunMachine, hour: number) =>
  machine.decide(at(hour)).map(({ kind, step }) => `${kind} ${'layer' in step ? step.layer : step.kind}`);
const standing = (machine: RunMachine, hour: number) => {
  const { phase, reason, message } = standingOf(machine, { version: 'v2' }, at(hour));
  return `${phase} ${reason}: ${message}`;
};
const asks = (action: ActionRequest['action']): ActionRequest => ({ uid: action, action, by: 'alice', at: at(1) });

describe('A run that comes while a window is closed', () => {
  it('waits before its first write, says why, and goes on when that opens, also in a run that goes on with it', () => {
    let machine = machineOf([CLOUD, FOG], closed(0, 8, { reason: 'the shops are open' }));
    expect([decided(machine, 1), machine.until(at(1)), machine.isHeld(at(1)), machine.done]).toEqual([
      [],
      at(8),
      true,
      false,
    ]);
    expect(standing(machine, 1)).toBe(
      'Paused WindowClosed: v2 waits: FogWindow hours is closed (the shops are open), and opens at 2026-01-01T08:00:00Z',
    );
    machine = renewed(machine);
    expect([decided(machine, 7), decided(machine, 8)]).toEqual([[], ['begin cloud']]);
    expect([machine.until(at(8)), standing(machine, 8)]).toEqual([
      undefined,
      'Progressing Progressing: Rolling out v2',
    ]);
  });

  it('waits for all of them, and wakes whenever one changes', () => {
    const far = closed(4, 9, { name: 'freeze', namespace: 'fog-rollouts-system' });
    const machine = machineOf([CLOUD], closed(0, 8), far);
    expect([machine.until(at(1)), machine.until(at(5))]).toEqual([at(4), at(8)]);
    expect(standing(machine, 5)).toContain('FogWindow fog-rollouts-system/freeze is closed, and opens at');
    expect([decided(machine, 8), decided(machine, 9)]).toEqual([[], ['begin cloud']]);
  });

  it('waits without a timer for one that has no end, until it is told that it is gone', () => {
    const machine = machineOf([CLOUD], closed(0));
    expect([decided(machine, 1), machine.until(at(1))]).toEqual([[], undefined]);
    machine.tell(undefined);
    expect(decided(machine, 1)).toEqual(['begin cloud']);
  });

  it('waits without a timer beyond what is known', () => {
    const timetable = { closed: [{ from: at(2), until: at(3) }], knownUntil: at(5) };
    const machine = machineOf([CLOUD], closed(0, 0, { timetable }));
    expect([decided(machine, 6), machine.until(at(6))]).toEqual([[], undefined]);
  });

  it('does not wait for one that only gates name', () => {
    expect(decided(machineOf([CLOUD], closed(0, 8, { holds: false })), 1)).toEqual(['begin cloud']);
  });

  it('says of one that cannot be read what is wrong with it', () => {
    const machine = machineOf([CLOUD], closed(0, undefined, { fault: 'allow[0]: There is no time zone X' }));
    expect(standing(machine, 1)).toContain('is closed, as it cannot be read: allow[0]: There is no time zone X');
  });

  it('asks for approvals meanwhile', () => {
    const gate: Step = { kind: 'gate', layer: 'cloud', at: 'before', gates: [{ approval: {} }] };
    const machine = machineOf([gate, CLOUD], closed(0, 8));
    decided(machine, 1);
    expect([standing(machine, 1).split(':')[0], machine.until(at(1))]).toEqual([
      'WaitingForApproval WaitingForApproval',
      undefined,
    ]);
    expect(machine.refusal(asks('Resume'), UNDER_WAY, at(1))).toBe('It is not paused');
    expect(machine.act(asks('Approve'), UNDER_WAY, at(1))).toContain('is open');
    expect([decided(machine, 1), standing(machine, 1).split(':')[0]]).toEqual([[], 'Paused WindowClosed']);
    expect(decided(machine, 8)).toEqual(['begin cloud']);
  });

  it('is aborted, paused and let go on as ever', () => {
    const machine = machineOf([CLOUD], closed(0, 8));
    const words = 'FogWindow hours is closed, and opens at 2026-01-01T08:00:00Z';
    expect(machine.refusal(asks('Resume'), UNDER_WAY, at(1))).toBe(`It is not paused; ${words}`);
    machine.act(asks('Pause'), UNDER_WAY, at(1));
    expect([machine.until(at(1)), standing(machine, 1)]).toEqual([undefined, 'Paused Paused: v2 is paused by alice']);
    expect(decided(machine, 9)).toEqual([]);
    expect(machine.act(asks('Resume'), UNDER_WAY, at(7))).toBe(`It goes on; ${words}`);
    machine.act(asks('Abort'), UNDER_WAY, at(7));
    expect([machine.done, decided(machine, 9)]).toEqual([true, []]);
  });
});

describe('A run that is under way when a window closes', () => {
  it('finishes', () => {
    const machine = machineOf([CLOUD, FOG], closed(2));
    expect(decided(machine, 1)).toEqual(['begin cloud']);
    expect([machine.isHeld(at(3)), machine.until(at(1))]).toEqual([false, undefined]);
    machine.ended(0);
    expect(decided(machine, 3)).toEqual(['begin fog']);
  });

  it('begins nothing further where that says Stop, and goes on when it opens', () => {
    const machine = machineOf([CLOUD, FOG], closed(2, 8, { overrun: 'Stop' }));
    expect(decided(machine, 1)).toEqual(['begin cloud']);
    expect([machine.until(at(1)), machine.isHeld(at(1)), machine.isHeld(at(2))]).toEqual([at(2), false, true]);
    machine.ended(0);
    expect([decided(machine, 3), standing(machine, 3).split(':')[0], machine.until(at(3))]).toEqual([
      [],
      'Paused WindowClosed',
      at(8),
    ]);
    expect(decided(machine, 8)).toEqual(['begin fog']);
  });

  it('waits where it has only been checked', () => {
    const machine = machineOf([{ kind: 'check', layers: ['fog'] }, CLOUD, FOG], closed(2, 8));
    expect(decided(machine, 1)).toEqual(['begin check']);
    machine.ended(0);
    expect([decided(machine, 3), decided(machine, 8)]).toEqual([[], ['begin cloud']]);
  });

  it('begins nothing further by a freeze that is made then', () => {
    const machine = machineOf([CLOUD, FOG]);
    expect(decided(machine, 1)).toEqual(['begin cloud']);
    machine.tell([closed(0, undefined, { name: 'freeze', overrun: 'Stop' })]);
    machine.ended(0);
    expect([decided(machine, 2), standing(machine, 2)]).toEqual([
      [],
      'Paused WindowClosed: v2 waits: FogWindow freeze is closed',
    ]);
  });
});

describe('A gate that names a window', () => {
  const gate: Step = { kind: 'gate', layer: 'fog', at: 'before', gates: [{ window: { ref: 'hours' } }] };
  const atTheGate = (...windows: ToldWindow[]) => {
    const machine = machineOf([CLOUD, gate, FOG], ...windows);
    machine.decide(at(0));
    machine.ended(0);
    machine.decide(at(1));
    return machine;
  };

  it('opens when that does, and says so when it has closed again', () => {
    const machine = atTheGate(closed(0, 8, { holds: false, reason: 'the shops are open' }));
    expect([standing(machine, 1), machine.until(at(1))]).toEqual([
      'Paused WindowClosed: v2: before the fog, the gate window FogWindow hours is closed (the shops are open), and opens at 2026-01-01T08:00:00Z',
      at(8),
    ]);
    expect(decided(machine, 8)).toEqual(['begin fog']);
    machine.tell([closed(0, undefined, { holds: false })]);
    expect(standingOf(machine, { version: 'v2' }, at(9)).gates).toMatchObject([{ name: 'window', state: 'Open' }]);
  });

  it('stays open for who has passed it, when that closes again', () => {
    const timetable = { closed: [{ from: at(0), until: at(8) }, { from: at(10) }] };
    const machine = atTheGate(closed(0, 8, { holds: false, timetable }));
    expect([decided(machine, 8), standing(machine, 11)]).toEqual([
      ['begin fog'],
      'Progressing Progressing: Rolling out v2',
    ]);
    expect(standingOf(machine, { version: 'v2' }, at(11)).gates).toMatchObject([
      { state: 'Open', message: 'FogWindow hours was open' },
    ]);
  });

  it('holds a wave back, and no more when it closes after that has followed', () => {
    const stage: Step = { ...aStage('edge'), waveGates: { 0: [{ window: { ref: 'hours' } }] } };
    const timetable = { closed: [{ from: at(0), until: at(8) }, { from: at(10) }] };
    const machine = machineOf([stage], closed(0, 0, { holds: false, timetable }));
    machine.decide(at(0));
    const mayFollow = (hour: number) => machine.mayFollow(0, { at: 0, name: 'canary' }, at(hour));
    expect([mayFollow(7), mayFollow(8), mayFollow(11)]).toEqual([false, true, true]);
  });

  it('is closed while there is no such window, and opens with one that is made', () => {
    const machine = atTheGate(closed(0, 8, { namespace: 'other', holds: false }));
    expect(standing(machine, 1)).toContain('waits for the FogWindow hours, which does not exist');
    machine.tell([closed(4, 8, { holds: false })]);
    expect(decided(renewed(machine), 1)).toEqual(['begin fog']);
  });

  it('waits for another one where the strategy says so by now', () => {
    const machine = atTheGate(closed(0, 8, { holds: false }), closed(0, 0, { name: 'night', holds: false }));
    machine.adjust([CLOUD, { ...gate, gates: [{ window: { ref: 'night' } }] }, FOG], at(1));
    expect(decided(machine, 1)).toEqual(['begin fog']);
  });

  it('has it inline, and opens by its own rules alone, whatever FogWindows there are', () => {
    const rules = { allow: [{ start: '2026-01-01T08:00', duration: 'PT1H', timeZone: 'UTC' }] };
    const inline = { ...gate, gates: [{ window: rules }] };
    const machine = machineOf([CLOUD, inline, FOG], closed(0, 0, { holds: false }));
    machine.decide(at(0));
    machine.ended(0);
    machine.decide(at(1));
    expect(standing(machine, 1)).toContain('the gate window waits to be told when it opens');
    const told: Partial<ToldWindow> = { name: inlineKey(rules), inline: true, holds: false };
    machine.tell([closed(0, 0, { holds: false }), closed(0, 8, told)]);
    expect([standing(machine, 1), machine.until(at(1))]).toEqual([
      'Paused WindowClosed: v2: before the fog, the gate window is closed, and opens at 2026-01-01T08:00:00Z',
      at(8),
    ]);
    machine.adjust([CLOUD, { ...inline, gates: [{ window: { deny: [{}] } }] }, FOG], at(8));
    expect(standing(machine, 8)).toContain('waits to be told when it opens');
    machine.adjust([CLOUD, inline, FOG], at(8));
    expect(decided(machine, 8)).toEqual(['begin fog']);
  });

  it('is for nobody to decide about', () => {
    const machine = atTheGate(closed(0, 8, { holds: false }));
    expect(machine.refusal(asks('Approve'), UNDER_WAY, at(1))).toBe('Nothing waits for an approval now');
  });
});
