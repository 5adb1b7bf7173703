import { describe, expect, it } from '@jest/globals';
import { revisionOf } from '../../../../model/revision.ts';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import type { ApprovalGate } from '../../../../model/types.ts';
import { aRollout } from '../builders.ts';
import { aStage, failureOf } from './runs.ts';

const at = (second: number) =>
  `2026-01-01T00:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.000Z`;
const [CLOUD, FOG] = [aStage('cloud'), aStage('fog')];
const gate = (approval: ApprovalGate, name?: string): Step => ({
  kind: 'gate',
  layer: 'fog',
  at: 'before',
  gates: [{ approval, ...(name !== undefined && { name }) }],
});
const UNDER_WAY = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'p' };
const V1 = { ...revisionOf(aRollout({ version: 'v1' })), hash: 'a' };

let uids = 0;
const asks = (action: ActionRequest['action'], more: Partial<ActionRequest> = {}): ActionRequest => ({
  uid: `uid-${uids++}`,
  action,
  by: 'alice',
  at: at(10),
  ...((action === 'Rollback' || action === 'Restart') && { to: V1 }),
  ...more,
});

/** What is decided at a second, e.g. `begin fog`. */
const decided = (machine: RunMachine, second: number) =>
  machine.decide(at(second)).map(({ kind, step }) => `${kind} ${'layer' in step ? step.layer : step.kind}`);

/** What comes of an action: what is said of it, or `refused: why`. */
function act(machine: RunMachine, request: ActionRequest, second = 10, under = UNDER_WAY): string {
  const why = machine.refusal(request, under, at(second));
  return why === undefined ? machine.act(request, under, at(second)) : `refused: ${why}`;
}

/** Its cloud is done, and it has come to the gate before the fog. */
function atTheGate(approval: ApprovalGate = {}, name?: string): RunMachine {
  return pastCloud(RunMachine.of([CLOUD, gate(approval, name), FOG]));
}

const BEFORE_FOG = { kind: 'gate', layer: 'fog', at: 'before' } as const;

/** Its cloud is done, and it has come to what is next. */
function pastCloud(machine: RunMachine): RunMachine {
  machine.decide(at(0));
  machine.ended(0);
  machine.decide(at(5));
  return machine;
}

const PHASES: Record<string, () => RunMachine> = {
  'under way': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.decide(at(0));
    return machine;
  },
  'paused by a person': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    act(machine, asks('Pause', { by: 'bob' }));
    return machine;
  },
  'paused by its strategy': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.steering.pause(true);
    return machine;
  },
  'at a gate': () => atTheGate(),
  'at an expired gate': () => atTheGate({ expiresAfterSeconds: 5 }),
  'at a gate that asks others': () => {
    const gates = [{ name: 'board', http: { url: 'https://board.example' } }];
    return pastCloud(RunMachine.of([CLOUD, { ...BEFORE_FOG, gates }, FOG]));
  },
  soaking: () =>
    pastCloud(
      RunMachine.of([
        CLOUD,
        { ...BEFORE_FOG, gates: [{ name: 'soak', soak: { seconds: 60, deadlineSeconds: 600 } }] },
        FOG,
      ]),
    ),
  'between two waves': () => {
    const machine = RunMachine.of([{ ...aStage('edge'), waveGates: { 0: [{ approval: {} }] } }]);
    machine.decide(at(0));
    machine.mayFollow(0, { at: 0, name: 'canary' }, at(3));
    return machine;
  },
  'before a window opens': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    const timetable = { closed: [{ from: at(0), until: at(600) }] };
    machine.tell([{ name: 'nights', overrun: 'Finish', holds: true, timetable }]);
    machine.decide(at(0));
    return machine;
  },
  'with a layer passed over': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.decide(at(0));
    act(machine, asks('Skip', { layer: 'cloud', reason: 'on fire' }));
    return machine;
  },
  'failing, while a step beside ends': () => {
    const machine = RunMachine.of([CLOUD, aStage('fog', 'cloud')]);
    machine.decide(at(0));
    machine.ended(0, failureOf('cloud'));
    machine.decide(at(5));
    return machine;
  },
  aborted: () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    act(machine, asks('Abort'));
    return machine;
  },
  'aborted, while a step ends': () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.decide(at(0));
    act(machine, asks('Abort'));
    return machine;
  },
};

