import { systemClock } from '../../kube/clock.ts';
import { HUB_CLUSTER } from '../../model/site.ts';
import { workflowBundle } from '../../workers/bundle.ts';
import { createHubWorker } from '../../workers/worker.ts';
import { ClusterRegistry } from '../clusters/registry.ts';
import { kubeconfigsInSecrets } from '../clusters/secret.ts';
import { keepWorking } from '../work.ts';
import type { Role, RoleContext } from './role.ts';

/** The hub's queue: workflows, hub activities, and the sites the hub can reach. */
export const workerRole: Role = {
  name: 'worker',
  async start(context: RoleContext): Promise<Promise<void>> {
    const { hub, config } = context;
    const here = { client: hub.client, deployments: hub.deployments() };
    const find = kubeconfigsInSecrets(hub.client, config.leaseNamespace);
    const others = new ClusterRegistry({ ...context, find, clock: systemClock });
    const bundling = workflowBundle(config.workflowBundle);
    context.readiness.waitFor('worker', 'starting');
    const [temporal, bundle] = await Promise.all([context.temporal(), bundling]);
    const create = () =>
      createHubWorker({
        ...temporal,
        bundle,
        client: hub.client,
        clusters: async (name) => (name === HUB_CLUSTER ? here : await others.cluster(name)),
      });
    return keepWorking(create, context).finally(() => others.close());
  },
};
