import { isIP } from 'node:net';
import { load as loadYaml } from 'js-yaml';
import { hostOf, refusedAddress } from './addresses.ts';
import { KubeConfig, type KubeUser } from './kube-config.ts';
import { PROXY_PROTOCOLS } from './proxy.ts';
import { isRecord } from './text.ts';

/** What a kubeconfig from elsewhere may say of its user. The rest would run programs, or read files, where we run. */
const USER_FIELDS = [
  ...['token', 'client-certificate-data', 'client-key-data', 'username', 'password'],
  ...['as', 'as-uid', 'as-groups', 'as-user-extra'],
];
/** Of its cluster; the last two change nothing for us. */
const CLUSTER_FIELDS = [
  ...['server', 'certificate-authority-data', 'insecure-skip-tls-verify', 'tls-server-name', 'proxy-url'],
  ...['disable-compression', 'extensions'],
];
const WHY_NOT: Record<string, string> = {
  exec: 'runs a program to log in',
  'auth-provider': 'needs a login plugin',
  tokenFile: 'names a file; give the token itself',
  'token-file': 'names a file; give the token itself',
  'client-certificate': 'names a file; give client-certificate-data',
  'client-key': 'names a file; give client-key-data',
  'certificate-authority': 'names a file; give certificate-authority-data',
};
const NO_TEXT = ['insecure-skip-tls-verify', 'disable-compression', 'extensions', 'as-groups', 'as-user-extra'];
const SERVERS = ['https:', 'http:'];
const PEM_FIELDS = ['certificate-authority-data', 'client-certificate-data', 'client-key-data'];

/** Why a host is not asked: it is one of those that are refused, or none of those that are listed. */
export type HostFault = 'refused' | 'unlisted';

/** A kubeconfig that is not used. The message is for people: it names fields, and repeats nothing of the content. */
export class KubeconfigRefusedError extends Error {
  override readonly name = 'KubeconfigRefusedError';
  /** Why it would be used if its host were allowed, or listed; undefined: something else is wrong with it. */
  readonly host: HostFault | undefined;

  constructor(message: string, host?: HostFault) {
    super(message);
    this.host = host;
  }
}

/** What is said of the hosts of servers and proxies, as URLs have them. */
export interface HostRules {
  /** Whether one is asked without TLS, and wherever it leads. Default none. */
  isAllowed?(host: string): boolean;
  /** Whether one may be asked at all. Default any. */
  isListed?(host: string): boolean;
}

type Fields = Record<string, unknown>;

/**
 * Reads a kubeconfig that came from elsewhere, from a Secret say: only its current context counts, and all it needs must be
 * inside. What would run a program or read a file where we run is refused, what is not understood, and a server or proxy at an
 * address that leads into our own machine or to a cloud's metadata, or without TLS.
 *
 * @throws KubeconfigRefusedError
 */
export function loadForeignKubeconfig(text: string, hosts: HostRules = {}): KubeConfig {
  const root = parse(text);
  const current = root['current-context'];
  if (typeof current !== 'string' || current === '') throw refused('it has no current-context');
  const context = named(root, 'contexts', current, 'context', 'its current-context');
  const clusterName = textOf(context, 'cluster', 'its context');
  const cluster = named(root, 'clusters', clusterName, 'cluster', 'the cluster of its context');
  const userName = textOf(context, 'user', 'its context');
  const user = named(root, 'users', userName, 'user', 'the user of its context');
  checkFields(cluster, CLUSTER_FIELDS, 'cluster');
  checkFields(user, USER_FIELDS, 'user');
  checkServer(textOf(cluster, 'server', 'its cluster'), hosts);
  if (cluster['proxy-url'] !== undefined) checkProxy(textOf(cluster, 'proxy-url', 'its cluster'), hosts);
  return build(clusterName, cluster, userName, user);
}

function parse(text: string): Fields {
  let root: unknown;
  try {
    root = loadYaml(text);
  } catch {
    throw refused('it is not YAML'); // the parser's own words quote the text
  }
  if (!isRecord(root)) throw refused('it is not a kubeconfig');
  if (root.kind !== undefined && root.kind !== 'Config') throw refused('its kind is not Config');
  return root;
}

function named(root: Fields, list: string, name: string, field: string, who: string): Fields {
  const entries = Array.isArray(root[list]) ? root[list] : [];
  const entry: unknown = entries.find((one) => isRecord(one) && one.name === name);
  if (!isRecord(entry) || !isRecord(entry[field])) throw refused(`${who} is not among its ${list}`);
  return entry[field];
}

