import type { FastifyInstance } from 'fastify';

export interface Address {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/**
 * Listens with an app.
 * @returns the address it listens at, e.g. `http://127.0.0.1:8080`
 * @throws an error in words when the port cannot be had
 */
export async function listen(app: Pick<FastifyInstance, 'listen'>, { host, port }: Address): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = REASONS[code ?? ''] ?? message;
    throw new Error(`Could not listen on ${host}:${port}: ${why}`, { cause: error });
  }
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another process has the port; end it or set FOG_ROLLOUTS_PORT to another one',
  EACCES: 'this user may not use the port; set FOG_ROLLOUTS_PORT to one above 1023',
  EADDRNOTAVAIL: 'this machine does not have the address',
};
