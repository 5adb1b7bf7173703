import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Cluster, findHomeDir, KubeConfig, loadYaml, type User } from '@kubernetes/client-node';
import { isRecord } from './text.ts';

/** A user of a kubeconfig, with what client-node leaves out of it. */
export interface KubeUser extends User {
  /** Read again as it changes; counts before `token`. */
  readonly tokenFile?: string;
  readonly impersonateUid?: string;
  readonly impersonateGroups?: string[];
  readonly impersonateExtra?: Record<string, string[]>;
}

/** A cluster of a kubeconfig, with what client-node leaves out of it. */
export interface KubeCluster extends Cluster {
  /** What an exec plugin with `provideClusterInfo` is told of the cluster besides its address. */
  readonly execConfig?: unknown;
}

/** Where a pod finds the token of its ServiceAccount. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
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
  const name = kubeConfig.getCurrentContext();
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
  const root: unknown = text.trim() === '' ? {} : loadYaml(text);
  const users = entriesOf(root, 'users', 'user');
  // client-node reads the file of a token, once, while it loads.
  const forClientNode = isRecord(root)
    ? { ...root, ...(users && { users: users.map(({ entry, fields }) => withoutTokenFile(entry, fields)) }) }
    : root;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(JSON.stringify(forClientNode));
  kubeConfig.users = kubeConfig.users.map((user, at) => ({
    ...user,
    ...moreOfUser(users?.[at]?.fields ?? {}, folder),
  }));
  const clusters = entriesOf(root, 'clusters', 'cluster');
  kubeConfig.clusters = kubeConfig.clusters.map((cluster, at) => ({
    ...cluster,
    ...moreOfCluster(clusters?.[at]?.fields ?? {}),
  }));
  if (folder !== undefined) kubeConfig.makePathsAbsolute(folder);
  return kubeConfig;
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
  const home = findHomeDir();
  const usual = home ? join(home, '.kube', 'config') : undefined;
  if (usual && existsSync(usual)) return fromFile(usual);
  if (!existsSync(POD_TOKEN)) return undefined;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromCluster();
  return kubeConfig;
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
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: firsts(kubeConfigs.map(({ clusters }) => clusters)),
    users: firsts(kubeConfigs.map(({ users }) => users)),
    contexts: firsts(kubeConfigs.map(({ contexts }) => contexts)),
    currentContext: kubeConfigs.map(({ currentContext }) => currentContext).find(Boolean),
  });
  return kubeConfig;
}

type Fields = Record<string, unknown>;

/** undefined where there is no such list: what is wrong with it is for client-node to say. */
function entriesOf(root: unknown, list: string, field: string): { entry: unknown; fields: Fields }[] | undefined {
  const entries = isRecord(root) ? root[list] : undefined;
  if (!Array.isArray(entries)) return undefined;
  return entries.map((entry: unknown) => {
    const fields = isRecord(entry) ? entry[field] : undefined;
    return { entry, fields: isRecord(fields) ? fields : {} };
  });
}

function withoutTokenFile(entry: unknown, fields: Fields): unknown {
  if (!isRecord(entry) || fields['token-file'] === undefined) return entry;
  const { 'token-file': _, ...user } = fields;
  return { ...entry, user };
}

function moreOfUser(fields: Fields, folder: string | undefined): Partial<KubeUser> {
  const tokenFile = textOf(fields.tokenFile) ?? textOf(fields['token-file']); // the latter is client-node's word
  const uid = textOf(fields['as-uid']);
  const groups = fields['as-groups'];
  const extra = fields['as-user-extra'];
  const { exec } = fields;
  return {
    ...(tokenFile && { tokenFile: absolute(tokenFile, folder) }),
    ...(uid && { impersonateUid: uid }),
    ...(Array.isArray(groups) && { impersonateGroups: groups.map(String) }),
    ...(isRecord(extra) && {
      impersonateExtra: Object.fromEntries(
        Object.entries(extra).map(([key, values]) => [key, [values].flat().map(String)]),
      ),
    }),
    ...(isRecord(exec) && { exec: { ...exec, ...commandOf(exec, folder) } }),
  };
}

function moreOfCluster({ extensions }: Fields): Partial<KubeCluster> {
  if (!Array.isArray(extensions)) return {};
  const found: unknown = extensions.find((one) => isRecord(one) && one.name === EXEC_EXTENSION);
  return isRecord(found) ? { execConfig: found.extension } : {};
}

/** A command with a folder in it is relative to the kubeconfig; one without is looked for on PATH. */
function commandOf({ command }: Fields, folder: string | undefined): { command?: string } {
  return typeof command === 'string' && command.includes('/') ? { command: absolute(command, folder) } : {};
}

function absolute(file: string, folder: string | undefined): string {
  return folder === undefined || file.startsWith('/') ? file : join(folder, file);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
