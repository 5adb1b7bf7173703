import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LeaderElector } from '../../../kube/lease.ts';
import { FakeClock, settle } from './fakeclock.ts';
import { LeaseStore, type Network } from './leasestore.ts';

/** A world with one lease, one clock and several candidates. */
function aWorld() {
  const clock = new FakeClock();
  const store = new LeaseStore(clock);
  const acting = new Set<string>();
  let most = 0;
  const holder = () => store.lease?.spec?.holderIdentity;

  function candidate(identity: string, work: (signal: AbortSignal) => void | Promise<void> = () => {}) {
    const stop = new AbortController();
    const state = { network: 'good' as Network, log: [] as string[] };
    const elector = new LeaderElector({
      client: store.client(() => state.network),
      namespace: 'edge',
      name: 'watcher',
      identity,
      clock,
      random: () => 0,
    });
    const done = elector.run({
      signal: stop.signal,
      onStarted: (signal) => {
        state.log.push('started');
        acting.add(identity);
        most = Math.max(most, acting.size);
        signal.addEventListener('abort', () => acting.delete(identity));
        return work(signal);
      },
      onStopped: () => state.log.push('stopped'),
    });
    return { elector, state, done, stop: () => stop.abort(new Error('enough')) };
  }

  return { clock, store, acting, candidate, holder, most: () => most };
}

/** Work that ends when the test says so, whatever its signal says. */
function stubbornWork() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { work: () => promise, resolve, reject };
}

