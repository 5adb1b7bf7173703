/**
 * What a file of end-to-end tests has begun, ended in the reverse order when its tests are over. What was recorded is
 * then held against what must never happen, whatever the tests themselves asked.
 */
import { afterAll } from '@jest/globals';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { type StackHandle, type StackInfo, type StackOptions, startStack } from './stack.ts';
import { World, type WorldOptions } from './world.ts';

/** Processes, clusters and worlds that are slow to end. */
const ENDS_WITHIN_MS = 240_000;

/** Call it at the top of the file, once. */
export function e2eFile(): E2eFile {
  const file = new E2eFile();
  afterAll(() => file.end(), ENDS_WITHIN_MS);
  return file;
}

export class E2eFile {
  readonly #ends: (() => unknown)[] = [];
  #isChecked = false;

  /** A stack of the file's own, stopped in the end. */
  async startStack(options?: StackOptions): Promise<StackHandle> {
    const stack = await startStack(options);
    this.atEnd(() => stack.stop());
    return stack;
  }

  /** A world whose rollouts are checked in the end; its product has to end well. Open it in `beforeAll`. */
  world(stack: StackInfo, namespace: string, options?: WorldOptions): World {
    const world = new World(stack, namespace, options);
    this.check(world.recorder);
    this.atEnd(() => world.close());
    return world;
  }

  /** For a file without a world: resolves when everything is recorded from now on, to be checked in the end. */
  async record(kubeconfig: string, options?: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(kubeconfig, options);
    this.check(recorder);
    await recorder.start();
    return recorder;
  }

  /** Has a recording stopped and checked in the end. */
  check(recorder: Pick<Recorder, 'stop' | 'faults'>): void {
    this.#isChecked = true;
    this.atEnd(async () => {
      await recorder.stop();
      const faults = recorder.faults();
      if (faults.length > 0) throw new Error(`What must never happen did:\n${faults.join('\n')}`);
    });
  }

  /** Does that in the end, before what was begun earlier ends; also when a test or another end has failed. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** @throws what an end has thrown, all of them in one when there are more; also when nothing was recorded at all */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (!this.#isChecked) errors.push(new Error('Nothing was recorded, so that nothing could be checked'));
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
  }
}
