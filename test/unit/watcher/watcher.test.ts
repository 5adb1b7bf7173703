import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FINALIZER } from '../../../model/names.ts';
import { grpcError, UNREACHABLE, WatchWorld } from './watch-world.ts';

const MINUTE = 60_000;
const UNAVAILABLE = { Ready: 'False TemporalUnavailable', Reconciling: 'True TemporalUnavailable' };
const FAILING = {
  kind: 'open',
  runId: 'run',
  trouble: { kind: 'failing', cause: 'TMPRL1100 nondeterminism' },
} as const;
let world: WatchWorld;
beforeEach(() => {
  world = new WatchWorld();
});
afterEach(async () => await world.stop());

describe('What is new', () => {
  it('is all begun at once, however much it is', async () => {
    await world.start();
    for (let at = 0; at < 300; at++) world.fresh(`burst-${at}`);
    await world.pass(0);
    expect(world.sent).toHaveLength(300);
  });

  it('goes through so many at a time as are configured, each until it ends, and what stands still holds nobody up', async () => {
    world.begunAtOnce = 10;
    await world.start();
    for (let at = 0; at < 30; at++) world.fresh(`burst-${at}`);
    await world.pass(0);
    expect(world.sent).toHaveLength(10);
    for (let at = 0; at < 5; at++) world.settled(`burst-${at}`);
    await world.pass(0);
    expect(world.sent).toHaveLength(15);
    await world.passSlowly(8_000);
    expect(world.sent).toHaveLength(30);
  });

  it('is told to report seldom where others wait for its place', async () => {
    world.begunAtOnce = 2;
    await world.start();
    world.fresh('first');
    await world.pass(0);
    for (const name of ['second', 'third']) world.fresh(name);
    await world.pass(0);
    world.settled('first');
    await world.pass(0);
    expect(world.signals).toEqual(['change first', 'change second of many', 'change third']);
  });

  it('of what has a run, and a removal, needs no room', async () => {
    world.begunAtOnce = 1;
    await world.start();
    world.fresh('first');
    world.open('web');
    await world.pass(0);
    world.put('web', world.rollout('web').status!, { generation: 5 });
    world.settled('old');
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    world.put('old', world.rollout('old').status!, { deletionTimestamp, finalizers: [FINALIZER] });
    await world.pass(0);
    expect(world.signals.toSorted()).toEqual(['change first', 'change web', 'remove old']);
  });

  it('says what it waits for when Temporal is away, also where it has no room', async () => {
    world.begunAtOnce = 1;
    world.refusal = UNREACHABLE;
    await world.start();
    for (let at = 0; at < 30; at++) world.fresh(`burst-${at}`);
    await world.passSlowly(30_000);
    expect(world.conditions('burst-29')).toEqual(UNAVAILABLE);
  });

  it('does not wait behind 300 runs that are open when a watcher takes over', async () => {
    for (let at = 0; at < 300; at++) world.open(`long-${at}`);
    await world.start();
    world.fresh('fresh');
    await world.pass(0);
    expect(world.signals).toEqual(['change fresh']);
  });

  it('is not begun again because another watcher takes over: its run is looked at once', async () => {
    for (let at = 0; at < 50; at++) world.open(`long-${at}`);
    await world.start();
    await world.pass(2_000);
    expect([world.looked.length, world.signals]).toEqual([50, []]);
  });

  it('is told to the one run after the other: a change never overtakes a newer one', async () => {
    const gate = Promise.withResolvers<void>();
    world.hold = gate.promise;
    await world.start();
    world.fresh('web');
    await world.pass(0);
    world.put('web', { observedGeneration: -1, phase: 'Pending' }, { generation: 5 });
    await world.pass(0);
    gate.resolve();
    await world.pass(0);
    expect(world.signals).toEqual(['change web', 'change web']);
  });
});

