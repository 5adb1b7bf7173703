import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Asking } from '../../../../model/gates/asked.ts';
import type { GateReply } from '../../../../model/gates/kind.ts';
import { LAYERS, type Layer } from '../../../../model/layers.ts';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import type { Gate } from '../../../../model/types.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
import { aDrop, aStage, failureOf } from './runs.ts';

const NOW = '2026-01-01T00:00:00Z';

type Event =
  | { kind: 'ended'; pick: number; fails: boolean }
  | { kind: 'stop' }
  | { kind: 'adjust'; steps: Step[] }
  | { kind: 'pause'; isPaused: boolean }
  | { kind: 'windows'; windows: ToldWindow[] }
  | { kind: 'act'; request: ActionRequest }
  | { kind: 'answered'; pick: number; isLate: boolean; reply: GateReply };

const SKIP_FOG: Event = {
  kind: 'act',
  request: { uid: 'skip-fog', action: 'Skip', layer: 'fog', by: 'alice', at: NOW },
};
const ASKS: Gate = { http: { url: 'https://board.example' } };
const GATES: Gate[][] = [
  [],
  [],
  [{ window: { ref: 'night' } }],
  [{ approval: {} }],
  [{ approval: { required: 2 } }, { name: 'other', approval: {} }],
  [ASKS],
  [ASKS, { name: 'other', http: { url: 'https://other.example' } }, { name: 'approval', approval: {} }],
];
const REPLIES: GateReply[] = [
  { state: 'Open', message: 'yes' },
  { state: 'Open', message: 'yes' },
  { state: 'Failed', reason: 'GateRefused', message: 'no' },
  { state: 'Failed', reason: 'GateInconclusive', message: 'nobody can say', pauses: true },
];

/** Stages of some layers, some beside those above, some behind gates; then drops; then the end. */
const plans: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.subarray([...LAYERS]),
    fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    fc.array(fc.constantFrom(...GATES), { minLength: 3, maxLength: 3 }),
    fc.subarray([...LAYERS]),
  )
  .map(([layers, beside, gates, drops]) => [
    ...layers.flatMap((layer, at): Step[] => {
      const before = gates[at]!;
      if (before.length > 0) return [{ kind: 'gate', layer, at: 'before', gates: before }, aStage(layer)];
      return [aStage(layer, at > 0 && beside[at] ? layers[at - 1] : undefined)];
    }),
    ...drops.toReversed().map(aDrop),
    { kind: 'letGo' as const },
  ]);

/** Some are closed now, and some are open; those that gates name are only sometimes there. */
const windows: fc.Arbitrary<ToldWindow[]> = fc.array(
  fc.record({
    name: fc.constantFrom('night', 'day'),
    overrun: fc.constantFrom('Finish' as const, 'Stop' as const),
    holds: fc.boolean(),
    timetable: fc.constantFrom({ closed: [] }, { closed: [{ from: NOW }] }),
  }),
  { maxLength: 2 },
);

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('ended' as const),
        pick: fc.nat(5),
        fails: fc.nat(5).map((n) => n === 0),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('adjust' as const), steps: plans }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause' as const), isPaused: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('windows' as const), windows }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('answered' as const),
        pick: fc.nat(3),
        isLate: fc.nat(5).map((n) => n === 0),
        reply: fc.constantFrom(...REPLIES),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('act' as const),
        request: fc.record({
          uid: fc.uuid(),
          action: fc.constantFrom<ActionRequest['action'][]>(
            'Approve',
            'Approve',
            'Pause',
            'Resume',
            'Reject',
            'Abort',
            'Rollback',
            'Restart',
          ),
          by: fc.constantFrom('alice', 'bob', 'carol'),
          at: fc.constant(NOW),
          gate: fc.constantFrom(undefined, 'approval', 'other'),
        }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('act' as const),
        request: fc.record({
          uid: fc.uuid(),
          action: fc.constant('Skip' as const),
          layer: fc.constantFrom(...LAYERS),
          by: fc.constantFrom('alice', 'bob'),
          at: fc.constant(NOW),
        }),
      }),
    },
  ),
  { maxLength: 14 },
);

