/**
 * Ports that are free now and that nobody gets by chance before they are used, or between two uses: below the range from
 * which the system takes ports for outgoing connections, each worker of Jest has its own, and gives none twice. Random, so
 * that test runs side by side rarely meet.
 */
import getPort from 'get-port';
import { isFree } from '../../dev/ports.ts';

const FIRST = 20_000;
/** From here on they are given in rows. */
const FIRST_OF_ROWS = 30_000;
const LAST = 32_000;
/** More than workers of Jest run side by side. */
const LANES = 16;
/** Between being given here and being listened at pass seconds, in which a port looks free. */
const given = new Set<number>();

/** Of a worker is every sixteenth. */
export async function freePort(): Promise<number> {
  const count = Math.floor((FIRST_OF_ROWS - FIRST) / LANES);
  const ports = Array.from({ length: 50 }, () => FIRST + below(count) * LANES + lane());
  const port = await getPort({ port: ports.filter((one) => !given.has(one)) });
  given.add(port);
  return port;
}

/** The first of as many that follow each other. Of a worker is one piece. */
export async function freeRow(length: number): Promise<number> {
  const count = Math.floor((LAST - FIRST_OF_ROWS) / LANES);
  for (;;) {
    const first = FIRST_OF_ROWS + lane() * count + below(count - length);
    const row = Array.from({ length }, (_, further) => first + further);
    if (row.some((port) => given.has(port)) || !(await Promise.all(row.map(isFree))).every(Boolean)) continue;
    for (const port of row) given.add(port);
    return first;
  }
}

function lane(): number {
  return Number(process.env.JEST_WORKER_ID ?? 0) % LANES;
}

function below(count: number): number {
  return Math.floor(Math.random() * count);
}
