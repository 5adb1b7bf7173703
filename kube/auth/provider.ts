import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { KubeUser } from '../kubeconfig.ts';
import { bearer, type CredentialSource, type Grant } from './source.ts';

/** Asked again this often, in milliseconds; it answers from what it has until that expires. */
const FRESH_MS = 1000;
/** How long the issuer may take to renew a token, in milliseconds. */
const RENEWAL_MS = 30_000;

/** Those that kubectl does not have any more either (since 1.26), and what came instead. */
const GONE: Record<string, string> = { gcp: 'gke-gcloud-auth-plugin', azure: 'kubelogin' };

/**
 * The login of an `auth-provider`: only `oidc` is left, which client-node does for us. Its others run programs while the
 * whole process waits.
 */
export class ProviderSource implements CredentialSource {
  readonly #user: KubeUser;
  readonly #clock: Clock;
  #provider: KubeConfig;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @throws Error for a provider that is not supported */
  constructor(user: KubeUser, clock: Clock) {
    const name = String(user.authProvider?.name);
    if (name !== 'oidc') {
      const instead = GONE[name] ? `the exec plugin ${GONE[name]}` : 'an exec plugin';
      throw new Error(`The kubeconfig's user ${user.name} has auth-provider ${name}: use ${instead}, as with kubectl`);
    }
    this.#user = user;
    this.#clock = clock;
    this.#provider = providerOf(user);
  }

  get isFresh(): boolean {
    return this.#clock.now() - this.#askedAt < FRESH_MS;
  }

  async get(): Promise<Grant> {
    const read: { headers: Record<string, string> } = { headers: {} };
    const late = Promise.withResolvers<never>();
    const cancel = this.#clock.after(RENEWAL_MS, () =>
      late.reject(new Error(`The OIDC issuer did not renew the token within ${RENEWAL_MS / 1000} s`)),
    );
    try {
      await Promise.race([this.#provider.applyToHTTPSOptions(read), late.promise]);
    } finally {
      cancel();
    }
    this.#askedAt = this.#clock.now();
    const token = /^Bearer (.+)$/s.exec(read.headers.Authorization ?? '')?.[1]?.trim();
    return token ? { headers: bearer(token) } : {};
  }

  refused(): boolean {
    // What it has cached is dropped with it.
    this.#provider = providerOf(this.#user);
    this.#askedAt = Number.NEGATIVE_INFINITY;
    return true;
  }

  unanswered(): void {}
}

/** client-node with nothing to read or run but the provider. */
function providerOf({ name, authProvider }: KubeUser): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name, server: 'https://unused', skipTLSVerify: false }, { name, authProvider });
  return kubeConfig;
}