function take(machine: RunMachine, event: Event): void {
  if (event.kind === 'stop') machine.stop();
  else if (event.kind === 'adjust') machine.adjust(event.steps, NOW);
  else if (event.kind === 'pause') machine.steering.pause(event.isPaused);
  else if (event.kind === 'windows') machine.tell(event.windows);
  else if (event.kind === 'act') {
    if (machine.refusal(event.request, UNDER_WAY, NOW) === undefined) machine.act(event.request, UNDER_WAY, NOW);
  } else if (event.kind === 'answered') {
    const { askings } = machine;
    const asking = askings[event.pick % askings.length];
    if (!asking) return;
    const of = event.isLate ? { ...asking, since: '2025-12-31T23:59:59Z' } : asking;
    machine.heard(of, { state: 'Closed', message: 'busy' }, NOW);
    machine.answered(of, event.reply);
  } else {
    const { active } = machine;
    const index = active[event.pick % active.length];
    const step = index === undefined ? undefined : machine.stepAt(index);
    const layer = step && 'layer' in step ? step.layer : 'cloud';
    if (index !== undefined) machine.ended(index, event.fails ? failureOf(layer) : undefined);
  }
}

const UNDER_WAY = { generation: 1, version: 'v1', hash: 'a', isRollback: false, plan: () => 'p' };
const renewed = (machine: RunMachine) => new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
const nameOf = (step: Step) => ('layer' in step ? `${step.kind} ${step.layer}` : step.kind);

