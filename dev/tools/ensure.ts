/** The tools, wherever they come from: environment, PATH, cache, download, or a build with Go. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ToolPaths } from '../cluster-config.ts';
import { consoleOutput, type Output } from '../console.ts';
import { withLock } from '../lock.ts';
import { buildWithGo, requireGo } from './build.ts';
import { CATALOG, type Download, type Tool, type ToolName } from './catalog.ts';
import { download, Unavailable } from './download.ts';
import { cachePath, type Found, lookUp, type Surroundings, thisMachine } from './lookup.ts';

const LOCK_MS = 60 * 60_000;

/** How a missing tool is made; handed in by tests. */
export interface Makers {
  downloadOf: (tool: Tool) => Download | undefined;
  build: (tool: Tool, folder: string, logFile: string) => Promise<string>;
  requireGo: () => Promise<void>;
}

/**
 * Paths of the named tools; makes those that are missing, one after another, into the user's cache.
 * Two processes that miss the same tool wait for one another.
 * @throws StackError that says what to install or where the log is
 */
export async function ensureTools(
  names: readonly ToolName[],
  around: Surroundings = thisMachine(),
  output: Output = consoleOutput(process.stderr),
  makers: Makers = makersFor(around),
): Promise<ToolPaths> {
  const tools = names.map((name) => CATALOG[name]);
  const found = await lookUpAll(tools, around);
  const missing = tools.filter(({ name }) => !found.has(name));
  if (missing.length > 0) {
    const folder = dirname(dirname(cachePath(missing[0]!, around)));
    const onWait = ({ pid }: { pid: number }) => output.line(`Waiting for process ${pid}, which is making the tools`);
    await withLock(join(folder, 'lock'), { timeoutMs: LOCK_MS, onWait }, () =>
      makeAll(missing, around, output, makers),
    );
    for (const tool of missing) found.set(tool.name, { path: cachePath(tool, around), where: 'cache' });
  }
  return Object.fromEntries([...found].map(([name, { path }]) => [name, path]));
}

/** Where each tool would be taken from now; absent when it is yet to be made. */
export async function lookUpAll(tools: Tool[], around: Surroundings): Promise<Map<ToolName, Found>> {
  const looked = await Promise.all(tools.map(async (tool) => [tool.name, await lookUp(tool, around)] as const));
  return new Map(looked.flatMap(([name, found]) => (found ? [[name, found]] : [])));
}

async function makeAll(tools: Tool[], around: Surroundings, output: Output, makers: Makers): Promise<void> {
  const unreachable = new Set<string>();
  let goIsThere = false;
  for (const [at, tool] of tools.entries()) {
    if (await lookUp(tool, around)) continue; // made by the process we waited for
    const offered = makers.downloadOf(tool);
    const reachable = offered && !unreachable.has(new URL(offered.url).host) ? offered : undefined;
    if (!reachable && !goIsThere) {
      await makers.requireGo();
      goIsThere = true;
    }
    const label = `${tool.name} ${tool.version} (${at + 1} of ${tools.length})`;
    try {
      await make(tool, label, reachable, around, output, makers);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unreachable.add(new URL(reachable!.url).host);
      if (!goIsThere) await makers.requireGo();
      goIsThere = true;
      await make(tool, label, undefined, around, output, makers);
    }
  }
}

/** Makes one tool in a folder beside its place, and moves it there when it is whole. */
async function make(
  tool: Tool,
  label: string,
  from: Download | undefined,
  around: Surroundings,
  output: Output,
  makers: Makers,
): Promise<void> {
  const target = cachePath(tool, around);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), '.making-'));
  const discard = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', discard);
  const step = output.step(from ? `Downloading ${label} from ${new URL(from.url).host}` : `Building ${label} with Go`);
  try {
    const logFile = join(dirname(dirname(target)), 'logs', `${tool.name}.log`);
    const binary = from ? await download(tool, from, folder) : await makers.build(tool, folder, logFile);
    chmodSync(binary, 0o755);
    renameSync(binary, target);
    step.done(`${from ? 'Downloaded' : 'Built'} ${label}`);
  } catch (error) {
    step.failed(error instanceof Unavailable ? `${error.message}: building ${tool.name} with Go instead` : undefined);
    throw error;
  } finally {
    process.off('exit', discard);
    discard();
  }
}

function makersFor({ env, platform }: Surroundings): Makers {
  const downloads = env.FOG_ROLLOUTS_DOWNLOADS !== 'off';
  return {
    downloadOf: (tool) => (downloads ? tool.download(platform) : undefined),
    build: (tool, folder, logFile) => buildWithGo(tool, folder, logFile, env),
    requireGo: () => requireGo(env),
  };
}
