/** Makes the tools that are missing: downloads those that can be had, several at a time, and builds the rest with Go. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Output, paint, type Step } from '../console.ts';
import { buildWithGo, requireGo } from './build.ts';
import type { Download, Tool } from './catalog.ts';
import { download, reach, Unavailable } from './download.ts';
import { cacheFolder, cachePath, type Origin, type Surroundings } from './lookup.ts';

/** More at a time would only share the same line. */
const DOWNLOADS_AT_A_TIME = 4;

/** How tools are made; handed in by tests. */
export interface Makers {
  /** Undefined: there is none, it is to be built. */
  downloadOf: (tool: Tool) => Download | undefined;
  /** Puts each into `folder`, as a file of its name, and says so as soon as it is there. */
  build: (tools: Tool[], folder: string, logFile: string, onBuilt: (tool: Tool) => void) => Promise<void>;
  requireGo: () => Promise<void>;
}

interface Wanted {
  tool: Tool;
  /** For people: the tool, its version, and how many there are. */
  label: string;
  from?: Download;
}

/** @throws StackError that says what to install or where the log is; what was made by then is kept. */
export async function makeAll(tools: Tool[], around: Surroundings, output: Output, makers: Makers): Promise<void> {
  const wanted = tools.map((tool, at): Wanted => {
    const label = `${tool.name} ${tool.version} (${at + 1} of ${tools.length})`;
    return { tool, label, from: makers.downloadOf(tool) };
  });
  const reachable = await withoutUnreachable(wanted, output);
  const offered = wanted.filter((one) => reachable.has(one));
  // Before the first byte: a machine that cannot make all of them should hear of it at once.
  if (offered.length < wanted.length) await makers.requireGo();
  const made = await inParallel(offered, DOWNLOADS_AT_A_TIME, (one) => downloadOne(one, around, output));
  const left = wanted.filter((one) => !reachable.has(one) || !made[offered.indexOf(one)]);
  if (left.length === 0) return;
  if (offered.length === wanted.length) await makers.requireGo();
  await buildTogether(left, around, output, makers);
}

export function makersFor({ env, platform }: Surroundings): Makers {
  const downloads = env.FOG_ROLLOUTS_DOWNLOADS !== 'off';
  return {
    downloadOf: (tool) => (downloads ? tool.download(platform) : undefined),
    build: (tools, folder, logFile, onBuilt) => buildWithGo(tools, { folder, logFile, env, onBuilt }),
    requireGo: () => requireGo(env),
  };
}

/** Those whose download's host answers; each host is asked once, and said once when it does not. */
async function withoutUnreachable(wanted: Wanted[], output: Output): Promise<Set<Wanted>> {
  const byHost = Map.groupBy(
    wanted.filter(({ from }) => from),
    ({ from }) => new URL(from!.url).host,
  );
  const reached = await Promise.all(
    [...byHost.values()].map(async (ofHost) => {
      try {
        await reach(ofHost[0]!.from!);
        return ofHost;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        const names = ofHost.map(({ tool }) => tool.name).join(', ');
        output.line(`${paint('red', '✖')} ${error.message}: building ${names} with Go instead`);
        return [];
      }
    }),
  );
  return new Set(reached.flat());
}

/** False when it cannot be had from there. */
async function downloadOne({ tool, label, from }: Wanted, around: Surroundings, output: Output): Promise<boolean> {
  const step = output.step(`Downloading ${label} from ${new URL(from!.url).host}`);
  try {
    await inFolder(around, async (folder) => {
      putInPlace(await download(tool, from!, folder), tool, around, 'release');
    });
    step.done(`Downloaded ${label}`);
    return true;
  } catch (error) {
    if (!(error instanceof Unavailable)) {
      step.failed();
      throw error;
    }
    step.failed(`${error.message}: building ${tool.name} with Go instead`);
    return false;
  }
}

/** Builds all of a module in one go, for what they share is the most of each. */
async function buildTogether(wanted: Wanted[], around: Surroundings, output: Output, makers: Makers): Promise<void> {
  const steps = new Map<Tool, Step>();
  for (const { tool, label } of wanted) steps.set(tool, output.step(`Building ${label} with Go`));
  const labelOf = (tool: Tool) => wanted.find((one) => one.tool === tool)!.label;
  const end = (tool: Tool, how: (step: Step) => void) => {
    const step = steps.get(tool);
    steps.delete(tool);
    if (step) how(step);
  };
  const tools = wanted.map(({ tool }) => tool);
  const logFile = join(cacheFolder(around), 'logs', 'build.log');
  try {
    await inFolder(around, async (folder) => {
      const onBuilt = (tool: Tool) => end(tool, (step) => step.done(`Built ${labelOf(tool)}`));
      for (const ofModule of Map.groupBy(tools, ({ module = 'go' }) => module).values()) {
        await makers.build(ofModule, folder, logFile, onBuilt);
        for (const tool of ofModule) putInPlace(join(folder, tool.name), tool, around, 'built');
        ofModule.forEach(onBuilt);
      }
    });
  } finally {
    for (const tool of tools) end(tool, (step) => step.failed());
  }
}

/** Works in a folder of the cache's own disk, from where a whole tool can be moved to its place at once. */
async function inFolder(around: Surroundings, work: (folder: string) => Promise<void>): Promise<void> {
  const parent = cacheFolder(around);
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, '.making-'));
  const discard = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', discard);
  try {
    await work(folder);
  } finally {
    process.off('exit', discard);
    discard();
  }
}

function putInPlace(binary: string, tool: Tool, around: Surroundings, origin: Origin): void {
  const target = cachePath(tool, around, origin);
  mkdirSync(dirname(target), { recursive: true });
  chmodSync(binary, 0o755);
  renameSync(binary, target);
}

/**
 * Results in the items' order. Waits for all of them, also when one fails, so that nothing goes on behind the caller's
 * back. @throws what the first that failed threw
 */
async function inParallel<T, R>(items: T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: PromiseSettledResult<R>[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [at, item] of queue) [results[at]] = await Promise.allSettled([work(item)]);
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
