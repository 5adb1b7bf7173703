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

export interface E2eFile {
  /** A stack of the file's own, stopped in the end. */
  startStack(options?: StackOptions): Promise<StackHandle>;
  /** A world whose rollouts are checked in the end; its product has to end well. Open it in `beforeAll`. */
  world(stack: StackInfo, namespace: string, options?: WorldOptions): World;
  /** For a file without a world: resolves when everything is recorded from now on, to be checked in the end. */
  record(kubeconfig: string, options?: RecorderOptions): Promise<Recorder>;
  /** Does that too, before what was begun earlier ends; also when a test or another end has failed. */
  atEnd(end: () => unknown): void;
}

/** Call it at the top of the file, once. */
export function e2eFile(): E2eFile {
  const ends: (() => unknown)[] = [];
  let isChecked = false;
  const check = (recorder: Recorder) => {
    isChecked = true;
    ends.push(async () => {
      await recorder.stop();
      const faults = recorder.faults();
      if (faults.length > 0) throw new Error(`What must never happen did:\n${faults.join('\n')}`);
    });
  };
  afterAll(async () => {
    const errors: unknown[] = [];
    for (const end of ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (!isChecked) errors.push(new Error('Nothing was recorded, so that nothing could be checked'));
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new Error(errors.map(String).join('\n'), { cause: errors });
  }, ENDS_WITHIN_MS);
  return {
    async startStack(options) {
      const stack = await startStack(options);
      ends.push(() => stack.stop());
      return stack;
    },
    world(stack, namespace, options) {
      const world = new World(stack, namespace, options);
      check(world.recorder);
      ends.push(() => world.close());
      return world;
    },
    async record(kubeconfig, options) {
      const recorder = new Recorder(kubeconfig, options);
      check(recorder);
      await recorder.start();
      return recorder;
    },
    atEnd: (end) => void ends.push(end),
  };
}
