import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';

/** What a request needs to be let in. `tlsId` changes exactly when `tls` does. */
export interface Credentials {
  headers: Record<string, string>;
  tls: ConnectionOptions;
  tlsId: string;
}

// Certificates and tokens in files rotate, exec plugins' tokens expire: looked at again this often, in milliseconds.
const FRESH_MS = 1000;

/**
 * Hands out the kubeconfig user's credentials. Data inside the kubeconfig is read once; files, exec plugins and OIDC are
 * asked again after a second, where client-node applies its own rules (a token file is re-read each minute, an exec
 * plugin runs when its token has expired).
 */
export class Authenticator {
  #kubeConfig: KubeConfig;
  readonly #fixed: boolean;
  #current: Credentials | undefined;
  #readAt = 0;
  #pending: Promise<Credentials> | undefined;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = forHttp(kubeConfig);
    const user = kubeConfig.getCurrentUser();
    const cluster = kubeConfig.getCurrentCluster();
    this.#fixed = !user?.exec && !user?.authProvider && !user?.certFile && !user?.keyFile && !cluster?.caFile;
  }

  /** Synchronous when nothing has to be read, which is nearly always: a request should not wait a turn for it. */
  credentials(): Credentials | Promise<Credentials> {
    if (this.#current && (this.#fixed || performance.now() - this.#readAt < FRESH_MS)) return this.#current;
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /**
   * The server answered 401: forgets what was cached, here and in client-node, so that the next request asks anew.
   * @returns whether asking anew can give anything else
   */
  refused(credentials: Credentials): boolean {
    if (this.#fixed) return false;
    // Of many requests that are refused together, the first does it for all.
    if (credentials === this.#current) {
      this.#current = undefined;
      this.#kubeConfig = withoutCaches(this.#kubeConfig);
    }
    return true;
  }

  async #read(): Promise<Credentials> {
    const read: RequestOptions = { headers: {} };
    await this.#kubeConfig.applyToHTTPSOptions(read);
    const headers = Object.fromEntries(Object.entries(read.headers ?? {}).map(([name, value]) => [name, `${value}`]));
    // Token files end in a line break as often as not, and a header must not.
    if (headers.Authorization) headers.Authorization = headers.Authorization.trim();
    if (read.auth) headers.Authorization = `Basic ${Buffer.from(read.auth).toString('base64')}`;
    const tls: ConnectionOptions = {};
    if (read.ca) tls.ca = read.ca;
    if (read.cert) tls.cert = read.cert;
    if (read.key) tls.key = read.key;
    if (read.servername) tls.servername = read.servername;
    if (read.rejectUnauthorized !== undefined) tls.rejectUnauthorized = read.rejectUnauthorized;
    const tlsId = [tls.ca, tls.cert, tls.key].map(String).join('\n');
    this.#readAt = performance.now();
    this.#current = { headers, tls, tlsId };
    return this.#current;
  }
}

// client-node refuses plain HTTP unless TLS verification is off, though there is nothing to verify then.
// A `kubectl proxy` on localhost is a normal thing to connect to.
function forHttp(kubeConfig: KubeConfig): KubeConfig {
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  if (!cluster?.server.startsWith('http:') || cluster.skipTLSVerify) return kubeConfig;
  const copy = new KubeConfig();
  copy.loadFromClusterAndUser({ ...cluster, skipTLSVerify: true }, user ?? { name: 'none' });
  return copy;
}

function withoutCaches(kubeConfig: KubeConfig): KubeConfig {
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  if (!cluster || !user) return kubeConfig;
  const copy = new KubeConfig();
  copy.loadFromClusterAndUser(cluster, user);
  return copy;
}