describe('LeaderElector', () => {
  it('makes the lease and leads', async () => {
    const { clock, store, candidate } = aWorld();
    const a = candidate('a');
    await clock.advance(0);
    expect(store.lease).toMatchObject({
      metadata: { namespace: 'edge', name: 'watcher' },
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        acquireTime: '2026-01-01T00:00:00.000000Z',
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    });
    expect([a.state.log, a.elector.leading, a.elector.holder]).toEqual([['started'], true, 'a']);
    await clock.advance(60_000);
    expect(store.lease?.spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
    });
  });

  it('waits while another leads, and takes over when that one stops', async () => {
    const { clock, store, candidate } = aWorld();
    const a = candidate('a');
    await clock.advance(0);
    const b = candidate('b');
    await clock.advance(60_000);
    expect([b.state.log, b.elector.holder, b.elector.leading]).toEqual([[], 'a', false]);
    a.stop();
    await a.done;
    expect([a.state.log, store.lease?.spec?.holderIdentity]).toEqual([['started', 'stopped'], '']);
    await clock.advance(2000);
    expect([b.state.log, store.lease?.spec]).toMatchObject([['started'], { holderIdentity: 'b', leaseTransitions: 1 }]);
  });

  it('takes over from one that died once its term has passed by the own clock', async () => {
    const { clock, store, candidate } = aWorld();
    store.lease = {
      metadata: { namespace: 'edge', name: 'watcher', resourceVersion: '7' },
      // A clock that is years behind decides nothing.
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 20, renewTime: '2020-01-01T00:00:00.000000Z' },
    };
    const b = candidate('b');
    await clock.advance(19_999);
    expect(b.state.log).toEqual([]);
    await clock.advance(2001);
    expect(b.state.log).toEqual(['started']);
  });

  it.each<Network>(['refused', 'hangs', 'deaf'])(
    'stops acting before another can start when its network is %s',
    async (network) => {
      const { clock, acting, candidate, most } = aWorld();
      const a = candidate('a');
      await clock.advance(4000);
      const b = candidate('b');
      await clock.advance(1000);
      a.state.network = network;
      await clock.advance(10_001);
      expect([a.elector.leading, acting.has('a')]).toEqual([false, false]);
      await clock.advance(20_000);
      expect(b.state.log).toEqual(['started']);
      expect(most()).toBe(1);
    },
  );

  it('survives a short outage without losing the lead', async () => {
    const { clock, candidate } = aWorld();
    const a = candidate('a');
    await clock.advance(4000);
    a.state.network = 'refused';
    await clock.advance(7000);
    a.state.network = 'good';
    await clock.advance(60_000);
    expect(a.state.log).toEqual(['started']);
  });

  it('gives up at once when another holds the lease', async () => {
    const { clock, store, acting, candidate } = aWorld();
    const a = candidate('a');
    await clock.advance(4000);
    store.lease = {
      metadata: { ...store.lease!.metadata, resourceVersion: 'other' },
      spec: { ...store.lease!.spec, holderIdentity: 'usurper' },
    };
    await clock.advance(2000);
    expect([a.state.log, acting.size, a.elector.holder]).toEqual([['started', 'stopped'], 0, 'usurper']);
  });

  it('takes the lease back when somebody deleted it or changed only its labels', async () => {
    const { clock, store, candidate, holder } = aWorld();
    const a = candidate('a');
    await clock.advance(4000);
    store.lease = undefined;
    await clock.advance(2000);
    expect(holder()).toBe('a');
    store.lease = { ...store.lease!, metadata: { ...store.lease!.metadata, resourceVersion: 'labelled' } };
    await clock.advance(30_000);
    expect(a.state.log).toEqual(['started']);
  });

  it('keeps the lease until the work has ended', async () => {
    const { clock, candidate, holder } = aWorld();
    const { work, resolve } = stubbornWork();
    const a = candidate('a', work);
    await clock.advance(0);
    const b = candidate('b');
    a.stop();
    await clock.advance(60_000);
    expect([holder(), a.state.log, b.state.log]).toEqual(['a', ['started'], []]);
    resolve();
    await a.done;
    await clock.advance(2000);
    expect([a.state.log, b.state.log]).toEqual([['started', 'stopped'], ['started']]);
  });

  it('gives the lease back and fails when the work fails', async () => {
    const { clock, candidate, holder } = aWorld();
    const { work, reject } = stubbornWork();
    const a = candidate('a', work);
    await clock.advance(0);
    const failed = expect(a.done).rejects.toThrow('broken');
    reject(new Error('broken'));
    await failed;
    expect([holder(), a.state.log]).toEqual(['', ['started', 'stopped']]);
  });

  it('leaves no timer', async () => {
    const { clock, candidate } = aWorld();
    const [a, b] = [candidate('a'), candidate('b')];
    await clock.advance(5000);
    a.stop();
    b.stop();
    await Promise.all([a.done, b.done]);
    expect(clock.waiting).toBe(0);
  });

  it('refuses terms that would let two lead', () => {
    const client = aWorld().store.client(() => 'good');
    const make = (terms: object) => () =>
      new LeaderElector({ client, namespace: 'a', name: 'b', identity: 'c', ...terms });
    expect(make({ renewDeadlineSeconds: 15 })).toThrow('A lease must last longer than its renew deadline');
    expect(make({ retryPeriodSeconds: 10 })).toThrow('A lease must last longer');
    expect(make({ identity: '' })).toThrow('identity');
  });

  it('never has two leaders act, and has one again when all is well', async () => {
    const network = fc.constantFrom<Network>('good', 'refused', 'hangs', 'deaf', 'slow');
    const step = fc.record({ who: fc.nat(1), network, ms: fc.integer({ min: 0, max: 20_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { clock, acting, candidate, most } = aWorld();
        const candidates = [candidate('a'), candidate('b')];
        for (const { who, network, ms } of steps) {
          candidates[who]!.state.network = network;
          await clock.advance(ms);
        }
        for (const { state } of candidates) state.network = 'good';
        await clock.advance(40_000);
        expect([most(), acting.size]).toEqual([1, 1]);
        for (const { stop } of candidates) stop();
        await settle();
        await Promise.all(candidates.map(({ done }) => done));
      }),
      { numRuns: 60 },
    );
  });
});
