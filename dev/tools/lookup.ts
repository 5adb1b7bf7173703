/** Finds a tool that is on the machine already: named by environment, on PATH, or in the cache. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { StackError } from '../errors.ts';
import type { Platform, Tool } from './catalog.ts';
import { ourRecipe } from './recipe.ts';

const VERSION_TIMEOUT_MS = 15_000;

export type Found = { path: string; where: 'environment' | 'PATH' | 'cache' };

export interface Surroundings {
  env: NodeJS.ProcessEnv;
  platform: Platform;
}

export function thisMachine(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return { env, platform: { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch } };
}

/** `FOG_ROLLOUTS_KUBE_APISERVER` and the like: names the binary to use. */
export function variableOf(tool: Tool): string {
  return `FOG_ROLLOUTS_${tool.name.toUpperCase().replaceAll('-', '_')}`;
}

/** Whose binary a tool in the cache is: its publisher's, or one that Go made here. */
export type Origin = 'release' | 'built';

/** `$XDG_CACHE_HOME/fog-rollouts/tools`: kept across checkouts. */
export function cacheFolder({ env }: Surroundings): string {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(base, 'fog-rollouts', 'tools');
}

/** `<group>-<version>-<os>-<arch>-<release or the recipe>/<name>` in the cache: one way to make it, one place. */
export function cachePath(tool: Tool, around: Surroundings, origin: Origin): string {
  const { os, arch } = around.platform;
  const made = origin === 'built' ? `go-${ourRecipe(tool.module)}` : origin;
  return join(cacheFolder(around), `${tool.group}-${tool.version}-${os}-${arch}-${made}`, tool.name);
}

/** @throws StackError when the environment names a binary that does not run or does not fit. */
export async function lookUp(tool: Tool, around: Surroundings): Promise<Found | undefined> {
  const named = around.env[variableOf(tool)];
  if (named) return { path: await requireFitting(tool, named), where: 'environment' };
  const onPath = findOnPath(tool.name, around.env.PATH);
  if (onPath && tool.fits((await versionOf(tool, onPath)) ?? '')) return { path: onPath, where: 'PATH' };
  const cached = (['release', 'built'] as const).map((origin) => cachePath(tool, around, origin)).find(isExecutable);
  return cached === undefined ? undefined : { path: cached, where: 'cache' };
}

/** The first `1.2.3` in what a tool prints about itself. */
export function versionIn(output: string): string | undefined {
  return /\b(?:v|go)?(\d+\.\d+\.\d+)\b/.exec(output)?.[1];
}

async function requireFitting(tool: Tool, path: string): Promise<string> {
  const version = await versionOf(tool, path);
  if (version === undefined)
    throw new StackError(`${variableOf(tool)} names ${path}, which does not run or does not tell its version`);
  if (!tool.fits(version))
    throw new StackError(
      `${variableOf(tool)} names ${tool.name} ${version}, which does not fit: ${tool.version} is wanted`,
    );
  return path;
}

async function versionOf(tool: Tool, path: string): Promise<string | undefined> {
  const { failed, stdout, stderr } = await execa(path, tool.versionArgs, {
    reject: false,
    timeout: VERSION_TIMEOUT_MS,
  });
  return failed ? undefined : versionIn(`${stdout}\n${stderr}`);
}

function findOnPath(name: string, path = ''): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
