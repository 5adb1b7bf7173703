/** Makes a tool with Go, from the module proxy. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { StackError } from '../errors.ts';
import { compare, type GoBuild, type Tool } from './catalog.ts';
import { versionIn } from './lookup.ts';

/** A Go from here on fetches the newer toolchain that a module asks for by itself. */
const OLDEST_GO = '1.21.0';
const BUILD_MS = 40 * 60_000;

/** @throws StackError that says what to install, when Go is missing or too old. */
export async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  const { failed, stdout } = await execa('go', ['version'], { env, extendEnv: false, reject: false, timeout: 60_000 });
  const cure = 'install Go 1.26 or newer from https://go.dev/dl/, or let the tools be downloaded';
  if (failed) throw new StackError(`Go is missing, with which the tools of the embedded stack are built: ${cure}`);
  const version = versionIn(stdout.replace(/go(\d+\.\d+)(?=\s)/, 'go$1.0')) ?? '0.0.0';
  if (compare(version, OLDEST_GO) < 0) throw new StackError(`Go ${version} is too old to build the tools: ${cure}`);
}

/** Builds `tool` into `folder`. @throws StackError with the log's path; nothing of the build keeps running then. */
export async function buildWithGo(
  tool: Tool,
  folder: string,
  logFile: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const binary = join(folder, tool.name);
  const args = goArguments(tool.build, binary);
  const cwd = tool.build.from === 'wrapper' ? join(import.meta.dirname, tool.build.module) : folder;
  // What a user set for other work (cross builds, vendoring, workspaces) must not change these builds.
  const neutral = { GOFLAGS: '', GOWORK: 'off', GOOS: undefined, GOARCH: undefined, CGO_ENABLED: '0' };
  const code = await runToLog(args, { cwd, env: { ...env, ...neutral, GOBIN: folder }, logFile });
  if (code !== 0) throw new StackError(`Building ${tool.name} failed: ${lastLineOf(logFile)} (log: ${logFile})`);
  return binary;
}

export function goArguments(build: GoBuild, binary: string): string[] {
  return build.from === 'wrapper'
    ? ['build', ...build.flags, '-o', binary, build.pkg]
    : ['install', ...build.flags, build.pkg];
}

interface LoggedRun {
  cwd: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
}

// In a process group of its own, so that compilers and linkers go with it when we end or time is up.
function runToLog(args: string[], { cwd, env, logFile }: LoggedRun): Promise<number | null> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  return new Promise<number | null>((resolve, reject) => {
    const child = spawn('go', args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    const kill = () => {
      try {
        if (child.pid && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // ended in between
      }
    };
    const timer = setTimeout(kill, BUILD_MS);
    process.once('exit', kill);
    const finish = () => {
      clearTimeout(timer);
      process.off('exit', kill);
    };
    child.once('error', (cause) => {
      finish();
      reject(new StackError(`Cannot run go: ${cause.message}`, { cause }));
    });
    child.once('exit', (code) => {
      finish();
      resolve(code);
    });
  }).finally(() => closeSync(log));
}

function lastLineOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').at(-1) || 'no reason given';
}
