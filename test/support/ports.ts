import getPort from 'get-port';

/** Below the range from which the system takes ports for outgoing connections, and servers that ask for any port. */
const FIRST = 20_000;
const LAST = 32_000;
/** More than workers of Jest run side by side. */
const LANES = 16;
/** Between being given here and being listened at pass seconds, in which a port looks free. */
const given = new Set<number>();

/**
 * A port that is free now and that nobody gets by chance before it is used: each worker of Jest has every sixteenth, and
 * gives none twice. Random, so that test runs side by side rarely meet.
 */
export async function freePort(): Promise<number> {
  const lane = Number(process.env.JEST_WORKER_ID ?? 0) % LANES;
  const count = Math.floor((LAST - FIRST) / LANES);
  const ports = Array.from({ length: 50 }, () => FIRST + Math.floor(Math.random() * count) * LANES + lane);
  const port = await getPort({ port: ports.filter((one) => !given.has(one)) });
  given.add(port);
  return port;
}
