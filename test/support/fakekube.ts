import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '../../kube/kube-config.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { FakeWatch } from './fakewatch.ts';

/** An answer that a request gets instead of the right one. */
export type Misbehaviour =
  | { code: number; reason?: string; message?: string; headers?: Record<string, string>; text?: string }
  | 'reset'
  | 'hang';

export type FakeVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface SeenRequest {
  verb: FakeVerb;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

interface FakeEvent {
  type: string;
  object: KubeObject;
  version: number;
}

/**
 * An API server for one type of object that keeps the real one's rules for versions, lists and watches, and breaks them
 * when told to. The state outlives a {@link stop}, as etcd's does.
 */
export class FakeKube {
  readonly requests: SeenRequest[] = [];
  readonly watches = new Set<FakeWatch>();
  /** How many connections there ever were. */
  accepted = 0;
  readonly #objects = new Map<string, KubeObject>();
  readonly #misbehaviours: [FakeVerb, Misbehaviour][] = [];
  readonly #conditions = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #history: FakeEvent[] = [];
  #snapshots = new Map<string, { version: number; items: KubeObject[] }>();
  #server: Server | undefined;
  #port = 0;
  #version = 100;
  #oldest = 0;
  #uid = 0;

  static async start(): Promise<FakeKube> {
    const fake = new FakeKube();
    await fake.start();
    return fake;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', (socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As `kill -9`: every connection breaks. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  kubeConfig(user: { token?: string } = {}): KubeConfig {
    return KubeConfig.of({ name: 'fake', server: this.url, skipTLSVerify: false }, { name: 'me', ...user });
  }

  /** The next requests of this verb get these answers, one each. */
  misbehave(verb: FakeVerb, ...answers: Misbehaviour[]): void {
    for (const answer of answers) this.#misbehaviours.push([verb, answer]);
  }

  /** Forgets what misbehaviour was left. */
  behave(): void {
    this.#misbehaviours.length = 0;
  }

  /** Creates or changes an object, as somebody else would. */
  put(object: KubeObject & object): KubeObject {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#version++;
    const metadata = {
      ...object.metadata,
      uid: old?.metadata.uid ?? `uid-${++this.#uid}`,
      resourceVersion: `${this.#version}`,
    };
    const stored = { ...object, metadata };
    this.#objects.set(key, stored);
    this.#publish(old ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  remove(namespace: string, name: string): void {
    const old = this.#objects.get(`${namespace}/${name}`);
    if (!old) return;
    this.#objects.delete(`${namespace}/${name}`);
    this.#version++;
    this.#publish('DELETED', { ...old, metadata: { ...old.metadata, resourceVersion: `${this.#version}` } });
  }

  objects(): KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Forgets the past: watches from before now, and lists half read, get 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  /** Tells every watch where we are, as the API server does about once a minute. */
  bookmark(): void {
    for (const watch of this.watches) watch.send('BOOKMARK', { metadata: { resourceVersion: `${this.#version}` } });
  }

  seen(verb: FakeVerb): SeenRequest[] {
    return this.requests.filter((request) => request.verb === verb);
  }

  /** Resolves when `condition` is true; looks at it after each request and each watch that opens or closes. */
  when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#conditions.delete(look);
        resolve();
      };
      this.#conditions.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of [...this.#conditions]) look();
  }

  #publish(type: string, object: KubeObject): void {
    this.#history.push({ type, object, version: this.#version });
    for (const watch of this.watches) if (watch.matches(object)) watch.send(type, object);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const { namespace, name } = parsePath(url.pathname);
    const verb = verbOf(request.method ?? 'GET', name, url.searchParams);
    let body = '';
    for await (const chunk of request) body += chunk;
    this.requests.push({ verb, path: url.pathname, query: url.searchParams, headers: request.headers, body });
    const at = this.#misbehaviours.findIndex(([of]) => of === verb);
    if (at >= 0) this.#misbehave(this.#misbehaviours.splice(at, 1)[0]![1], request, response);
    else if (verb === 'list') this.#list(url.searchParams, namespace, response);
    else if (verb === 'watch') this.#watch(url.searchParams, namespace, response);
    else this.#one(verb, `${namespace}/${name}`, body, response);
    this.#changed();
  }

  #misbehave(how: Misbehaviour, request: IncomingMessage, response: ServerResponse): void {
    if (how === 'reset') request.socket.resetAndDestroy();
    if (typeof how === 'string') return;
    for (const [header, value] of Object.entries(how.headers ?? {})) response.setHeader(header, value);
    const { code, reason = '', message = `fake ${reason}` } = how;
    response.statusCode = code;
    response.end(how.text ?? JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message }));
  }

  #list(query: URLSearchParams, namespace: string, response: ServerResponse): ServerResponse {
    const [version, start] = (query.get('continue') ?? '').split(':');
    const snapshot = version
      ? this.#snapshots.get(version)
      : { version: this.#version, items: this.objects().filter(inNamespace(namespace)) };
    if (!snapshot) return refuse(response, 410, 'Expired');
    const from = Number(start ?? 0);
    const limit = Number(query.get('limit') ?? 0) || snapshot.items.length;
    const rest = snapshot.items.length - from - limit;
    this.#snapshots.set(`${snapshot.version}`, snapshot);
    const metadata = {
      resourceVersion: `${snapshot.version}`,
      ...(rest > 0 ? { continue: `${snapshot.version}:${from + limit}`, remainingItemCount: rest } : {}),
    };
    return answer(response, { kind: 'List', metadata, items: snapshot.items.slice(from, from + limit) });
  }

  #watch(query: URLSearchParams, namespace: string, response: ServerResponse): ServerResponse {
    const from = Number(query.get('resourceVersion'));
    if (from < this.#oldest) return refuse(response, 410, 'Expired');
    const watch = new FakeWatch(response, from, inNamespace(namespace));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const event of this.#history) {
      if (event.version > from && watch.matches(event.object)) watch.send(event.type, event.object);
    }
    this.watches.add(watch);
    response.on('close', () => {
      this.watches.delete(watch);
      this.#changed();
    });
    return response;
  }

  #one(verb: FakeVerb, key: string, body: string, response: ServerResponse): ServerResponse {
    const sent = body ? (JSON.parse(body) as KubeObject) : undefined;
    if (verb === 'create') {
      if (this.#objects.has(keyOf(sent!))) return refuse(response, 409, 'AlreadyExists');
      return answer(response, this.put(sent!), 201);
    }
    const old = this.#objects.get(key);
    if (!old) return refuse(response, 404, 'NotFound');
    if (verb === 'get') return answer(response, old);
    if (verb === 'delete') {
      this.remove(old.metadata.namespace ?? '', old.metadata.name);
      return answer(response, { kind: 'Status', status: 'Success' });
    }
    const version = sent?.metadata?.resourceVersion;
    if (version && version !== old.metadata.resourceVersion) return refuse(response, 409, 'Conflict');
    if (verb === 'patch') return answer(response, this.put(merged(old, sent) as KubeObject));
    return answer(response, this.put({ ...old, ...sent, metadata: { ...old.metadata, ...sent?.metadata } }));
  }
}

/** A merge patch (RFC 7396). */
function merged(old: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(typeof old === 'object' ? old : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function parsePath(path: string): { namespace: string; name: string } {
  const parts = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3);
  const namespace = parts[0] === 'namespaces' && parts.length > 2 ? parts[1]! : '';
  return { namespace, name: (namespace ? parts[3] : parts[1]) ?? '' };
}

function verbOf(method: string, name: string, query: URLSearchParams): FakeVerb {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return 'delete';
  if (query.get('watch') === 'true') return 'watch';
  return name ? 'get' : 'list';
}

function inNamespace(namespace: string): (object: KubeObject) => boolean {
  return (object) => !namespace || object.metadata.namespace === namespace;
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function answer(response: ServerResponse, body: unknown, code = 200): ServerResponse {
  return response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, reason: string): ServerResponse {
  return answer(response, { kind: 'Status', status: 'Failure', code, reason, message: `fake ${reason}` }, code);
}
