/** The tools, wherever they come from: environment, PATH, cache, download, or a build with Go. */
import { join } from 'node:path';
import type { ToolPaths } from '../cluster-config.ts';
import { consoleOutput, type Output } from '../console.ts';
import { withLock } from '../lock.ts';
import { CATALOG, type Tool, type ToolName } from './catalog.ts';
import { cacheFolder, type Found, lookUp, type Surroundings, thisMachine } from './lookup.ts';
import { type Makers, makeAll, makersFor } from './make.ts';

const LOCK_MS = 100 * 60_000;

/**
 * Paths of the named tools; makes those that are missing, into the user's cache.
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
    const onWait = ({ pid }: { pid: number }) => output.line(`Waiting for process ${pid}, which is making the tools`);
    await withLock(join(cacheFolder(around), 'lock'), { timeoutMs: LOCK_MS, onWait }, async () => {
      const madeMeanwhile = await lookUpAll(missing, around);
      const still = missing.filter(({ name }) => !madeMeanwhile.has(name));
      if (still.length > 0) await makeAll(still, around, output, makers);
    });
    for (const [name, made] of await lookUpAll(missing, around)) found.set(name, made);
  }
  return Object.fromEntries([...found].map(([name, { path }]) => [name, path]));
}

/** Where each tool would be taken from now; absent when it is yet to be made. */
export async function lookUpAll(tools: Tool[], around: Surroundings): Promise<Map<ToolName, Found>> {
  const looked = await Promise.all(tools.map(async (tool) => [tool.name, await lookUp(tool, around)] as const));
  return new Map(looked.flatMap(([name, found]) => (found ? [[name, found]] : [])));
}
