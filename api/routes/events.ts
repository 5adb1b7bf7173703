import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { EventStreamLimits, RolloutReader } from '../deps.ts';
import type { EventStreams } from '../events/streams.ts';
import { unavailable } from '../problems.ts';
import { EventsQuery, LastEventHeaders, NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { requireSynced, rolloutOf } from './respond.ts';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that collect answers before they pass them on would hold events back.
  'x-accel-buffering': 'no',
  // A stream ends with its connection: nothing is left to wait for when the server closes.
  connection: 'close',
};

const ABOUT_STREAMS = `Comments keep a quiet connection open. A client that reads slowly is told the newest of what changed
meanwhile, and dropped when it has not read for a minute. One that comes again with Last-Event-ID is told what it has missed.`;

const OF_ONE = `Server-sent events. The first \`status\` event is the current view, then one follows each change;
its data is what \`/status\` answers. A \`deleted\` event ends the stream of a FogRollout that is gone. Whoever comes again with
the id of the present state is told nothing until it changes.

${ABOUT_STREAMS}`;

const OF_MANY = `Server-sent events. A \`reset\` event says that whatever was known is to be forgotten: the view of every
FogRollout follows, as \`status\` events, and then one for each change; the data of \`status\` is what \`/status\` answers.
\`deleted\` says that one is gone. With \`show=summary\` it tells of each what an item of \`/api/v1/rollouts\` has, but for its age,
\`synced\` follows once everything has been told, and \`sites\` says that something has changed at sites of one. Ids hold in one
process of the API, as long as it runs: with another's, the stream begins anew.

${ABOUT_STREAMS}`;

export function addEventsRoutes(
  app: App,
  rollouts: RolloutReader,
  streams: EventStreams,
  { withToken }: Pick<EventStreamLimits, 'withToken'>,
): void {
  const tags = ['rollouts'];
  const ofOne = { params: NameParams, querystring: NamespaceQuery, headers: LastEventHeaders };
  const ofMany = { querystring: EventsQuery, headers: LastEventHeaders };

  app.get(
    '/rollouts/:name/events',
    {
      exposeHeadRoute: false,
      config: { reads: 'rollout' },
      schema: {
        operationId: 'followRollout',
        summary: 'A FogRollout as it changes',
        description: OF_ONE,
        tags,
        ...ofOne,
        response: {
          200: aged('Events until the FogRollout is gone', Type.String(), 'text/event-stream'),
          ...problems(400, 404, 503),
        },
      },
    },
    (request, reply) => {
      sayDataAge(reply, rollouts);
      const rollout = rolloutOf(rollouts, request.query.namespace, request.params.name);
      requireRoom();
      streams.followOne(rollout, request.headers['last-event-id'], start(request, reply));
    },
  );

  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      config: { reads: 'rollouts' },
      schema: {
        operationId: 'followRollouts',
        summary: 'All FogRollouts of a namespace, or of all, as they change',
        description: OF_MANY,
        tags,
        ...ofMany,
        response: { 200: aged('Events without end', Type.String(), 'text/event-stream'), ...problems(400, 503) },
      },
    },
    (request, reply) => {
      sayDataAge(reply, rollouts);
      requireSynced(rollouts);
      requireRoom();
      const { namespace, show: shown } = request.query;
      const last = request.headers['last-event-id'];
      streams.followMany(start(request, reply), { namespace, last, shown });
    },
  );

  const ofHead = { config: { reads: 'rollout' }, schema: { ...ofOne, hide: true } } as const;
  app.head('/rollouts/:name/events', ofHead, (request, reply) => {
    rolloutOf(rollouts, request.query.namespace, request.params.name);
    reply.headers(HEADERS).send();
  });

  app.head('/events', { config: { reads: 'rollouts' }, schema: { ...ofMany, hide: true } }, (_, reply) => {
    requireSynced(rollouts);
    reply.headers(HEADERS).send();
  });

  app.addHook('preClose', () => streams.close());

  function requireRoom(): void {
    if (streams.full) throw unavailable('Too many event streams are open');
  }

  /** Takes the response out of Fastify's hands, with the headers that it was given so far. */
  function start(request: FastifyRequest, reply: FastifyReply): FastifyReply['raw'] {
    const response = reply.headers(HEADERS).hijack().raw;
    response.writeHead(200, reply.getHeaders() as Record<string, string>);
    if (request.user) {
      const end = setTimeout(() => response.end(), withToken).unref();
      response.once('close', () => clearTimeout(end));
    }
    return response;
  }
}
