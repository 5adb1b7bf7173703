import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import type { ProbeDeps } from './deps.ts';
import { answerClientError, answerFrameworkError, useProblems } from './plugins/problems.ts';
import { useRequestLog } from './plugins/request-log.ts';
import { useRequestMetrics } from './plugins/request-metrics.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Longer than any URL that node's HTTP parser lets through, so that validation names the parameter. */
const LONGEST_PARAMETER = 64 * 1024;

/** Milliseconds a client may take to send a request. */
const REQUEST_TIMEOUT = 30_000;

/**
 * Milliseconds that requests under way have to be answered once the server closes. Then every connection goes: one over
 * which nothing was ever asked (a browser's spare one, a peer that lost its link) counts as busy, and would hold up the
 * end of the process.
 */
const CLOSING_MS = 2_000;

/** An app without routes: logging, errors as problem documents, headers and metrics that all of ours share. */
export function createBaseApp({ logger, metrics }: Pick<ProbeDeps, 'logger' | 'metrics'>): App {
  const app: App = Fastify({
    // A child logger per request costs as much as an answer from the cache.
    logger: false,
    requestTimeout: REQUEST_TIMEOUT,
    routerOptions: { maxParamLength: LONGEST_PARAMETER, ignoreTrailingSlash: true },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Answers are written as they are: a serializer made from the schema would drop what the schema forgot.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), CLOSING_MS).unref();
  });
  useProblems(app, logger);
  useRequestMetrics(app, metrics);
  useRequestLog(app, logger);
  return app;
}
