import { connect, createServer } from 'node:net';
import { StackError } from './errors.ts';

const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 1_000;

/** A port something of ours is going to listen on. */
export interface WantedPort {
  port: number;
  /** Who wants it, for people: `the API`. */
  user: string;
  /** What to set to use another one. */
  variable: string;
}

/** True when nothing listens there and we may. */
export async function isFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await canListen(port));
}

/** @throws StackError that names the first taken port, who wanted it, and how to choose another one. */
export async function requireFree(wanted: WantedPort[]): Promise<void> {
  for (const { port, user, variable } of wanted) {
    if (!(await isFree(port)))
      throw new StackError(`Port ${port}, wanted for ${user}, is taken by another process: stop it or set ${variable}`);
  }
}

// A listener on 0.0.0.0 does not stop us from listening on loopback on every system: so ask both ways.
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: CONNECT_TIMEOUT_MS });
    const finish = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    // No answer in time says nothing: on a busy machine it may be we who were late. Whether we may listen decides.
    socket.once('connect', finish(true)).once('timeout', finish(false)).once('error', finish(false));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
