import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { ROOT } from '../../../dev/home.ts';
import { createApp, expectDocumented } from './fixtures.ts';

/** Bytes, gzipped, of all that a browser loads before anything is to be seen. */
const BUDGET = 150_000;

let folder: string;
let app: FastifyInstance;
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'fog-page-')), 'page');
  for (let time = 0; time < 2; time++) {
    execFileSync(process.execPath, [join(ROOT, 'scripts/bundle-page.ts'), folder]); // again over itself
  }
  app = await createApp({ page: folder });
});
afterAll(async () => {
  await app.close();
  rmSync(join(folder, '..'), { recursive: true });
});

const get = (url: string, headers = {}) => app.inject({ url, headers: { 'accept-encoding': 'gzip', ...headers } });

async function loaded() {
  const page = await get('/');
  const html = gunzipSync(page.rawPayload).toString();
  const addresses = [...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, address]) => address!);
  const assets = await Promise.all(addresses.map((address) => get(`/${address}`)));
  return { page, html, addresses, assets };
}

describe('The page', () => {
  it('loads from here alone, by relative addresses, as the policy has it', async () => {
    const { page, html, addresses, assets } = await loaded();
    await expectDocumented(app, '/', page);
    const policy = String(page.headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toContain('unsafe');
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|style="|https?:(?!\/\/www\.w3\.org\/)/);
    expect(addresses).toHaveLength(2);
    expect(assets.map(({ headers }) => headers['content-type'])).toEqual([
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  it('is kept by browsers: the assets for ever, the page for as long as it is the same', async () => {
    const { page, assets } = await loaded();
    expect(page.headers['cache-control']).toBe('no-cache');
    expect((await get('/', { 'if-none-match': page.headers.etag })).statusCode).toBe(304);
    for (const { headers } of assets) expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it(`loads less than ${BUDGET / 1000} kB`, async () => {
    const { page, assets } = await loaded();
    const bytes = [page, ...assets].reduce((sum, { rawPayload }) => sum + rawPayload.length, 0);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(BUDGET);
  });

  it('has the licences of what is in it beside it', () => {
    const licenses = readFileSync(join(folder, 'licenses.txt'), 'utf8');
    for (const name of ['preact', '@preact/signals', '@preact/signals-core']) expect(licenses).toContain(`${name}\n`);
    expect(licenses.match(/Permission is hereby granted/g)).toHaveLength(3);
  });

  it.each(['/assets/main-OLD.js', '/assets/..%2Findex.html', '/assets/%2e%2e%2f%2e%2e%2fpackage.json', '/assets/'])(
    'has nothing at %s',
    async (url) => {
      expect((await get(url)).statusCode).toBe(404);
    },
  );
});

describe('Where the page was not built', () => {
  it.each([undefined, '/nowhere/page'])('it is said in one line, and the rest works (folder %s)', async (page) => {
    const bare = await createApp({ page });
    const response = await bare.inject('/');
    await expectDocumented(bare, '/', response);
    expect([response.statusCode, response.json().detail]).toEqual([
      404,
      'The page was not built: "npm run bundle-page" does; the API is described at /docs',
    ]);
    expect((await bare.inject('/rollouts')).statusCode).toBe(200);
    await bare.close();
  });
});