const NO_GATE = 'refused: Nothing waits for an approval now';
/** What is said where nothing else stands in the way. */
const ALWAYS: Record<ActionRequest['action'], string> = {
  Approve: NO_GATE,
  Reject: NO_GATE,
  Pause: 'It is paused: no further step and no further site is begun',
  Resume: 'refused: It is not paused',
  Abort: 'Its run is ended; sites stay as they are',
  Retry: 'refused: Its run is still under way; Retry is for one that has failed',
  Skip: 'refused: It has to say a site, a wave or a layer',
  Rollback: 'It is rolled back to v1',
  Restart: 'v1 is rolled out with new pods',
};
const NEVER = Object.fromEntries(Object.keys(ALWAYS).map((action) => [action, 'refused: Its run is at its end']));

describe('What people ask of a run', () => {
  it.each<[phase: string, otherwise: Partial<typeof ALWAYS>]>([
    ['under way', {}],
    ['paused by a person', { Pause: 'refused: It is paused already, by bob', Resume: 'It goes on' }],
    [
      'paused by its strategy',
      { Resume: 'refused: It is paused by spec.strategy.paused, and goes on when that is false' },
    ],
    [
      'at a gate',
      {
        Approve: 'The gate approval before the fog is open: approved by alice',
        Reject: 'The gate approval before the fog: rejected by alice',
      },
    ],
    ['at an expired gate', { Resume: 'It goes on' }],
    ['at a gate that asks others', {}],
    ['soaking', {}],
    [
      'between two waves',
      {
        Approve: 'The gate approval after canary of the edge is open: approved by alice',
        Reject: 'The gate approval after canary of the edge: rejected by alice',
      },
    ],
    [
      'before a window opens',
      { Resume: 'refused: It is not paused; FogWindow nights is closed, and opens at 2026-01-01T00:10:00Z' },
    ],
    [
      'with a layer passed over',
      { Restart: 'refused: The cloud was passed over by alice: on fire, and would be given v1; Retry does that' },
    ],
    ['failing, while a step beside ends', {}],
    ['aborted', NEVER],
    ['aborted, while a step ends', NEVER],
  ])('%s is taken, or refused in words', (phase, otherwise) => {
    const expected = { ...ALWAYS, ...otherwise };
    const said = Object.keys(expected).map((action) => [
      action,
      act(PHASES[phase]!(), asks(action as ActionRequest['action'])),
    ]);
    expect(Object.fromEntries(said)).toEqual(expected);
  });

  it('is taken once, however often it is said, also after continue-as-new', () => {
    const machine = atTheGate({ required: 2 });
    const approval = asks('Approve');
    act(machine, approval);
    const renewed = new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
    expect(act(renewed, approval)).toBe('It was taken before');
    expect(renewed.steering.log).toEqual([{ action: 'Approve', by: 'alice', at: at(10) }]);
    expect(renewed.toJSON()).toEqual(machine.toJSON());
  });

  it('is about the generation that is under way', () => {
    const said = act(atTheGate(), asks('Approve', { revision: 3 }));
    expect(said).toBe('refused: It is about generation 3, and generation 4 is under way');
    expect(act(atTheGate(), asks('Approve', { revision: 4 }))).toContain('is open');
    expect(act(atTheGate(), asks('Rollback', { revision: 3 }))).toBe('It is rolled back to v1');
  });

  it.each<[string, boolean, ActionRequest, string]>([
    ['a rollback to what is rolled out', false, asks('Rollback'), 'v1 is what is being rolled out'],
    ['a rollback to what it goes back to', true, asks('Rollback'), 'v1 is what is being rolled back to'],
    [
      'a Resume of what goes back',
      true,
      asks('Resume'),
      'It is being rolled back to v1; resume it when that has ended',
    ],
  ])('is refused where it is %s', (_, isRollback, request, why) => {
    const under = { ...UNDER_WAY, version: V1.version, hash: V1.hash, isRollback };
    expect(act(PHASES['under way']!(), request, 10, under)).toBe(`refused: ${why}`);
  });

  it('is remembered of the last twenty: what a run takes along does not grow for ever', () => {
    const machine = PHASES['under way']!();
    const all = Array.from({ length: 21 }, (_, at) => asks(at % 2 === 0 ? 'Pause' : 'Resume', { reason: `no. ${at}` }));
    for (const request of all) act(machine, request);
    const { steering } = new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
    expect(steering.log.map(({ reason }) => reason)).toEqual(all.slice(1).map(({ reason }) => reason));
    expect([act(machine, all[1]!), act(machine, all[0]!)]).toEqual([
      'It was taken before',
      'refused: It is paused already, by alice',
    ]);
  });
});

