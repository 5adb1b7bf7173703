/** Approvals that are not to be given by whoever last changed spec. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laterAttempt } from '../../../../model/run/attempts.ts';
import { RunMachine, type RunState } from '../../../../model/run/machine.ts';
import { standingOf } from '../../../../model/run/standing.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import type { ApprovalGate, Gate } from '../../../../model/types.ts';
import { aChange } from './messages.ts';
import { aStage } from './runs.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const FOG = aStage('fog');
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'plan' };
const before = (...gates: Gate[]): Step => ({ kind: 'gate', layer: 'fog', at: 'before', gates });
const notAuthor = (more: ApprovalGate = {}): Gate => ({ name: 'shop', approval: { notAuthor: true, ...more } });

/** A run by a change of the author's, which waits before its fog. */
function waiting(author: string | undefined, ...gates: Gate[]): RunMachine {
  const machine = RunMachine.of([before(...gates), FOG]);
  machine.changedBy(author);
  machine.decide(at(0));
  return machine;
}

/** The strategy is another by now, and who says so the author. */
function changed(machine: RunMachine, author: string | undefined, ...gates: Gate[]): void {
  machine.changedBy(author);
  machine.adjust([before(...gates), FOG], at(6));
}

let uids = 0;
function act(machine: RunMachine, by: string, action: ActionRequest['action'] = 'Approve', gate = 'shop'): string {
  const request = { uid: `uid-${uids++}`, action, by, at: at(5), gate };
  const why = machine.refusal(request, UNDER, at(5));
  return why === undefined ? machine.act(request, UNDER, at(5)) : `refused: ${why}`;
}

const begun = (machine: RunMachine) => machine.decide(at(7)).map(({ kind, index }) => `${kind} ${index}`);
const messageOf = (machine: RunMachine) => standingOf(machine, { version: 'v2' }, at(7)).message;

const OWN =
  'refused: The gate shop before the fog: alice last changed spec, and an approval has to come from somebody else (notAuthor)';

describe('An approval that is not to be the author’s', () => {
  it.each<[string, string | undefined, ApprovalGate, string, string]>([
    ['is refused to the author', 'alice', {}, 'alice', OWN],
    ['is taken of another', 'bob', {}, 'alice', 'The gate shop before the fog is open: approved by alice'],
    ['is the author’s to give where the gate does not say so', 'alice', { notAuthor: false }, 'alice', 'is open'],
    [
      'is taken of nobody while no author is recorded',
      undefined,
      {},
      'alice',
      'refused: The gate shop before the fog:',
    ],
  ])('%s', (_, author, more, by, said) => {
    expect(act(waiting(author, notAuthor(more)), by)).toContain(said);
  });

  it('says what to do where nobody is recorded, and waits', () => {
    const machine = waiting(undefined, notAuthor());
    expect(act(machine, 'bob')).toBe(
      'refused: The gate shop before the fog: nobody is recorded as who last changed spec, so no approval counts ' +
        '(notAuthor); apply the admission policies of Fog Rollouts and change spec again; before Kubernetes 1.36, whoever ' +
        'changes it writes their own name into the annotation fog-rollouts.paguos.io/changed-by',
    );
    expect([begun(machine), messageOf(machine)]).toEqual([
      [],
      'v2: before the fog, the gate shop waits for an approval, but nobody is recorded as who last changed spec, so no ' +
        'approval counts',
    ]);
  });

  it('is waited for with the words of who it may not be', () => {
    const machine = waiting('alice', notAuthor({ required: 2, reason: 'shop floor' }));
    act(machine, 'bob');
    expect(messageOf(machine)).toBe(
      'v2: before the fog, the gate shop waits for approvals of 2 different people (shop floor), not by alice, who last ' +
        'changed spec; approved so far by bob',
    );
  });

  it('lets the author reject all the same', () => {
    expect(act(waiting('alice', notAuthor()), 'alice', 'Reject')).toBe(
      'The gate shop before the fog: rejected by alice',
    );
  });

  it('is told apart also after continue-as-new, and after a wave', () => {
    const wave = { at: 0, name: 'canary' };
    const machine = RunMachine.of([{ ...aStage('edge'), waveGates: { 0: [notAuthor()] } }]);
    machine.changedBy('alice');
    machine.decide(at(0));
    const renewed = new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
    expect(renewed.mayFollow(0, wave, at(1))).toBe(false);
    const again = new RunMachine(JSON.parse(JSON.stringify(renewed)) as RunState);
    expect(act(again, 'alice')).toContain('alice last changed spec');
    expect(act(again, 'bob')).toContain('is open: approved by bob');
    expect(again.mayFollow(0, wave, at(6))).toBe(true);
  });
});

