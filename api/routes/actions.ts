import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { FOG_ACTIONS } from '../../model/names.ts';
import { actionIn, newKey, uidOf } from '../action-request.ts';
import type { App } from '../base.ts';
import { answered, authenticated } from '../bearer.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem, rolloutNotFound, unavailable } from '../problems.ts';
import { ActionSchema, ActionTakenSchema, IDEMPOTENCY_HEADER, IdempotencyHeaders } from '../schemas/actions.ts';
import { NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { answer, problems } from '../schemas/problem.ts';

/** Bytes of a body: more than the longest action, however it is written. */
const LONGEST_BODY = 8 * 1024;

const DESCRIPTION = `The same as a FogAction, for those who have no kubectl: it is taken by the run of the FogRollout, or refused
in words. Who asks is whose token it is; they need the right to create FogActions in the namespace.

Off unless it is configured; then every request is answered with 404.`;

export function addActionsRoute(app: App, { actions, clock, logger }: Pick<ApiDeps, 'actions' | 'clock' | 'logger'>) {
  app.addSchema(ActionSchema);
  app.addSchema(ActionTakenSchema);
  // Fastify's own beside JSON: it would be read, and then be no object.
  app.removeContentTypeParser('text/plain');

  app.post(
    '/rollouts/:name/actions',
    {
      bodyLimit: LONGEST_BODY,
      schema: {
        operationId: 'act',
        summary: 'Asks something of a FogRollout: to pause, to go on, to approve, to try again',
        description: DESCRIPTION,
        tags: ['rollouts'],
        security: [{ token: [] }],
        params: NameParams,
        querystring: NamespaceQuery,
        headers: IdempotencyHeaders,
        body: Type.Ref('Action#'),
        response: {
          200: { ...answer('It was taken', Type.Ref('ActionTaken#')), headers: IDEMPOTENCY_HEADER },
          ...problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
        },
      },
      // Before the body is read: nobody is heard without a token.
      onRequest: actions ? authenticated(actions.access) : turnedOff,
      // Before Fastify's validation, which would make one type into another.
      preValidation: async ({ body }) => void actionIn(body),
      preHandler: async ({ user, query }) => {
        const { namespace } = query;
        if (await answered(actions!.access.mayAct(user!, namespace))) return;
        const what = `${FOG_ACTIONS.plural}.${FOG_ACTIONS.group}`;
        throw new Problem(403, `${user!.username} may not create ${what} in the namespace ${namespace}`);
      },
    },
    async (request, reply) => {
      const { namespace } = request.query;
      const { name } = request.params;
      const by = request.user!.username;
      const body = actionIn(request.body);
      const { 'idempotency-key': key = newKey() } = request.headers;
      const uid = uidOf(key, by, { namespace, name }, body);
      reply.header('idempotency-key', key).header('cache-control', 'no-store');
      const about = { rollout: `${namespace}/${name}`, action: body.action, by, uid };

      const metadata = { namespace, uid, creationTimestamp: clock.date().toISOString() };
      const asked = { metadata, spec: { ...body, rollout: name, requestedBy: by } };
      const verdict = await actions!.settle(asked).catch((err: unknown) => {
        logger.warn({ err, ...about }, 'Could not settle an action of the API');
        throw unavailable(NOBODY_CAN_SAY);
      });
      if (verdict === undefined) throw rolloutNotFound(namespace, name);
      const { state, message } = verdict;
      logger.info({ ...about, state }, 'Settled an action of the API');
      if (state === 'Refused') throw new Problem(409, message);
      return reply.send({ namespace, rollout: name, action: body.action, requestedBy: by, state, message, uid });
    },
  );
}

const NOBODY_CAN_SAY =
  'Nobody can say now whether it was taken: Temporal or Kubernetes is away, or the run has yet to begin. Send it again with the same Idempotency-Key';

async function turnedOff(_: FastifyRequest): Promise<void> {
  throw new Problem(404, 'Nobody can act by this API: FOG_ROLLOUTS_API_ACTIONS is off. Create a FogAction instead');
}
