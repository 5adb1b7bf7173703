import { type LookupAddress, lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import { urlText } from '../../model/gates/asked.ts';
import { GATE_REASONS } from '../../model/gates/asking.ts';
import { refusedAddress } from './addresses.ts';
import { GateProblem } from './problem.ts';

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
}

/** Requests to wherever the people who write FogRollouts say. */
export interface Outside {
  /**
   * Redirects are not followed: where they lead nobody has looked.
   *
   * @throws GateProblem where nothing is asked; Error, with whom it asked, when there is no answer in time
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
      const { origin, pathname, search, hostname } = new URL(url);
      const host = hostname.replace(/^\[|\]$/g, '');
      const what = isAllowed(host) ? undefined : refusedAddress(host);
      if (what !== undefined) throw addressRefused(urlText(url), `is ${what}`, host);
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
        return { status: answer.statusCode, text: await beginningOf(answer.body, maxBytes) };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const refused = refusalIn(error);
        if (refused) throw addressRefused(urlText(url), refused.message, host);
        const why = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : whyOf(error);
        throw new Error(`${urlText(url)}: ${why}`);
      }
    },
    close: () => agent.close(),
  };
}

/** Thrown where a name is looked up. */
class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
}

/** What a name leads to is judged when the connection is made, so that it cannot lead elsewhere a moment later. */
function guardedLookup(isAllowed: (host: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = isAllowed(host) ? undefined : firstRefused(addresses);
      if (refused) return callback(refused, []);
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function firstRefused(addresses: LookupAddress[]): RefusedAddress | undefined {
  for (const { address } of addresses) {
    const what = refusedAddress(address);
    if (what !== undefined) return new RefusedAddress(`leads to ${address}, ${what}`);
  }
  return undefined;
}

function addressRefused(url: string, why: string, host: string): GateProblem {
  const cure = `gates ask nobody there, unless FOG_ROLLOUTS_GATE_HOSTS of the workers lists ${host}`;
  return new GateProblem(GATE_REASONS.address, `${url} ${why}; ${cure}`);
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

/** Connections are tried to all addresses of a name; what came of them is in the causes. */
function refusalIn(error: unknown): RefusedAddress | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof RefusedAddress) return at;
  return undefined;
}

function whyOf(error: unknown): string {
  if (error instanceof AggregateError) return whyOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