describe('A run that is paused', () => {
  it('begins no further step, and goes on where it was when it is resumed', () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    expect(decided(machine, 0)).toEqual(['begin cloud']);
    act(machine, asks('Pause', { reason: 'incident 7' }));
    machine.ended(0);
    expect([decided(machine, 11), machine.done, machine.steering.isHeld]).toEqual([[], false, true]);
    expect(standingOf(machine, { version: 'v2' }, at(11))).toMatchObject({
      phase: 'Paused',
      message: 'v2 is paused by alice: incident 7',
      hold: { by: 'alice', reason: 'incident 7' },
    });
    act(machine, asks('Resume', { by: 'bob' }));
    expect(decided(machine, 12)).toEqual(['begin fog']);
  });

  it('by both its strategy and a person waits for both', () => {
    const machine = RunMachine.of([CLOUD]);
    machine.steering.pause(true);
    act(machine, asks('Pause'));
    expect(act(machine, asks('Resume'))).toBe('spec.strategy.paused still holds it');
    expect(decided(machine, 11)).toEqual([]);
    machine.steering.pause(false);
    expect(decided(machine, 12)).toEqual(['begin cloud']);
  });

  it('keeps the pause of the run that it supersedes', () => {
    const machine = RunMachine.of([CLOUD]);
    machine.steering.keepHold({ by: 'alice', at: at(1) });
    expect([decided(machine, 2), act(machine, asks('Resume')), decided(machine, 3)]).toEqual([
      [],
      'It goes on',
      ['begin cloud'],
    ]);
  });
});

