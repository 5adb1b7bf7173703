import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';
import { actions } from './actions.ts';
import { burst } from './burst.ts';
import { churn } from './churn.ts';
import { command } from './command.ts';
import { fair } from './fair.ts';
import type { Outcome, Row } from './figures.ts';
import { fleet } from './fleet.ts';
import { idle } from './idle.ts';
import { offline } from './offline.ts';
import { read } from './read.ts';
import { resume } from './resume.ts';
import { single } from './single.ts';
import { createWorld, type InWorld, type World, type WorldOptions } from './world.ts';

type Options = Record<string, number>;

/** A benchmark, and what of it `--set` can change. */
interface Benchmark {
  options: readonly string[];
  measure(inWorld: InWorld, options: Options): Promise<Outcome>;
}

const BENCHMARKS: Record<string, Benchmark> = {
  single: { options: ['rounds'], measure: inOneWorld(single) },
  burst: { options: ['rollouts', 'rounds'], measure: inOneWorld(burst) },
  read: { options: ['objects', 'rounds', 'seconds'], measure: inOneWorld(read) },
  actions: { options: ['rollouts'], measure: inOneWorld(actions) },
  idle: { options: ['rollouts', 'waiting', 'minutes'], measure: inOneWorld(idle) },
  resume: { options: ['rollouts'], measure: inOneWorld(resume) },
  offline: { options: ['sites', 'rounds', 'maxConcurrency'], measure: inOneWorld(offline) },
  fair: { options: ['sites', 'rounds', 'maxConcurrency'], measure: fair },
  fleet: { options: ['sites', 'rounds', 'maxConcurrency'], measure: fleet },
  command: { options: ['rounds'], measure: (_, options) => command(options) },
  churn: { options: ['sites', 'rollouts', 'flaps', 'seconds'], measure: inOneWorld(churn) },
};
const JSON_FILE = join(import.meta.dirname, '../.fog/bench.json');

const program = new Command('bench')
  .description('Measures the product against its floor on a stack of its own, in one run, by turns')
  .argument('[name...]', `which benchmarks: ${Object.keys(BENCHMARKS).join(', ')}; all of them when none is named`)
  .option('--json <file>', 'where the figures go; those of other benchmarks in it are kept', JSON_FILE)
  .option('--set <name=number>', 'an option of the benchmarks named, e.g. rounds=1; again for more', setting, {})
  .action(async (names: string[], { json, set }: { json: string; set: Options }) => {
    const unknown = names.filter((name) => !(name in BENCHMARKS));
    if (unknown.length > 0)
      program.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
    const chosen = names.length > 0 ? names : Object.keys(BENCHMARKS);
    const known = [...new Set(chosen.flatMap((name) => BENCHMARKS[name]!.options))];
    const strange = Object.keys(set).filter((option) => !known.includes(option));
    if (strange.length > 0)
      program.error(`${chosen.join(', ')} cannot be set ${strange.join(', ')}; there is ${known.join(', ')}`);
    await measure(chosen, { file: json, options: set });
  });
await program.parseAsync();
process.exit(0);

async function measure(names: string[], { file, options }: { file: string; options: Options }): Promise<void> {
  const figures = await figuresIn(file);
  const rows: Row[] = [];
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    const outcome = await BENCHMARKS[name]!.measure(inWorld, options);
    rows.push(...outcome.rows);
    figures[name] = { ...(name === 'actions' && { perSite: perSiteIn(figures.fleet) }), ...outcome.json };
    if (name === 'fleet') figures.actions = { ...(figures.actions as object), perSite: perSiteIn(outcome.json) };
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`);
  }
  const table = new Table({
    shouldDisableColors: !process.stdout.isTTY || Boolean(process.env.NO_COLOR),
    columns: ['name', 'figure', 'product', 'floor', 'result', 'bar'].map((name) => ({ name, alignment: 'left' })),
  });
  table.addRows(rows);
  process.stdout.write(`${table.render()}\n${file}\n`);
}

/** Both benchmarks know a part of what a rollout costs in Temporal actions. */
function perSiteIn(fleet: unknown): number | undefined {
  return (fleet as { actionsPerSite?: number } | undefined)?.actionsPerSite;
}

function inOneWorld(measure: (world: World, options: Options) => Promise<Outcome>) {
  return (inWorld: InWorld, options: Options) => inWorld((world) => measure(world, options));
}

async function inWorld<R>(measure: (world: World) => Promise<R>, options?: WorldOptions): Promise<R> {
  const world = await createWorld(options);
  const interrupted = () => void world.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await measure(world);
  } finally {
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
    await world.close();
  }
}

/** Reads `name=number`. */
function setting(text: string, before: Options): Options {
  const [, name, value] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (!name) throw new InvalidArgumentError('Give a name and a whole number, e.g. sites=100');
  return { ...before, [name]: Number(value) };
}

async function figuresIn(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
