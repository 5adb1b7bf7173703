import getPort from 'get-port';

/** Below the range from which the system takes ports for outgoing connections, and servers that ask for any port. */
const FIRST = 20_000;
const LAST = 32_000;

/** A port that is free now and that nobody gets by chance before it is used. Random, so that test runs side by side rarely meet. */
export async function freePort(): Promise<number> {
  const candidates = Array.from({ length: 50 }, () => FIRST + Math.floor(Math.random() * (LAST - FIRST)));
  return await getPort({ port: candidates });
}
