import type { ConnectionOptions } from 'node:tls';
import { type Clock, systemClock } from '../clock.ts';
import type { KubeCluster, KubeConfig, KubeUser } from '../kube-config.ts';
import { authoritySource, clientCertificateSource } from './certificates.ts';
import { execSource, type LoginOptions } from './exec.ts';
import { tokenFile } from './files.ts';
import { impersonation } from './impersonation.ts';
import { providerSource } from './oidc.ts';
import { bearer, type CredentialSource, type Credentials, FixedSource, type Grant, type Headers } from './source.ts';

export interface AuthenticatorOptions {
  clock?: Clock | undefined;
  /** What the environment of exec plugins is made of; the process's unless given. */
  environment?: Record<string, string | undefined> | undefined;
}

/**
 * Hands out what the kubeconfig's user shows, and what the server must show, by client-go's rules: what is written in it as
 * it is; files read again as they rotate; plugins and issuers asked again when what they gave has ended or was refused.
 */
export class Authenticator {
  readonly #sources: CredentialSource[];
  readonly #headers: Headers;
  readonly #tls: ConnectionOptions;
  readonly #closing = new AbortController();
  #current: Credentials | undefined;
  #pending: Promise<Credentials> | undefined;

  /** @throws Error when the kubeconfig asks for what cannot be done here */
  constructor(kubeConfig: KubeConfig, options: AuthenticatorOptions = {}) {
    const { clock = systemClock, environment = process.env } = options;
    const cluster = kubeConfig.getCurrentCluster()!;
    const user = kubeConfig.getCurrentUser() ?? { name: 'none' };
    this.#headers = impersonation(user);
    this.#tls = {
      ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    };
    const login = { clock, environment, signal: this.#closing.signal };
    // The certificate in the kubeconfig comes after a plugin's, and so counts before it.
    this.#sources = [
      authoritySource(cluster, clock),
      loginSource(user, cluster, login),
      clientCertificateSource(user, clock),
    ].filter((source) => source !== undefined);
  }

  /**
   * Synchronous when nothing has to be read, which is nearly always: a request should not wait a turn for it.
   * Rejects with the reason of `signal` when that ends the wait; what is being read goes on for the others.
   */
  credentials(signal?: AbortSignal): Credentials | Promise<Credentials> {
    if (this.#current && this.#sources.every(({ isFresh }) => isFresh)) return this.#current;
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    return until(this.#pending, signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal);
  }

  /**
   * The server answered 401.
   * @returns whether asking anew can give anything else
   */
  refused(credentials: Credentials): boolean {
    // Of many requests that are refused together, the first does it for all.
    if (credentials !== this.#current) return true;
    const anew = this.#sources.filter((source) => source.refused());
    if (anew.length === 0) return false;
    this.#current = undefined;
    return true;
  }

  /** There was no answer at all: what is in files may be out of date. */
  unanswered(): void {
    for (const source of this.#sources) source.unanswered();
  }

  /** Ends what is waited for, and every program that is running. */
  close(): void {
    this.#closing.abort(new Error('The connection was closed'));
  }

  async #read(): Promise<Credentials> {
    const grants = await Promise.all(this.#sources.map((source) => source.get()));
    const { headers = {}, ca, cert, key }: Grant = Object.assign({}, ...grants);
    const tls = { ...this.#tls, ...(ca && { ca }), ...(cert && key && { cert, key }) };
    this.#current = { headers: { ...headers, ...this.#headers }, tls, tlsId: [ca, cert, key].map(String).join('\n') };
    return this.#current;
  }
}

/** How the user logs in, besides by a certificate; as with client-go, what is written down counts before what is run. */
function loginSource(user: KubeUser, cluster: KubeCluster, options: LoginOptions): CredentialSource | undefined {
  const file = user.tokenFile;
  if (file) return tokenFile(file, options.clock, user.token || undefined);
  if (user.token) return new FixedSource({ headers: bearer(user.token.trim()) });
  if (user.username) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return new FixedSource({ headers: { authorization: `Basic ${pair}` } });
  }
  if (user.exec) return execSource(user, cluster, options);
  if (user.authProvider) return providerSource(user, options);
  return undefined;
}

/** The promise's answer, unless the signal ends the wait before. */
function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
