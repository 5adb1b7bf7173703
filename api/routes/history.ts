import { Type } from 'typebox';
import type { App } from '../base.ts';
import { type ApiDeps, InvalidPageToken, type RunPage } from '../deps.ts';
import { badField, unavailable } from '../problems.ts';
import { HistorySchema } from '../schemas/history.ts';
import { HistoryQuery, NameParams, REQUIREMENTS } from '../schemas/parameters.ts';
import { answer, problems } from '../schemas/problem.ts';
import { rolloutOf } from './respond.ts';

export function addHistoryRoute(app: App, { rollouts, history, logger }: ApiDeps): void {
  app.addSchema(HistorySchema);

  async function pageOf(namespace: string, name: string, limit: number, pageToken?: string): Promise<RunPage> {
    try {
      return await history.runs(namespace, name, { limit, pageToken });
    } catch (error) {
      if (error instanceof InvalidPageToken) {
        throw badField({ field: 'continue', in: 'query', message: REQUIREMENTS.continue! });
      }
      logger.warn({ err: error, namespace, name }, 'history unavailable');
      throw unavailable('Temporal, which keeps the history, does not answer');
    }
  }

  app.get(
    '/rollouts/:name/history',
    {
      schema: {
        operationId: 'readHistory',
        summary: 'The runs a FogRollout has had, newest first',
        description: 'Also of a FogRollout that is gone, as long as Temporal keeps its runs.',
        tags: ['rollouts'],
        params: NameParams,
        querystring: HistoryQuery,
        response: { 200: answer('A page of runs', Type.Ref('History#')), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { namespace, limit, continue: pageToken } = request.query;
      const { name } = request.params;
      const { runs, next } = await pageOf(namespace, name, limit, pageToken);
      if (runs.length === 0) rolloutOf(rollouts, namespace, name);
      return reply.header('cache-control', 'no-store').send({ namespace, name, runs, continue: next });
    },
  );
}
