import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Seconds after which a client may try again what is not available now. */
export const RETRY_AFTER_SECONDS = 5;

const LONGEST_INSTANCE = 512;

export interface FieldError {
  field: string;
  in: 'path' | 'query' | 'header' | 'body';
  message: string;
}

const WHERE = { path: 'Path parameter', query: 'Query parameter', header: 'Header', body: 'Field' } as const;

/** An answer other than success (RFC 9457). Thrown by routes; the error handler sends it. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Members beside the standard ones, e.g. `errors`. */
  readonly members: Record<string, unknown>;

  constructor(
    status: number,
    detail: string,
    more: { headers?: Record<string, string>; members?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.status = status;
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }
}

export function badField(error: FieldError): Problem {
  const what = error.field === '' ? 'The body' : `${WHERE[error.in]} "${error.field}"`;
  return new Problem(400, `${what} ${error.message}`, { members: { errors: [error] } });
}

export function rolloutNotFound(namespace: string, name: string): Problem {
  return new Problem(404, `FogRollout ${namespace}/${name} was not found`);
}

/** For what will work again by itself: the client is told when to come back. */
export function unavailable(detail: string, members?: Record<string, unknown>): Problem {
  return new Problem(503, detail, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) }, members });
}

/** The body of a problem; `type` is about:blank since the status says all there is to say of the kind. */
export function problemBody(problem: Problem, url?: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    ...(url === undefined ? {} : { instance: pathOf(url).slice(0, LONGEST_INSTANCE) }),
    ...problem.members,
  });
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(problemBody(problem, request.raw.url ?? '/'));
}

/** The path as the client wrote it, without the query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