describe('An approval', () => {
  it('is needed of as many different people as the gate says', () => {
    const machine = atTheGate({ required: 2, reason: 'shop floor' });
    expect(standingOf(machine, { version: 'v2' }, at(6))).toMatchObject({
      phase: 'WaitingForApproval',
      message: 'v2: before the fog, the gate approval waits for approvals of 2 different people (shop floor)',
    });
    expect(act(machine, asks('Approve'))).toContain('approved so far by alice');
    expect(act(machine, asks('Approve'))).toBe('refused: The gate approval before the fog: alice has approved already');
    expect(decided(machine, 11)).toEqual([]);
    expect(act(machine, asks('Approve', { by: 'bob' }))).toContain('is open: approved by alice, bob');
    expect(decided(machine, 12)).toEqual(['begin fog']);
    expect(standingOf(machine, { version: 'v2' }, at(12))).toMatchObject({
      phase: 'Progressing',
      gates: [{ state: 'Open', message: 'approved by alice, bob', decisions: [{ by: 'alice' }, { by: 'bob' }] }],
    });
  });

  it('that was given before the gate was come to is refused: it was about something else', () => {
    const machine = atTheGate();
    expect(act(machine, asks('Approve', { at: at(4) }))).toContain(`before the gate was come to, at ${at(5)}`);
    expect(act(machine, asks('Approve', { at: at(5) }))).toContain('is open');
  });

  it('that is refused fails the run, and names who refused it', () => {
    const machine = atTheGate();
    act(machine, asks('Reject', { by: 'bob', reason: 'not today' }));
    expect([decided(machine, 11), machine.done, machine.failedAtGate]).toEqual([[], true, true]);
    expect(machine.failure).toEqual({
      site: 'fog',
      layer: 'fog',
      reason: 'Rejected',
      message: 'fog: the gate approval before it: rejected by bob: not today',
    });
  });

  it.each([
    [14.999, 'WaitingForApproval'],
    [15, 'Paused'],
  ])('is waited for until exactly the second that the gate says: after %d s it is %s', (second, phase) => {
    const machine = atTheGate({ expiresAfterSeconds: 10 });
    const now = new Date(Date.parse(at(0)) + second * 1000).toISOString();
    expect(machine.until(at(6))).toBe(at(15));
    expect(standingOf(machine, { version: 'v2' }, now).phase).toBe(phase);
  });

  it('that nobody gave in time holds the run until a person lets it wait anew', () => {
    const machine = atTheGate({ expiresAfterSeconds: 10, required: 2 });
    act(machine, asks('Approve'), 14);
    expect([decided(machine, 15), machine.done, machine.until(at(15))]).toEqual([[], false, undefined]);
    expect(act(machine, asks('Resume', { by: 'bob' }), 20)).toBe('It goes on');
    expect(machine.until(at(20))).toBe(at(30));
    act(machine, asks('Approve', { by: 'bob', at: at(21) }), 21);
    expect(decided(machine, 22)).toEqual(['begin fog']);
  });

  it('that nobody gave in time fails the run where the gate says so', () => {
    const machine = atTheGate({ expiresAfterSeconds: 10, onExpire: 'Fail' });
    expect([decided(machine, 15), machine.done]).toEqual([[], true]);
    expect(machine.failure?.message).toBe('fog: the gate approval before it: waited 10 s for an approval in vain');
  });

  it('that names the layer ends nothing else that is waited for there', () => {
    const machine = atTheGate({ required: 2 });
    expect(act(machine, asks('Approve', { layer: 'fog' }))).toContain('approved so far by alice');
    expect(decided(machine, 11)).toEqual([]);
  });

  it('with the name of a layer opens one gate of it, and leaves the others', () => {
    const gates = [
      { name: 'shop', approval: {} },
      { name: 'till', approval: {} },
    ];
    const machine = RunMachine.of([{ ...BEFORE_FOG, gates }, FOG]);
    machine.decide(at(0));
    expect(act(machine, asks('Approve', { layer: 'fog', gate: 'shop' }))).toContain(
      'The gate shop before the fog is open',
    );
    expect([decided(machine, 11), machine.turns.length]).toEqual([[], 1]);
  });

  it('of several gates says which', () => {
    const two: Step = {
      kind: 'gate',
      layer: 'fog',
      at: 'before',
      gates: [{ name: 'shop', approval: {} }, { approval: {} }],
    };
    const machine = RunMachine.of([two, FOG]);
    machine.decide(at(0));
    const both = 'shop before the fog, approval-2 before the fog';
    expect(act(machine, asks('Approve'))).toBe(
      `refused: Several gates wait: ${both}; say which by layer, wave and gate`,
    );
    expect(act(machine, asks('Approve', { gate: 'till' }))).toBe(
      `refused: No such gate waits now; there waits ${both}`,
    );
    expect(act(machine, asks('Approve', { layer: 'edge', gate: 'shop' }))).toBe(
      `refused: No such gate waits now; there waits ${both}`,
    );
    expect(act(machine, asks('Approve', { gate: 'shop' }))).toContain('The gate shop before the fog is open');
    expect(act(machine, asks('Approve', { layer: 'fog' }))).toContain('The gate approval-2 before the fog is open');
  });
});

