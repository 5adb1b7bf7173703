import type { LiveDeployment, LiveService, ObservableCluster } from '../../../activities/clusters.ts';
import type { Handlers } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import { FIELD_MANAGER } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import { content, owner, revision } from '../model/builders.ts';
import { Shelf } from '../watcher/shelf.ts';

/** A cluster that is what a test makes of it. */
export class FakeCluster {
  readonly shelf = new Shelf<LiveDeployment>();
  readonly services = new Shelf<LiveService>();
  readonly closed = Promise.withResolvers<void>();
  hasSynced = true;
  /** May be false where the watch of Services is refused. */
  hasServices = true;
  /** What the cluster itself has, whatever is watched. */
  readonly reallyThere = new Map<string, LiveService>();
  silentSince: number | undefined;
  /** What a request is answered. */
  fault: Error | undefined;
  requests = 0;
  #version = 0;

  put(namespace: string, wishes: { taken?: boolean; version?: string; service?: 'taken' | 'none' } = {}): void {
    const { taken = false, version = 'v1' } = wishes;
    const site = { name: namespace, layer: 'edge', namespace, cluster: 'm', queue: 'north' } as const;
    const { deployment, service } = renderRelease({
      ...{ owner, site, content, progressDeadlineSeconds: 600 },
      revision: { ...revision, version },
      hash: `content of ${version}`,
    });
    Object.assign(deployment.metadata, this.#written(taken), { generation: this.#version });
    this.shelf.put(deployment as unknown as LiveDeployment);
    if (wishes.service === 'none') return;
    Object.assign(service!.metadata, this.#written(wishes.service === 'taken'));
    this.services.put(service as unknown as LiveService);
  }

  /** What the API server says of an object of ours, whose spec somebody else may have taken. */
  #written(taken: boolean) {
    const fieldsV1 = { 'f:metadata': { 'f:labels': {}, 'f:annotations': {} }, ...(!taken && { 'f:spec': {} }) };
    const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 }];
    return { uid: 'uid', resourceVersion: `${++this.#version}`, managedFields };
  }

  /** As activities have it. */
  readonly cluster = this.open();

  private open(): ObservableCluster {
    const self = this;
    const view = <T extends KubeObject>(shelf: Shelf<T>, hasSynced: () => boolean) => ({
      get hasSynced() {
        return hasSynced();
      },
      stopped: this.closed.promise,
      get: (namespace: string, name: string) => shelf.get(namespace, name),
      subscribe: (handlers: Handlers<T>) => shelf.subscribe(handlers),
    });
    const deployments = view(this.shelf, () => this.hasSynced);
    const services = view(this.services, () => this.hasServices);
    const client = {
      connection: {
        get silentSince() {
          return self.silentSince;
        },
      },
      async list() {
        self.requests++;
        if (self.fault) throw self.fault;
      },
      async find(_: unknown, { namespace, name }: Record<string, string>) {
        self.requests++;
        if (self.fault) throw self.fault;
        return self.reallyThere.get(`${namespace}/${name}`);
      },
    };
    return { client, deployments, services: () => services } as unknown as ObservableCluster;
  }
}