describe('Whatever becomes of its steps', () => {
  it('a run asks only for gates that are waited for, begins to ask nobody while it is held, and hears no late answer', () => {
    fc.assert(
      fc.property(plans, events, (steps, taken) => {
        const machine = RunMachine.of(steps);
        const nameOfAsking = ({ layer, at, name, since }: Asking) => [layer, at, name, since].join(' ');
        let known = new Set<string>();
        for (const event of taken) {
          machine.decide(NOW);
          const askings = machine.askings.map(nameOfAsking);
          if (machine.steering.isHeld) for (const one of askings) expect(known).toContain(one);
          const open = machine.toJSON().steps.filter(({ step, phase }) => step.kind === 'gate' && phase === 'active');
          expect(askings.length === 0 || open.length === 1).toBe(true);
          known = new Set(askings);
          const before = JSON.stringify(machine);
          take(machine, event);
          if (event.kind === 'answered' && event.isLate) expect(JSON.stringify(machine)).toBe(before);
        }
      }),
    );
  });

  it('a run begins each once, and only when all before it are done or go on beside it', () => {
    fc.assert(
      fc.property(plans, events, (steps, taken) => {
        const machine = RunMachine.of(steps);
        const begun: string[] = [];
        const passed: string[] = [];
        let isStopped = false;
        let closed: ToldWindow[] = [];
        for (const event of [...taken, undefined]) {
          const { steps: before } = machine.toJSON();
          const hasFailed = before.some(({ phase }) => phase === 'failed' || phase === 'stopped');
          for (const { kind, index, step } of machine.decide(NOW)) {
            if (kind === 'stop') continue;
            // A layer that is passed over has its turn like any other, and no windows: it is given nothing.
            const isPassed = machine.skipOf(step) !== undefined;
            expect(kind === 'pass').toBe(isPassed);
            expect(isStopped || hasFailed || machine.steering.isHeld || machine.steering.aborted !== undefined).toBe(
              false,
            );
            const stopping = closed.filter(({ overrun }) => begun.length === 0 || overrun === 'Stop');
            expect(isPassed ? [] : stopping).toEqual([]);
            expect([...begun, ...passed]).not.toContain(nameOf(step));
            (isPassed ? passed : begun).push(nameOf(step));
            const above = machine.toJSON().steps.slice(0, index);
            const isBeside = (at: number) =>
              machine
                .toJSON()
                .steps.slice(at + 1, index + 1)
                .every((one) => one.step.kind === 'stage' && one.step.beside);
            for (const [at, { phase }] of above.entries()) expect(phase === 'done' || isBeside(at)).toBe(true);
          }
          expect(machine.decide(NOW)).toEqual([]);
          if (event) take(machine, event);
          isStopped ||= event?.kind === 'stop';
          if (event?.kind === 'windows') {
            closed = event.windows.filter(({ holds, timetable }) => holds && timetable.closed.length > 0);
          }
        }
      }),
    );
  });

  it('a run begins nothing of a layer that is passed over, nor waits or asks for it, and such a layer never fails it', () => {
    fc.assert(
      fc.property(plans, events, (steps, taken) => {
        const machine = RunMachine.of(steps);
        const isOfPassed = (layer: Layer) => machine.steering.skipOf(layer) !== undefined;
        for (const event of taken) {
          for (const { kind, step } of machine.decide(NOW)) {
            if (kind === 'begin' && step.kind === 'stage') expect(isOfPassed(step.layer)).toBe(false);
          }
          take(machine, event);
          expect(machine.askings.filter(({ layer }) => isOfPassed(layer))).toEqual([]);
          const waiting = machine
            .toJSON()
            .steps.filter(({ step, phase }) => step.kind === 'gate' && phase === 'active');
          expect(waiting.filter(({ step }) => 'layer' in step && isOfPassed(step.layer))).toEqual([]);
          // What takes something away for good is no part of passing a layer over, and may fail.
          for (const { step, phase } of machine.toJSON().steps) {
            if (phase === 'failed' && step.kind !== 'gate') expect(machine.skipOf(step)).toBeUndefined();
          }
        }
      }),
      {
        examples: [
          [
            [aDrop('fog'), { kind: 'letGo' }],
            [SKIP_FOG, { kind: 'ended', pick: 0, fails: true }],
          ],
        ],
      },
    );
  });

  it('a run comes to its end, and is well exactly where all was done', () => {
    fc.assert(
      fc.property(plans, events, (steps, taken) => {
        const machine = RunMachine.of(steps);
        const settle = (event: Event) => {
          machine.decide(NOW);
          take(machine, event);
        };
        for (const event of taken) settle(event);
        settle({ kind: 'pause', isPaused: false });
        const open = { name: 'night', overrun: 'Stop' as const, holds: true, timetable: { closed: [] } };
        settle({ kind: 'windows', windows: [open] });
        for (let left = 40; left > 0 && !machine.done; left--) {
          for (const action of ['Resume', 'Approve'] as const) {
            for (const gate of ['approval', 'other']) {
              const request = { uid: `${action}-${gate}-${left}`, action, by: `person ${left}`, at: NOW, gate };
              settle({ kind: 'act', request });
            }
          }
          settle({ kind: 'answered', pick: 0, isLate: false, reply: { state: 'Open', message: 'yes' } });
          settle({ kind: 'ended', pick: 0, fails: false });
        }
        expect(machine.askings).toEqual([]);
        expect([machine.done, machine.decide(NOW), machine.active]).toEqual([true, [], []]);
        const phases = machine.toJSON().steps.map(({ phase }) => phase);
        expect(machine.succeeded).toBe(phases.every((phase) => phase === 'done'));
        expect(machine.failure !== undefined).toBe(phases.includes('failed'));
      }),
    );
  });

  it('a run decides the same after continue-as-new at any moment, and tells again what is to stop', () => {
    fc.assert(
      fc.property(plans, events, (steps, taken) => {
        const steady = RunMachine.of(steps);
        let other = RunMachine.of(steps);
        for (const event of taken) {
          other = renewed(other);
          const stopping = other.toJSON().steps.flatMap(({ stopping }, index) => (stopping ? [index] : []));
          const [said, again] = [steady.decide(NOW), other.decide(NOW)];
          expect(again.filter(({ kind, index }) => kind !== 'stop' || !stopping.includes(index))).toEqual(said);
          expect(again.filter(({ kind }) => kind === 'stop').map(({ index }) => index)).toEqual(
            expect.arrayContaining(stopping),
          );
          take(steady, event);
          other = renewed(other);
          take(other, event);
          expect(other.toJSON()).toEqual(steady.toJSON());
          expect(other.askings).toEqual(steady.askings);
          expect([other.done, other.failure, other.stoppedLayers]).toEqual([
            steady.done,
            steady.failure,
            steady.stoppedLayers,
          ]);
        }
      }),
    );
  });
});
