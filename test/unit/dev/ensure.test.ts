import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Output } from '../../../dev/console.ts';
import { StackError } from '../../../dev/errors.ts';
import { CATALOG, type Download } from '../../../dev/tools/catalog.ts';
import { sumIn } from '../../../dev/tools/download.ts';
import { ensureTools, type Makers } from '../../../dev/tools/ensure.ts';
import { cachePath, type Surroundings } from '../../../dev/tools/lookup.ts';

const CONTENT = '#!/bin/sh\necho fetched\n';
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let dir: string;
let around: Surroundings;
let server: Server;
let base: string;
let files: Record<string, string | Buffer | ((response: ServerResponse) => void)>;
let said: string[];
let built: string[];

const output: Output = {
  line: (text) => said.push(text),
  step: (label) => {
    said.push(label);
    return { done: (text) => said.push(text ?? label), failed: (text) => said.push(text ?? `failed: ${label}`) };
  },
  redraw: () => {},
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ensure-'));
  around = { env: { PATH: '', XDG_CACHE_HOME: dir }, platform: { os: 'linux', arch: 'amd64' } };
  [said, built, files] = [[], [], {}];
  server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

function serve({ url }: IncomingMessage, response: ServerResponse): void {
  const file = files[url!];
  if (typeof file === 'function') file(response);
  else if (file === undefined) response.writeHead(404).end();
  else response.end(file);
}

function makers(offered?: Download, more: Partial<Makers> = {}): Makers {
  return {
    downloadOf: () => offered,
    build: async (tool, folder) => {
      built.push(tool.name);
      writeFileSync(join(folder, tool.name), 'built');
      return join(folder, tool.name);
    },
    requireGo: async () => {},
    ...more,
  };
}

const target = () => cachePath(CATALOG.etcd, around);
const ensure = (using: Makers) => ensureTools(['etcd'], around, output, using);
const leftovers = () =>
  existsSync(dirname(target())) ? readdirSync(dirname(target())).filter((name) => name !== 'etcd') : [];

describe('a missing tool', () => {
  it('is downloaded when its checksum is right', async () => {
    files = { '/etcd-linux': CONTENT, '/sums': `${'0'.repeat(64)}  other\n${sha256(CONTENT)}  etcd-linux\n` };
    expect(await ensure(makers({ url: `${base}/etcd-linux`, checksumUrl: `${base}/sums` }))).toEqual({
      etcd: target(),
    });
    expect(spawnSync(target(), { encoding: 'utf8' }).stdout).toBe('fetched\n');
    expect(built).toEqual([]);
  });

  it('is taken out of the archive it comes in', async () => {
    const archive = anArchive('etcd-v1/etcd');
    files = { '/etcd.tar.gz': archive, '/etcd.tar.gz.sha256': sha256(archive) };
    const url = `${base}/etcd.tar.gz`;
    await ensure(makers({ url, checksumUrl: `${url}.sha256`, member: 'etcd-v1/etcd' }));
    expect(readFileSync(target(), 'utf8')).toBe(CONTENT);
  });

  it('is not used when its checksum is wrong', async () => {
    files = { '/etcd': CONTENT, '/sums': sha256('something else') };
    await expect(ensure(makers({ url: `${base}/etcd`, checksumUrl: `${base}/sums` }))).rejects.toThrow(
      `The checksum of ${base}/etcd does not match what its publisher states: not used`,
    );
    expect(existsSync(target())).toBe(false);
    expect(built).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    ['is not there', () => {}, /answers 404: building etcd with Go instead/],
    ['breaks off', () => Object.assign(files, { '/etcd': breakOff }), /broke off: .*: building etcd with Go instead/],
    ['cannot be reached', () => server.close(), /cannot be reached: .*: building etcd with Go instead/],
  ])('is built when the download %s', async (_name, given, expected) => {
    given();
    await ensure(makers({ url: `${base}/etcd` }));
    expect(built).toEqual(['etcd']);
    expect(said.join('\n')).toMatch(expected);
    expect(leftovers()).toEqual([]);
  });

  it('is built where nothing is offered for the platform, and named with its version', async () => {
    await ensure(makers());
    expect(said).toEqual(['Building etcd 3.6.14 (1 of 1) with Go', 'Built etcd 3.6.14 (1 of 1)']);
  });

  it('is built once when two ask for it at the same time', async () => {
    await Promise.all([ensure(makers()), ensure(makers())]);
    expect(built).toEqual(['etcd']);
    expect(said).toContain(`Waiting for process ${process.pid}, which is making the tools`);
  });

  it('leaves nothing behind when its build fails', async () => {
    const build = async () => {
      throw new StackError('Building etcd failed: no space left (log: /x.log)');
    };
    await expect(ensure(makers(undefined, { build }))).rejects.toThrow('no space left (log: /x.log)');
    expect(existsSync(target())).toBe(false);
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(dir, 'fog-rollouts', 'tools', 'lock'))).toBe(false);
  });

  it('says what to install when neither a download nor Go is to be had', async () => {
    const withoutGo = ensureTools(
      ['etcd'],
      { ...around, env: { ...around.env, FOG_ROLLOUTS_DOWNLOADS: 'off' } },
      output,
    );
    await expect(withoutGo).rejects.toThrow(/^Go is missing.* install Go/);
  });
});

describe('a publisher states a checksum', () => {
  const sum = 'a'.repeat(64);
  it.each([
    ['alone', sum, sum],
    ['with the name', `${sum}  etcd`, sum],
    ['in binary mode', `${sum} *etcd`, sum],
    ['among others', `${'b'.repeat(64)}  kwok\n${sum}  etcd`, sum],
    ['for others only', `${'b'.repeat(64)}  kwok\n${sum}  helm`, undefined],
    ['as something else', '<html>', undefined],
  ])('%s', (_name, text, expected) => {
    expect(sumIn(text, 'etcd')).toBe(expected);
  });
});

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('half');
  setImmediate(() => response.destroy());
}

/** A compressed tar file with CONTENT under one path. */
function anArchive(member: string): Buffer {
  const source = join(dir, 'source');
  mkdirSync(dirname(join(source, member)), { recursive: true });
  writeFileSync(join(source, member), CONTENT);
  return spawnSync('tar', ['-czf', '-', '-C', source, member]).stdout;
}