describe('A run', () => {
  it('that says nothing for long is asked for ever more rarely, and begun no second time', async () => {
    await world.start();
    world.open('web');
    await world.pass(0);
    const counts: number[] = [];
    for (let minute = 0; minute < 30; minute++) {
      await world.passSlowly(MINUTE);
      counts.push(world.looked.length);
    }
    expect(counts.at(-1)).toBeLessThanOrEqual(12);
    expect(counts.at(-1)! - counts.at(-11)!).toBe(2); // two in ten minutes
    expect(world.signals).toEqual([]);
  });

  it('that has not taken a change up is told again after ten minutes, also when timers fire early', async () => {
    await world.start();
    world.fresh('web');
    for (let passed = 0; passed < 25 * MINUTE; passed += 999) {
      await world.clock.advance(999);
      await world.pass(0);
      // Whatever touches it makes it be looked at early.
      world.put('web', { observedGeneration: -1, phase: 'Pending' });
    }
    expect(world.signals).toEqual(['change web', 'change web', 'change web']);
  });

  it.each(['missing', 'ended'] as const)('that is %s is begun anew within seconds of its look', async (kind) => {
    world.open('web');
    world.state = () => ({ kind, runId: 'run' });
    await world.start();
    await world.passSlowly(3_000);
    expect(world.signals).toEqual(['change web']);
    expect(world.warned).toEqual(['The run of a rollout is gone; begun again']);
  });

  it('that has ended, and whose last report comes a moment later, is not begun anew', async () => {
    world.open('web');
    world.state = () => ({ kind: 'ended', runId: 'run' });
    await world.start();
    await world.pass(100);
    world.settled('web');
    await world.passSlowly(MINUTE);
    expect(world.signals).toEqual([]);
  });

  it('that is gone each time it was begun is begun ever more rarely, and that is logged once', async () => {
    world.open('web');
    world.state = () => ({ kind: 'missing' });
    await world.start();
    await world.passSlowly(20 * MINUTE);
    expect(world.sent.length).toBeGreaterThan(3);
    expect(world.sent.length).toBeLessThan(14);
    expect(world.warned).toHaveLength(1);
  });

  it('of a repair that is gone is begun anew too', async () => {
    world.settled('web');
    const { status } = world.rollout('web');
    world.put('web', { ...status!, phase: 'Progressing' });
    world.state = () => ({ kind: 'missing' });
    await world.start();
    await world.passSlowly(1_000);
    expect(world.signals).toEqual(['repair web']);
  });

  it('of a repair that ends while it is asked for is begun no second time', async () => {
    world.settled('web');
    const { status } = world.rollout('web');
    world.put('web', { ...status!, phase: 'Progressing' });
    world.state = () => {
      world.put('web', status!);
      return { kind: 'missing' };
    };
    await world.start();
    await world.passSlowly(5_000);
    expect(world.signals).toEqual([]);
  });

  it('of releases whose object is gone is begun anew while they are there', async () => {
    world.orphanOf = { namespace: 'shop', name: 'web', uid: 'uid-web', created: '' };
    world.settled('web');
    await world.start();
    world.remove('web');
    await world.pass(4_999);
    expect(world.signals).toEqual([]);
    await world.passSlowly(2_000);
    expect(world.signals).toEqual(['remove web']);
    world.state = () => ({ kind: 'missing' });
    await world.passSlowly(5 * MINUTE);
    expect(world.sent.length).toBeGreaterThan(1);
    expect(world.sent.length).toBeLessThan(9);
  });
});

describe('A run whose workflow task fails again and again', () => {
  beforeEach(async () => {
    world.state = () => FAILING;
    await world.start();
    world.fresh('web');
    await world.pass(500);
    world.open('web');
    await world.passSlowly(20_000);
  });

  it('makes the object Stalled, with the cause, once nothing was heard of it for half a minute', async () => {
    expect(world.conditions('web')).toEqual({});
    await world.passSlowly(15_000);
    expect(world.conditions('web')).toEqual({ Ready: 'False WorkflowTaskFailed', Stalled: 'True WorkflowTaskFailed' });
    expect(world.message('web')).toContain('TMPRL1100 nondeterminism');
    expect(world.message('web')).toContain('terminate the run');
    await world.passSlowly(10 * MINUTE);
    expect(world.written).toHaveLength(1);
  });

  it('takes that back when it goes on', async () => {
    await world.passSlowly(MINUTE);
    world.state = () => ({ kind: 'open', runId: 'run' });
    await world.passSlowly(MINUTE);
    expect(world.conditions('web')).toEqual({ Ready: 'False Progressing', Reconciling: 'True Progressing' });
  });

  it('takes that back only when it was looked at, where another watcher takes over', async () => {
    await world.passSlowly(MINUTE);
    await world.takeOver();
    await world.passSlowly(5 * MINUTE);
    expect(world.written).toHaveLength(1);
  });

  it('is looked at with the shards on record, first of all where it was in trouble', async () => {
    const { namespace } = world.rollout('web').metadata;
    const shard = `fogrollout/${namespace}/web/edge/0`;
    world.putShard('web', { layer: 'edge', index: 0 });
    await world.passSlowly(MINUTE);
    expect(world.below.at(-1)).toEqual([shard]);
    const before = world.below.length;
    await world.takeOver();
    await world.passSlowly(MINUTE);
    expect(world.below[before]).toEqual([shard]);
  });

  it('says so too when no worker takes it up', async () => {
    world.state = () => ({ kind: 'open', runId: 'run', trouble: { kind: 'waiting' } });
    await world.passSlowly(MINUTE);
    expect(world.conditions('web')).toEqual({ Ready: 'False NoWorker', Reconciling: 'True NoWorker' });
  });
});

