import { Agent } from 'undici';
import { guardedLookup, hostOf, refusalIn, refusedAddress } from '../../kube/addresses.ts';
import { urlText } from '../../model/gates/asked.ts';
import { GATE_REASONS } from '../../model/gates/asking.ts';
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
      const asked = new URL(url);
      const { origin, pathname, search } = asked;
      const host = hostOf(asked);
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

function whyOf(error: unknown): string {
  if (error instanceof AggregateError) return whyOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
