/** Fetches a tool from its publisher and verifies it. */
import { createHash } from 'node:crypto';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type RequestInit } from 'undici';
import { run } from '../commands.ts';
import { reasonOf, StackError } from '../errors.ts';
import type { Download, Tool } from './catalog.ts';

const CONNECT_MS = 5_000;
const SMALL_FILE_MS = 30_000;
const DOWNLOAD_MS = 15 * 60_000;
const UNPACK_MS = 120_000;

/** The publisher could not be reached, or does not have the file: another way may work. */
export class Unavailable extends StackError {
  override name = 'Unavailable';
}

/**
 * Downloads `tool` into `folder` and returns the binary's path. What nobody states a checksum of is not downloaded.
 * @throws Unavailable when it cannot be had
 * @throws StackError when what came is not what it should be
 */
export async function download(tool: Tool, from: Download, folder: string): Promise<string> {
  const file = join(folder, basename(new URL(from.url).pathname));
  const expected = from.sha256 ?? (await publishedSum(from));
  const actual = await fetchInto(from.url, file);
  if (expected !== actual) {
    rmSync(file, { force: true });
    const stated = from.sha256 ? 'is pinned in dev/tools/checksums.json' : 'its publisher states';
    throw new StackError(
      `${tool.name} ${tool.version} is not used: SHA-256 of ${from.url} is ${actual}, not what ${stated}`,
    );
  }
  return from.member ? await unpack(file, from.member, folder) : inPlace(file, join(folder, tool.name));
}

/** Connects to where it comes from, whatever that answers. @throws Unavailable when there is no way to it. */
export async function reach({ url }: Download): Promise<void> {
  const response = await connect(url, { method: 'HEAD', redirect: 'manual', timeoutMs: SMALL_FILE_MS });
  await response.body?.cancel();
}

/** SHA-256 that the publisher of a download states. @throws Unavailable when it states none. */
export async function publishedSum({ url, checksumUrl }: Download): Promise<string> {
  if (!checksumUrl) throw new Unavailable(`Nobody states a checksum of ${url}`);
  const text = await (await request(checksumUrl, SMALL_FILE_MS)).text().catch((cause: unknown) => {
    throw new Unavailable(`${checksumUrl} broke off: ${reasonOf(cause)}`, { cause });
  });
  const file = basename(new URL(url).pathname);
  const sum = sumIn(text, file);
  if (!sum) throw new StackError(`${checksumUrl} states no checksum for ${file}: not used`);
  return sum;
}

/** SHA-256 of a download as it is served now. */
export async function servedSum(url: string): Promise<string> {
  const { body } = await request(url, DOWNLOAD_MS);
  const hash = createHash('sha256');
  for await (const chunk of body ?? []) hash.update(chunk);
  return hash.digest('hex');
}

/** The SHA-256 for a file in a publisher's list, or the only one there. */
export function sumIn(text: string, file: string): string | undefined {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const line =
    lines.find(([, name]) => name && basename(name.replace(/^\*/, '')) === file) ??
    (lines.length === 1 ? lines[0] : undefined);
  const sum = line?.[0]?.toLowerCase();
  return sum && /^[0-9a-f]{64}$/.test(sum) ? sum : undefined;
}

/** Returns the SHA-256 of what was written. */
async function fetchInto(url: string, file: string): Promise<string> {
  const { body } = await request(url, DOWNLOAD_MS);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      callback(null, chunk);
    },
  });
  try {
    await pipeline(body ?? [], hashing, createWriteStream(file));
  } catch (cause) {
    rmSync(file, { force: true });
    throw new Unavailable(`${url} broke off: ${reasonOf(cause)}`, { cause });
  }
  return hash.digest('hex');
}

async function request(url: string, timeoutMs: number) {
  const response = await connect(url, { timeoutMs });
  if (!response.ok) throw new Unavailable(`${url} answers ${response.status}`);
  return response;
}

async function connect(url: string, { timeoutMs, ...init }: RequestInit & { timeoutMs: number }) {
  // One request a connection: one that is kept open would keep our process open too.
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_MS }, pipelining: 0 });
  const signal = AbortSignal.timeout(timeoutMs);
  return await fetch(url, { ...init, dispatcher, signal }).catch((cause: Error) => {
    throw new Unavailable(`${new URL(url).host} cannot be reached: ${reasonOf(cause.cause ?? cause)}`, { cause });
  });
}

// GNU tar reads compressed tar files, the BSD one of macOS also zip files.
async function unpack(archive: string, member: string, folder: string): Promise<string> {
  await run('tar', ['-xf', archive, '-C', folder, member], {
    doing: `Unpacking ${basename(archive)}`,
    timeoutMs: UNPACK_MS,
  });
  rmSync(archive, { force: true });
  return join(folder, member);
}

function inPlace(file: string, binary: string): string {
  renameSync(file, binary);
  return binary;
}