describe('A Temporal that takes nothing', () => {
  it.each<[string, Error, string]>([
    ['that cannot be reached', UNREACHABLE, 'Temporal at temporal:7233 cannot be reached: tcp connect error'],
    ['that hangs', grpcError(4, 'Timeout expired'), 'does not answer in time'],
    ['that lets nobody in', grpcError(7, 'Request unauthorized.'), 'does not let us in: Request unauthorized'],
    [
      'that does not know the namespace',
      grpcError(5, 'Namespace default is not found.'),
      'does not have the namespace',
    ],
    ['that has too much to do', grpcError(8, 'namespace rate limit exceeded'), 'has too much to do'],
  ])('%s is said on the object after five seconds, once', async (_, refusal, words) => {
    world.refusal = refusal;
    await world.start();
    world.fresh('web');
    world.settled('other');
    await world.passSlowly(4_000);
    expect(world.written).toEqual([]);
    await world.passSlowly(4_000);
    expect(world.conditions('web')).toEqual(UNAVAILABLE);
    expect(world.message('web')).toContain(words);
    await world.passSlowly(10 * MINUTE);
    expect(world.written).toHaveLength(1);
    expect(world.warned.filter((line) => line.startsWith('Could not hand'))).toHaveLength(1);
    expect(world.conditions('other')).toEqual({ Ready: 'True Succeeded' });
  });

  it('and does not even answer is said on the object after five seconds', async () => {
    const answer = Promise.withResolvers<void>();
    world.hold = answer.promise;
    await world.start();
    world.fresh('web');
    await world.passSlowly(6_000);
    expect(world.conditions('web')).toEqual(UNAVAILABLE);
    expect(world.message('web')).toBe('Temporal at temporal:7233 has not answered yet');
    answer.resolve();
  });

  it('for ever other reasons is said once in half a minute', async () => {
    world.refusal = UNREACHABLE;
    await world.start();
    world.fresh('web');
    for (let second = 0; second < 120; second++) {
      world.refusal = grpcError(14, `reason ${second}`);
      await world.passSlowly(1_000);
    }
    expect(world.written.length).toBeGreaterThan(2);
    expect(world.written.length).toBeLessThan(7);
  });

  it('keeps the credential that a server quotes to itself', async () => {
    world.refusal = grpcError(16, 'invalid token eyJhbGciOiJIUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3ODkw.SflKxwRJ');
    await world.start();
    world.fresh('web');
    await world.passSlowly(7_000);
    expect(world.message('web')).toContain('invalid token …');
    expect(world.message('web')).not.toContain('eyJ');
  });

  it('gets the change within seconds when it takes something again, and the object says so', async () => {
    world.refusal = UNREACHABLE;
    await world.start();
    world.fresh('web');
    await world.passSlowly(10 * MINUTE);
    world.refusal = undefined;
    await world.passSlowly(6_000);
    expect(world.signals).toEqual(['change web']);
    await world.passSlowly(6_000);
    expect(world.conditions('web')).toEqual({ Ready: 'False Progressing', Reconciling: 'True Progressing' });
  });

  it('because of what one object gives it holds up no other', async () => {
    await world.start();
    world.refusal = grpcError(3, 'BadSignalInput: blob size exceeds limit');
    world.fresh('huge');
    await world.passSlowly(7_000);
    expect(world.conditions('huge')).toEqual({ Ready: 'False SignalRefused', Reconciling: 'True SignalRefused' });
    world.refusal = undefined;
    world.fresh('web');
    await world.pass(0);
    expect(world.signals).toEqual(['change web']);
  });

  it('is said on the object too when a repair of it waits, and taken back after', async () => {
    world.settled('web');
    world.refusal = UNREACHABLE;
    world.drift = [{ layer: 'fog', generation: 4, drift: 'the Deployment is missing' }];
    await world.start();
    await world.passSlowly(10_000);
    expect(world.conditions('web')).toEqual(UNAVAILABLE);
    world.refusal = undefined;
    await world.passSlowly(5_000);
    world.drift = [];
    await world.passSlowly(MINUTE);
    expect([new Set(world.signals), world.conditions('web')]).toEqual([
      new Set(['repair web']),
      { Ready: 'True Succeeded' },
    ]);
  });
});

