/** Makes tools with Go, from the module proxy. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { StackError } from '../errors.ts';
import { compare, type Tool } from './catalog.ts';
import { versionIn } from './lookup.ts';
import { COMPILER_FLAGS, FLAGS, folderOf } from './recipe.ts';

/** A Go from here on fetches the newer toolchain that a module asks for by itself. */
const OLDEST_GO = '1.21.0';
const BUILD_MS = 90 * 60_000;
const LOOK_MS = 500;
const FEW_CORES = 4;
/** Between what a package of Kubernetes' API takes while it is compiled, and where fresh memory costs more than old. */
const MEMORY_MIB = { least: 600, most: 1024 };

export interface BuildOptions {
  /** Each binary gets there as a file of its tool's name. */
  folder: string;
  /** What Go says. */
  logFile: string;
  env: NodeJS.ProcessEnv;
  /** Called as soon as a tool is linked; it is not to be used before the build has ended. */
  onBuilt: (tool: Tool) => void;
}

/** @throws StackError that says what to install, when Go is missing or too old. */
export async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  const { failed, stdout } = await execa('go', ['version'], { env, extendEnv: false, reject: false, timeout: 60_000 });
  const cure = 'install Go 1.26 or newer from https://go.dev/dl/, or let the tools be downloaded';
  if (failed) throw new StackError(`Go is missing, with which the tools of the embedded stack are built: ${cure}`);
  const version = versionIn(stdout.replace(/go(\d+\.\d+)(?=\s)/, 'go$1.0')) ?? '0.0.0';
  if (compare(version, OLDEST_GO) < 0) throw new StackError(`Go ${version} is too old to build the tools: ${cure}`);
}

/**
 * Builds all of them, which are of one module, at once.
 * @throws StackError with the log's path; nothing of the build keeps running then.
 */
export async function buildWithGo(tools: readonly Tool[], options: BuildOptions): Promise<void> {
  const { folder, logFile, env, onBuilt } = options;
  const cwd = folderOf(tools[0]?.module);
  const linking = new Set(tools);
  const look = () => {
    for (const tool of linking) {
      if (!existsSync(join(folder, builtName(tool)))) continue;
      linking.delete(tool);
      onBuilt(tool);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  try {
    const code = await runToLog(goArguments(tools, folder), { cwd, env: { ...env, ...neutral() }, logFile });
    const what = tools.map(({ name }) => name).join(', ');
    if (code !== 0) throw new StackError(`Building ${what} failed: ${lastLineOf(logFile)} (log: ${logFile})`);
  } finally {
    clearInterval(timer);
  }
  look();
  for (const tool of tools) renameSync(join(folder, builtName(tool)), join(folder, tool.name));
}

/** One call for all: Go works on as many packages at a time as there are cores, and reads the module once. */
function goArguments(tools: readonly Tool[], folder: string): string[] {
  // Parts of one package at a time cost a tenth more work: worth it only where packages alone leave cores idle.
  const compiler = availableParallelism() > FEW_CORES ? COMPILER_FLAGS : [...COMPILER_FLAGS, '-c=1'];
  return ['build', ...FLAGS, `-gcflags=all=${compiler.join(' ')}`, '-o', `${folder}/`, ...tools.map(({ pkg }) => pkg)];
}

/** What Go calls the binary of a package: its last part that is not a major version. */
function builtName({ pkg }: Tool): string {
  return basename(/\/v\d+$/.test(pkg) ? dirname(pkg) : pkg);
}

/**
 * What a user set for other work (cross builds, vendoring, workspaces) must not change these builds. The compiler is a
 * short process for each package: where there is memory it need not collect garbage, which is a fifth of its work. All of
 * them and Go itself together get half of what the machine has, at most.
 */
function neutral(): NodeJS.ProcessEnv {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const half = Math.floor(memory / 2 / (availableParallelism() + 1) / 2 ** 20);
  const share = Math.min(MEMORY_MIB.most, Math.max(MEMORY_MIB.least, half));
  return {
    GOFLAGS: '',
    GOWORK: 'off',
    GOOS: undefined,
    GOARCH: undefined,
    CGO_ENABLED: '0',
    GOGC: 'off',
    GOMEMLIMIT: `${share}MiB`,
  };
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
