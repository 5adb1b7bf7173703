import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WorkQueue } from '../../../kube/queue.ts';
import { FakeClock, settle } from './fakeclock.ts';

/** A queue whose handlers end when the test says so. */
function aQueue({ workers = 1, maxMs = 1000 } = {}) {
  const clock = new FakeClock();
  const queue = new WorkQueue<string>({ clock, baseMs: 100, maxMs, random: () => 1 });
  const stop = new AbortController();
  const handled: string[] = [];
  const running: { key: string; signal: AbortSignal; end: (error?: unknown) => Promise<void> }[] = [];
  const errors: unknown[][] = [];
  const run = () =>
    queue.run({
      workers,
      signal: stop.signal,
      onError: (...args) => errors.push(args),
      handle: (key, signal) => {
        handled.push(key);
        return new Promise((resolve, reject) => {
          const entry = {
            key,
            signal,
            end: (error?: unknown) => {
              running.splice(running.indexOf(entry), 1);
              if (error) reject(error);
              else resolve();
              return settle();
            },
          };
          running.push(entry);
        });
      },
    });
  return { clock, queue, stop, handled, running, errors, run };
}

describe('WorkQueue', () => {
  it('hands out a key once however often it was added', async () => {
    const { queue, handled, running, run } = aQueue();
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect(queue.length).toBe(2);
    void run();
    await running[0]!.end();
    await running[0]!.end();
    expect(handled).toEqual(['a', 'b']);
  });

  it('says for how long the first in line has waited, and how many are tried again', async () => {
    const { clock, queue, running, run } = aQueue();
    expect(queue.oldestMs).toBe(0);
    queue.add('a');
    await clock.advance(300);
    queue.add('b');
    queue.add('a');
    await clock.advance(200);
    expect(queue.oldestMs).toBe(500);
    void run();
    expect([queue.oldestMs, queue.failing]).toEqual([200, 0]);
    await running[0]!.end(new Error('no'));
    expect([queue.oldestMs, queue.failing]).toEqual([0, 1]);
  });

  it('handles a key once more when it was added while it was handled', async () => {
    const { queue, handled, running, run } = aQueue({ workers: 4 });
    void run();
    queue.add('a');
    queue.add('a');
    queue.add('a');
    expect(handled).toEqual(['a']);
    await running[0]!.end();
    expect(handled).toEqual(['a', 'a']);
    await running[0]!.end();
    expect(handled).toEqual(['a', 'a']);
  });

  it('keeps to its number of workers', () => {
    const { queue, running, run } = aQueue({ workers: 2 });
    void run();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect(running.map(({ key }) => key)).toEqual(['a', 'b']);
    expect([queue.length, queue.active]).toEqual([1, 2]);
  });

  it('tries a failed key again after 100, 200, 400 ms, up to the longest, and from the start after a success', async () => {
    const { clock, queue, running, errors, run } = aQueue({ maxMs: 300 });
    void run();
    queue.add('a');
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      await running[0]!.end(new Error(`no ${i}`));
      delays.push(clock.next);
      await clock.advance(clock.next!);
    }
    expect(delays).toEqual([100, 200, 300, 300]);
    expect(queue.failures('a')).toBe(4);
    expect(errors.map(([key, , failures]) => [key, failures])).toEqual([1, 2, 3, 4].map((n) => ['a', n]));
    await running[0]!.end();
    expect(queue.failures('a')).toBe(0);
    queue.add('a');
    await running[0]!.end(new Error('no'));
    expect(clock.next).toBe(100);
  });

  it('waits as long as the error asks for', async () => {
    const { clock, queue, running, run } = aQueue();
    void run();
    queue.add('a');
    await running[0]!.end(Object.assign(new Error('slow down'), { retryAfterSeconds: 7 }));
    expect(clock.next).toBe(7000);
  });

  it('handles a failed key at once when it is added anew, and drops the retry once it succeeded', async () => {
    const { clock, queue, handled, running, run } = aQueue();
    void run();
    queue.add('a');
    await running[0]!.end(new Error('no'));
    queue.add('a');
    expect(handled).toEqual(['a', 'a']);
    await running[0]!.end();
    expect(clock.waiting).toBe(0);
  });

  it('takes the earliest of several delayed adds', async () => {
    const { clock, queue, handled, running, run } = aQueue();
    void run();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await clock.advance(100);
    expect(handled).toEqual(['a']);
    await running[0]!.end();
    await clock.advance(5000);
    expect(handled).toEqual(['a']);
  });

  it('forgets failures and the retry that waits for them', async () => {
    const { clock, queue, handled, running, run } = aQueue();
    void run();
    queue.add('a');
    await running[0]!.end(new Error('no'));
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
    await clock.advance(5000);
    expect(handled).toEqual(['a']);
  });

  it('survives a handler that throws before its first await, and an onError that throws', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, random: () => 0 });
    let calls = 0;
    void queue.run({
      workers: 1,
      signal: new AbortController().signal,
      handle: () => {
        if (++calls === 1) throw new Error('at once');
        return Promise.resolve();
      },
      onError: () => {
        throw new Error('in onError');
      },
    });
    queue.add('a');
    await clock.advance(100);
    expect(calls).toBe(2);
  });

  it('stops: tells the handlers, waits for them, starts nothing more and leaves no timer', async () => {
    const { clock, queue, stop, handled, running, errors, run } = aQueue();
    let ended = false;
    const done = run().then(() => {
      ended = true;
    });
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 50);
    stop.abort();
    queue.add('d');
    await settle();
    expect([ended, running[0]!.signal.aborted]).toEqual([false, true]);
    await running[0]!.end(new Error('cut short'));
    await done;
    await clock.advance(1000);
    expect([handled, errors, clock.waiting]).toEqual([['a'], [], 0]);
  });

  it('ends at once when there is nothing to wait for', async () => {
    const { stop, run } = aQueue();
    stop.abort();
    await run();
  });

  it('never handles a key twice at a time, and every add is followed by a handling', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('later' as const), key: fc.constantFrom('a', 'b', 'c'), ms: fc.nat(300) }),
      fc.record({ do: fc.constant('end' as const), at: fc.nat(3), fails: fc.boolean() }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.nat(400) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const { clock, queue, stop, handled, running, run } = aQueue({ workers });
        const done = run();
        const owed = new Map<string, number>();
        const count = (key: string) => handled.filter((other) => other === key).length;
        const check = () => {
          const keys = running.map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
          expect(keys.length).toBeLessThanOrEqual(workers);
        };
        for (const given of steps) {
          if (given.do === 'add') {
            owed.set(given.key, count(given.key) + 1);
            queue.add(given.key);
          } else if (given.do === 'later') {
            owed.set(given.key, count(given.key) + 1);
            queue.addAfter(given.key, given.ms);
          } else if (given.do === 'advance') {
            await clock.advance(given.ms);
          } else if (running.length > 0) {
            await running[given.at % running.length]!.end(given.fails ? new Error('no') : undefined);
          }
          check();
        }
        while (running.length > 0 || clock.waiting > 0) {
          if (running.length > 0) await running[0]!.end();
          else await clock.advance(clock.next ?? 0);
          check();
        }
        for (const [key, least] of owed) expect(count(key)).toBeGreaterThanOrEqual(least);
        stop.abort();
        await done;
      }),
      { numRuns: 200 },
    );
  });
});
