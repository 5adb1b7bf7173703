/** What a pod of `helm test` runs, against a process as it says itself whether it is ready. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { ROOT } from '../../../dev/home.ts';

const SCRIPT = readFileSync(join(ROOT, 'chart/files/tests/api-ready.mjs'), 'utf8');
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => void server.close()));

/** The address of what answers with these statuses, one after the other, and with the last from then on. */
async function answering(...statuses: number[]): Promise<string> {
  const server = createServer((_, response) => {
    const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
    response.writeHead(status, { connection: 'close' }).end(`{"status":${status}}`);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

async function run(url: string, seconds: number): Promise<{ exitCode?: number; stdout: string }> {
  return execa(process.execPath, ['--input-type=module', '--eval', SCRIPT, url, `${seconds}`], { reject: false });
}

describe('helm test', () => {
  it('succeeds once the API is ready', async () => {
    const url = await answering(503, 200);
    expect(await run(url, 30)).toMatchObject({ exitCode: 0, stdout: `${url}: 200 {"status":200}` });
  });

  it('fails with what the API says when it is not', async () => {
    const url = await answering(503);
    expect(await run(url, 0)).toMatchObject({ exitCode: 1, stdout: `${url}: 503 {"status":503}` });
  });

  it('fails with the reason when nobody answers', async () => {
    const url = await answering(200);
    servers.splice(0).forEach((server) => void server.close());
    const { exitCode, stdout } = await run(url, 0);
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
  });
});
