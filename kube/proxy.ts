import { BlockList, isIP } from 'node:net';

type Environment = Record<string, string | undefined>;

/** What the URL of a proxy may begin with; `socks5h` is Go's word for a SOCKS proxy that looks names up, as all do here. */
export const PROXY_PROTOCOLS = ['http:', 'https:', 'socks5:', 'socks5h:'];

/**
 * The proxy to a server: the kubeconfig's `proxy-url`, or else what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say (in lower
 * case too, upper case first), by the rules of Go's httpproxy, which kubectl follows.
 *
 * @returns its URL; undefined where there is none
 * @throws Error for one that is no URL, or of a kind that is not supported; it repeats nothing of it, a password may be in it
 */
export function proxyFor(server: URL, proxyUrl: string | undefined, environment: Environment): string | undefined {
  if (proxyUrl) return checked(proxyUrl, "The kubeconfig's proxy-url");
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const given = setting(name, environment);
  if (!given || isExempt(server, setting('NO_PROXY', environment) ?? '')) return undefined;
  return checked(given.includes('://') ? given : `http://${given}`, name);
}

function setting(name: string, environment: Environment): string | undefined {
  return environment[name] || environment[name.toLowerCase()];
}

function checked(text: string, who: string): string {
  if (!URL.canParse(text)) throw new Error(`${who} is not the URL of a proxy`);
  const { protocol } = new URL(text);
  if (!PROXY_PROTOCOLS.includes(protocol)) {
    throw new Error(`${who} begins with ${protocol}//, only http, https and socks5 proxies are supported`);
  }
  return text.replace(/^socks5h:/i, 'socks5:');
}

/** Whether `NO_PROXY` names the server; this machine is never reached by a proxy. */
function isExempt(server: URL, noProxy: string): boolean {
  const host = server.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || isLoopback(host)) return true;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && names(entry, host, port));
}

/** Whether one entry of `NO_PROXY` names a host: `*`, an address, a CIDR, a domain with all below it or only those, each also with a port. */
function names(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isWithin(entry, host);
  const { of, only } = splitPort(entry);
  if (only !== undefined && only !== port) return false;
  if (isIP(of)) return isIP(host) !== 0 && isWithin(`${of}/${isIP(of) === 4 ? 32 : 128}`, host);
  const below = of.replace(/^\*\./, '.');
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
}

function splitPort(entry: string): { of: string; only?: string } {
  if (isIP(entry)) return { of: entry };
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const of = bracketed ?? plain ?? entry;
  return port === undefined ? { of } : { of, only: port };
}

function isWithin(cidr: string, host: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family) return false;
  const length = Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, length, kind);
  return list.check(host, kind);
}

function isLoopback(host: string): boolean {
  return isWithin('127.0.0.0/8', host) || host === '::1';
}
