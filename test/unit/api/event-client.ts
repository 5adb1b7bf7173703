/** A client of server-sent events, and an API that serves them. */
import { once } from 'node:events';
import http from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { ApiDeps, EventStreamLimits } from '../../../api/deps.ts';
import { listen } from '../../../api/server.ts';
import { createApp, type createRollouts } from './fixtures.ts';

export interface Event {
  id: string | undefined;
  event: string;
  data: { namespace: string; name: string; uid?: string; version?: string };
}

export interface Served {
  app: FastifyInstance;
  url: string;
  metrics: Registry;
  /** How many streams are open. */
  streams(): Promise<number>;
}

export async function serve(
  rollouts: ReturnType<typeof createRollouts>,
  events: Partial<EventStreamLimits> = {},
  deps: Partial<ApiDeps> = {},
): Promise<Served> {
  const metrics = new Registry();
  const app = await createApp({ ...deps, rollouts, events, metrics });
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  const streams = async () => (await metrics.getSingleMetric('fog_rollouts_event_streams')!.get()).values[0]!.value;
  return { app, url, metrics, streams };
}

/** A client of one stream. @param last - its Last-Event-ID */
export async function follow(url: string, last?: string) {
  const request = http.get(url, { headers: last === undefined ? {} : { 'last-event-id': last } });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.setEncoding('utf8');
  const blocks = (async function* () {
    let text = '';
    for await (const chunk of response) {
      const parts = (text + chunk).split('\n\n');
      text = parts.pop()!;
      yield* parts;
    }
  })();
  return {
    response,
    close: () => request.destroy(),
    /** The next block of the stream, a comment too; undefined at its end. */
    async block(): Promise<string | undefined> {
      return (await blocks.next()).value ?? undefined;
    },
    async event(): Promise<Event | undefined> {
      const block = await this.block();
      if (block === undefined) return undefined;
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
      if (fields.data === undefined) return this.event();
      return { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    },
    /** The next so many. */
    async events(count: number): Promise<(Event | undefined)[]> {
      const events = [];
      while (events.length < count) events.push(await this.event());
      return events;
    },
  };
}
