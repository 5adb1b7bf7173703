/** A kind of object as the API server serves it. `group` is empty for the core group. */
export interface ResourceType {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

/** The part of an object's metadata that this client or its users read. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** Names one object of a type; `namespace` is left out for cluster-scoped types. */
export interface ObjectRef {
  namespace?: string | undefined;
  name: string;
}

export const DEPLOYMENTS = namespaced('apps', 'v1', 'deployments', 'Deployment');
export const REPLICA_SETS = namespaced('apps', 'v1', 'replicasets', 'ReplicaSet');
export const CONTROLLER_REVISIONS = namespaced('apps', 'v1', 'controllerrevisions', 'ControllerRevision');
export const JOBS = namespaced('batch', 'v1', 'jobs', 'Job');
export const CRON_JOBS = namespaced('batch', 'v1', 'cronjobs', 'CronJob');
export const SERVICES = namespaced('', 'v1', 'services', 'Service');
export const CONFIG_MAPS = namespaced('', 'v1', 'configmaps', 'ConfigMap');
export const SECRETS = namespaced('', 'v1', 'secrets', 'Secret');
export const PODS = namespaced('', 'v1', 'pods', 'Pod');
export const EVENTS = namespaced('', 'v1', 'events', 'Event');
export const LEASES = namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const NAMESPACES: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

function namespaced(group: string, version: string, plural: string, kind: string): ResourceType {
  return { group, version, plural, kind, namespaced: true };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `deployments.apps`, or `services` for the core group: how kubectl names a type. */
export function typeName(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** {@link keyOf} of an object. */
export function keyOfObject(object: KubeObject): string {
  return keyOf(object.metadata.namespace, object.metadata.name);
}

/** Drops who wrote which field, often half of an object: for an informer's `transform`. Changes the object given. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  return object;
}

/**
 * The path of an object (with `name`) or of a collection (without). A namespaced type without a namespace
 * is the collection over all namespaces, so a name then needs a namespace too.
 */
export function pathOf(
  type: ResourceType,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const { namespace, name, subresource } = where;
  if (name === '') throw new Error(`The name of a ${type.kind} is empty`);
  if (name !== undefined && type.namespaced && !namespace) {
    throw new Error(`${type.kind} ${name} needs a namespace`);
  }
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource ? `/${subresource}` : ''}`;
}
