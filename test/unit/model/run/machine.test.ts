import { describe, expect, it } from '@jest/globals';
import type { Layer } from '../../../../model/layers.ts';
import { RunMachine } from '../../../../model/run/machine.ts';
import type { GateStep, Step } from '../../../../model/run/steps.ts';
import type { Gate, GatePlace, SiteFailure } from '../../../../model/types.ts';
import { aDrop, aStage, failureOf } from './runs.ts';

const NOW = '2026-01-01T00:00:00Z';

const [CLOUD, FOG, EDGE] = [aStage('cloud'), aStage('fog'), aStage('edge')];
const FOG_BESIDE = aStage('fog', 'cloud');
const EDGE_BESIDE = aStage('edge', 'fog');
const gateOf = (layer: Layer, at: GatePlace, ...gates: Gate[]): GateStep => ({ kind: 'gate', layer, at, gates });
const BEFORE_FOG = gateOf('fog', 'before', { approval: {} });

/** What it decides, e.g. `begin 0`. */
const decided = (machine: RunMachine) => machine.decide(NOW).map(({ kind, index }) => `${kind} ${index}`);
const phases = (machine: RunMachine) => machine.toJSON().steps.map(({ phase }) => phase);

/** One whose steps have gone so far: each index ends, well or with a failure, after all that is decided. */
function aRun(steps: Step[], ends: [number, SiteFailure?][] = []): RunMachine {
  const machine = RunMachine.of(steps);
  for (const end of ends) {
    machine.decide(NOW);
    machine.ended(...end);
  }
  return machine;
}

describe('The steps of a run', () => {
  it('are begun one after the other, each once', () => {
    const machine = aRun([CLOUD, FOG, aDrop('edge')]);
    expect([decided(machine), decided(machine)]).toEqual([['begin 0'], []]);
    machine.ended(0);
    expect([decided(machine), decided(machine)]).toEqual([['begin 1'], []]);
    machine.ended(1);
    expect(decided(machine)).toEqual(['begin 2']);
    expect([machine.done, machine.active]).toEqual([false, [2]]);
    machine.ended(2);
    expect([decided(machine), machine.done, machine.succeeded, machine.failure]).toEqual([[], true, true, undefined]);
  });

  it('are begun at once where they go on side by side, and the next when all of those are done', () => {
    const machine = aRun([CLOUD, FOG_BESIDE, EDGE_BESIDE, aDrop('fog')]);
    expect(decided(machine)).toEqual(['begin 0', 'begin 1', 'begin 2']);
    machine.ended(1);
    machine.ended(0);
    expect(decided(machine)).toEqual([]);
    machine.ended(2);
    expect(decided(machine)).toEqual(['begin 3']);
  });

  it('beside others wait for what comes before those', () => {
    const machine = aRun([CLOUD, FOG, EDGE_BESIDE]);
    expect(decided(machine)).toEqual(['begin 0']);
    machine.ended(0);
    expect(decided(machine)).toEqual(['begin 1', 'begin 2']);
  });

  it('beside others wait for the gates before those', () => {
    const machine = aRun([CLOUD, BEFORE_FOG, FOG, EDGE_BESIDE], [[0]]);
    expect(decided(machine)).toEqual([]);
  });

  it('that end twice, or were not begun, say nothing', () => {
    const machine = aRun([CLOUD, FOG], [[0]]);
    for (const index of [0, 1, 7]) machine.failing(index);
    machine.ended(0, failureOf('cloud'));
    machine.ended(1, failureOf('fog'));
    machine.ended(7);
    expect(phases(machine)).toEqual(['done', 'pending']);
  });

  it('of nothing are done, and well', () => {
    const machine = RunMachine.of([]);
    expect([machine.decide(NOW), machine.done, machine.succeeded]).toEqual([[], true, true]);
  });
});

describe('A step that fails', () => {
  it('lets nothing below begin', () => {
    const machine = aRun([CLOUD, FOG, aDrop('edge')], [[0, failureOf('cloud')]]);
    expect([decided(machine), machine.done, machine.succeeded]).toEqual([[], true, false]);
    expect(machine.failure).toEqual(failureOf('cloud'));
    expect([machine.stoppedLayers, machine.failedAtGate]).toEqual([[], false]);
  });

  it('goes on until it has: meanwhile those beside it that come later are stopped, and nothing begins', () => {
    const machine = aRun([CLOUD, FOG_BESIDE, EDGE]);
    machine.decide(NOW);
    machine.failing(0);
    expect([decided(machine), machine.active]).toEqual([['stop 1'], [0, 1]]);
    machine.ended(1);
    expect([decided(machine), machine.done]).toEqual([[], false]);
    machine.ended(0, failureOf('cloud'));
    expect([machine.done, machine.failure]).toEqual([true, failureOf('cloud')]);
  });

  it('stops those beside it that come later, and names them', () => {
    const machine = aRun([CLOUD, FOG_BESIDE, EDGE_BESIDE], [[0, failureOf('cloud')]]);
    expect([decided(machine), decided(machine)]).toEqual([['stop 1', 'stop 2'], []]);
    expect(machine.done).toBe(false);
    machine.ended(2, failureOf('edge'));
    machine.ended(1, failureOf('fog'));
    expect([machine.done, machine.stoppedLayers, machine.failure]).toEqual([true, ['fog', 'edge'], failureOf('cloud')]);
  });

  it('lets those above it go on to their end', () => {
    const machine = aRun([CLOUD, FOG_BESIDE, EDGE_BESIDE], [[1, failureOf('fog')]]);
    expect(decided(machine)).toEqual(['stop 2']);
    machine.ended(2, failureOf('edge'));
    expect([machine.active, machine.done]).toEqual([[0], false]);
    machine.ended(0);
    expect([machine.done, machine.failure, machine.stoppedLayers]).toEqual([true, failureOf('fog'), ['edge']]);
  });

  it('is told by its own failure where it had failed before it could be stopped', () => {
    const machine = aRun([CLOUD, FOG_BESIDE], [[0, failureOf('cloud')]]);
    machine.ended(1, failureOf('fog'));
    expect([machine.stoppedLayers, machine.failure, decided(machine)]).toEqual([[], failureOf('cloud'), []]);
  });

  it('no more counts as stopped where it ends well all the same', () => {
    const machine = aRun([CLOUD, FOG_BESIDE], [[0, failureOf('cloud')]]);
    machine.decide(NOW);
    machine.ended(1);
    expect([phases(machine), machine.stoppedLayers]).toEqual([['failed', 'done'], []]);
  });
});

