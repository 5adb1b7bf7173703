import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { Authenticator } from './auth/authenticator.ts';
import type { Credentials, Headers } from './auth/source.ts';
import { KubeConnectionError, KubeError, messageOf } from './errors.ts';
import type { KubeConfig } from './kube-config.ts';
import { serverOf } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';
import { type KubeRequest, nameOf, parse, queryOf, refusal, timeoutOf } from './request.ts';

export { loadKubeConfig } from './kubeconfig.ts';

/** One finished request, for metrics. `code` is 0 when there was no answer; a watch is told when it opens. */
export interface RequestInfo {
  verb: string;
  type: string;
  code: number;
  seconds: number;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Deadline for the whole answer, in milliseconds. */
  timeoutMs?: number | undefined;
}

export interface ConnectionOptions {
  /** Deadline of a call that names none, in milliseconds. */
  timeoutMs?: number;
  /** Most connections for requests; watches have their own and do not count. */
  connections?: number;
  /** Most bytes of one answer; a watch has as many as come. */
  mostAnswer?: number;
  userAgent?: string;
  onRequest?: (info: RequestInfo) => void;
  /** How the server's name is looked up, and that of a proxy by HTTP that the kubeconfig names; see `guardedLookup`. */
  lookup?: LookupFunction | undefined;
  /** What proxies, and the environment of login plugins, come from; the process's unless given. */
  environment?: Record<string, string | undefined>;
}

// Go's API server closes a connection that was idle for 90 s; we let go first, or a request may meet the closing.
const KEEP_ALIVE_MS = 60_000;
// The kernel probes a silent connection after this; a dead peer is then found within about 10 probes a second apart.
const TCP_PROBE_AFTER_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
const WATCH_OPENS_WITHIN_MS = 30_000;
/** Bytes of one answer: more than the longest list, and less than what a process has no memory for. */
const MOST_ANSWER = 512 * 1024 * 1024;

/** The connections to one cluster: share one among everything that talks to it, and close it at the end. */
export class KubeConnection {
  /** The API server's address. */
  readonly server: string;
  /** Told of every request; may be set later. */
  onRequest: ((info: RequestInfo) => void) | undefined;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #proxy: string | undefined;
  readonly #lookup: { lookup?: LookupFunction };
  readonly #guardsProxy: boolean;
  readonly #timeoutMs: number | undefined;
  readonly #connections: number;
  readonly #mostAnswer: number;
  readonly #userAgent: string;
  readonly #authenticator: Authenticator;
  #pools: { tlsId: string; requests: Dispatcher; watches: Dispatcher } | undefined;
  /** One for each request and watch. A pool that was told to close forgets what is still under way in it. */
  readonly #underWay = new Set<AbortController>();
  #closed = false;
  #silentSince: number | undefined;

  /** @throws Error when the kubeconfig has no address, or asks for a login or a proxy that cannot be had */
  constructor(kubeConfig: KubeConfig, options: ConnectionOptions = {}) {
    const cluster = kubeConfig.getCurrentCluster();
    if (!cluster) throw new Error('The kubeconfig has no current cluster');
    const url = serverOf(kubeConfig);
    if (!url) throw new Error(`The server of the kubeconfig's cluster ${cluster.name} is no address`);
    this.#origin = url.origin;
    this.#prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
    // It is repeated in messages; a password in it must not be.
    this.server = url.username || url.password || url.search ? this.#origin + this.#prefix : cluster.server;
    const { environment = process.env } = options;
    this.#proxy = proxyFor(url, cluster.proxyUrl, environment);
    this.#lookup = options.lookup ? { lookup: options.lookup } : {};
    // A proxy of the environment is of whoever runs this process. undici would take a SOCKS proxy with proxyTls for one by TLS.
    this.#guardsProxy =
      cluster.proxyUrl !== undefined && options.lookup !== undefined && !this.#proxy?.startsWith('socks');
    this.#timeoutMs = options.timeoutMs;
    this.#connections = options.connections ?? 128;
    this.#mostAnswer = options.mostAnswer ?? MOST_ANSWER;
    this.#userAgent = options.userAgent ?? `kube-client-node/${process.versions.node}`;
    this.onRequest = options.onRequest;
    this.#authenticator = new Authenticator(kubeConfig, { environment });
  }

