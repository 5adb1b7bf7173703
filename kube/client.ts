import { type Asked, objectIn, pageIn } from './answers.ts';
import type { ApplyOptions, DeleteOptions, ListOptions, Page, Patch, PatchType, WatchOptions } from './calls.ts';
import type { CallOptions, KubeConnection } from './connection.ts';
import { isNotFound } from './errors.ts';
import { listAll } from './list-all.ts';
import { type KubeRequest, nameOf } from './request.ts';
import {
  apiVersionOf,
  type KubeObject,
  keyOf,
  type ObjectRef,
  pathOf,
  type ResourceType,
  typeName,
} from './resources.ts';
import { eventsOf, type WatchEvent } from './watchevents.ts';

export type * from './calls.ts';
export type { WatchEvent } from './watchevents.ts';

const PATCH_CONTENT: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/**
 * Typed requests to one cluster. Nothing is retried here. Every method throws KubeError when the server refuses,
 * KubeConnectionError when there is no whole answer in time, and the signal's reason when that is aborted.
 */
export class KubeClient {
  readonly connection: KubeConnection;
  /** Under which name the API server records what we write. */
  readonly fieldManager: string;

  constructor(connection: KubeConnection, { fieldManager }: { fieldManager: string }) {
    this.connection = connection;
    this.fieldManager = fieldManager;
  }

  get<T extends KubeObject>(type: ResourceType, ref: ObjectRef, options?: CallOptions): Promise<T> {
    return this.#call<T>(type, aboutObject('get', 'GET', type, ref), options);
  }

