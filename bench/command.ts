import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../dev/home.ts';
import { median, type Outcome, rounded } from './figures.ts';

const run = promisify(execFile);

/** How long `kubectl fog --help` takes, as it is packed, against a Node that does nothing. */
export async function command({ rounds = 20 }: { rounds?: number }): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), 'fog-rollouts-command-'));
  try {
    const file = join(dir, 'kubectl-fog.mjs');
    await run(process.execPath, [join(ROOT, 'scripts/bundle-command.ts'), file], { cwd: ROOT });
    const times = { floor: [] as number[], ours: [] as number[] };
    for (let at = 0; at < rounds; at++) {
      times.floor.push(await msOf(['-e', '0']));
      times.ours.push(await msOf([file, '--help']));
    }
    const [floorMs, startMs] = [rounded(median(times.floor), 0), rounded(median(times.ours), 0)];
    return {
      json: { floorMs, startMs, rounds },
      rows: [
        {
          name: 'command',
          figure: 'start, p50 ms',
          product: `${startMs}`,
          floor: `${floorMs}`,
          result: `${startMs - floorMs} ms more`,
          bar: '<= 250 in all',
        },
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function msOf(args: string[]): Promise<number> {
  const began = performance.now();
  await run(process.execPath, args);
  return performance.now() - began;
}