describe('A Temporal that goes away', () => {
  it('is said on the objects whose runs wait for it, and taken back when it is back', async () => {
    await world.start();
    world.open('web');
    world.settled('other');
    await world.pass(0);
    world.refusal = UNREACHABLE;
    await world.passSlowly(20_000);
    expect(world.conditions('web')).toEqual(UNAVAILABLE);
    world.refusal = undefined;
    await world.passSlowly(7_000);
    expect(world.conditions('web')).toEqual({ Ready: 'False Progressing', Reconciling: 'True Progressing' });
    expect([world.signals, world.conditions('other')]).toEqual([[], { Ready: 'True Succeeded' }]);
  });

  it('and comes back empty gets what was under way again within seconds, though nobody noticed it go', async () => {
    await world.start();
    for (let at = 0; at < 100; at++) world.open(`web-${at}`);
    await world.passSlowly(10_000);
    world.database = 'second';
    world.state = () => ({ kind: 'missing' });
    await world.passSlowly(7_000);
    expect(new Set(world.signals).size).toBe(100);
    expect(world.sent).toHaveLength(100);
  });

  it('is not thought away because it does not let us ask which it is', async () => {
    await world.start();
    world.open('web');
    await world.pass(1_000);
    world.refusal = grpcError(7, 'Request unauthorized.');
    await world.passSlowly(MINUTE);
    expect(world.conditions('web')).toEqual({});
  });

  it('is not asked for anything while nothing is under way', async () => {
    for (let at = 0; at < 20; at++) world.settled(`web-${at}`);
    await world.start();
    await world.passSlowly(10 * MINUTE);
    expect([world.pulses, world.looked, world.sent, world.written]).toEqual([0, [], [], []]);
  });
});

describe('What a settled rollout needs again and again', () => {
  it.each<[string, () => void, string, Record<string, string>]>([
    [
      'the removal of an earlier object’s releases',
      () => {
        world.former = { namespace: 'shop', name: 'web', uid: 'uid-0', created: '' };
      },
      'remove web',
      { Ready: 'True LeftoverRemains' },
    ],
    [
      'a repair',
      () => {
        world.drift = [{ layer: 'fog', generation: 4, drift: 'spec.replicas was changed' }];
      },
      'repair web',
      { Ready: 'False RepairNotEffective' },
    ],
  ])('%s, is tried ever more rarely, said once, and taken back', async (_, make, signal, said) => {
    world.settled('web');
    make();
    await world.start();
    await world.passSlowly(25_000);
    expect(world.sent.length).toBeLessThanOrEqual(4); // and not one run after the other
    expect(new Set(world.signals)).toEqual(new Set([signal]));
    expect(world.conditions('web')).toEqual(said);
    await world.passSlowly(30 * MINUTE);
    expect(world.sent.length).toBeLessThanOrEqual(15);
    expect([world.warned.length, world.written.length]).toEqual([1, 1]);
    world.former = undefined;
    world.drift = [];
    await world.passSlowly(6 * MINUTE);
    expect(world.conditions('web')).toEqual({ Ready: 'True Succeeded' });
  });

  it('is a repair also beside leftovers that stay', async () => {
    world.settled('web');
    world.former = { namespace: 'shop', name: 'web', uid: 'uid-0', created: '' };
    world.drift = [{ layer: 'fog', generation: 4, drift: 'the Deployment is missing' }];
    await world.start();
    await world.passSlowly(10_000);
    expect(new Set(world.signals)).toEqual(new Set(['remove web', 'repair web']));
  });
});