function checkFields(given: Fields, known: string[], who: string): void {
  for (const [field, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === '') continue;
    if (!known.includes(field)) {
      const why = WHY_NOT[field];
      // A field that nobody knows may be a value in the wrong place.
      throw refused(why ? `its ${who} has ${field}, which ${why}` : `its ${who} has a field that is not known here`);
    }
    if (!NO_TEXT.includes(field) && typeof value !== 'string') throw refused(`the ${field} of its ${who} is not text`);
    if (PEM_FIELDS.includes(field) && !isPem(value)) throw refused(`the ${field} of its ${who} is not PEM in base64`);
  }
  if (who === 'user' && Boolean(given['client-certificate-data']) !== Boolean(given['client-key-data'])) {
    throw refused('its user has only one of client-certificate-data and client-key-data');
  }
}

/** Whom it asks to be taken for. */
function impersonated(user: Fields): Pick<KubeUser, 'impersonateUid' | 'impersonateGroups' | 'impersonateExtra'> {
  const groups = user['as-groups'] ?? [];
  const extra = user['as-user-extra'] ?? {};
  if (!isTexts(groups)) throw refused('the as-groups of its user are not a list of texts');
  if (!isRecord(extra) || !Object.values(extra).every(isTexts)) {
    throw refused('the as-user-extra of its user is not lists of texts by name');
  }
  return {
    ...optional('impersonateUid', user['as-uid']),
    ...(groups.length > 0 && { impersonateGroups: groups }),
    ...(Object.keys(extra).length > 0 && { impersonateExtra: extra as Record<string, string[]> }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function checkServer(server: string, hosts: HostRules): void {
  const url = checkUrl(server, 'server');
  if (url.protocol === 'http:' && !hosts.isAllowed?.(hostOf(url)))
    throw refused('the server of its cluster has no TLS', 'refused');
  checkHost(url, 'server', hosts);
  if (url.username || url.password || url.search) throw refused('the server of its cluster is more than an address');
}

function checkProxy(proxy: string, hosts: HostRules): void {
  const url = checkUrl(proxy, 'proxy-url', PROXY_PROTOCOLS);
  checkHost(url, 'proxy-url', hosts);
  // Names of SOCKS proxies are looked up where we cannot see what they lead to.
  if (!url.protocol.startsWith('socks') || isIP(hostOf(url)) !== 0 || hosts.isAllowed?.(hostOf(url))) return;
  throw refused('the proxy-url of its cluster is a SOCKS proxy by its name; give its address', 'refused');
}

/** What names lead to is known when they are connected to. */
function checkHost(url: URL, field: string, { isAllowed, isListed }: HostRules): void {
  const host = hostOf(url);
  if (isListed?.(host) === false)
    throw refused(`the ${field} of its cluster is at a host that is not listed`, 'unlisted');
  const what = isAllowed?.(host) ? undefined : refusedAddress(host);
  if (what !== undefined) throw refused(`the ${field} of its cluster is ${what}`, 'refused');
}

function checkUrl(text: string, field: string, protocols = SERVERS): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol)) {
    throw refused(`the ${field} of its cluster is not an address that starts with https://`);
  }
  return url;
}

/** Only what was looked at goes in. */
function build(clusterName: string, cluster: Fields, userName: string, user: Fields): KubeConfig {
  return KubeConfig.of(
    {
      name: clusterName,
      server: (cluster.server as string).replace(/\/$/, ''),
      skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
      ...optional('caData', cluster['certificate-authority-data']),
      ...optional('tlsServerName', cluster['tls-server-name']),
      ...optional('proxyUrl', cluster['proxy-url']),
    },
    {
      name: userName,
      ...optional('token', user.token),
      ...optional('certData', user['client-certificate-data']),
      ...optional('keyData', user['client-key-data']),
      ...optional('username', user.username),
      ...optional('password', user.password),
      ...optional('impersonateUser', user.as),
      ...impersonated(user),
    },
  );
}

function optional<K extends string>(name: K, value: unknown): { [key in K]?: string } {
  return typeof value === 'string' && value !== '' ? ({ [name]: value } as { [key in K]?: string }) : {};
}

function textOf(fields: Fields, field: string, who: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || value === '') throw refused(`${who} has no ${field}`);
  return value;
}

function isPem(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64').includes('-----BEGIN ');
}

function refused(why: string, host?: HostFault): KubeconfigRefusedError {
  return new KubeconfigRefusedError(`The kubeconfig cannot be used: ${why}`, host);
}
