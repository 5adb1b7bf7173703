import type { Clock } from '../clock.ts';
import type { KubeCluster, KubeUser } from '../kube-config.ts';
import { oneLine } from '../text.ts';
import { authorityOf } from './certificates.ts';
import {
  checkExecConfig,
  type ExecCluster,
  type ExecConfig,
  execInfo,
  parseExecCredential,
} from './exec-credential.ts';
import { ProgramError, run } from './program.ts';
import { type Renewal, RenewedSource } from './renewed.ts';
import { bearer, type CredentialSource } from './source.ts';

/** How long a plugin may take, in milliseconds. Requests that wait for it give up by their own deadlines before. */
export const PLUGIN_MS = 60_000;

/** Ours, and secrets among them: nothing that a plugin of a kubeconfig should have. */
const WITHHELD = /^(TEMPORAL|FOG_ROLLOUTS)_/;

export interface LoginOptions {
  clock: Clock;
  /** Ends what is under way: kills a plugin that is running. */
  signal: AbortSignal;
  /** What a plugin's environment is made of. */
  environment: Record<string, string | undefined>;
}

/**
 * The login by an exec credential plugin, by client-go's rules. It gets no terminal, and none of our own settings.
 * @throws Error when its configuration cannot be used
 */
export function execSource(user: KubeUser, cluster: KubeCluster, options: LoginOptions): CredentialSource {
  const exec = user.exec as ExecConfig;
  const apiVersion = checkExecConfig(exec, user.name);
  return new RenewedSource(() => runPlugin({ exec, apiVersion, cluster }, options), options.clock);
}

interface Plugin {
  exec: ExecConfig;
  apiVersion: string;
  cluster: KubeCluster;
}

async function runPlugin(plugin: Plugin, { clock, signal, environment }: LoginOptions): Promise<Renewal> {
  const { exec, apiVersion } = plugin;
  const env = await environmentOf(plugin, environment);
  const late = new AbortController();
  const cancel = clock.after(PLUGIN_MS, () =>
    late.abort(new ProgramError(`gave nothing within ${PLUGIN_MS / 1000} s`)),
  );
  try {
    const printed = await run(exec.command, exec.args ?? [], { env, signal: AbortSignal.any([signal, late.signal]) });
    const { token, cert, key, expiresAt } = parseExecCredential(printed, exec, apiVersion);
    return { grant: { ...(token && { headers: bearer(token) }), ...(cert && key && { cert, key }) }, expiresAt };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const hint = error.isMissing && exec.installHint ? `; ${oneLine(exec.installHint)}` : '';
    throw new Error(`The exec plugin ${exec.command} ${error.message}${hint}`, { cause: error });
  } finally {
    cancel();
  }
}

async function environmentOf({ exec, apiVersion, cluster }: Plugin, environment: LoginOptions['environment']) {
  const inherited = Object.entries(environment).filter(([name]) => !WITHHELD.test(name));
  const own = (exec.env ?? []).map(({ name, value }) => [name, value]);
  const info = exec.provideClusterInfo ? await clusterInfo(cluster) : undefined;
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(own),
    KUBERNETES_EXEC_INFO: execInfo(apiVersion, info),
  };
}

async function clusterInfo(cluster: KubeCluster): Promise<ExecCluster> {
  const authority = await authorityOf(cluster);
  return {
    server: cluster.server,
    ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(authority && { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
    ...(cluster.proxyUrl && { 'proxy-url': cluster.proxyUrl }),
    ...(cluster.execConfig !== undefined && { config: cluster.execConfig }),
  };
}
