import { Type } from 'typebox';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { RolloutReader } from '../deps.ts';
import { rolloutNotFound } from '../problems.ts';
import type { Representations } from '../representations.ts';
import { NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { aged, problems, UNCHANGED } from '../schemas/problem.ts';
import { RolloutListSchema, RolloutSchema } from '../schemas/rollout.ts';
import { requireSynced, sendRepresentation } from './respond.ts';

/** The seed's two routes, in its words: other programs rely on the shape of these answers. */
export function addRolloutRoutes(app: App, rollouts: RolloutReader, representations: Representations): void {
  app.addSchema(RolloutListSchema);
  app.addSchema(RolloutSchema);

  app.get(
    '/rollouts',
    {
      config: { reads: 'rollouts' },
      schema: {
        operationId: 'listRollouts',
        summary: 'Names and versions of the FogRollouts of a namespace',
        tags: ['rollouts'],
        querystring: NamespaceQuery,
        response: {
          200: aged('The FogRollouts, none if there are none', Type.Ref('RolloutList#')),
          ...UNCHANGED,
          ...problems(400, 503),
        },
      },
    },
    (request, reply) => {
      requireSynced(rollouts);
      sendRepresentation(request, reply, representations.list(request.query.namespace), rollouts);
    },
  );

  app.get(
    '/rollouts/:name',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readRollout',
        summary: 'A FogRollout, the whole object',
        tags: ['rollouts'],
        params: NameParams,
        querystring: NamespaceQuery,
        response: {
          200: aged('The object as Kubernetes has it', Type.Ref('FogRollout#')),
          ...UNCHANGED,
          ...problems(400, 404, 503),
        },
      },
    },
    (request, reply) => {
      requireSynced(rollouts);
      const { namespace } = request.query;
      const { name } = request.params;
      const found = representations.object(namespace, name);
      if (found === undefined) {
        sayDataAge(reply, rollouts);
        throw rolloutNotFound(namespace, name);
      }
      sendRepresentation(request, reply, found, rollouts);
    },
  );
}
