/** The activities of a site on a real API server, called as they are: without Temporal and without our processes. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { LiveDeployment } from '../../activities/clusters.ts';
import { createSiteActivities } from '../../activities/site.ts';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig, type RequestInfo } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { DEPLOYMENTS } from '../../kube/resources.ts';
import type { AppliedDeployment, SiteActivities } from '../../model/activities.ts';
import { FIELD_MANAGER, RELEASE_SELECTOR } from '../../model/names.ts';
import { readiness } from '../../model/readiness.ts';
import { eventually } from './eventually.ts';

export class ActivitiesAtSite {
  /** Every request there was, as `apply deployments.apps`, with `lost` where somebody else was faster; lists and watches are left out. */
  readonly requests: string[] = [];
  readonly activities: SiteActivities;
  readonly #deployments: Informer<LiveDeployment>;
  readonly #client: KubeClient;
  readonly #connection: KubeConnection;
  readonly #stop = new AbortController();

  /** @param lingerMs - how long an apply stays */
  constructor(kubeconfig: string, lingerMs = 1) {
    const onRequest = ({ verb, type, code }: RequestInfo) => {
      if (verb !== 'list' && verb !== 'watch') this.requests.push(`${verb} ${type}${code === 409 ? ' lost' : ''}`);
    };
    this.#connection = new KubeConnection(loadKubeConfig({ kubeconfig }), { onRequest });
    const client = new KubeClient(this.#connection, { fieldManager: FIELD_MANAGER });
    const deployments = new Informer<LiveDeployment>({ client, type: DEPLOYMENTS, labelSelector: RELEASE_SELECTOR });
    deployments.start(this.#stop.signal);
    this.#deployments = deployments;
    this.#client = client;
    const activities = createSiteActivities({ clusters: async () => ({ client, deployments }), lingerMs });
    const within = (act: unknown) => (input: unknown) =>
      new MockActivityEnvironment().run(act as never, input as never);
    this.activities = Object.fromEntries(
      Object.entries(activities).map(([name, act]) => [name, within(act)]),
    ) as unknown as SiteActivities;
  }

  /** The Deployment is ready, and the watch has it as it is: nobody but the next writer has anything to write. */
  async settled(namespace: string, name: string): Promise<void> {
    await eventually(`${name} to be settled`, async () => {
      const live = await this.#client.get<LiveDeployment>(DEPLOYMENTS, { namespace, name });
      const { resourceVersion } = this.#deployments.get(namespace, name)?.metadata ?? {};
      const isSeen = resourceVersion === live.metadata.resourceVersion;
      const { state, message } = readiness(live, { ...live.metadata, template: '' } as AppliedDeployment);
      // The last word of its controller.
      const isDone = live.status?.conditions?.some(({ reason }) => reason === 'NewReplicaSetAvailable');
      return isSeen && isDone && state === 'ready' ? true : { not: message };
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#connection.close();
  }
}
