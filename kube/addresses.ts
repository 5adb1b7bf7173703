/**
 * Where nobody is asked because somebody else says so: addresses that lead into our own process or machine, or to a cloud's
 * metadata. What a name leads to is judged when the connection is made, so that it cannot lead elsewhere a moment later.
 */
import { type LookupAddress, lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const NOWHERE = 'an address of nobody in particular';
const LOOPBACK = 'a loopback address';
const LINK_LOCAL = 'a link-local address, where clouds keep their metadata';
const METADATA = "a cloud's metadata service";

/** IPv4 networks, and why nothing in them is asked. https://www.iana.org/assignments/iana-ipv4-special-registry */
const IPV4: [network: string, prefix: number, what: string][] = [
  ['0.0.0.0', 8, NOWHERE],
  ['127.0.0.0', 8, LOOPBACK],
  ['169.254.0.0', 16, LINK_LOCAL],
  ['100.100.100.200', 32, METADATA], // Alibaba
  ['168.63.129.16', 32, METADATA], // Azure
  ['224.0.0.0', 3, NOWHERE], // multicast, reserved, broadcast
];

/** https://www.iana.org/assignments/iana-ipv6-special-registry */
const IPV6: [network: string, prefix: number, what: string][] = [
  ['::', 128, NOWHERE],
  ['::1', 128, LOOPBACK],
  ['fe80::', 10, LINK_LOCAL],
  ['fd00:ec2::', 32, METADATA], // AWS
  ['fd20:ce::254', 128, METADATA], // Google
  ['ff00::', 8, NOWHERE],
];

/** How an IPv4 address is written as an IPv6 one: mapped, compatible, translated (RFC 4291, RFC 6052). */
const EMBEDDED = ['::ffff:', '::', '64:ff9b::'];

const REFUSED = [
  ...IPV4.flatMap(([network, prefix, what]) => [
    { list: listOf(network, prefix, 'ipv4'), what },
    // Of `0.0.0.0/8` the compatible form is all of what is small, `::1` too, which has a line of its own.
    ...EMBEDDED.map((before) => ({ list: listOf(`${before}${network}`, prefix + 96, 'ipv6'), what })),
  ]),
  ...IPV6.map(([network, prefix, what]) => ({ list: listOf(network, prefix, 'ipv6'), what })),
].toReversed();

/** What is wrong with asking there, e.g. `a loopback address`; undefined when nothing is, and for what is no IP address. */
export function refusedAddress(address: string): string | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return REFUSED.find(({ list }) => list.check(address, family === 4 ? 'ipv4' : 'ipv6'))?.what;
}

function listOf(network: string, prefix: number, family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list;
}

/** The name or address that a URL leads to; of IPv6 addresses without the brackets that URLs have around them. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Thrown where a name is looked up that leads where nobody is asked. */
export class RefusedAddress extends Error {
  override name = 'RefusedAddress';
}

/**
 * Looks names up for new connections, and refuses those that lead to a {@link refusedAddress}. Addresses are not looked up:
 * whoever connects to one judges it before.
 *
 * @param isAllowed - whether a name is asked wherever it leads
 */
export function guardedLookup(isAllowed: (host: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = isAllowed(host) ? undefined : firstRefused(addresses);
      if (refused) return callback(refused, []);
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

/** Connections are tried to all addresses of a name; what came of them is in the causes. */
export function refusalIn(error: unknown): RefusedAddress | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof RefusedAddress) return at;
  return undefined;
}

function firstRefused(addresses: LookupAddress[]): RefusedAddress | undefined {
  for (const { address } of addresses) {
    const what = refusedAddress(address);
    if (what !== undefined) return new RefusedAddress(`leads to ${address}, ${what}`);
  }
  return undefined;
}