  /** Since when the server has answered nothing, or nothing that is Kubernetes', ms since the epoch; undefined while it answers, and before the first request. */
  get silentSince(): number | undefined {
    return this.#silentSince;
  }

  /**
   * One request, one JSON answer.
   * @param read - throws a KubeConnectionError for what Kubernetes does not answer: it counts as silence
   * @throws KubeError when the server refuses, KubeConnectionError when there is no answer in time, the signal's reason
   */
  async request<T>(
    request: KubeRequest,
    { signal, timeoutMs = this.#timeoutFor(request) }: CallOptions = {},
    read: (answer: unknown) => T = (answer) => answer as T,
  ): Promise<T> {
    signal?.throwIfAborted();
    const started = performance.now();
    const { controller, done } = this.#begin(signal);
    const timer = setTimeout(() => controller.abort(TIMED_OUT), timeoutMs);
    let code = 0;
    let isAnswer = false;
    try {
      const response = await this.#send('requests', request, controller.signal);
      const text = await response.body.text();
      code = response.statusCode;
      if (code < 200 || code >= 300) throw this.#refusal(request, response, text);
      const answer = read(parse<unknown>(request, this.server, text));
      isAnswer = true;
      return answer;
    } catch (error) {
      isAnswer = isFromKubernetes(error);
      if (error instanceof KubeError || error instanceof KubeConnectionError) throw error;
      if (signal?.aborted) throw signal.reason;
      if (controller.signal.reason === TIMED_OUT) {
        const what = `No answer from ${this.server} within ${timeoutMs / 1000} s`;
        throw new KubeConnectionError(nameOf(request), what, { cause: error, timedOut: true });
      }
      throw this.#unreachable(request, error);
    } finally {
      clearTimeout(timer);
      done();
      this.#report(request, { code, isAnswer, started }, signal);
    }
  }

  /**
   * Opens a response that is read as it comes (a watch), on connections of its own.
   * @param idleTimeoutMs the longest silence between two chunks, in milliseconds
   * @param onOpen called when the server has accepted the request
   */
  async *stream(
    request: KubeRequest,
    {
      signal,
      idleTimeoutMs,
      onOpen,
    }: { signal: AbortSignal; idleTimeoutMs: number; onOpen?: (() => void) | undefined },
  ): AsyncGenerator<Buffer, void, void> {
    signal.throwIfAborted();
    const started = performance.now();
    const { controller, done } = this.#begin(signal);
    let code = 0;
    try {
      const response = await this.#send('watches', request, controller.signal, idleTimeoutMs);
      code = response.statusCode;
      if (code !== 200) throw this.#refusal(request, response, await response.body.text());
      // A page is none, though it may be sent like a watch.
      const isAnswer = !/^text\/html/i.test(String(response.headers['content-type']));
      this.#report(request, { code, isAnswer, started });
      onOpen?.();
      yield* response.body;
    } catch (error) {
      if (code !== 200) this.#report(request, { code, isAnswer: isFromKubernetes(error), started }, signal);
      if (signal.aborted) throw signal.reason;
      if (error instanceof KubeError || error instanceof KubeConnectionError) throw error;
      throw this.#unreachable(request, error);
    } finally {
      done();
    }
  }

  /** Ends every connection; whatever is under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#authenticator.close();
    for (const one of this.#underWay) one.abort(CLOSED);
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.requests.destroy(), pools?.watches.destroy()]);
  }

  /** Something that ends with the signal of who asked, by a deadline, or with the connection. */
  #begin(signal: AbortSignal | undefined): { controller: AbortController; done: () => void } {
    const controller = new AbortController();
    const stop = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    this.#underWay.add(controller);
    const done = () => {
      signal?.removeEventListener('abort', stop);
      this.#underWay.delete(controller);
    };
    return { controller, done };
  }

