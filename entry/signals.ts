import type { Logger } from 'pino';

/** How long a stop may take, in ms; less than the 30 s Kubernetes gives a pod. */
const STOP_WITHIN_MS = 25_000;

/** A signal that SIGTERM and SIGINT abort. A second one, or a stop that takes too long, ends the process at once. */
export function stopSignal(log: Logger): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('The process is stopping'));
  const asked = (name: string) => {
    if (controller.signal.aborted) process.exit(1);
    log.info({ signal: name }, 'Stopping');
    stop();
    setTimeout(() => {
      log.error({ seconds: STOP_WITHIN_MS / 1000 }, 'Could not stop in time; ending');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
  };
  process.on('SIGTERM', asked);
  process.on('SIGINT', asked);
  return { signal: controller.signal, stop };
}
