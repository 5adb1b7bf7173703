import { describe, expect, it } from '@jest/globals';
import { answerOf } from '../../../model/gates/gates.ts';
import { RunMachine } from '../../../model/run/machine.ts';
import { standingOf } from '../../../model/run/standing.ts';
import { stepsOfChange } from '../../../model/run/steps.ts';
import { aChange } from './run/messages.ts';

const at = (second: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1000).toISOString();
const SOAK = { name: 'soak', soak: { seconds: 300, deadlineSeconds: 60 } };
const since = { since: at(0), decisions: [] };

const UNDER_WAY = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };

describe('A soak', () => {
  it.each([
    [299.999, 'Closed'],
    [300, 'Open'],
  ])('is over at exactly its second: after %d s it is %s', (second, state) => {
    expect(answerOf(SOAK, since, at(second)).state).toBe(state);
  });

  it.each([
    [59.999, 'Closed'],
    [60, 'Failed'],
  ])('lets the layer be unready for as long as its deadline: after %d s it is %s', (second, state) => {
    const unready = { ...since, unready: { since: at(0), message: '0 of 1 replicas available' } };
    expect(answerOf(SOAK, unready, at(second))).toMatchObject({
      state,
      message: expect.stringContaining('0 of 1 replicas available'),
    });
  });
});

describe('A layer that has to stay ready', () => {
  /** Its fog has just become ready, at second 0. */
  function aSoaking(): RunMachine {
    const change = aChange(1, 4);
    change.revision.layers = { cloud: { containers: [] }, fog: { containers: [] } };
    change.revision.strategy.layers = { cloud: { soakSeconds: 300, after: [{ approval: {} }] } };
    change.revision.strategy.progressDeadlineSeconds = 60;
    const machine = RunMachine.of(stepsOfChange(change));
    machine.decide(at(0));
    machine.ended(machine.active[0]!);
    machine.decide(at(0));
    return machine;
  }
  const unready = { layer: 'cloud', ready: false, message: '0 of 1 replicas available' } as const;
  const ready = { layer: 'cloud', ready: true, message: '' } as const;
  const begun = (machine: RunMachine, second: number) => machine.decide(at(second)).map(({ step }) => step.kind);
  const approve = (machine: RunMachine, second: number) =>
    machine.act({ uid: `${second}`, action: 'Approve', by: 'alice', at: at(second) }, UNDER_WAY, at(second));

  it('soaks while it is waited for approval, and goes on when both are over', () => {
    const machine = aSoaking();
    expect(standingOf(machine, { version: 'v2' }, at(1)).gates.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'approval Closed',
      'soak Closed',
    ]);
    approve(machine, 10);
    expect(standingOf(machine, { version: 'v2' }, at(11))).toMatchObject({
      phase: 'Progressing',
      reason: 'Soaking',
      message: `v2: after the cloud, the gate soak has to be ready for 5 min 0 s, until ${at(300).replace('.000', '')}`,
    });
    expect([begun(machine, 299), machine.until(at(299))]).toEqual([[], at(300)]);
    expect(begun(machine, 300)).toEqual(['stage']);
  });

  it('that is not ready in its last second soaks anew from when it is ready again', () => {
    const machine = aSoaking();
    approve(machine, 10);
    machine.health(unready, at(299));
    expect([begun(machine, 300), standingOf(machine, { version: 'v2' }, at(300)).message]).toEqual([
      [],
      'v2: after the cloud, the gate soak is not ready, and has to be for 5 min 0 s: 0 of 1 replicas available',
    ]);
    const { gates } = standingOf(machine, { version: 'v2' }, at(300));
    expect(gates.map(({ name, unready }) => [name, unready])).toEqual([
      ['approval', undefined],
      ['soak', true],
    ]);
    machine.health(ready, at(310));
    expect(standingOf(machine, { version: 'v2' }, at(310)).gates.at(-1)?.unready).toBeUndefined();
    machine.health(ready, at(320)); // nothing new
    expect([begun(machine, 609), machine.until(at(609))]).toEqual([[], at(610)]);
    expect(begun(machine, 610)).toEqual(['stage']);
  });

  it('that is not ready again in time fails the run, and names why', () => {
    const machine = aSoaking();
    machine.health(unready, at(100));
    machine.health({ ...unready, message: 'ImagePullBackOff' }, at(150));
    expect([begun(machine, 160), machine.done]).toEqual([[], true]);
    expect(machine.failure).toMatchObject({
      layer: 'cloud',
      reason: 'ReleaseNotReady',
      message: 'cloud: the gate soak after it: was not ready again within 1 min 0 s: ImagePullBackOff',
    });
  });

  it('is nothing that people decide about', () => {
    const machine = aSoaking();
    approve(machine, 10);
    const request = { uid: 'b', action: 'Approve', by: 'bob', at: at(20), gate: 'soak' } as const;
    expect(machine.refusal(request, UNDER_WAY, at(20))).toBe('Nothing waits for an approval now');
  });

  it('of another layer that is unready says nothing', () => {
    const machine = aSoaking();
    approve(machine, 10);
    machine.health({ ...unready, layer: 'fog' }, at(100));
    expect(begun(machine, 300)).toEqual(['stage']);
  });
});
