import { workflowBundle } from '../../workers/bundle.ts';
import { createHubWorker } from '../../workers/worker.ts';
import { keepRunning } from '../temporal.ts';
import type { Role, RoleContext } from './role.ts';

/** The hub's queue: workflows, hub activities, and the sites the hub can reach. */
export const workerRole: Role = {
  name: 'worker',
  async start(context: RoleContext): Promise<Promise<void>> {
    const { hub, log, signal, config } = context;
    const deployments = hub.deployments();
    const bundling = workflowBundle(config.workflowBundle);
    context.waitFor('worker', 'starting');
    const [temporal, bundle] = await Promise.all([context.temporal(), bundling]);
    return keepRunning(
      async () => {
        const worker = await createHubWorker({
          ...temporal,
          bundle,
          client: hub.client,
          clusters: () => ({ client: hub.client, deployments }),
        });
        const stop = () => worker.shutdown();
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) return;
        try {
          const running = worker.run();
          context.waitFor('worker', undefined);
          await running;
        } finally {
          context.waitFor('worker', 'stopped');
          signal.removeEventListener('abort', stop);
        }
      },
      { log, signal },
    );
  },
};
