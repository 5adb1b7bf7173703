import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { load as loadYaml } from 'js-yaml';
import { type KubeCluster, KubeConfig, type KubeContext, type KubeUser } from './kube-config.ts';
import { isRecord } from './text.ts';

/** Where a pod finds the token of its ServiceAccount. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const POD_AUTHORITY = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/** Where and as whom to connect: a kubeconfig file, or kubectl's default rules (`KUBECONFIG`, `~/.kube/config`, in a pod). */
export function loadKubeConfig({ kubeconfig }: { kubeconfig?: string | undefined } = {}): KubeConfig {
  const source = kubeconfig ?? process.env.KUBECONFIG ?? 'the default places';
  let kubeConfig: KubeConfig | undefined;
  try {
    kubeConfig = kubeconfig ? fromFile(kubeconfig) : fromDefaultPlaces();
  } catch (error) {
    throw new Error(`Cannot read the kubeconfig ${source}: ${faultIn(error)}`);
  }
  if (!kubeConfig) {
    throw new Error('No Kubernetes configuration found: set KUBECONFIG, or run in a pod with a service account');
  }
  const fault = faultOf(kubeConfig);
  if (fault) throw new Error(`The kubeconfig ${source} cannot be used: ${fault}`);
  return kubeConfig;
}

/**
 * What keeps a kubeconfig from being used with its current context, to follow its name; undefined when nothing does. It
 * repeats nothing of the content: a name may be a secret in the wrong place.
 */
export function faultOf(kubeConfig: KubeConfig): string | undefined {
  const name = kubeConfig.currentContext;
  const context = name && kubeConfig.getContextObject(name);
  if (!name) return 'it has no current-context';
  if (!context) return 'its current-context is not among its contexts';
  if (!kubeConfig.getCurrentCluster()) return 'the cluster of its context is not among its clusters';
  if (!serverOf(kubeConfig)) return 'the server of its cluster is no address';
  // Without, everything would be asked as nobody, and refused for ever.
  if (context.user && !kubeConfig.getCurrentUser()) return 'the user of its context is not among its users';
  return undefined;
}

const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[-\w.]+):\d+(\/|$)/i;

/**
 * The address of the current cluster. One without a scheme, `host:port`, is completed as client-go does: https where
 * anything is said about certificates.
 */
export function serverOf(kubeConfig: KubeConfig): URL | undefined {
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  const { server = '', caData, caFile, skipTLSVerify } = cluster ?? {};
  const isSecure = caData || caFile || skipTLSVerify || user?.certData || user?.certFile;
  const address = HOST_AND_PORT.test(server) ? `${isSecure ? 'https' : 'http'}://${server}` : server;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && ['https:', 'http:'].includes(url.protocol) ? url : undefined;
}

/** What is wrong with a kubeconfig that cannot be read. The parser's own words quote the text, in which there are secrets. */
export function faultIn(error: unknown): string {
  const { name, message, mark, code } = error as Error & { mark?: { line: number }; code?: string };
  if (name === 'YAMLException') return mark ? `it is not YAML, line ${mark.line + 1}` : 'it is not YAML';
  if (/^(clusters|contexts|users)\[\d+\][.a-z]* is missing$/.test(message)) return message;
  return code ?? 'it is not a kubeconfig';
}

/**
 * A kubeconfig from its text, as kubectl reads it. No file that it names is read yet.
 * @param folder - what its relative paths are relative to
 * @throws Error of the parser, which may quote the text
 */
export function parseKubeconfig(text: string, folder?: string): KubeConfig {
  // A file with nothing in it says nothing, as with kubectl.
  const fields: unknown = text.trim() === '' ? {} : loadYaml(text);
  if (!isRecord(fields)) throw new Error('it is not a mapping');
  return new KubeConfig({
    clusters: entriesOf(fields, 'clusters', 'cluster').map(({ name, of }, at) => clusterOf(name, of, at, folder)),
    users: entriesOf(fields, 'users', 'user').map(({ name, of }) => userOf(name, of ?? {}, folder)),
    contexts: entriesOf(fields, 'contexts', 'context').map(({ name, of }, at) => contextOf(name, of, at)),
    currentContext: textOf(fields['current-context']) ?? '',
  });
}

function fromFile(file: string): KubeConfig {
  return parseKubeconfig(readFileSync(file, 'utf8'), dirname(file));
}

function fromDefaultPlaces(): KubeConfig | undefined {
  const listed = process.env.KUBECONFIG?.split(delimiter).filter((file) => file !== '') ?? [];
  if (listed.length > 0) {
    // Of several, those that are not there are passed over; one alone must be.
    const there = listed.filter((file) => existsSync(file));
    return merged((there.length > 0 ? there : listed.slice(0, 1)).map(fromFile));
  }
  const home = process.env.HOME;
  const usual = home ? join(home, '.kube', 'config') : undefined;
  if (usual && existsSync(usual)) return fromFile(usual);
  return existsSync(POD_TOKEN) ? fromPod() : undefined;
}

