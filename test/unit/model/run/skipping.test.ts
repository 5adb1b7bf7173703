import { describe, expect, it } from '@jest/globals';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { DropStep, Step } from '../../../../model/run/steps.ts';
import type { Gate, GatePlace } from '../../../../model/types.ts';
import { aDrop, aStage, failureOf } from './runs.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'plan' };
const [CLOUD, FOG, EDGE] = [aStage('cloud'), aStage('fog'), aStage('edge')];
const gate = (layer: 'fog' | 'edge', place: GatePlace, ...gates: Gate[]): Step => ({
  kind: 'gate',
  layer,
  at: place,
  gates: gates.length > 0 ? gates : [{ approval: {} }],
});
const LEFTOVERS: DropStep = { ...aDrop('fog'), leaves: 'leftovers' };

let uids = 0;
function act(machine: RunMachine, action: ActionRequest['action'], more: Partial<ActionRequest> = {}, under = UNDER) {
  const request = { uid: `uid-${uids++}`, action, by: 'alice', at: at(5), ...more };
  const why = machine.refusal(request, under, at(5));
  return why === undefined ? machine.act(request, under, at(5)) : `refused: ${why}`;
}
const skip = (machine: RunMachine, layer: 'cloud' | 'fog' | 'edge') =>
  act(machine, 'Skip', { layer, reason: 'on fire' });

/** What is decided at a second, e.g. `begin fog`. */
const decided = (machine: RunMachine, second = 6) =>
  machine.decide(at(second)).map(({ kind, step }) => `${kind} ${'layer' in step ? step.layer : step.kind}`);
const renewed = (machine: RunMachine) => new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);

/** One whose first step has begun. */
function begun(...steps: Step[]): RunMachine {
  const machine = RunMachine.of(steps);
  machine.decide(at(0));
  return machine;
}

/** Its cloud is done, and it has come to what is next. */
function afterCloud(...steps: Step[]): RunMachine {
  const machine = begun(CLOUD, ...steps);
  machine.ended(0);
  machine.decide(at(1));
  return machine;
}

const TO_COME = (layer: string) => `The ${layer} is passed over when its turn comes, with its gates`;
const UNDER_WAY = (layer: string) =>
  `The ${layer} is passed over: no further site of it is begun, and what is under way there finishes`;

describe('Skip of a site, or of what is left of a wave', () => {
  const NOW = () => begun(CLOUD, FOG);
  const BESIDE = () => begun(CLOUD, aStage('fog', 'cloud'));
  const PASSED = 'is passed over, unless it has come to its end';

  it.each<[string, () => RunMachine, Partial<ActionRequest>, string]>([
    ['a site', NOW, { site: 'a' }, `The site a ${PASSED}`],
    ['a site of a layer', NOW, { site: 'a', layer: 'cloud' }, `The site a ${PASSED}`],
    ['a wave', NOW, { wave: 'canary' }, `What is left of canary ${PASSED}`],
    ['a wave of a layer', NOW, { wave: 'canary', layer: 'cloud' }, `What is left of canary of the cloud ${PASSED}`],
    ['a site of the second of two layers', BESIDE, { site: 'a', layer: 'fog' }, `The site a ${PASSED}`],
    ['a site of one of two layers', BESIDE, { site: 'a' }, 'refused: Say by layer which: cloud, fog'],
    ['a wave of one of two layers', BESIDE, { wave: 'b' }, 'refused: Say by layer which: cloud, fog'],
    [
      'a site of a layer whose turn is yet to come',
      NOW,
      { site: 'a', layer: 'fog' },
      'refused: No sites of the fog have their turn now',
    ],
    [
      'a site before any has its turn',
      () => RunMachine.of([CLOUD, FOG]),
      { site: 'a' },
      'refused: No sites have their turn now',
    ],
    [
      'a site of a layer without FogSites',
      () => begun({ ...CLOUD, isFleet: false }),
      { site: 'a' },
      'refused: No sites have their turn now',
    ],
    [
      'a site and a wave of a layer',
      NOW,
      { site: 'a', wave: 'b', layer: 'cloud' },
      'refused: It has to say a site or a wave, not both',
    ],
  ])('%s', (_, machineOf, more, expected) => {
    const machine = machineOf();
    expect(act(machine, 'Skip', more)).toBe(expected);
    // No layer is passed over by that: pods of all may be made anew.
    expect(act(machine, 'Restart', { to: { version: 'v2' } as never })).toBe('v2 is rolled out with new pods');
  });
});

