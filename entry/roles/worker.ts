import { createGateOutside } from '../../activities/gates/outside.ts';
import { failureConverterOf } from '../../encryption/data-converter.ts';
import { HUB_CLUSTER } from '../../model/site.ts';
import { workflowBundle } from '../../workers/bundle.ts';
import { hubWorkers } from '../../workers/worker.ts';
import { timeSites } from '../metrics/site-times.ts';
import { joined } from '../payloads.ts';
import { keepWorking } from '../work.ts';
import type { Role, RoleContext } from './role.ts';

/** The hub's queues: workflows, hub activities, and the sites the hub can reach. */
export const workerRole: Role = {
  name: 'worker',
  async run(context: RoleContext): Promise<void> {
    const { hub, config, clusters, tracing } = context;
    const here = { client: hub.client, deployments: hub.deployments() };
    const sites = hub.sites();
    const bundling = workflowBundle(config.workflowBundle, {
      failureConverterPath: failureConverterOf(config.payloadKeys),
      tracing: tracing !== undefined,
    });
    context.readiness.waitFor('worker', 'starting');
    const [temporal, bundle] = await Promise.all([context.temporal(), bundling]);
    const outside = createGateOutside({ allowedHosts: config.gateHosts });
    const workers = hubWorkers({
      ...temporal,
      ...tracing,
      ...context.payloads,
      interceptors: joined(tracing?.interceptors, context.payloads.interceptors),
      bundle,
      slots: config.slots,
      onReady: timeSites(context.metrics),
      client: hub.client,
      sites,
      windows: { cache: hub.windows(), home: config.leaseNamespace },
      outside,
      gateTaskQueues: config.gateTaskQueues,
      clusters: async (name) => (name === HUB_CLUSTER ? here : await clusters(name)),
    });
    await Promise.all(workers.map((create) => keepWorking(create, context))).finally(() => outside.close());
  },
};