describe('An approval of a plan', () => {
  const [PLAN, OTHER] = ['1'.repeat(32), '2'.repeat(32)];
  const ofPlan = (plan: string) => ({ ...UNDER_WAY, plan: () => plan });

  it('counts where that is under way', () => {
    const machine = atTheGate();
    expect(act(machine, asks('Approve', { plan: PLAN }), 10, ofPlan(PLAN))).toContain('is open: approved by alice');
    expect(decided(machine, 11)).toEqual(['begin fog']);
    expect(machine.steering.log).toMatchObject([{ action: 'Approve', plan: PLAN }]);
  });

  it('is refused where another is, and both are named', () => {
    const machine = atTheGate();
    expect(act(machine, asks('Approve', { plan: OTHER }), 10, ofPlan(PLAN))).toBe(
      `refused: It is about the plan ${OTHER}, and what is under way has the plan ${PLAN}; plan it again`,
    );
    expect(decided(machine, 11)).toEqual([]);
  });

  it.each([
    ['no more when another is', OTHER, []],
    ['also when only what is no part of the plan changes', PLAN, ['begin fog']],
  ])('given before the run is adjusted counts %s', (_, later, begins) => {
    const machine = atTheGate({ required: 2 });
    act(machine, asks('Approve', { plan: PLAN }), 10, ofPlan(PLAN));
    machine.adjust([CLOUD, gate({ required: 2 }), FOG], at(11), () => later);
    const resumed = new RunMachine(machine.toJSON());
    act(resumed, asks('Approve', { by: 'bob' }), 12, ofPlan(later));
    expect(decided(resumed, 13)).toEqual(begins);
    expect(act(resumed, asks('Approve', { plan: later }), 14, ofPlan(later))).toContain(
      begins.length ? 'Nothing' : 'is open',
    );
  });

  it('is not what one without a plan is: that counts for whatever is given', () => {
    const machine = atTheGate({ required: 2 });
    act(machine, asks('Approve'), 10, ofPlan(PLAN));
    machine.adjust([CLOUD, gate({ required: 2 }), FOG], at(11), () => OTHER);
    act(machine, asks('Approve', { by: 'bob' }), 12, ofPlan(OTHER));
    expect(decided(machine, 13)).toEqual(['begin fog']);
  });

  it('leaves a gate open that it has opened', () => {
    const machine = atTheGate();
    act(machine, asks('Approve', { plan: PLAN }), 10, ofPlan(PLAN));
    machine.adjust([CLOUD, gate({}), FOG], at(11), () => OTHER);
    expect(decided(machine, 11)).toEqual(['begin fog']);
  });
});

describe('Gates that change while a run waits', () => {
  it('keep what was decided about those of their name', () => {
    const machine = atTheGate({ required: 2 });
    act(machine, asks('Approve'));
    machine.adjust([CLOUD, gate({ required: 1 }), FOG], at(12));
    expect(decided(machine, 12)).toEqual(['begin fog']);
  });

  it('are waited for no more where they were passed', () => {
    const machine = atTheGate();
    act(machine, asks('Approve'));
    expect(decided(machine, 11)).toEqual(['begin fog']);
    machine.adjust([CLOUD, gate({ required: 2 }), FOG], at(12));
    expect(standingOf(machine, { version: 'v2' }, at(12))).toMatchObject({
      phase: 'Progressing',
      gates: [{ state: 'Open', message: 'approved by alice' }],
    });
  });

  it('ask nobody while people hold the run', () => {
    const machine = atTheGate();
    act(machine, asks('Pause'));
    const board = { name: 'board', http: { url: 'https://board.example' } };
    machine.adjust([CLOUD, { ...BEFORE_FOG, gates: [board] }, FOG], at(11));
    expect([decided(machine, 11), machine.askings]).toEqual([[], []]);
    act(machine, asks('Resume'));
    expect([decided(machine, 12), machine.askings.map(({ name }) => name)]).toEqual([[], ['board']]);
  });

  it('hold it no longer when they are taken away', () => {
    const machine = atTheGate();
    machine.adjust([CLOUD, FOG], at(12));
    expect(decided(machine, 12)).toEqual(['begin fog']);
  });

  it('are waited for where their step is still to come, and not before one that has begun', () => {
    const machine = RunMachine.of([CLOUD, FOG]);
    machine.decide(at(0));
    const before: Step = { kind: 'gate', layer: 'cloud', at: 'before', gates: [{ approval: {} }] };
    machine.adjust([before, CLOUD, gate({}), FOG], at(1));
    machine.ended(0);
    expect([decided(machine, 2), machine.steps.map(({ kind }) => kind)]).toEqual([[], ['stage', 'gate', 'stage']]);
    act(machine, asks('Approve'));
    expect(decided(machine, 11)).toEqual(['begin fog']);
  });
});