  /** Like {@link get}; undefined when there is no such object. */
  async find<T extends KubeObject>(type: ResourceType, ref: ObjectRef, options?: CallOptions): Promise<T | undefined> {
    try {
      return await this.get<T>(type, ref, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One page of a list. */
  list<T extends KubeObject>(type: ResourceType, list: ListOptions = {}, options?: CallOptions): Promise<Page<T>> {
    const { namespace, ...query } = list;
    const request = aboutMany('list', type, namespace, query);
    return this.connection.request(request, options, (answer) => pageIn<T>(answer, this.#asked(request, type)));
  }

  /** One page of a list, of each object only its metadata. */
  listMetadata(type: ResourceType, list: ListOptions = {}, options?: CallOptions): Promise<Page<KubeObject>> {
    const { namespace, ...query } = list;
    const request = { ...aboutMany('list', type, namespace, query), accept: METADATA_LIST };
    const asked = { ...this.#asked(request, type), type: { ...type, kind: 'PartialObjectMetadata' } };
    return this.connection.request(request, options, (answer) => pageIn<KubeObject>(answer, asked));
  }

  /** The whole list, page by page; pages that expire in between (410) are begun anew. */
  listAll<T extends KubeObject>(
    type: ResourceType,
    list: Omit<ListOptions, 'continue'> = {},
    options?: CallOptions,
  ): Promise<Page<T>> {
    return listAll<T>(this, type, list, options);
  }

  create<T extends KubeObject>(type: ResourceType, object: T, options?: CallOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    if (type.namespaced && !namespace) throw new Error(`${type.kind} ${name} needs a namespace`);
    return this.#call<T>(
      type,
      {
        verb: 'create',
        type: typeName(type),
        object: keyOf(namespace, name ?? object.metadata.generateName ?? ''),
        method: 'POST',
        path: pathOf(type, { namespace }),
        query: this.#strict(),
        body: typed(type, object),
      },
      options,
    );
  }

  /** Server-side apply: creates the object, or sets in it the fields given and removes those given earlier and not now. */
  apply<T extends KubeObject>(
    type: ResourceType,
    object: KubeObject & Partial<T>,
    apply: ApplyOptions = {},
    options?: CallOptions,
  ): Promise<T> {
    return this.#apply<T>(type, object, apply, undefined, options);
  }

  /** {@link apply} of the status subresource; the object must exist. */
  applyStatus<T extends KubeObject>(
    type: ResourceType,
    object: KubeObject & Partial<T>,
    apply: ApplyOptions = {},
    options?: CallOptions,
  ): Promise<T> {
    return this.#apply<T>(type, object, apply, 'status', options);
  }

  /** A JSON patch (RFC 6902), merge patch (RFC 7396) or, for built-in types only, strategic merge patch. */
  patch<T extends KubeObject>(type: ResourceType, ref: ObjectRef, patch: Patch, options?: CallOptions): Promise<T> {
    return this.#call<T>(
      type,
      {
        ...aboutObject('patch', 'PATCH', type, ref, patch.subresource),
        query: { fieldManager: this.fieldManager },
        body: patch.body,
        contentType: PATCH_CONTENT[patch.type],
      },
      options,
    );
  }

  /** Writes the whole object; with `metadata.resourceVersion`, only if that is still its version, else 409 Conflict. */
  replace<T extends KubeObject>(type: ResourceType, object: T, options?: CallOptions): Promise<T> {
    return this.#call<T>(
      type,
      {
        ...aboutObject('update', 'PUT', type, object.metadata),
        query: this.#strict(),
        body: typed(type, object),
      },
      options,
    );
  }

  /** Asks for deletion; with finalizers or Foreground propagation the object may stay for a while. */
  async delete(type: ResourceType, ref: ObjectRef, how: DeleteOptions = {}, options?: CallOptions): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...how };
    // Answered with the object or with a Status, neither of which says whether it is gone.
    await this.connection.request({ ...aboutObject('delete', 'DELETE', type, ref), body }, options);
  }

  /**
   * Every change after `resourceVersion`, until the server ends the watch (then the generator returns).
   * @throws KubeError also for an ERROR event; KubeConnectionError also after `idleTimeoutMs` of silence
   */
  async *watch<T extends KubeObject>(
    type: ResourceType,
    watch: WatchOptions,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    const { namespace, idleTimeoutMs = 0, onOpen, ...query } = watch;
    const request = aboutMany('watch', type, namespace, { ...query, watch: true });
    const name = `WATCH ${request.type}${namespace ? ` ${namespace}` : ''}`;
    const chunks = this.connection.stream(request, { signal, idleTimeoutMs, onOpen });
    yield* eventsOf<T>(chunks, { request: name, server: this.connection.server, type });
  }

  #apply<T extends KubeObject>(
    type: ResourceType,
    object: KubeObject,
    { force, dryRun }: ApplyOptions,
    subresource: string | undefined,
    options?: CallOptions,
  ): Promise<T> {
    return this.#call<T>(
      type,
      {
        ...aboutObject('apply', 'PATCH', type, object.metadata, subresource),
        query: { ...this.#strict(), force: force ? true : undefined, dryRun: dryRun ? 'All' : undefined },
        body: typed(type, object),
        // JSON is YAML.
        contentType: 'application/apply-patch+yaml',
      },
      options,
    );
  }

  #call<T extends KubeObject>(type: ResourceType, request: KubeRequest, options?: CallOptions): Promise<T> {
    return this.connection.request(request, options, (answer) => objectIn<T>(answer, this.#asked(request, type)));
  }

  #asked(request: KubeRequest, type: ResourceType): Asked {
    return { request: nameOf(request), server: this.connection.server, type };
  }

  #strict() {
    return { fieldManager: this.fieldManager, fieldValidation: 'Strict' };
  }
}

function aboutMany(
  verb: string,
  type: ResourceType,
  namespace: string | undefined,
  query: NonNullable<KubeRequest['query']>,
): KubeRequest {
  return { verb, type: typeName(type), object: namespace, method: 'GET', path: pathOf(type, { namespace }), query };
}

function aboutObject(
  verb: string,
  method: KubeRequest['method'],
  type: ResourceType,
  { namespace, name }: ObjectRef,
  subresource?: string,
): KubeRequest {
  return {
    verb,
    type: typeName(type),
    object: keyOf(namespace, name),
    method,
    path: pathOf(type, { namespace, name, subresource }),
  };
}

function typed<T extends KubeObject>(type: ResourceType, object: T): T {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}
