/** Requests to others, wherever people say: none leads into our own process or machine, or to a cloud's metadata. */
import { Agent } from 'undici';
import { guardedLookup, hostOf, RefusedAddress, refusalIn, refusedAddress } from './addresses.ts';

export interface OutsideRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** How much of the answer is read, in bytes. */
  maxBytes: number;
  signal: AbortSignal;
}

export interface OutsideAnswer {
  status: number;
  /** As much of it as was to be read. */
  text: string;
  /** How long it asks not to be asked again, in seconds, where it says so as a number. */
  retryAfterSeconds?: number;
}

export interface Outside {
  /**
   * Redirects are not followed: where they lead nobody has looked.
   *
   * @throws RefusedAddress where nobody is asked; Error, which says why, when there is no answer in time
   */
  request(url: string, request: OutsideRequest): Promise<OutsideAnswer>;
  close(): Promise<void>;
}

/** @param allowedHosts - names and addresses, as URLs have them, that are asked wherever they lead */
export function createOutside({ allowedHosts }: { allowedHosts: readonly string[] }): Outside {
  const isAllowed = (host: string) => allowedHosts.includes(host);
  const agent = new Agent({ connect: { lookup: guardedLookup(isAllowed) }, connections: 64, allowH2: false });
  return {
    async request(url, { method, headers = {}, body, timeoutMs, maxBytes, signal }) {
      const asked = new URL(url);
      const { origin, pathname, search } = asked;
      const host = hostOf(asked);
      const what = isAllowed(host) ? undefined : refusedAddress(host);
      if (what !== undefined) throw new RefusedAddress(`is ${what}`);
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await agent.request({
          origin,
          path: pathname + search,
          method,
          headers: { 'user-agent': 'fog-rollouts', ...headers },
          ...(body !== undefined && { body }),
          signal: AbortSignal.any([signal, timeout]),
        });
        const retryAfterSeconds = Number.parseInt(`${answer.headers['retry-after']}`, 10);
        return {
          status: answer.statusCode,
          text: await beginningOf(answer.body, maxBytes),
          ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
        };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const refused = refusalIn(error);
        if (refused) throw refused;
        throw new Error(timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : whyOf(error), { cause: error });
      }
    },
    close: () => agent.close(),
  };
}

/** The rest of a longer answer is not waited for. */
async function beginningOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function whyOf(error: unknown): string {
  if (error instanceof AggregateError) return whyOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
