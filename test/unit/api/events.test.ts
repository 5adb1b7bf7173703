import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FogRollout } from '../../../model/types.ts';
import { follow, type Served, serve as serveEvents } from './event-client.ts';
import { aRollout, createRollouts } from './fixtures.ts';

let served: Served | undefined;
afterEach(() => served?.app.close());

async function serve(...given: Parameters<typeof serveEvents>): Promise<Served> {
  served = await serveEvents(...given);
  return served;
}

const idOf = ({ metadata: { uid, resourceVersion } }: FogRollout) => `${uid}.${resourceVersion}`;

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
      { event: 'status', id: idOf(web), data: { name: 'web', version: 'v1' } },
      { event: 'status', id: idOf(changed), data: { name: 'web', version: 'v2' } },
      { event: 'deleted', id: '', data: { name: 'web', namespace: 'default', uid: web.metadata.uid } },
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
    const { url, streams } = await serve(rollouts, { heartbeat: 10, stalled: 50 });
    const { port, hostname } = new URL(url);
    const idle = net.connect(Number(port), hostname).pause();
    idle.write(`GET /rollouts/web/events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const reading = await follow(`${url}/rollouts/web/events`);
    await reading.event();
    while ((await streams()) < 2) await new Promise(setImmediate);
    while ((await streams()) === 2) {
      const changed = aRollout('web', { version: 'v'.repeat(50_000) });
      rollouts.put(changed);
      expect((await reading.event())?.id).toBe(idOf(changed));
    }
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
    const { app, url, streams } = await serve(rollouts);
    const leaving = await follow(`${url}/rollouts/web/events`);
    const staying = await follow(`${url}/rollouts/web/events`);
    await staying.event();
    leaving.close();
    while ((await streams()) > 1) await new Promise(setImmediate);
    await app.close();
    expect(await staying.event()).toBeUndefined();
    expect([await streams(), rollouts.subscribers]).toEqual([0, 0]);
  });
});
