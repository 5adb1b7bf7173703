/** Clients that come again, or follow many FogRollouts at once. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { aShard } from '../model/fleet/shard-records.ts';
import { type Event, follow, type Served, serve as serveEvents } from './event-client.ts';
import { aRollout, createApp, createRollouts, createShards, type RolloutOptions } from './fixtures.ts';

const all: Served[] = [];
afterEach(async () => {
  await Promise.all(all.splice(0).map(({ app }) => app.close()));
});

async function serve(...given: Parameters<typeof serveEvents>): Promise<Served> {
  all.push(await serveEvents(...given));
  return all.at(-1)!;
}

const UIDS = ['8a5e0b0e-4f0e-4c8c-9c0e-0d8a4f6f3b11', '1b5e0b0e-4f0e-4c8c-9c0e-0d8a4f6f3b22'];
const web = (options: RolloutOptions = {}) => aRollout('web', { uid: UIDS[0]!, ...options });
const told = (events: (Event | undefined)[]) =>
  events.map((one) => one && [one.event, one.data.name, one.data.version].filter(Boolean).join(' '));

describe('A client that comes again with the id of its last event', () => {
  const PATH = '/rollouts/web/events';

  async function seen(url: string): Promise<string> {
    const stream = await follow(url + PATH);
    const event = await stream.event();
    stream.close();
    return event!.id!;
  }

  it('is told nothing that it has seen, and then what changes', async () => {
    const rollouts = createRollouts(web());
    const { url, streams } = await serve(rollouts);
    const last = await seen(url);
    const again = await follow(url + PATH, last);
    while ((await streams()) > 1) await new Promise(setImmediate);
    rollouts.put(web({ version: 'v2' }));
    expect(told([await again.event()])).toEqual(['status web v2']);
    again.close();
  });

  it('is told once of what changed meanwhile, however often it did', async () => {
    const rollouts = createRollouts(web());
    const { url } = await serve(rollouts);
    const last = await seen(url);
    for (const version of ['v2', 'v3']) rollouts.put(web({ version }));
    const again = await follow(url + PATH, last);
    const event = await again.event();
    rollouts.put(web({ version: 'v4' }));
    expect(told([event, await again.event()])).toEqual(['status web v3', 'status web v4']);
    again.close();
  });

  it('is known in another process of the API too', async () => {
    const rollouts = createRollouts(web());
    const last = await seen((await serve(rollouts)).url);
    const again = await follow((await serve(rollouts)).url + PATH, last);
    rollouts.put(web({ version: 'v2' }));
    expect(told([await again.event()])).toEqual(['status web v2']);
    again.close();
  });

  it('is told that its FogRollout has gone, where the name is another’s by now, and begins anew', async () => {
    const rollouts = createRollouts(web());
    const { url } = await serve(rollouts);
    const last = await seen(url);
    rollouts.remove(web());
    rollouts.put(web({ uid: UIDS[1]!, version: 'v2' }));
    const again = await follow(url + PATH, last);
    expect([await again.event(), await again.event()]).toMatchObject([
      { event: 'deleted', id: '', data: { namespace: 'default', name: 'web', uid: UIDS[0] } },
      undefined,
    ]);
  });

  it.each(['1042', '.', '.7', 'a.b', 'x'.repeat(8_000), '%00', `${UIDS[0]}`, `${UIDS[0]}.`, '__proto__.1'])(
    'and with one that nobody gave is told the present: %.20s',
    async (last) => {
      const { url } = await serve(createRollouts(web()));
      const stream = await follow(url + PATH, last);
      expect(told([await stream.event()])).toEqual(['status web v1.0.0']);
      stream.close();
    },
  );
});

describe('GET /events', () => {
  const there = () => createRollouts(web(), aRollout('api'), aRollout('web', { namespace: 'shop' }));

  it('tells every FogRollout there is, and then what changes, comes and goes', async () => {
    const rollouts = there();
    const { url } = await serve(rollouts);
    const stream = await follow(`${url}/events`);
    const first = await stream.events(4);
    expect(first[0]).toEqual({ event: 'reset', data: {} });
    expect(told(first.slice(1)).sort()).toEqual(['status api v1.0.0', 'status web v1.0.0', 'status web v1.0.0']);
    rollouts.put(aRollout('new'));
    rollouts.put(web({ version: 'v2' }));
    rollouts.remove(aRollout('api'));
    const then = await stream.events(3);
    expect(told(then)).toEqual(['status new v1.0.0', 'status web v2', 'deleted api']);
    expect(then[2]?.data).toEqual({ namespace: 'default', name: 'api', uid: 'uid-of-default-api' });
    stream.close();
  });

  it('of a namespace tells those of it only', async () => {
    const rollouts = there();
    const { url } = await serve(rollouts);
    const stream = await follow(`${url}/events?namespace=shop`);
    expect(told(await stream.events(2))).toEqual(['reset', 'status web v1.0.0']);
    rollouts.put(web({ version: 'v2' }));
    rollouts.put(aRollout('web', { namespace: 'shop', version: 'v3' }));
    expect(told([await stream.event()])).toEqual(['status web v3']);
    stream.close();
  });

  it('with show=summary tells of each what the list has, when that was all, and whose sites change', async () => {
    const rollouts = createRollouts(web({ namespace: 'shop' }));
    const shards = createShards();
    const { url, app } = await serve(rollouts, {}, { shards });
    const stream = await follow(`${url}/events?show=summary`);
    const events = await stream.events(3);
    expect(told(events)).toEqual(['reset', 'status web v1.0.0', 'synced']);
    const [{ ageSeconds, ...listed }] = (await app.inject('/api/v1/rollouts')).json().items;
    expect(ageSeconds).toBe(3_600);
    expect(events[1]?.data).toEqual(listed);
    for (const phases of ['iw', 'ri', 'rr']) shards.put(aShard(phases));
    expect(await stream.event()).toMatchObject({ event: 'sites', data: { namespace: 'shop', name: 'web' } });
    rollouts.put(web({ namespace: 'shop', version: 'v2' }));
    expect(told([await stream.event()])).toEqual(['status web v2']);
    stream.close();
  });

  it('to who comes again tells what was missed, each FogRollout once, and nothing twice', async () => {
    const rollouts = there();
    const { url } = await serve(rollouts);
    const before = await follow(`${url}/events`);
    const last = (await before.events(4))[3]!.id!;
    before.close();
    for (const version of ['v2', 'v3']) rollouts.put(web({ version }));
    rollouts.remove(aRollout('api'));
    const again = await follow(`${url}/events`, last);
    const missed = await again.events(2);
    rollouts.put(aRollout('web', { namespace: 'shop', version: 'v4' }));
    expect(told([...missed, await again.event()])).toEqual(['status web v3', 'deleted api', 'status web v4']);
    again.close();
  });

  it('goes on within what it told first', async () => {
    const rollouts = there();
    const { url } = await serve(rollouts);
    const before = await follow(`${url}/events`);
    const [, one, two] = await before.events(3);
    before.close();
    const again = await follow(`${url}/events`, two!.id);
    const rest = await again.event();
    expect(new Set([one, two, rest].map((event) => `${event!.data.namespace}/${event!.data.name}`)).size).toBe(3);
    again.close();
  });

  it('to who comes from another process tells everything anew', async () => {
    const rollouts = there();
    const before = await follow(`${(await serve(rollouts)).url}/events`);
    const last = (await before.events(4))[3]!.id!;
    before.close();
    rollouts.remove(aRollout('api'));
    const again = await follow(`${(await serve(rollouts)).url}/events`, last);
    expect(told(await again.events(3)).sort()).toEqual(['reset', 'status web v1.0.0', 'status web v1.0.0']);
    again.close();
  });

  it('to who comes with what nobody has said, or nobody knows any more, tells everything anew', async () => {
    const rollouts = createRollouts(aRollout('kept'));
    const { url } = await serve(rollouts);
    const before = await follow(`${url}/events`);
    const id = (await before.events(2))[1]!.id!;
    before.close();
    const [epoch] = id.split('.');
    for (let at = 0; at <= 1_000; at++) {
      rollouts.put(aRollout(`gone-${at}`));
      rollouts.remove(aRollout(`gone-${at}`));
    }
    for (const last of [id, `${epoch}.99999999`, `${epoch}.-1`, `${epoch}.`, '1042', '__proto__', 'é']) {
      const stream = await follow(`${url}/events`, last);
      expect(told(await stream.events(2))).toEqual(['reset', 'status kept v1.0.0']);
      stream.close();
    }
  });

  it('passes over what a list has without, until that is told', async () => {
    const rollouts = there();
    const { url } = await serve(rollouts);
    const get = rollouts.get;
    rollouts.get = (namespace, name) => (name === 'api' ? undefined : get(namespace, name));
    const stream = await follow(`${url}/events`);
    const first = await stream.events(3);
    rollouts.remove(aRollout('api'));
    expect(told([...first, await stream.event()])).toEqual([
      'reset',
      'status web v1.0.0',
      'status web v1.0.0',
      'deleted api',
    ]);
    stream.close();
  });

  it('says that it does not know yet before the first list, and HEAD has the headers alone', async () => {
    const app = await createApp({ rollouts: { ...createRollouts(), hasSynced: false } });
    expect((await app.inject('/events')).statusCode).toBe(503);
    expect((await app.inject({ method: 'HEAD', url: '/events' })).statusCode).toBe(503);
    await app.close();
    const { url } = await serve(createRollouts());
    const head = await fetch(`${url}/events`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect((await fetch(`${url}/events?namespace=Shop`)).status).toBe(400);
  });
});

describe('Many clients', () => {
  it('a thousand cost one subscription and one rendering, and all are told', async () => {
    const rollouts = createRollouts(web());
    const { url, streams } = await serve(rollouts);
    const subscribers = rollouts.subscribers;
    const clients = [];
    for (let at = 0; at < 1_000; at++)
      clients.push(await follow(`${url}/${at % 2 ? 'events' : 'rollouts/web/events'}`));
    expect([await streams(), rollouts.subscribers]).toEqual([1_000, subscribers]);
    await Promise.all(clients.map((client, at) => client.events(at % 2 ? 2 : 1)));
    let looks = 0;
    const changed = web({ version: 'v2' });
    const { spec } = changed;
    Object.defineProperty(changed, 'spec', { get: () => ++looks && spec });
    rollouts.put(changed);
    const events = await Promise.all(clients.map((client) => client.event()));
    expect(new Set(told(events))).toEqual(new Set(['status web v2']));
    expect(looks).toBeLessThan(50);
    for (const client of clients) client.close();
  }, 60_000);

  it('one that reads slowly is told the newest only, and what is kept for it does not grow', async () => {
    const rollouts = createRollouts(web());
    const { url, streams } = await serve(rollouts, { stalled: 60_000 });
    const slow = await follow(`${url}/events`);
    slow.response.pause();
    expect(await streams()).toBe(1);
    const changes = 2_000;
    for (let at = 1; at <= changes; at++) {
      rollouts.put(web({ version: `${'v'.repeat(50_000)}${at}` }));
      if (at % 100 === 0) await new Promise(setImmediate);
    }
    const versions: string[] = [];
    while (!versions.at(-1)?.endsWith(`v${changes}`)) {
      const event = await slow.event();
      if (event?.data.version) versions.push(event.data.version);
    }
    expect(versions.length).toBeLessThan(changes / 2);
    slow.close();
  });
});
