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
import { CATALOG, type Download, type Tool, type ToolName } from '../../../dev/tools/catalog.ts';
import { sumIn } from '../../../dev/tools/download.ts';
import { ensureTools } from '../../../dev/tools/ensure.ts';
import { cacheFolder, cachePath, type Origin, type Surroundings } from '../../../dev/tools/lookup.ts';
import type { Makers } from '../../../dev/tools/make.ts';

const CONTENT = '#!/bin/sh\necho fetched\n';
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let dir: string;
let around: Surroundings;
let server: Server;
let base: string;
let files: Record<string, string | Buffer | ((response: ServerResponse) => void)>;
let said: string[];
/** Names of the tools of each build, joined. */
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

function serve({ url, method }: IncomingMessage, response: ServerResponse): void {
  const file = method === 'HEAD' ? '' : files[url!];
  if (typeof file === 'function') file(response);
  else if (file === undefined) response.writeHead(404).end();
  else response.end(file);
}

function makers(offered?: Download | ((tool: Tool) => Download | undefined), more: Partial<Makers> = {}): Makers {
  return {
    downloadOf: typeof offered === 'function' ? offered : () => offered,
    build: async (tools, folder, _logFile, onBuilt) => {
      built.push(tools.map(({ name }) => name).join(' '));
      for (const tool of tools) {
        writeFileSync(join(folder, tool.name), 'built');
        onBuilt(tool);
      }
    },
    requireGo: async () => {},
    ...more,
  };
}

/** A file that is served, and what the catalogue would say of it. */
function served(name: string, content: string | Buffer = CONTENT): Download {
  files[`/${name}`] = content;
  return { url: `${base}/${name}`, sha256: sha256(content) };
}

const target = (origin: Origin) => cachePath(CATALOG.etcd, around, origin);
const ensure = (using: Makers, names: ToolName[] = ['etcd']) => ensureTools(names, around, output, using);
const leftovers = () => readdirSync(cacheFolder(around)).filter((name) => name.startsWith('.making-'));

