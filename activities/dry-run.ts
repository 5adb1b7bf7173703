/** Requests that the API server judges, with all its admission, and does not carry out. */
import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { KubeError } from '../kube/errors.ts';
import { apiVersionOf, type KubeObject, keyOf, pathOf, type ResourceType, typeName } from '../kube/resources.ts';

const DRY_RUN = 'All';

/** An admission webhook with side effects answers every dry run so; the words are the API server's. */
export function takesNoDryRun(error: unknown): boolean {
  return error instanceof KubeError && error.code === 400 && /does not support dry run/.test(error.message);
}

/** Tries something by dry runs before it is done. Where a webhook takes none, nothing is known, and it is done all the same. */
export async function triedFirst<T>(act: () => Promise<T>, untried: T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!takesNoDryRun(error)) throw error;
    return untried;
  }
}

/** A create; fails as that would, with AlreadyExists too, which is asked last. */
export async function dryRunCreate(
  { connection, fieldManager }: KubeClient,
  type: ResourceType,
  object: KubeObject,
  options: CallOptions,
): Promise<void> {
  const { namespace, name } = object.metadata;
  await connection.request(
    {
      ...{ verb: 'create', method: 'POST', type: typeName(type), object: keyOf(namespace, name) },
      path: pathOf(type, { namespace }),
      query: { fieldManager, fieldValidation: 'Strict', dryRun: DRY_RUN },
      body: { ...object, apiVersion: apiVersionOf(type), kind: type.kind },
    },
    options,
  );
}

/** A delete of exactly that object. */
export async function dryRunDelete(
  { connection }: KubeClient,
  type: ResourceType,
  { metadata: { namespace, name, uid, resourceVersion } }: KubeObject,
  options: CallOptions,
): Promise<void> {
  const preconditions = { uid, resourceVersion };
  await connection.request(
    {
      ...{ verb: 'delete', method: 'DELETE', type: typeName(type), object: keyOf(namespace, name) },
      path: pathOf(type, { namespace, name }),
      query: { dryRun: DRY_RUN },
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, dryRun: [DRY_RUN] },
    },
    options,
  );
}

/** A merge patch, which takes lists as they are given, whoever put what into them. */
export async function dryRunMerge(
  { connection, fieldManager }: KubeClient,
  type: ResourceType,
  { metadata: { namespace, name } }: KubeObject,
  body: object,
  options: CallOptions,
): Promise<void> {
  await connection.request(
    {
      ...{ verb: 'patch', method: 'PATCH', type: typeName(type), object: keyOf(namespace, name) },
      path: pathOf(type, { namespace, name }),
      query: { fieldManager, fieldValidation: 'Strict', dryRun: DRY_RUN },
      ...{ body, contentType: 'application/merge-patch+json' },
    },
    options,
  );
}
