import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../base.ts';
import {
  badField,
  type FieldError,
  PROBLEM_MEDIA_TYPE,
  Problem,
  pathOf,
  problemBody,
  sendProblem,
} from '../problems.ts';
import { REQUIREMENTS } from '../schemas/parameters.ts';
import { ProblemSchema } from '../schemas/problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What its parameters must be, in words, where they are others' on other paths. */
    requirements?: Record<string, string>;
  }
}

/** Every answer that is not a success becomes a problem document; call it before routes are added. */
export function useProblems(app: App, logger: FastifyBaseLogger): void {
  app.addSchema(ProblemSchema);
  const methods = new Map<string, Set<string>>();
  const routes: { matches: RegExp; allowed: Set<string> }[] = [];

  app.addHook('onRoute', ({ url, method }) => {
    let allowed = methods.get(url);
    if (allowed === undefined) {
      allowed = new Set();
      methods.set(url, allowed);
      routes.push({ matches: patternOf(url), allowed });
    }
    for (const one of [method].flat()) allowed.add(one);
  });

  // Before the body is read: what it holds does not matter where nothing takes it.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = pathOf(request.raw.url ?? '/');
    const route = routes.find(({ matches }) => matches.test(path));
    if (route === undefined) return sendProblem(request, reply, new Problem(404, 'There is nothing at this path'));
    const allow = [...route.allowed].sort().join(', ');
    const detail = `${request.method} is not possible here, only ${allow}`;
    return sendProblem(request, reply, new Problem(405, detail, { headers: { allow } }));
  });

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error as FastifyError, request.routeOptions);
    if (problem.status >= 500 && !(error instanceof Problem)) {
      logger.error({ err: error, route: request.routeOptions.url }, 'request failed');
    }
    return sendProblem(request, reply, problem);
  });
}

/** A route's pattern as Fastify's router takes it, a trailing slash allowed. */
function patternOf(url: string): RegExp {
  const literal = url.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/:[^/]+/g, '[^/]+')}/?$`);
}

function problemOf(error: FastifyError, { config, schema }: FastifyRequest['routeOptions']): Problem {
  if (error instanceof Problem) return error;
  const [invalid] = error.validation ?? [];
  if (invalid !== undefined) {
    const field = invalid.instancePath.split('/')[1] ?? String(invalid.params.missingProperty ?? '');
    const ofAny = REQUIREMENTS[field] ?? rangeOf(field, schema?.querystring) ?? invalid.message ?? 'is not valid';
    const message = config.requirements?.[field] ?? ofAny;
    return badField({ field, in: PARTS[error.validationContext ?? ''] ?? 'query', message });
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new Problem(status, error.message);
  return new Problem(500, 'An unexpected error occurred; the log of the API says more');
}

/** Fastify's names of the parts of a request. */
const PARTS: Record<string, FieldError['in']> = { params: 'path', headers: 'header', body: 'body' };

/** What a whole number must be, as each route's schema has it. */
function rangeOf(field: string, query: unknown): string | undefined {
  const { properties = {} } = (query ?? {}) as { properties?: Record<string, { minimum?: number; maximum?: number }> };
  const { minimum, maximum } = properties[field] ?? {};
  return minimum === undefined ? undefined : `must be a whole number from ${minimum} to ${maximum}`;
}

/** For a URL that the router cannot take: no route, no hooks. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  const detail =
    error.code === 'FST_ERR_BAD_URL' ? 'The URL is not valid: its percent-encoding is broken' : error.message;
  sendProblem(request, reply, new Problem(400, detail));
}

const CLIENT_ERRORS: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'The URL and headers are too long'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'The request did not arrive in time'),
};

const MALFORMED = new Problem(400, 'The request is not valid HTTP');

/** For what is not HTTP as node's parser knows it: there is no request to answer, only a socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = CLIENT_ERRORS[error.code ?? ''] ?? MALFORMED;
  const body = problemBody(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${JSON.parse(body).title}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
