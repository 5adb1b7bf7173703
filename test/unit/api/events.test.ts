import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { EventStreamLimits } from '../../../api/deps.ts';
import { listen } from '../../../api/server.ts';
import { aRollout, createApp, createRollouts } from './fixtures.ts';

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

async function serve(rollouts: ReturnType<typeof createRollouts>, events: Partial<EventStreamLimits> = {}) {
  const metrics = new Registry();
  app = await createApp({ rollouts, events, metrics });
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  return { url, metrics };
}

interface Event {
  id: string;
  event: string;
  data: { version?: string; name: string };
}

/** A client of one stream. */
async function follow(url: string) {
  const request = http.get(url);
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
      if (block === undefined || block.startsWith(':')) return block === undefined ? undefined : this.event();
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
      return { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    },
  };
}

describe('GET /rollouts/{name}/events', () => {
  it('sends the current view, an event per change, and the end', async () => {
    const web = aRollout('web', { version: 'v1' });
    const rollouts = createRollouts(web, aRollout('other'));
    const { url } = await serve(rollouts);
    const stream = await follow(`${url}/rollouts/web/events`);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const events = [await stream.event()];
    const changed = aRollout('web', { version: 'v2' });
    rollouts.put(aRollout('other', { version: 'v9' }));
    rollouts.put(changed);
    rollouts.put(changed);
    events.push(await stream.event());
    const last = aRollout('web', { version: 'v2' });
    rollouts.remove(last);
    events.push(await stream.event());
    expect(events).toMatchObject([
      { event: 'status', id: web.metadata.resourceVersion, data: { name: 'web', version: 'v1' } },
      { event: 'status', id: changed.metadata.resourceVersion, data: { name: 'web', version: 'v2' } },
      { event: 'deleted', id: last.metadata.resourceVersion, data: { name: 'web', namespace: 'default' } },
    ]);
    expect(await stream.event()).toBeUndefined();
  });

  it('ends when the name has become another object', async () => {
    const rollouts = createRollouts(aRollout('web', { uid: 'first' }));
    const { url } = await serve(rollouts);
    const stream = await follow(`${url}/rollouts/web/events`);
    await stream.event();
    rollouts.put(aRollout('web', { uid: 'second' }));
    expect(await stream.event()).toMatchObject({ event: 'deleted', data: { uid: 'first' } });
    expect(await stream.event()).toBeUndefined();
  });

  it('keeps a quiet connection open with comments', async () => {
    const rollouts = Object.assign(createRollouts(aRollout('web')), { ageMs: undefined as number | undefined });
    const { url } = await serve(rollouts, { heartbeat: 10 });
    const stream = await follow(`${url}/rollouts/web/events`);
    await stream.block();
    expect([await stream.block(), await stream.block()]).toEqual([': heartbeat', ': heartbeat']);
    rollouts.ageMs = 180_000;
    let block = await stream.block();
    while (block === ': heartbeat') block = await stream.block();
    expect(block).toBe(': heartbeat, data age 180');
    stream.close();
  });

  it('drops a client that does not read and serves the others', async () => {
    const rollouts = createRollouts(aRollout('web'));
    const { url, metrics } = await serve(rollouts, { buffer: 64 * 1024 });
    const { port, hostname } = new URL(url);
    const idle = net.connect(Number(port), hostname).pause();
    idle.write(`GET /rollouts/web/events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const reading = await follow(`${url}/rollouts/web/events`);
    await reading.event();
    const streams = async () => (await metrics.getSingleMetric('fog_rollouts_event_streams')!.get()).values[0]!.value;
    while ((await streams()) < 2) await new Promise(setImmediate);
    let sent = 0;
    while ((await streams()) === 2) {
      rollouts.put(aRollout('web', { version: 'v'.repeat(50_000) }));
      sent += 1;
      await reading.event();
    }
    expect(sent).toBeLessThan(1_000);
    expect(await streams()).toBe(1);
    idle.destroy();
    reading.close();
  });

  it('refuses more streams than it can keep', async () => {
    const { url } = await serve(createRollouts(aRollout('web')), { clients: 1 });
    const stream = await follow(`${url}/rollouts/web/events`);
    const { response } = await follow(`${url}/rollouts/web/events`);
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    stream.close();
  });

  it('forgets a client that leaves, and ends the streams and subscriptions when the server closes', async () => {
    const rollouts = createRollouts(aRollout('web'));
    const { url, metrics } = await serve(rollouts);
    const streams = async () => (await metrics.getSingleMetric('fog_rollouts_event_streams')!.get()).values[0]!.value;
    const leaving = await follow(`${url}/rollouts/web/events`);
    const staying = await follow(`${url}/rollouts/web/events`);
    await staying.event();
    leaving.close();
    while ((await streams()) > 1) await new Promise(setImmediate);
    await app!.close();
    expect(await staying.event()).toBeUndefined();
    expect([await streams(), rollouts.subscribers]).toEqual([0, 0]);
  });
});
