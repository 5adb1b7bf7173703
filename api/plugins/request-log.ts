import type { FastifyBaseLogger } from 'fastify';
import type { App } from '../base.ts';

const LONGEST_URL = 512;

/**
 * A line a request, at debug: what is worth one always is logged where it happens. Otherwise nothing is hooked in, since a
 * line costs as much as an answer from the cache. No header is in it, and so no token.
 */
export function useRequestLog(app: App, logger: FastifyBaseLogger): void {
  if (logger.level !== 'debug' && logger.level !== 'trace') return;
  app.addHook('onResponse', (request, { raw: { statusCode: status } }, done) => {
    const { method, url } = request;
    const ms = Math.round(performance.now() - request.startedAt);
    const by = request.user?.username;
    logger.debug({ method, url: url.slice(0, LONGEST_URL), status, ms, ...(by && { by }) }, 'Answered');
    done();
  });
}