/** By what Kubernetes tells each pod: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/. */
function fromPod(): KubeConfig {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return KubeConfig.of({ name: 'pod', server, caFile: POD_AUTHORITY }, { name: 'pod', tokenFile: POD_TOKEN });
}

/** Several as one: of what has the same name, the first counts. */
function merged(kubeConfigs: KubeConfig[]): KubeConfig {
  const [first, ...rest] = kubeConfigs;
  if (!first || rest.length === 0) return first!;
  const firsts = <T extends { name: string }>(lists: T[][]) => [
    ...new Map(
      lists
        .flat()
        .toReversed()
        .map((entry) => [entry.name, entry]),
    ).values(),
  ];
  return new KubeConfig({
    clusters: firsts(kubeConfigs.map(({ clusters }) => clusters)),
    users: firsts(kubeConfigs.map(({ users }) => users)),
    contexts: firsts(kubeConfigs.map(({ contexts }) => contexts)),
    currentContext: kubeConfigs.map(({ currentContext }) => currentContext).find(Boolean) ?? '',
  });
}

type Fields = Record<string, unknown>;

/** @throws Error that names the entry which has no name */
function entriesOf(root: Fields, list: string, field: string): { name: string; of: Fields | undefined }[] {
  const entries = root[list];
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: unknown, at) => {
    const { name, [field]: of } = isRecord(entry) ? entry : {};
    if (!name) throw new Error(`${list}[${at}].name is missing`);
    return { name: String(name), of: isRecord(of) ? of : undefined };
  });
}

function clusterOf(name: string, fields: Fields | undefined, at: number, folder: string | undefined): KubeCluster {
  if (!fields) throw new Error(`clusters[${at}].cluster is missing`);
  const server = textOf(fields.server);
  if (server === undefined) throw new Error(`clusters[${at}].cluster.server is missing`);
  const { extensions } = fields;
  const found: unknown = Array.isArray(extensions)
    ? extensions.find((one) => isRecord(one) && one.name === EXEC_EXTENSION)
    : undefined;
  return {
    name,
    server: server.replace(/\/$/, ''),
    caData: textOf(fields['certificate-authority-data']),
    caFile: fileOf(fields['certificate-authority'], folder),
    skipTLSVerify: fields['insecure-skip-tls-verify'] === true,
    tlsServerName: textOf(fields['tls-server-name']),
    proxyUrl: textOf(fields['proxy-url']),
    ...(isRecord(found) && { execConfig: found.extension }),
  };
}

function contextOf(name: string, fields: Fields | undefined, at: number): KubeContext {
  if (!fields) throw new Error(`contexts[${at}].context is missing`);
  const cluster = textOf(fields.cluster);
  if (cluster === undefined) throw new Error(`contexts[${at}].context.cluster is missing`);
  return { name, cluster, user: textOf(fields.user) ?? '', namespace: textOf(fields.namespace) };
}

function userOf(name: string, fields: Fields, folder: string | undefined): KubeUser {
  const groups = fields['as-groups'];
  const extra = fields['as-user-extra'];
  const { exec, 'auth-provider': authProvider } = fields;
  return {
    name,
    token: textOf(fields.token),
    tokenFile: fileOf(fields.tokenFile, folder) ?? fileOf(fields['token-file'], folder), // the latter is client-node's word
    certData: textOf(fields['client-certificate-data']),
    certFile: fileOf(fields['client-certificate'], folder),
    keyData: textOf(fields['client-key-data']),
    keyFile: fileOf(fields['client-key'], folder),
    username: textOf(fields.username),
    password: textOf(fields.password),
    impersonateUser: textOf(fields.as),
    impersonateUid: textOf(fields['as-uid']),
    ...(Array.isArray(groups) && { impersonateGroups: groups.map(String) }),
    ...(isRecord(extra) && {
      impersonateExtra: Object.fromEntries(
        Object.entries(extra).map(([key, values]) => [key, [values].flat().map(String)]),
      ),
    }),
    ...(isRecord(exec) && { exec: { ...exec, ...commandOf(exec, folder) } }),
    ...(isRecord(authProvider) && { authProvider }),
  };
}

/** A command with a folder in it is relative to the kubeconfig; one without is looked for on PATH. */
function commandOf({ command }: Fields, folder: string | undefined): { command?: string } {
  return typeof command === 'string' && command.includes('/') ? { command: absolute(command, folder) } : {};
}

function absolute(file: string, folder: string | undefined): string {
  return folder === undefined || file.startsWith('/') ? file : join(folder, file);
}

function fileOf(value: unknown, folder: string | undefined): string | undefined {
  const file = textOf(value);
  return file && absolute(file, folder);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