describe('A run that is stopped', () => {
  it('begins nothing further, and stops what goes on', () => {
    const machine = aRun([CLOUD, FOG_BESIDE, aDrop('edge')]);
    machine.decide(NOW);
    machine.stop();
    expect(decided(machine)).toEqual(['stop 0', 'stop 1']);
    machine.ended(0);
    machine.ended(1, failureOf('fog'));
    expect([decided(machine), machine.done, machine.succeeded, machine.failure]).toEqual([[], true, false, undefined]);
  });

  it('before it has begun does nothing', () => {
    const machine = aRun([CLOUD]);
    machine.stop();
    expect([decided(machine), machine.done, machine.succeeded]).toEqual([[], true, false]);
  });
});

describe('A run that is adjusted', () => {
  it.each<[string, Step[], [number, SiteFailure?][], Step[], Step[]]>([
    ['before anything is done', [CLOUD, FOG], [], [CLOUD, aDrop('fog')], [CLOUD, aDrop('fog')]],
    ['keeps what is done as it was', [CLOUD, FOG], [[0]], [aStage('cloud'), EDGE], [CLOUD, FOG, EDGE]],
    [
      'to go by branches: the next one begins alone, since those under way do not tell of their sites',
      [CLOUD, FOG, EDGE],
      [],
      [CLOUD, FOG_BESIDE, EDGE_BESIDE],
      [CLOUD, FOG, EDGE_BESIDE],
    ],
    [
      'to go by layers: those that go on side by side do so',
      [CLOUD, FOG_BESIDE, EDGE_BESIDE, aDrop('edge')],
      [],
      [CLOUD, FOG, EDGE, aDrop('edge')],
      [CLOUD, FOG_BESIDE, EDGE_BESIDE, aDrop('edge')],
    ],
    [
      'keeps a drop that has begun',
      [CLOUD, aDrop('edge')],
      [[0]],
      [CLOUD, aDrop('edge'), aDrop('fog')],
      [CLOUD, aDrop('edge'), aDrop('fog')],
    ],
    [
      'with gates: each is another one, by its layer and the side of it',
      [CLOUD, gateOf('cloud', 'after'), BEFORE_FOG, FOG, gateOf('edge', 'before', { approval: {} }), EDGE],
      [[0]],
      [CLOUD, gateOf('cloud', 'after'), BEFORE_FOG, FOG, gateOf('edge', 'before', { approval: {} }), EDGE],
      [CLOUD, gateOf('cloud', 'after'), BEFORE_FOG, FOG, gateOf('edge', 'before', { approval: {} }), EDGE],
    ],
    [
      'to go by branches, without the gate that is waited for: the next one begins alone, as the one before is over',
      [CLOUD, BEFORE_FOG, FOG, EDGE],
      [[0]],
      [CLOUD, FOG_BESIDE, EDGE_BESIDE],
      [CLOUD, { ...BEFORE_FOG, gates: [] }, FOG, EDGE_BESIDE],
    ],
  ])('%s', (_, steps, ends, adjusted, expected) => {
    const machine = aRun(steps, ends);
    machine.decide(NOW);
    const { active } = machine;
    machine.adjust(adjusted, NOW);
    expect(machine.toJSON().steps.map(({ step }) => step)).toEqual(expected);
    expect(machine.active).toEqual(active);
    expect(machine.stepAt(expected.length - 1)).toEqual(expected.at(-1));
  });

  it('after a failure begins nothing of it', () => {
    const machine = aRun([CLOUD, FOG], [[0, failureOf('cloud')]]);
    machine.adjust([CLOUD, FOG, EDGE], NOW);
    expect([decided(machine), machine.done]).toEqual([[], true]);
  });
});

describe('The layer whose turn it is', () => {
  it.each<[string, Step[], [number, SiteFailure?][], Layer]>([
    ['is the first, before anything is begun', [{ kind: 'check', layers: ['fog'] }, FOG, EDGE], [], 'fog'],
    ['is that of the gate that is waited for', [CLOUD, BEFORE_FOG, FOG], [[0]], 'fog'],
    ['is the next one that is yet to begin', [CLOUD, FOG, EDGE], [[0], [1]], 'edge'],
    ['is that which has failed', [CLOUD, FOG], [[0, failureOf('cloud')]], 'cloud'],
    ['is the first where all have had theirs', [FOG, EDGE], [[0], [1]], 'fog'],
    ['is the cloud where no layer has one', [{ kind: 'letGo' }], [], 'cloud'],
  ])('%s', (_, steps, ends, expected) => {
    expect(aRun(steps, ends).nextLayer).toBe(expected);
  });
});
