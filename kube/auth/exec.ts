import type { Clock } from '../clock.ts';
import type { KubeCluster, KubeUser } from '../kubeconfig.ts';
import { oneLine } from '../text.ts';
import { authorityOf } from './certificates.ts';
import {
  checkExecConfig,
  type ExecCluster,
  type ExecConfig,
  type ExecCredential,
  execInfo,
  parseExecCredential,
} from './exec-credential.ts';
import { ProgramError, run } from './program.ts';
import { bearer, type CredentialSource, type Grant } from './source.ts';

/** How long a plugin may take, in milliseconds. Requests that wait for it give up by their own deadlines before. */
export const PLUGIN_MS = 60_000;
/** A plugin that failed is not run again before so long after, in milliseconds, however many requests ask. */
const FAILED_MS = 1_000;
/** Nor for a 401 when it was for another so lately: a server that refuses all it gives would have it run all the time. */
const REFUSED_MS = 10_000;

/** Ours, and secrets among them: nothing that a plugin of a kubeconfig should have. */
const WITHHELD = /^(TEMPORAL|FOG_ROLLOUTS)_/;

export interface ExecSourceOptions {
  clock: Clock;
  /** Kills a plugin that is running. */
  signal: AbortSignal;
  /** What its environment is made of. */
  environment: Record<string, string | undefined>;
}

/**
 * The login by an exec credential plugin, by client-go's rules: run once for all who wait, and again when what it gave has
 * expired or was refused. It gets no terminal, and none of our own settings.
 */
export class ExecSource implements CredentialSource {
  readonly #exec: ExecConfig;
  readonly #cluster: KubeCluster;
  readonly #apiVersion: string;
  readonly #options: ExecSourceOptions;
  #given: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;
  #failed: { error: unknown; at: number } | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** @throws Error when its configuration cannot be used */
  constructor(user: KubeUser, cluster: KubeCluster, options: ExecSourceOptions) {
    this.#exec = user.exec as ExecConfig;
    this.#apiVersion = checkExecConfig(this.#exec, user.name);
    this.#cluster = cluster;
    this.#options = options;
  }

  get isFresh(): boolean {
    const { expiresAt = Number.POSITIVE_INFINITY } = this.#given ?? { expiresAt: 0 };
    return this.#options.clock.date().getTime() < expiresAt;
  }

  async get(): Promise<Grant> {
    const { token, cert, key } = this.#given && this.isFresh ? this.#given : await this.#once();
    return { ...(token && { headers: bearer(token) }), ...(cert && key && { cert, key }) };
  }

  refused(): boolean {
    const now = this.#options.clock.now();
    if (now - this.#refusedAt < REFUSED_MS) return false;
    this.#refusedAt = now;
    this.#given = undefined;
    return true;
  }

  unanswered(): void {}

  /** One at a time, for all who wait. */
  #once(): Promise<ExecCredential> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<ExecCredential> {
    const { clock } = this.#options;
    if (this.#failed && clock.now() - this.#failed.at < FAILED_MS) throw this.#failed.error;
    try {
      this.#given = await this.#runNow();
      this.#failed = undefined;
      return this.#given;
    } catch (error) {
      this.#failed = { error, at: clock.now() };
      throw error;
    }
  }

  async #runNow(): Promise<ExecCredential> {
    const { command, args, installHint } = this.#exec;
    const env = await this.#environment();
    const { clock, signal } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(PLUGIN_MS, () =>
      late.abort(new ProgramError(`gave nothing within ${PLUGIN_MS / 1000} s`)),
    );
    try {
      const printed = await run(command, args ?? [], { env, signal: AbortSignal.any([signal, late.signal]) });
      return parseExecCredential(printed, this.#exec, this.#apiVersion);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const hint = error.isMissing && installHint ? `; ${oneLine(installHint)}` : '';
      throw new Error(`The exec plugin ${command} ${error.message}${hint}`, { cause: error });
    } finally {
      cancel();
    }
  }

  async #environment(): Promise<Record<string, string | undefined>> {
    const inherited = Object.entries(this.#options.environment).filter(([name]) => !WITHHELD.test(name));
    const own = (this.#exec.env ?? []).map(({ name, value }) => [name, value]);
    const cluster = this.#exec.provideClusterInfo ? await clusterInfo(this.#cluster) : undefined;
    return {
      ...Object.fromEntries(inherited),
      ...Object.fromEntries(own),
      KUBERNETES_EXEC_INFO: execInfo(this.#apiVersion, cluster),
    };
  }
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
