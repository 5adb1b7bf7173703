/** Hands bytes on from one place to another: a port, or a socket in the file system, which namespaces of the network share. */
import {
  type AddressInfo,
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Socket,
} from 'node:net';

export interface Relay {
  /** Where it listens; 0 for one in the file system. */
  port: number;
  /** From now on nothing is handed on, and nobody is told: what is sent waits, also of connections yet to come. */
  hold(): void;
  close(): Promise<void>;
}

/** Resolves when it listens. Ends of a connection that break are broken at the other side too. */
export async function startRelay(listen: ListenOptions, target: NetConnectOpts): Promise<Relay> {
  const open = new Set<Socket>();
  let isHeld = false;
  const server = createServer((from) => {
    const to = connect(target);
    if (isHeld) from.pause();
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      if (!isHeld) one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'string' ? 0 : (address as AddressInfo).port,
    hold() {
      isHeld = true;
      for (const socket of open) socket.unpipe().pause();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

// As a program: `relay.ts <path> <port>`, from the path to that port of where it runs. Says `listening` when it does.
if (process.argv[1] === import.meta.filename) {
  const [path, port] = process.argv.slice(2);
  await startRelay({ path: path! }, { host: '127.0.0.1', port: Number(port) });
  process.stdout.write('listening\n');
}
