import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf, startTimeIn } from '../../../dev/identity.ts';
import {
  ended,
  isRunning,
  killAllOf,
  type ProcessRecord,
  runningProcess,
  startDetached,
  stopByFile,
  stopProcess,
  usesFolder,
} from '../../../dev/processes.ts';

/** Says "ready" and then waits for ever; `ignoring` makes it deaf to SIGTERM. */
const waiter = (ignoring = false) =>
  `${ignoring ? "process.on('SIGTERM', () => {});" : ''} console.log('ready'); setInterval(() => {}, 1000)`;

let dir: string;
let started: ProcessRecord[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'processes-'));
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((record) => stopProcess(record, 0)));
  rmSync(dir, { recursive: true, force: true });
});

async function start(script: string, command = process.execPath): Promise<ProcessRecord> {
  const files = { logFile: join(dir, 'log'), pidFile: join(dir, 'pid') };
  const record = await startDetached({ command, args: ['-e', script], env: {}, ...files });
  started.push(record);
  const deadline = Date.now() + 10_000;
  while (!readFileSync(files.logFile, 'utf8').includes('ready') && Date.now() < deadline) await nextTick();
  return record;
}

const nextTick = () => new Promise((resolve) => setImmediate(resolve));

describe('a detached process', () => {
  it('is found again by its pid file', async () => {
    const record = await start(waiter());
    expect(runningProcess(join(dir, 'pid'))).toEqual(record);
  });

  it('is gone after a stop, with its pid file', async () => {
    const record = await start(waiter());
    await stopByFile(join(dir, 'pid'));
    expect(isRunning(record)).toBe(false);
    expect(runningProcess(join(dir, 'pid'))).toBeUndefined();
  });

  it('is killed when it does not end in its time of grace', async () => {
    const record = await start(waiter(true));
    await stopProcess(record, 50);
    expect(isRunning(record)).toBe(false);
  });

  it('is found by its folder when its pid file is lost', async () => {
    const program = join(dir, 'program');
    symlinkSync(process.execPath, program);
    const record = await start(waiter(), program);
    rmSync(join(dir, 'pid'));
    expect(killAllOf(join(dir, 'elsewhere'))).toBe(0);
    expect(killAllOf(dir)).toBe(1);
    expect(await ended(record, 10_000)).toBe(true);
  });

  it('that cannot be started is one clear error', async () => {
    const files = { logFile: join(dir, 'log'), pidFile: join(dir, 'pid') };
    const starting = startDetached({ command: join(dir, 'absent'), args: [], ...files });
    await expect(starting).rejects.toThrow(/^Cannot start .*absent: .*ENOENT/);
  });
});

describe('a pid file is not believed', () => {
  it.each([
    ['when its pid belongs to another process now', () => JSON.stringify({ pid: process.pid, identity: 'before' })],
    ['when nothing runs under its pid', () => JSON.stringify({ pid: 2 ** 22 + 1, identity: '1' })],
    ['when it holds something else', () => 'nonsense'],
    ['when it is empty', () => ''],
  ])('%s', async (_name, content) => {
    const file = join(dir, 'pid');
    writeFileSync(file, content());
    await stopByFile(file);
    expect(runningProcess(file)).toBeUndefined();
    expect(identityOf(process.pid)).toBeDefined();
  });
});

describe('the start time in /proc/<pid>/stat', () => {
  const rest = (threads: number) => `${Array(16).fill(7).join(' ')} ${threads} 0 4711 99`;

  it.each([
    ['is the 22nd field', `12 (node) S ${rest(3)}`, '4711'],
    ['is found behind a name with spaces and brackets', `12 (a) b (c) R ${rest(1)}`, '4711'],
    ['is none for a zombie: it runs nothing', `12 (node) Z ${rest(1)}`, undefined],
    ['is that of one that was killed, as long as a thread of it holds its ports', `12 (node) Z ${rest(2)}`, '4711'],
  ])('%s', (_name, stat, expected) => {
    expect(startTimeIn(stat)).toBe(expected);
  });
});

describe('a process belongs to a stack', () => {
  it.each([
    ['when its binary lies in the folder', '/home/me/.fog/kwok/clusters/fog/bin/etcd --name=node0', true],
    [
      'when it is the Temporal server of its database',
      '/x/temporal server start-dev --db-filename /home/me/.fog/t.db',
      true,
    ],
    ['but not when it only reads a file there', 'tail -f /home/me/.fog/logs/temporal.log', false],
    ['but not when the folder only starts alike', '/home/me/.fog-2/kwok/bin/etcd', false],
    [
      'but not when it is the Temporal server of another',
      '/x/temporal server start-dev --db-filename /tmp/t.db',
      false,
    ],
  ])('%s', (_name, command, expected) => {
    expect(usesFolder(command, '/home/me/.fog')).toBe(expected);
  });
});