describe('Skip of a whole layer', () => {
  it.each<[string, () => RunMachine, Partial<ActionRequest>, string]>([
    ['one that has its turn', () => begun(CLOUD, FOG), { layer: 'cloud' }, UNDER_WAY('cloud')],
    ['one without FogSites', () => begun({ ...CLOUD, isFleet: false }), { layer: 'cloud' }, UNDER_WAY('cloud')],
    ['one whose turn is yet to come', () => begun(CLOUD, FOG), { layer: 'fog' }, TO_COME('fog')],
    ['one at its gate', () => afterCloud(gate('fog', 'before'), FOG), { layer: 'fog' }, TO_COME('fog')],
    [
      'one of a run that is paused',
      () => {
        const machine = begun(CLOUD, FOG);
        act(machine, 'Pause');
        return machine;
      },
      { layer: 'fog' },
      TO_COME('fog'),
    ],
    ['none', () => begun(CLOUD), {}, 'refused: It has to say a site, a wave or a layer'],
    [
      'a site and a wave',
      () => begun(CLOUD),
      { site: 'a', wave: 'b' },
      'refused: It has to say a site or a wave, not both',
    ],
    [
      'one it does not have',
      () => begun(CLOUD, FOG),
      { layer: 'edge' },
      'refused: v2 has no edge; there is cloud, fog',
    ],
    ['one that is ready', () => afterCloud(FOG), { layer: 'cloud' }, 'refused: The cloud is ready already'],
    [
      'one that waits for its gate after it is ready',
      () => {
        const machine = afterCloud(FOG, gate('fog', 'after'), EDGE);
        machine.ended(1);
        machine.decide(at(2));
        return machine;
      },
      { layer: 'fog' },
      'refused: The fog is ready already',
    ],
    [
      'one that has too many failures',
      () => {
        const machine = begun(CLOUD, FOG);
        machine.failing(0);
        return machine;
      },
      { layer: 'cloud' },
      'refused: The cloud has failed, and its run comes to its end',
    ],
    [
      'one that is passed over already',
      () => {
        const machine = begun(CLOUD, FOG);
        skip(machine, 'fog');
        return machine;
      },
      { layer: 'fog', by: 'bob' },
      'refused: The fog is passed over already, by alice',
    ],
    [
      'one of a run that has ended',
      () => {
        const machine = begun(CLOUD);
        machine.ended(0, failureOf('cloud'));
        return machine;
      },
      { layer: 'cloud' },
      'refused: Its run is at its end',
    ],
    [
      'one of another generation',
      () => begun(CLOUD),
      { layer: 'cloud', revision: 3 },
      'refused: It is about generation 3, and generation 4 is under way',
    ],
  ])('%s', (_, machineOf, more, expected) => {
    expect(act(machineOf(), 'Skip', more)).toBe(expected);
  });

  it('is refused while it is rolled back', () => {
    const under = { ...UNDER, version: 'v1', isRollback: true };
    expect(act(begun(EDGE, FOG), 'Skip', { layer: 'fog' }, under)).toBe(
      'refused: It is being rolled back to v1, and that passes over no layer',
    );
  });

  it('keeps pods from being made anew: that would give the layer what it was not to have', () => {
    const machine = begun(CLOUD, FOG);
    skip(machine, 'fog');
    expect(act(machine, 'Restart', { to: { version: 'v2' } as never })).toBe(
      'refused: The fog was passed over by alice: on fire, and would be given v2; Retry does that',
    );
    expect(act(machine, 'Restart')).toBe('refused: It does not say what is restarted');
  });

  it('passes it when its turn comes, with its gates and what it would lose; the next has its turn', () => {
    const steps = [CLOUD, gate('fog', 'before'), FOG, gate('fog', 'after'), gate('edge', 'before'), EDGE, LEFTOVERS];
    const machine = renewed(begun(...steps, aDrop('fog')));
    skip(machine, 'fog');
    expect(decided(machine)).toEqual([]);
    const next = renewed(machine);
    next.ended(0);
    expect([
      decided(next),
      next.hasPassed('fog'),
      next.hasPassed('edge'),
      next.turns.map(({ step }) => step.layer),
    ]).toEqual([['pass fog'], true, false, ['edge']]);
    act(next, 'Approve', { at: at(7) });
    expect(decided(next)).toEqual(['begin edge']);
    next.ended(5);
    // What is there no longer is taken away all the same.
    expect([decided(next), next.active]).toEqual([['begin fog'], [7]]);
    next.ended(7);
    expect([next.done, next.succeeded]).toEqual([true, true]);
  });

  it('ends waiting at its gate at once, and asks nobody any more', () => {
    const asks: Gate = { http: { url: 'https://board.example' } };
    const machine = afterCloud(gate('fog', 'before', { approval: {} }, asks), FOG, EDGE);
    expect([machine.turns.length, machine.askings.length]).toEqual([1, 1]);
    skip(machine, 'fog');
    expect([machine.turns, machine.askings, decided(machine)]).toEqual([[], [], ['pass fog', 'begin edge']]);
    expect(standingOf(machine, { version: 'v2' }, at(6)).phase).toBe('Progressing');
  });

  it('of a gate that waited in vain lets the run go on', () => {
    const machine = afterCloud(gate('fog', 'before', { approval: { expiresAfterSeconds: 1 } }), FOG, EDGE);
    expect(standingOf(machine, { version: 'v2' }, at(5)).phase).toBe('Paused');
    skip(machine, 'fog');
    expect(decided(machine)).toEqual(['pass fog', 'begin edge']);
  });

  it.each<[string, boolean]>([
    ['whatever comes of what is under way', true],
    ['also where all became ready before', false],
  ])('goes on with the next layer when the one under way has ended, %s', (_, fails) => {
    const machine = begun(FOG, gate('fog', 'after'), EDGE);
    skip(machine, 'fog');
    machine.failing(0); // what is under way may fail
    const next = renewed(machine);
    expect([decided(next), next.active]).toEqual([[], [0]]);
    next.ended(0, fails ? failureOf('fog') : undefined);
    expect([decided(next), next.failure, next.hasPassed('fog')]).toEqual([['begin edge'], undefined, false]);
  });

  it('begins no further wave of it, and waits for nothing between two', () => {
    const canary = { at: 0, name: 'canary' };
    const machine = begun({ ...EDGE, waveGates: { 0: [{ approval: {} }] } });
    expect([machine.mayFollow(0, canary, at(2)), machine.turns.length]).toEqual([false, 1]);
    skip(machine, 'edge');
    expect([machine.mayFollow(0, canary, at(6)), machine.turns]).toEqual([false, []]);
  });

  it('keeps what has opened at its gate', () => {
    const machine = afterCloud(gate('fog', 'before'), FOG, EDGE);
    act(machine, 'Approve');
    skip(machine, 'fog');
    expect(decided(machine)).toEqual(['pass fog', 'begin edge']);
    expect(standingOf(machine, { version: 'v2' }, at(6)).gates).toMatchObject([
      { state: 'Open', message: 'approved by alice' },
    ]);
  });

  it('keeps what was open between its waves', () => {
    const canary = { at: 0, name: 'canary' };
    const machine = begun({ ...EDGE, waveGates: { 0: [{ approval: {} }] } });
    machine.mayFollow(0, canary, at(2));
    act(machine, 'Approve');
    skip(machine, 'edge');
    expect(machine.turns.length).toBe(1);
  });

  it('waits for its turn while the run is paused, and for no window', () => {
    const night = { name: 'night', overrun: 'Stop' as const, holds: true, timetable: { closed: [{ from: at(0) }] } };
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.tell([night]);
    act(machine, 'Pause');
    skip(machine, 'cloud');
    expect(decided(machine)).toEqual([]);
    act(machine, 'Resume');
    expect([decided(machine), machine.hasBegun]).toEqual([['pass cloud'], false]);
    machine.tell([]);
    expect(decided(machine)).toEqual(['begin fog']);
  });

  it('goes by branches: the layer beside it has its turn all the same', () => {
    const machine = begun(CLOUD, aStage('fog', 'cloud'), aStage('edge', 'fog'));
    expect(skip(machine, 'fog')).toBe(UNDER_WAY('fog'));
    machine.failing(1);
    expect(decided(machine)).toEqual([]);
    machine.ended(1, failureOf('fog'));
    expect([machine.active, machine.stoppedLayers]).toEqual([[0, 2], []]);
  });

  it('holds where the strategy changes meanwhile', () => {
    const machine = begun(CLOUD, FOG, EDGE);
    skip(machine, 'fog');
    machine.adjust([CLOUD, gate('fog', 'before'), FOG, gate('edge', 'before'), EDGE], at(6));
    machine.ended(0);
    expect(decided(machine)).toEqual(['pass fog']);
    machine.adjust([CLOUD, FOG, EDGE], at(7));
    expect(decided(machine)).toEqual(['begin edge']);
  });

  it('of all layers ends the run with nothing given to anyone', () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    skip(machine, 'fog');
    skip(machine, 'cloud');
    expect([decided(machine), machine.done, machine.hasBegun]).toEqual([['pass cloud', 'pass fog'], true, false]);
  });
});
