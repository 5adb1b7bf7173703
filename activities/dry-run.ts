/** Requests that the API server judges, with all its admission, and does not carry out. */
import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { apiVersionOf, type KubeObject, keyOf, pathOf, type ResourceType, typeName } from '../kube/resources.ts';

const DRY_RUN = 'All';

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
