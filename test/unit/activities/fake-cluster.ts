import { KubeError } from '../../../kube/errors.ts';
import type { Handlers } from '../../../kube/informer.ts';
import { type KubeObject, NAMESPACES, SERVICES } from '../../../kube/resources.ts';
import { FIELD_MANAGER } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import type { ObservableCluster } from '../../../observed/cluster.ts';
import { type LiveDeployment, type LiveService, NAMESPACE_INDEX, namespaceIndex } from '../../../observed/releases.ts';
import { content, owner, revision } from '../model/builders.ts';
import { Shelf } from '../watcher/shelf.ts';

/** A cluster that is what a test makes of it. */
export class FakeCluster {
  readonly shelf = new Shelf<LiveDeployment>({ [NAMESPACE_INDEX]: namespaceIndex });
  readonly services = new Shelf<LiveService>();
  readonly closed = Promise.withResolvers<void>();
  hasSynced = true;
  /** May be false where the watch of Services is refused. */
  hasServices = true;
  /** What the cluster itself has, whatever is watched. */
  readonly reallyThere = new Map<string, LiveService | undefined>();
  silentSince: number | undefined;
  /** For how long its watches have been cut off, in ms. */
  cutOffMs = 0;
  /** What a request is answered. */
  fault: Error | undefined;
  /** Besides the one that asks which cluster it is. */
  requests = 0;
  /** Which cluster it is, or why it does not say so. */
  uid: string | Error = new KubeError({
    request: 'GET namespaces kube-system',
    code: 403,
    status: { reason: 'Forbidden' },
  });
  /** How often it was asked that. */
  identified = 0;
  #version = 0;

  put(
    namespace: string,
    wishes: { taken?: boolean; version?: string; service?: 'taken' | 'none'; name?: string } = {},
  ): void {
    const { taken = false, version = 'v1', name = 'web' } = wishes;
    const site = { name: namespace, layer: 'edge', namespace, cluster: 'm', queue: 'north' } as const;
    const { deployment, service } = renderRelease({
      ...{ owner: { ...owner, name }, site, content, hash: `hash-${version}`, progressDeadlineSeconds: 600 },
      revision: { ...revision, version },
      hash: `hash-${version}`,
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
      contact: {
        get cutOffMs() {
          return self.cutOffMs;
        },
      },
      get: (namespace: string, name: string) => shelf.get(namespace, name),
      list: () => shelf.list(),
      byIndex: (index: string, value: string) => shelf.byIndex(index, value),
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
      async find(type: unknown, { namespace = '', name = '' }: Record<string, string>) {
        if (type === NAMESPACES) {
          self.identified++;
          if (typeof self.uid !== 'string') throw self.uid;
          return { metadata: { name, uid: self.uid } };
        }
        self.requests++;
        if (self.fault) throw self.fault;
        const key = `${namespace}/${name}`;
        if (self.reallyThere.has(key)) return self.reallyThere.get(key);
        return (type === SERVICES ? self.services : self.shelf).get(namespace, name);
      },
    };
    return { client, deployments, services: () => services } as unknown as ObservableCluster;
  }
}
