/** PostgreSQL of this machine, with a database cluster of the test's own: own folder, own port, gone with the test. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { execa, execaSync } from 'execa';
import { type ProcessRecord, startDetached, stopProcess } from '../../../dev/processes.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';

/** Where Debian has it, a folder a version. */
const DEBIAN = '/usr/lib/postgresql';
/** Who runs it where we are root, as which it does not run. */
const USER = 'postgres';
const COMMAND_MS = 120_000;
/** Everything else is done in a moment: it has nothing to lose. */
const STOP_MS = 10_000;
const isRoot = process.getuid?.() === 0;

export interface Postgres {
  /** On 127.0.0.1; asks for no password. */
  port: number;
  user: string;
  stop(): Promise<void>;
}

/** Why there is none to test with, for people. */
export function whyNoPostgres(): string | undefined {
  if (!binaries()) return 'needs PostgreSQL: install the package postgresql';
  if (isRoot && !ids()) return `needs the user ${USER}, for PostgreSQL does not run as root`;
  return undefined;
}

/** @throws Error with what PostgreSQL says */
export async function startPostgres(dir: string): Promise<Postgres> {
  const folder = binaries()!;
  const [data, log, port] = [join(dir, 'postgres'), join(dir, 'logs', 'postgres.log'), await freePort()];
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) {
    const { uid, gid } = ids()!;
    chownSync(data, uid, gid);
    chmodSync(dir, 0o711); // to be passed through
  }
  const [initdb, ...options] = as([join(folder, 'initdb'), '--pgdata', data, '--username', 'temporal']);
  const plain = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await execa(initdb!, [...options, ...plain], { cwd: '/', timeout: COMMAND_MS });

  // Under a name in the folder: whatever ends the test run ends what was started from there.
  const server = join(dir, 'postmaster');
  symlinkSync(join(folder, 'postgres'), server);
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port, fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const [command, ...args] = as([server, '-D', data, ...flags]);
  const record = await startDetached({
    command: command!,
    args,
    cwd: '/',
    logFile: log,
    pidFile: join(dir, 'pids', 'postgres.pid'),
  });
  await eventually('PostgreSQL to take connections', async () => {
    await execa(join(folder, 'pg_isready'), ['--host', '127.0.0.1', '--port', `${port}`], { timeout: COMMAND_MS });
    return true;
  });
  return { port, user: 'temporal', stop: () => end(record) };
}

async function end(record: ProcessRecord): Promise<void> {
  try {
    process.kill(record.pid, 'SIGINT'); // "fast": clients are cut off
  } catch {
    return; // has ended
  }
  await stopProcess(record, STOP_MS);
}

/** A command as the user who may run it. */
function as(command: string[]): string[] {
  if (!isRoot) return command;
  return ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--init-groups', ...command];
}

/** The folder of the newest there is. */
function binaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...pathOf('initdb')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

const pathOf = (name: string): string[] =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter(existsSync)
    .map(dirname);

function ids(): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => execaSync('id', [flag, USER], { reject: false }));
  return uid!.failed ? undefined : { uid: Number(uid!.stdout), gid: Number(gid!.stdout) };
}