describe('Where another changes spec during the run', () => {
  const two = notAuthor({ required: 2 });

  it.each<[string, (machine: RunMachine) => void, string[]]>([
    ['an approval of who is the author by now counts no more', (machine) => changed(machine, 'bob', two), []],
    ['an approval of others stays', (machine) => changed(machine, 'carol', two), ['bob']],
    ['no approval counts where nobody is recorded by now', (machine) => changed(machine, undefined, two), []],
    [
      'an approval that was the author’s to give counts no more where it is not by now',
      (machine) => {
        changed(machine, 'bob', notAuthor({ required: 2, notAuthor: false }));
        changed(machine, 'bob', two);
      },
      [],
    ],
  ])('%s', (_, change, counted) => {
    const machine = waiting('alice', two);
    expect(act(machine, 'bob')).toContain('approved so far by bob');
    change(machine);
    const [gate] = standingOf(machine, { version: 'v2' }, at(7)).gates;
    expect([gate?.state, gate?.decisions?.map(({ by }) => by) ?? []]).toEqual(['Closed', counted]);
  });

  it('who was the author before may approve, and who is by now may again when somebody else changes it', () => {
    const machine = waiting('alice', two);
    act(machine, 'bob');
    changed(machine, 'bob', two);
    expect(act(machine, 'bob')).toContain('bob last changed spec');
    expect(act(machine, 'alice')).toContain('approved so far by alice');
    changed(machine, 'carol', two);
    expect(act(machine, 'bob')).toContain('is open: approved by alice, bob');
    expect(begun(machine)).toEqual(['begin 1']);
  });

  it('a gate that stands open beside one that is waited for closes again', () => {
    const other: Gate = { name: 'till', approval: {} };
    const machine = waiting('alice', notAuthor(), other);
    expect(act(machine, 'bob')).toContain('is open');
    changed(machine, 'bob', notAuthor(), other);
    act(machine, 'carol', 'Approve', 'till');
    expect([begun(machine), act(machine, 'alice'), begun(machine)]).toEqual([
      [],
      'The gate shop before the fog is open: approved by alice',
      ['begin 1'],
    ]);
  });

  it('whatever people do, it opens exactly with the approvals of so many who are not the author', () => {
    const people = ['alice', 'bob', 'carol'];
    const approves = fc.record({ approves: fc.constantFrom(...people) });
    const changes = fc.record({ changes: fc.constantFrom(undefined, ...people) });
    fc.assert(
      fc.property(fc.array(fc.oneof(approves, changes), { maxLength: 12 }), (events) => {
        let machine = waiting('alice', two);
        let author: string | undefined = 'alice';
        const counted = new Set<string>();
        for (const event of events) {
          machine = new RunMachine(JSON.parse(JSON.stringify(machine)) as RunState);
          if ('changes' in event) {
            author = event.changes;
            changed(machine, author, two);
            if (author === undefined) counted.clear();
            else counted.delete(author);
          } else {
            act(machine, event.approves);
            if (author !== undefined && event.approves !== author) counted.add(event.approves);
          }
          const hasBegun = counted.size >= 2;
          expect(begun(machine)).toEqual(hasBegun ? ['begin 1'] : []);
          if (hasBegun) return;
        }
      }),
    );
  });

  it('what has opened stays open', () => {
    const machine = waiting('alice', notAuthor());
    act(machine, 'bob');
    changed(machine, 'bob', notAuthor());
    expect([begun(machine), messageOf(machine)]).toEqual([['begin 1'], 'Rolling out v2']);
  });
});

it('Whoever last changed spec is so of its later attempts too', () => {
  const change = { ...aChange(1, 4), author: 'alice' };
  expect(laterAttempt(change, { to: change.revision }).author).toBe('alice');
});
