import { isRecord, jsonIn, oneLine } from '../text.ts';

/** A kubeconfig user's `exec`, as far as it is used (client.authentication.k8s.io). */
export interface ExecConfig {
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  apiVersion?: string;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

/** Of the cluster, as a plugin with `provideClusterInfo` is told. */
export interface ExecCluster {
  server: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'certificate-authority-data'?: string;
  'proxy-url'?: string;
  /** Of the cluster's extension `client.authentication.k8s.io/exec`. */
  config?: unknown;
}

/** What a plugin gave. */
export interface ExecCredential {
  token?: string;
  cert?: string;
  key?: string;
  /** When it ends, ms since the epoch; undefined when it says nothing of it. */
  expiresAt?: number;
}

const GROUP = 'client.authentication.k8s.io';
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];
const LATEST = `${GROUP}/v1`;

/**
 * Checks what can be told before the plugin runs.
 * @param user - the kubeconfig's name for it
 * @returns the apiVersion to speak with it
 * @throws Error that says what is wrong
 */
export function checkExecConfig(exec: ExecConfig, user: string): string {
  const who = `The exec plugin of the kubeconfig's user ${user}`;
  if (typeof exec.command !== 'string' || exec.command === '') throw new Error(`${who} has no command`);
  const { apiVersion = LATEST } = exec;
  if (!VERSIONS.includes(apiVersion)) {
    throw new Error(`${who} has apiVersion ${apiVersion}: only ${VERSIONS.join(' and ')} can be used`);
  }
  if (exec.interactiveMode === 'Always') {
    throw new Error(`${who} (${exec.command}) wants a terminal (interactiveMode: Always), and there is none here`);
  }
  return apiVersion;
}

/** The value of `KUBERNETES_EXEC_INFO`. */
export function execInfo(apiVersion: string, cluster: ExecCluster | undefined): string {
  return JSON.stringify({
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster && { cluster }) },
  });
}

/**
 * Reads what a plugin printed.
 * @throws Error that names the plugin, and repeats nothing of what it printed
 */
export function parseExecCredential(text: string, { command }: ExecConfig, apiVersion: string): ExecCredential {
  const failed = (what: string) => new Error(`The exec plugin ${command} ${what}`);
  const answer = jsonIn(text);
  if (!isRecord(answer) || (answer.kind !== undefined && answer.kind !== 'ExecCredential')) {
    throw failed('printed no ExecCredential');
  }
  if (answer.apiVersion !== undefined && answer.apiVersion !== apiVersion) {
    throw failed(`answered in ${oneLine(String(answer.apiVersion), 80)}, it was asked in ${apiVersion}`);
  }
  if (!isRecord(answer.status)) throw failed('printed an ExecCredential without a status');
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status;
  const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value.trim() : undefined);
  const given = { token: textIn(token), cert: textIn(cert), key: textIn(key) };
  if (Boolean(given.cert) !== Boolean(given.key)) throw failed('gave only one of a certificate and its key');
  if (!given.token && !given.cert) throw failed('gave neither a token nor a certificate');
  const expiresAt = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : undefined;
  if (Number.isNaN(expiresAt)) throw failed('gave an expirationTimestamp that is no time');
  return Object.fromEntries(
    Object.entries({ ...given, expiresAt }).filter(([, value]) => value !== undefined),
  ) as ExecCredential;
}
