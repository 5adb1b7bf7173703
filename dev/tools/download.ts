/** Fetches a tool from its publisher and verifies it. */
import { createHash } from 'node:crypto';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
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
 * Downloads `tool` into `folder` and returns the binary's path.
 * @throws Unavailable when it cannot be had
 * @throws StackError when what came is not what its publisher says it should be
 */
export async function download(tool: Tool, from: Download, folder: string): Promise<string> {
  const file = join(folder, basename(new URL(from.url).pathname));
  const expected = from.checksumUrl && (await publishedSum(from.checksumUrl, basename(file)));
  const actual = await fetchInto(from.url, file);
  if (expected && expected !== actual) {
    rmSync(file, { force: true });
    throw new StackError(`The checksum of ${from.url} does not match what its publisher states: not used`);
  }
  return from.member ? await unpack(file, from.member, folder) : inPlace(file, join(folder, tool.name));
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

async function publishedSum(url: string, file: string): Promise<string> {
  const text = await (await request(url, SMALL_FILE_MS)).text().catch((cause: unknown) => {
    throw new Unavailable(`${url} broke off: ${reasonOf(cause)}`, { cause });
  });
  const sum = sumIn(text, file);
  if (!sum) throw new StackError(`${url} states no checksum for ${file}: not used`);
  return sum;
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
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_MS } });
  const response = await fetch(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) }).catch((cause: Error) => {
    throw new Unavailable(`${new URL(url).host} cannot be reached: ${reasonOf(cause.cause ?? cause)}`, { cause });
  });
  if (!response.ok) throw new Unavailable(`${url} answers ${response.status}`);
  return response;
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
