import type { ApplyOptions, DeleteOptions, ListOptions, Page, Patch, PatchType, WatchOptions } from './calls.ts';
import type { CallOptions, KubeConnection } from './connection.ts';
import { isGone, isNotFound } from './errors.ts';
import type { KubeRequest } from './request.ts';
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

/** How many items a page of {@link KubeClient.listAll} has, client-go's figure. */
export const PAGE_SIZE = 500;

const PATCH_CONTENT: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

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
    return this.#call<T>(aboutObject('get', 'GET', type, ref), options);
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
  async list<T extends KubeObject>(
    type: ResourceType,
    list: ListOptions = {},
    options?: CallOptions,
  ): Promise<Page<T>> {
    const { namespace, ...query } = list;
    const answer = await this.#call<ListAnswer<T>>(
      {
        verb: 'list',
        type: typeName(type),
        object: namespace,
        method: 'GET',
        path: pathOf(type, { namespace }),
        query,
      },
      options,
    );
    const items = answer.items ?? [];
    // Items of built-in types come without these two, watch events with them: alike is easier to use and compare.
    for (const item of items) {
      item.apiVersion ??= apiVersionOf(type);
      item.kind ??= type.kind;
    }
    const page: Page<T> = { items, resourceVersion: answer.metadata.resourceVersion };
    if (answer.metadata.continue) page.continue = answer.metadata.continue;
    if (answer.metadata.remainingItemCount) page.remaining = answer.metadata.remainingItemCount;
    return page;
  }

  /** The whole list, page by page; when the pages' snapshot expires in between (410), once more in one piece. */
  async listAll<T extends KubeObject>(
    type: ResourceType,
    list: Omit<ListOptions, 'continue'> = {},
    options?: CallOptions,
  ): Promise<Page<T>> {
    const first = await this.list<T>(type, { limit: PAGE_SIZE, ...list }, options);
    const items = first.items;
    let { continue: token, resourceVersion } = first;
    try {
      while (token) {
        const page: Page<T> = await this.list<T>(type, { limit: PAGE_SIZE, ...list, continue: token }, options);
        for (const item of page.items) items.push(item);
        ({ continue: token, resourceVersion } = page);
      }
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.list<T>(type, { ...list, limit: undefined }, options);
    }
    return { items, resourceVersion };
  }

  create<T extends KubeObject>(type: ResourceType, object: T, options?: CallOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    if (type.namespaced && !namespace) throw new Error(`${type.kind} ${name} needs a namespace`);
    return this.#call<T>(
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
    await this.#call({ ...aboutObject('delete', 'DELETE', type, ref), body }, options);
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
    const { namespace, idleTimeoutMs = 0, ...query } = watch;
    const request: KubeRequest = {
      verb: 'watch',
      type: typeName(type),
      object: namespace,
      method: 'GET',
      path: pathOf(type, { namespace }),
      query: { ...query, watch: true },
    };
    const name = `WATCH ${request.type}${namespace ? ` ${namespace}` : ''}`;
    yield* eventsOf<T>(this.connection.stream(request, { signal, idleTimeoutMs }), name);
  }

  #apply<T extends KubeObject>(
    type: ResourceType,
    object: KubeObject,
    { force, dryRun }: ApplyOptions,
    subresource: string | undefined,
    options?: CallOptions,
  ): Promise<T> {
    return this.#call<T>(
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

  #call<T>(request: KubeRequest, options?: CallOptions): Promise<T> {
    return this.connection.request<T>(request, options);
  }

  #strict() {
    return { fieldManager: this.fieldManager, fieldValidation: 'Strict' };
  }
}

interface ListAnswer<T> {
  items?: T[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
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
