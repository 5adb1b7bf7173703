import { rubbish } from './answers.ts';
import { KubeError, type Status } from './errors.ts';
import { statusOf } from './status.ts';
import { isRecord, jsonIn } from './text.ts';

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

/** The error of an answer that says no. */
export function refusal(
  request: KubeRequest,
  code: number,
  text: string,
  retryAfter: string | string[] | undefined,
): KubeError {
  const retryAfterSeconds = secondsOf(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
  return new KubeError({ request: nameOf(request), code, retryAfterSeconds, ...whyNot(text) });
}

function whyNot(text: string): { status?: Status; text?: string } {
  const answer = jsonIn(text);
  if (isRecord(answer) && answer.kind === 'Status') return { status: statusOf(answer) };
  // A proxy or a starting server answers in plain text.
  return { text: text.trim().slice(0, 300) };
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(retryAfter: string | undefined): number | undefined {
  if (!retryAfter) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
