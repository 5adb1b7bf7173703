import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { ProcessContext } from './roles/role.ts';

/**
 * Runs a worker until the process stops; one whose polls failed for good is followed by a fresh one. Ends when what the
 * last was doing has stopped.
 */
export async function keepWorking(
  create: () => Promise<Worker>,
  { log, signal, readiness }: Pick<ProcessContext, 'log' | 'signal' | 'readiness'>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work(await create(), { signal, readiness });
    } catch (err) {
      if (signal.aborted) return;
      log.error({ err }, 'The worker stopped; starting another');
      await delay(1_000, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function work(
  worker: Worker,
  { signal, readiness }: Pick<ProcessContext, 'signal' | 'readiness'>,
): Promise<void> {
  // One that has failed, or is stopping, throws when it is told to.
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // A worker that was made while the stop came is run all the same: it holds pollers, which only a run gives back.
  const running = worker.run();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  else readiness.waitFor('worker', undefined);
  try {
    await running;
  } finally {
    readiness.waitFor('worker', 'stopped');
    signal.removeEventListener('abort', stop);
  }
}