  async #send(
    pool: 'requests' | 'watches',
    request: KubeRequest,
    signal: AbortSignal,
    idleTimeoutMs = 0,
    again = false,
  ): Promise<Dispatcher.ResponseData> {
    const given = this.#authenticator.credentials(signal);
    const credentials = given instanceof Promise ? await given : given;
    if (this.#closed) throw CLOSED;
    const headers: Headers = {
      accept: request.accept ?? 'application/json',
      'user-agent': this.#userAgent,
      ...credentials.headers,
    };
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    const response = await this.#poolsFor(credentials)[pool].request({
      origin: this.#origin,
      path: this.#prefix + request.path + queryOf(request.query),
      method: request.method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      // Plain requests have one deadline for everything, kept by the caller.
      headersTimeout: pool === 'watches' ? WATCH_OPENS_WITHIN_MS : 0,
      bodyTimeout: idleTimeoutMs,
      // Undici gives up the connection of a DELETE with a body unless told otherwise.
      reset: false,
      signal,
    });
    // Credentials rotate. A 401 comes before anything is done, so one more try with fresh ones is safe for every verb.
    if (response.statusCode !== 401 || !this.#authenticator.refused(credentials) || again) return response;
    await response.body.dump();
    return this.#send(pool, request, signal, idleTimeoutMs, true);
  }

  #poolsFor(credentials: Credentials) {
    if (this.#pools?.tlsId === credentials.tlsId) return this.#pools;
    // A new certificate: new connections use it, the old ones end by themselves when their requests have.
    void this.#pools?.requests.close();
    void this.#pools?.watches.close();
    this.#pools = {
      tlsId: credentials.tlsId,
      requests: this.#pool(credentials, this.#connections, this.#mostAnswer),
      watches: this.#pool(credentials, null, -1),
    };
    return this.#pools;
  }

  #pool({ tls }: Credentials, connections: number | null, maxResponseSize: number): Dispatcher {
    const options = {
      connections,
      maxResponseSize,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
    };
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: TCP_PROBE_AFTER_MS };
    if (this.#proxy) {
      const proxyTls = this.#guardsProxy && { proxyTls: this.#lookup };
      return new ProxyAgent({ ...options, uri: this.#proxy, requestTls: connect, ...proxyTls });
    }
    return new Agent({ ...options, connect: { ...connect, ...this.#lookup } });
  }

  #timeoutFor({ method }: KubeRequest): number {
    return this.#timeoutMs ?? timeoutOf(method);
  }

  #refusal(request: KubeRequest, { statusCode, headers }: Dispatcher.ResponseData, text: string): Error {
    return refusal(request, { server: this.server, code: statusCode, text, retryAfter: headers['retry-after'] });
  }

  #unreachable(request: KubeRequest, error: unknown): KubeConnectionError {
    this.#authenticator.unanswered();
    const cause = innermost(error);
    const timedOut = /Timeout/.test((cause as Error).name);
    return new KubeConnectionError(nameOf(request), `${this.server}: ${messageOf(cause)}`, { cause: error, timedOut });
  }

  /**
   * @param isAnswer - it was Kubernetes that answered, and not something in its place
   * @param signal - of who asked: what they gave up says nothing about the server
   */
  #report(
    { verb, type }: KubeRequest,
    { code, isAnswer, started }: { code: number; isAnswer: boolean; started: number },
    signal?: AbortSignal,
  ): void {
    const seconds = (performance.now() - started) / 1000;
    if (isAnswer) this.#silentSince = undefined;
    else if (!signal?.aborted) this.#silentSince ??= Date.now() - seconds * 1000;
    this.onRequest?.({ verb, type, code, seconds });
  }
}

/** What stands before an API server that is away says so in words of its own: 502 or 503, without a Status. */
function isFromKubernetes(error: unknown): boolean {
  return error instanceof KubeError && (error.status !== undefined || error.code < 500);
}

const CLOSED = new Error('The connection was closed');
const TIMED_OUT = new Error('The deadline passed');

// Node wraps "connection refused" of several addresses in an AggregateError without a message.
function innermost(error: unknown): unknown {
  const [first] = (error as AggregateError).errors ?? [];
  return first ? innermost(first) : error;
}
