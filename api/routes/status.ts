import { Type } from 'typebox';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { RolloutReader } from '../deps.ts';
import { NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { ViewSchema } from '../schemas/view.ts';
import type { ViewRollout } from '../views.ts';
import { rolloutOf } from './respond.ts';

export function addStatusRoute(app: App, rollouts: RolloutReader, view: ViewRollout): void {
  app.addSchema(ViewSchema);

  app.get(
    '/rollouts/:name/status',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readStatus',
        summary: 'How far a FogRollout is: stages, sites, waits and times',
        tags: ['rollouts'],
        params: NameParams,
        querystring: NamespaceQuery,
        response: { 200: aged('The view of it now', Type.Ref('View#')), ...problems(400, 404, 503) },
      },
    },
    (request, reply) => {
      sayDataAge(reply, rollouts);
      const rollout = rolloutOf(rollouts, request.query.namespace, request.params.name);
      reply.header('cache-control', 'no-store').send(view(rollout));
    },
  );
}
