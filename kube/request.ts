import { rubbish } from './answers.ts';
import { type KubeConnectionError, KubeError, type Status } from './errors.ts';
import { statusOf } from './status.ts';
import { isRecord, jsonIn, oneLine } from './text.ts';

/** One request to an API server, before it is known how it travels. */
export interface KubeRequest {
  /** `get`, `list`, `apply`, …: the verb for metrics. */
  verb: string;
  /** `deployments.apps`: the type for metrics and messages. */
  type: string;
  /** `edge/web-edge`, when the request is about one object. */
  object?: string | undefined;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  /** The form of the answer; JSON of the whole unless given. */
  accept?: string;
}

/** How long an answer may take where nobody says it, in milliseconds. */
const READ_MS = 30_000;
/** An admission webhook that hangs may take 30 s, after which the API server says which one it was. */
const WRITE_MS = 45_000;

export function timeoutOf(method: KubeRequest['method']): number {
  return method === 'GET' ? READ_MS : WRITE_MS;
}

/** `PATCH deployments.apps edge/web-edge`. */
export function nameOf({ method, type, object }: KubeRequest): string {
  return object ? `${method} ${type} ${object}` : `${method} ${type}`;
}

/** `?a=1&b=2` of what is given, or nothing. */
export function queryOf(query: KubeRequest['query']): string {
  if (!query) return '';
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return '';
  return `?${given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** The JSON of an answer that says yes. */
export function parse<T>(request: KubeRequest, server: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw rubbish({ request: nameOf(request), server }, 'The answer is not JSON', cause);
  }
}

/**
 * What an API server, or the way to it, says by its code alone: not logged in, too slow, too large, too many requests. A 404
 * it says in these words where it does not serve the type at all.
 */
const BY_CODE_ALONE = [401, 408, 413, 429];
const NOT_SERVED = '404 page not found';

/**
 * The error of an answer that says no. Kubernetes says why in a Status; what only looks like a refusal, as the pages of a
 * proxy or of a login do, says nothing about the object: not that it is gone, nor that it is forbidden or invalid.
 */
export function refusal(
  request: KubeRequest,
  { server, code, text, retryAfter }: { server: string; code: number; text: string; retryAfter: Retry },
): KubeError | KubeConnectionError {
  const retryAfterSeconds = secondsOf(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
  const status = statusIn(text);
  // A server that is starting, or one in front of it, answers in plain text.
  const said = oneLine(text);
  const isAnswer = status || code >= 500 || BY_CODE_ALONE.includes(code) || (code === 404 && said === NOT_SERVED);
  if (isAnswer)
    return new KubeError({
      request: nameOf(request),
      code,
      retryAfterSeconds,
      ...(status ? { status } : { text: said }),
    });
  const words = said === '' ? '' : ` (${oneLine(said, 120)})`;
  return rubbish({ request: nameOf(request), server }, `The answer is ${code}${words} without a Status`);
}

type Retry = string | string[] | undefined;

function statusIn(text: string): Status | undefined {
  const answer = jsonIn(text);
  return isRecord(answer) && answer.kind === 'Status' ? statusOf(answer) : undefined;
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(retryAfter: string | undefined): number | undefined {
  if (!retryAfter) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
