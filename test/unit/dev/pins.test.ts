import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CATALOG, PLATFORMS } from '../../../dev/tools/catalog.ts';
import { pinsOf } from '../../../dev/tools/pins.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let server: Server;
let base: string;
let files: Record<string, string>;

beforeEach(async () => {
  files = {};
  server = createServer(({ url }, response) => {
    if (files[url!] === undefined) response.writeHead(404);
    response.end(files[url!]);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

describe('pinning the downloads', () => {
  it('takes what the publisher states, or the file itself where it states nothing', async () => {
    files = { '/sums': `${'a'.repeat(64)}  etcd\n${'b'.repeat(64)}  other`, '/kwok': 'kwok' };
    const [etcd, kwok] = [`${base}/etcd`, `${base}/kwok`];
    expect(await pinsOf([{ url: kwok }, { url: etcd, checksumUrl: `${base}/sums` }])).toEqual({
      pins: { [etcd]: 'a'.repeat(64), [kwok]: sha256('kwok') },
      news: [`${etcd}: from ${base}/sums`, `${kwok}: from the file itself, for its publisher states none`],
      problems: [],
    });
  });

  it('keeps a pin, and says so when the publisher states another now', async () => {
    files = { '/sums': 'b'.repeat(64) };
    const url = `${base}/etcd`;
    const { pins, news, problems } = await pinsOf([
      { url, checksumUrl: `${base}/sums`, sha256: 'a'.repeat(64) },
      { url: `${base}/kwok`, checksumUrl: `${base}/missing`, sha256: 'c'.repeat(64) },
    ]);
    expect(pins).toEqual({ [url]: 'a'.repeat(64), [`${base}/kwok`]: 'c'.repeat(64) });
    expect(news).toEqual([]);
    expect(problems).toEqual([
      `${url} has ${'b'.repeat(64)} now, but ${'a'.repeat(64)} is pinned`,
      `${base}/missing answers 404`,
    ]);
  });
});

describe("the catalogue's downloads", () => {
  const offered = Object.values(CATALOG).flatMap(({ name, download }) =>
    PLATFORMS.flatMap((platform) => {
      const from = download(platform);
      return from ? [{ name, platform: `${platform.os}/${platform.arch}`, ...from }] : [];
    }),
  );

  it('are pinned to a SHA-256 each, or verified against what their publisher states', () => {
    const pinned = offered.filter(({ sha256 }) => sha256);
    for (const { sha256 } of pinned) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(pinned.map(({ sha256 }) => sha256)).size).toBe(pinned.length);
    const others = offered.filter(({ sha256, checksumUrl }) => !sha256 && !checksumUrl);
    // kwok states none, and this one has not been seen: so it is built there, as the control plane is on that platform.
    expect(others.map(({ name, platform }) => `${name} ${platform}`)).toEqual([
      'kwok darwin/amd64',
      'kwokctl darwin/amd64',
    ]);
  });

  it('of etcd, kubectl, temporal and helm are pinned on every platform', () => {
    const names = ['etcd', 'kubectl', 'temporal', 'helm'];
    const unpinned = offered.filter(({ name, sha256 }) => names.includes(name) && !sha256);
    expect(unpinned).toEqual([]);
  });
});
