import { describe, expect, it } from '@jest/globals';
import type { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { PartsReadiness } from '../../../entry/readiness.ts';
import { keepWorking } from '../../../entry/work.ts';

/** As the SDK's: it can be shut down only while it runs, and its run ends with that. */
class FakeWorker {
  readonly calls: string[] = [];
  #state = 'INITIALIZED';
  readonly #ended = Promise.withResolvers<void>();

  getState(): string {
    return this.#state;
  }

  run(): Promise<void> {
    this.calls.push('run');
    this.#state = 'RUNNING';
    return this.#ended.promise;
  }

  shutdown(): void {
    if (this.#state !== 'RUNNING') throw new Error(`Not running. Current state: ${this.#state}`);
    this.calls.push('shutdown');
    this.#state = 'STOPPED';
    this.#ended.resolve();
  }

  fail(): void {
    this.#state = 'FAILED';
    this.#ended.reject(new Error('The polls failed'));
  }
}

function working() {
  const stop = new AbortController();
  const readiness = new PartsReadiness();
  const workers: FakeWorker[] = [];
  const made = Promise.withResolvers<void>();
  const create = async () => {
    const worker = new FakeWorker();
    workers.push(worker);
    await made.promise;
    return worker as unknown as Worker;
  };
  const ended = keepWorking(create, { log: pino({ level: 'silent' }), signal: stop.signal, readiness });
  return { stop, readiness, workers, made, ended };
}

describe('A worker', () => {
  it('runs until the process stops', async () => {
    const { stop, readiness, workers, made, ended } = working();
    made.resolve();
    await made.promise;
    await new Promise(setImmediate);
    expect([workers[0]!.calls, readiness.ready().ok]).toEqual([['run'], true]);
    stop.abort();
    await ended;
    expect(workers.map(({ calls }) => calls)).toEqual([['run', 'shutdown']]);
    expect(readiness.ready().checks).toEqual({ worker: 'stopped' });
  });

  it('that is made while the process is told to stop is shut down too, and is never ready', async () => {
    const { stop, readiness, workers, made, ended } = working();
    stop.abort();
    made.resolve();
    await ended;
    expect(workers.map(({ calls }) => calls)).toEqual([['run', 'shutdown']]);
    expect(readiness.ready().ok).toBe(false);
  });

  it('whose polls failed as the process is told to stop is not told to again', async () => {
    const { stop, workers, made, ended } = working();
    made.resolve();
    await made.promise;
    await new Promise(setImmediate);
    workers[0]!.fail();
    stop.abort();
    await ended;
    expect(workers.map(({ calls }) => calls)).toEqual([['run']]);
  });
});
