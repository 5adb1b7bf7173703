import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { RolloutReader } from '../deps.ts';
import type { EventStreams } from '../event-streams.ts';
import { unavailable } from '../problems.ts';
import { NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { rolloutOf } from './respond.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that collect answers before they pass them on would hold events back.
  'x-accel-buffering': 'no',
  // A stream ends with its connection: nothing is left to wait for when the server closes.
  connection: 'close',
};

const DESCRIPTION = `Server-sent events. The first \`status\` event is the current view, then one follows each change;
its data is what \`/status\` answers, its id the object's resourceVersion. A \`deleted\` event ends the stream of a
FogRollout that is gone. Comments keep a quiet connection open. A client that does not read is dropped; one that
connects again starts with the current view.`;

export function addEventsRoute(app: App, rollouts: RolloutReader, streams: EventStreams): void {
  const schema = {
    params: NameParams,
    querystring: NamespaceQuery,
  };

  app.get(
    '/rollouts/:name/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'followRollout',
        summary: 'A FogRollout as it changes',
        description: DESCRIPTION,
        tags: ['rollouts'],
        ...schema,
        response: {
          200: aged('Events until the FogRollout is gone', Type.String(), 'text/event-stream'),
          ...problems(400, 404, 503),
        },
      },
    },
    (request, reply) => {
      sayDataAge(reply, rollouts);
      const rollout = rolloutOf(rollouts, request.query.namespace, request.params.name);
      if (streams.full) throw unavailable('Too many event streams are open');
      const response = start(reply);
      streams.open(rollout, response);
    },
  );

  app.head('/rollouts/:name/events', { schema: { ...schema, hide: true } }, (request, reply) => {
    rolloutOf(rollouts, request.query.namespace, request.params.name);
    reply.headers(HEADERS).send();
  });

  app.addHook('preClose', () => streams.close());
}

/** Takes the response out of Fastify's hands, with the headers that it was given so far. */
function start(reply: FastifyReply): FastifyReply['raw'] {
  reply.headers(HEADERS).hijack();
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  return reply.raw;
}
