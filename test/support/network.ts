/**
 * A network of its own for a part of a test: a network namespace, and one link to it that can be cut, as a cable is: what is
 * sent is lost, and nobody is told. On Linux, as root.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Network {
  /** Goes before a command that is to run inside. */
  inside: readonly string[];
  /** The host's end of the link. */
  hostAddress: string;
  /** The other end. */
  address: string;
  cut(): void;
  restore(): void;
}

interface Names {
  namespace: string;
  /** The link's two ends; a name has at most 15 letters. */
  host: string;
  peer: string;
  /** With its four addresses, e.g. `198.18.3.4/30`. */
  subnet: string;
}

/** @returns why there can be none here; undefined when there can */
export function whyNoNetwork(): string | undefined {
  const name = `fog-probe-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return undefined;
  } catch (error) {
    return `no network namespace can be made: ${(error as Error).message.trim().split('\n').at(-1)}`;
  } finally {
    ipIfAny('netns', 'del', name);
  }
}

/** @param dir - its folder; whoever removes that calls {@link removeNetwork} */
export function createNetwork(dir: string): Network {
  const id = basename(dir).split('-').at(-1)!;
  const [hostAddress, address, subnet] = freeAddresses();
  const names: Names = { namespace: `fog-test-${id}`, host: `fog${id}h`, peer: `fog${id}p`, subnet };
  const { namespace, host, peer } = names;
  // First: whatever becomes of us, it can be removed.
  writeFileSync(fileIn(dir), JSON.stringify(names));
  ip('netns', 'add', namespace);
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  ip('link', 'add', host, 'type', 'veth', 'peer', 'name', peer, 'netns', namespace);
  ip('addr', 'add', `${hostAddress}/30`, 'dev', host);
  ip('-n', namespace, 'addr', 'add', `${address}/30`, 'dev', peer);
  ip('-n', namespace, 'link', 'set', peer, 'up');
  // It leads nowhere, but without one an API server finds no address to advertise.
  ip('-n', namespace, 'route', 'add', 'default', 'via', hostAddress);
  // While the link is down, what is meant for it must not leave by another.
  ip('route', 'add', 'blackhole', subnet, 'metric', '9999');
  ip('link', 'set', host, 'up');
  return {
    inside: ['ip', 'netns', 'exec', namespace],
    hostAddress,
    address,
    cut: () => ip('link', 'set', host, 'down'),
    restore: () => ip('link', 'set', host, 'up'),
  };
}

/** Removes what {@link createNetwork} made for the folder, if it did; nothing must run inside any more. */
export function removeNetwork(dir: string): void {
  if (!existsSync(fileIn(dir))) return;
  const { namespace, host, subnet } = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Names;
  ipIfAny('route', 'del', 'blackhole', subnet);
  ipIfAny('link', 'del', host);
  ipIfAny('netns', 'del', namespace);
}

const fileIn = (dir: string): string => join(dir, 'network.json');

/** Addresses of all links of this machine. Node tells only of those whose other end is up, which the kernel notices late. */
export function hostAddresses(): string[] {
  const links = JSON.parse(execFileSync('ip', ['-json', 'addr'], { encoding: 'utf8' })) as {
    addr_info?: { local?: string }[];
  }[];
  return links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? []));
}

/** Two neighbours of 198.18.0.0/15, which is for tests of networks and used nowhere. */
function freeAddresses(): [string, string, string] {
  const taken = new Set(hostAddresses());
  for (;;) {
    const [third, fourth] = [Math.floor(Math.random() * 256), 4 * Math.floor(Math.random() * 64)];
    const at = (offset: number) => `198.18.${third}.${fourth + offset}`;
    if (!taken.has(at(1))) return [at(1), at(2), `${at(0)}/30`];
  }
}

/** @throws Error with what it said */
function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}

function ipIfAny(...args: string[]): void {
  try {
    ip(...args);
  } catch {
    // there is none
  }
}