describe('a missing tool', () => {
  it.each<[string, (download: Download) => Download]>([
    ['the catalogue states', (download) => download],
    ['its publisher states', ({ url }) => ({ url, checksumUrl: `${base}/sums` })],
    [
      'the catalogue states, whatever its publisher does',
      (download) => ({ ...download, checksumUrl: `${base}/wrong` }),
    ],
  ])('is downloaded when its checksum is what %s', async (_name, given) => {
    const download = given(served('etcd-linux'));
    files['/sums'] = `${'0'.repeat(64)}  other\n${sha256(CONTENT)}  etcd-linux\n`;
    files['/wrong'] = sha256('something else');
    expect(await ensure(makers(download))).toEqual({ etcd: target('release') });
    expect(spawnSync(target('release'), { encoding: 'utf8' }).stdout).toBe('fetched\n');
    expect(built).toEqual([]);
  });

  it('is taken out of the archive it comes in', async () => {
    const download = served('etcd.tar.gz', anArchive('etcd-v1/etcd'));
    await ensure(makers({ ...download, member: 'etcd-v1/etcd' }));
    expect(readFileSync(target('release'), 'utf8')).toBe(CONTENT);
  });

  it.each<[string, Partial<Download>, string]>([
    ['the catalogue states', { sha256: sha256('something else') }, 'is pinned in dev/tools/checksums.json'],
    ['its publisher states', {}, 'its publisher states'],
  ])('is refused by its name when its checksum is not what %s', async (_name, stated, message) => {
    Object.assign(files, { '/etcd': CONTENT, '/sums': sha256('something else') });
    const url = `${base}/etcd`;
    await expect(ensure(makers({ url, checksumUrl: `${base}/sums`, ...stated }))).rejects.toThrow(
      `etcd 3.6.14 is not used: SHA-256 of ${url} is ${sha256(CONTENT)}, not what ${message}`,
    );
    expect(existsSync(target('release'))).toBe(false);
    expect(built).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  it('is not even downloaded when nobody states its checksum', async () => {
    let asked = '';
    server.on('request', ({ method }) => {
      asked += method;
    });
    files['/etcd'] = CONTENT;
    await ensure(makers({ url: `${base}/etcd` }));
    expect(asked).toBe('HEAD');
    expect(built).toEqual(['etcd']);
    expect(said.join('\n')).toMatch(/Nobody states a checksum of .*: building etcd with Go instead/);
  });

  it.each<[string, () => void, RegExp]>([
    ['is not there', () => {}, /answers 404: building etcd with Go instead/],
    ['breaks off', () => Object.assign(files, { '/etcd': breakOff }), /broke off: .*: building etcd with Go instead/],
    ['cannot be reached', () => server.close(), /cannot be reached: .*: building etcd with Go instead/],
  ])('is built when the download %s', async (_name, given, expected) => {
    given();
    expect(await ensure(makers({ url: `${base}/etcd`, sha256: sha256(CONTENT) }))).toEqual({ etcd: target('built') });
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
    expect(existsSync(target('built'))).toBe(false);
    expect(said).toContain('failed: Building etcd 3.6.14 (1 of 1) with Go');
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(cacheFolder(around), 'lock'))).toBe(false);
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

describe('several missing tools', () => {
  const names: ToolName[] = ['etcd', 'kwok', 'kwokctl', 'kubectl', 'temporal'];

  it('are downloaded four at a time', async () => {
    const waiting: ServerResponse[] = [];
    let together = 0;
    const hold = (response: ServerResponse) => {
      waiting.push(response);
      together = Math.max(together, waiting.length);
      // All that come at a time are here once one more does not.
      setTimeout(() => waiting.shift()?.end(CONTENT), 50);
    };
    for (const name of names) files[`/${name}`] = hold;
    await ensure(
      makers(({ name }) => ({ url: `${base}/${name}`, sha256: sha256(CONTENT) })),
      names,
    );
    expect(together).toBe(4);
    for (const name of names) expect(said.filter((line) => line.startsWith(`Downloaded ${name} `))).toHaveLength(1);
    expect(built).toEqual([]);
  });

  it('are built together where they cannot be downloaded', async () => {
    const offer = ({ name }: Tool) => (name === 'kwok' ? served(name) : { url: `${base}/${name}`, sha256: '0' });
    const paths = await ensure(makers(offer), ['etcd', 'kwok', 'kubectl']);
    expect(built).toEqual(['etcd kubectl']);
    expect(paths.kwok).toBe(cachePath(CATALOG.kwok, around, 'release'));
    expect(paths.kubectl).toBe(cachePath(CATALOG.kubectl, around, 'built'));
  });

  it('name a host that cannot be reached once', async () => {
    server.close();
    await ensure(
      makers(({ name }) => ({ url: `${base}/${name}`, sha256: '0' })),
      names,
    );
    expect(said.filter((line) => line.includes('cannot be reached'))).toHaveLength(1);
    expect(said.join('\n')).toContain(`: building ${names.join(', ')} with Go instead`);
    expect(built).toEqual([names.join(' ')]);
  });

  it('are not begun where Go is missing and one of them has to be built', async () => {
    const requireGo = async () => {
      throw new StackError('Go is missing');
    };
    const offer = ({ name }: Tool) => (name === 'kwok' ? undefined : served(name));
    await expect(ensure(makers(offer, { requireGo }), names)).rejects.toThrow('Go is missing');
    expect(said).toEqual([]);
  });

  it('keep what came whole when the checksum of another is wrong', async () => {
    const offer = ({ name }: Tool) => ({ ...served(name), ...(name === 'etcd' && { sha256: '0' }) });
    await expect(ensure(makers(offer), names)).rejects.toThrow('etcd 3.6.14 is not used');
    expect(existsSync(cachePath(CATALOG.temporal, around, 'release'))).toBe(true);
    expect(leftovers()).toEqual([]);
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
