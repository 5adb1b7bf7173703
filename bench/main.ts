import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { actions } from './actions.ts';
import { burst } from './burst.ts';
import type { Outcome, Row } from './figures.ts';
import { idle } from './idle.ts';
import { read } from './read.ts';
import { single } from './single.ts';
import { createWorld, type World } from './world.ts';

const BENCHMARKS: Record<string, (world: World) => Promise<Outcome>> = { single, burst, read, actions, idle };
const JSON_FILE = join(import.meta.dirname, '../.fog/bench.json');

const program = new Command('bench')
  .description('Measures the product against its floor on a stack of its own, in one run, by turns')
  .argument('[name...]', `which benchmarks: ${Object.keys(BENCHMARKS).join(', ')}; all of them when none is named`)
  .option('--json <file>', 'where the figures go; those of other benchmarks in it are kept', JSON_FILE)
  .action(async (names: string[], { json }: { json: string }) => {
    const unknown = names.filter((name) => !(name in BENCHMARKS));
    if (unknown.length > 0)
      program.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
    await measure(names.length > 0 ? names : Object.keys(BENCHMARKS), json);
  });
await program.parseAsync();
process.exit(0);

async function measure(names: string[], file: string): Promise<void> {
  const figures = await figuresIn(file);
  const rows: Row[] = [];
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    const outcome = await inWorld(BENCHMARKS[name]!);
    rows.push(...outcome.rows);
    figures[name] = outcome.json;
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

/** Each benchmark has a fresh stack: what one leaves behind slows no other. */
async function inWorld(benchmark: (world: World) => Promise<Outcome>): Promise<Outcome> {
  const world = await createWorld();
  const interrupted = () => void world.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await benchmark(world);
  } finally {
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
    await world.close();
  }
}

async function figuresIn(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
