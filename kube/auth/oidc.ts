import { Agent, ProxyAgent, request } from 'undici';
import { messageOf } from '../errors.ts';
import type { KubeUser } from '../kube-config.ts';
import { proxyFor } from '../proxy.ts';
import { isRecord, jsonIn, oneLine } from '../text.ts';
import type { LoginOptions } from './exec.ts';
import { pemOf } from './files.ts';
import { type Renewal, RenewedSource } from './renewed.ts';
import { bearer, type CredentialSource } from './source.ts';

/** How long the issuer may take to renew a token, in milliseconds. */
const RENEWAL_MS = 30_000;
/** So long before its end a token is renewed, in milliseconds; client-go's figure. */
const BEFORE_MS = 10_000;

/** Those that kubectl does not have any more either (since 1.26), and what came instead. */
const GONE: Record<string, string> = { gcp: 'gke-gcloud-auth-plugin', azure: 'kubelogin' };

/**
 * The login of an `auth-provider`, of which `oidc` is left: the `id-token` of the kubeconfig, renewed with its
 * `refresh-token`. What the issuer gives anew is kept in memory: unlike kubectl, nothing writes to the kubeconfig.
 *
 * @throws Error for another provider
 */
export function providerSource(user: KubeUser, options: LoginOptions): CredentialSource {
  const { name, config } = (user.authProvider ?? {}) as { name?: unknown; config?: unknown };
  if (name !== 'oidc') {
    const instead = GONE[String(name)] ? `the exec plugin ${GONE[String(name)]}` : 'an exec plugin';
    throw new Error(`The kubeconfig's user ${user.name} has auth-provider ${name}: use ${instead}, as with kubectl`);
  }
  const given = textsOf(config);
  let refreshToken = given['refresh-token'];
  const renew = async (): Promise<Renewal> => {
    try {
      const issued = await ask({ ...given, 'refresh-token': refreshToken }, options);
      refreshToken = issued.refreshToken ?? refreshToken;
      return renewalOf(issued.idToken);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw new Error(`The OIDC token cannot be renewed: ${oneLine(messageOf(error))}`, { cause: error });
    }
  };
  const idToken = given['id-token'];
  return new RenewedSource(renew, options.clock, idToken ? renewalOf(idToken) : undefined);
}

type Config = Record<string, string | undefined>;

/** One renewal (RFC 6749, section 6), at the address that the issuer names. */
async function ask(config: Config, { clock, signal, environment }: LoginOptions) {
  const { 'idp-issuer-url': issuer, 'client-id': client, 'refresh-token': token } = config;
  if (!issuer || !client || !token) {
    throw new Error('it has expired or was refused, and idp-issuer-url, client-id or refresh-token is not given');
  }
  const dispatcher = await dispatcherOf(config, new URL(issuer), environment);
  const late = new AbortController();
  const cancel = clock.after(RENEWAL_MS, () =>
    late.abort(new Error(`${issuer} did not answer within ${RENEWAL_MS / 1000} s`)),
  );
  try {
    const through = { dispatcher, signal: AbortSignal.any([signal, late.signal]) };
    const discovery = await json(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, through);
    if (typeof discovery.token_endpoint !== 'string') throw new Error(`${issuer} names no token_endpoint`);
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: client };
    const secret = config['client-secret'];
    const answer = await json(discovery.token_endpoint, {
      ...through,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, ...(secret && { client_secret: secret }) }).toString(),
    });
    if (typeof answer.id_token !== 'string') throw new Error(`${issuer} gave no id_token`);
    const { id_token: idToken, refresh_token: refreshToken } = answer;
    return { idToken, ...(typeof refreshToken === 'string' && { refreshToken }) };
  } finally {
    cancel();
    await dispatcher.destroy();
  }
}

async function dispatcherOf(config: Config, issuer: URL, environment: LoginOptions['environment']) {
  const { 'idp-certificate-authority-data': data, 'idp-certificate-authority': file } = config;
  const ca = await pemOf({ purpose: 'certificate authority', data, file });
  const uri = proxyFor(issuer, undefined, environment);
  const tls = ca ? { ca } : {};
  return uri ? new ProxyAgent({ uri, requestTls: tls }) : new Agent({ connect: tls });
}

async function json(url: string, how: Parameters<typeof request>[1]): Promise<Record<string, unknown>> {
  const { statusCode, body } = await request(url, how);
  const text = await body.text();
  // Nothing of the answer is repeated: tokens are in it.
  if (statusCode !== 200) throw new Error(`${new URL(url).origin} answered ${statusCode}`);
  const answer = jsonIn(text);
  if (isRecord(answer)) return answer;
  throw new Error(`${new URL(url).origin} answered what is no JSON object`);
}

function renewalOf(idToken: string): Renewal {
  const ends = expiryOf(idToken);
  return { grant: { headers: bearer(idToken) }, expiresAt: ends === undefined ? undefined : ends * 1000 - BEFORE_MS };
}

/** The `exp` of a JWT, in seconds since the epoch; undefined where it has none. Whether it is genuine is for the server. */
function expiryOf(jwt: string): number | undefined {
  const claims = jsonIn(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  return isRecord(claims) && typeof claims.exp === 'number' ? claims.exp : undefined;
}

function textsOf(config: unknown): Config {
  const entries = Object.entries(isRecord(config) ? config : {});
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')) as Config;
}
