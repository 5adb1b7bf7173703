/** Sinks that are told of rollouts: real HTTP servers, which fail, and a watcher that is killed at the wrong time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { stringify } from 'yaml';
import { LEASES } from '../../kube/resources.ts';
import { WATCHER_LEASE } from '../../model/names.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { Webhooks } from '../support/webhooks.ts';

const NAMESPACE = 'e2e-notifications';
const SIGNING = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const file = e2eFile();
const world = file.world(stack(), NAMESPACE);
let hooks: Webhooks;
let env: Record<string, string>;

/** What a rollout through three layers tells. */
const WHOLE = [
  'rollout.started',
  ...['cloud', 'fog', 'edge'].flatMap((layer) => [`layer.started ${layer}`, `layer.ready ${layer}`]),
  'rollout.succeeded',
];

beforeAll(async () => {
  hooks = await Webhooks.start();
  file.atEnd(() => hooks.stop());
  const folder = join(stack().dir, 'notifications');
  mkdirSync(join(folder, 'secrets/hooks'), { recursive: true });
  writeFileSync(join(folder, 'secrets/hooks/signing'), SIGNING);
  const path = join(folder, 'notifications.yaml');
  const sinks = [
    {
      name: 'audit',
      url: `${hooks.origin}/audit`,
      signing: [{ secret: 'hooks', key: 'signing' }],
      namespaces: [NAMESPACE],
    },
    {
      name: 'chat',
      url: `${hooks.origin}/chat`,
      types: ['rollout.succeeded'],
      selector: 'team=web',
      when: 'event.data.version != "v0"',
      template: '{"text": event.data.namespace + "/" + event.data.name + ": " + event.data.message}',
    },
  ];
  writeFileSync(path, stringify({ source: 'https://hub.example', hosts: ['127.0.0.1'], sinks }));
  env = { FOG_ROLLOUTS_NOTIFICATIONS: path };
  await world.open({ env });
});

const told = (name: string) => hooks.taken('/audit', name);
const wordsOf = (name: string) =>
  told(name).map(({ type, data: { layer } }) => {
    const kind = type.replace(/^io\.paguos\.fogrollouts\.(.*)\.v1$/, '$1');
    return layer ? `${kind} ${layer.name}` : kind;
  });
const once = (name: string) => [...new Map(told(name).map((event, at) => [event.id, wordsOf(name)[at]!])).values()];
const heard = (name: string, what: string) =>
  eventually(`${name} to be told of, ${what}`, async () => once(name).includes(what) || { not: wordsOf(name) });

describe('A sink', () => {
  it('that takes nothing holds no rollout up, and is told all of it, in order, when it does', async () => {
    hooks.answer = (path) => (path === '/audit' ? 500 : 200);
    const manifest = aRollout('shop');
    manifest.metadata.labels = { team: 'web' };
    const applied = await world.apply(manifest);
    await world.succeeded(applied);
    await eventually('the sink to be asked', async () => hooks.heard.length > 0);
    expect(told('shop')).toEqual([]);
    hooks.answer = () => 200;
    await heard('shop', 'rollout.succeeded');
    expect(wordsOf('shop')).toEqual(WHOLE);
    const webhook = new Webhook(SIGNING);
    for (const { headers, body, path } of hooks.heard) {
      if (path !== '/audit') continue;
      expect(webhook.verify(body, headers as Record<string, string>)).toMatchObject({ id: headers['webhook-id'] });
      expect(headers['content-type']).toContain('application/cloudevents+json');
      expect(body).not.toContain('nginx');
    }
    const times = told('shop').map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
    expect(told('shop').at(-1)).toMatchObject({
      source: `https://hub.example/${NAMESPACE}/shop`,
      subject: 'generation/1',
      data: { generation: 1, version: 'v1', message: 'v1 is ready in cloud, fog, edge' },
    });
  });

  it('is told what it wants to hear, in its words', async () => {
    await world.succeeded(await world.apply(aRollout('unlabelled')));
    await heard('unlabelled', 'rollout.succeeded');
    const chat = hooks.heard.filter(({ path }) => path === '/chat');
    expect(chat.map(({ body }) => body)).toEqual([
      JSON.stringify({ text: `${NAMESPACE}/shop: v1 is ready in cloud, fog, edge` }),
    ]);
  });

  it('is told again what a watcher that was killed may not have told, under the same id, and then the rest', async () => {
    const killed = Promise.withResolvers<void>();
    hooks.answer = async (_, body) => {
      if (!body.includes('"killed"')) return 200;
      hooks.answer = () => 200;
      await world.product.kill(); // it has told this, and has not written it down
      killed.resolve();
      return 200;
    };
    const applied = await world.apply(aRollout('killed'));
    await killed.promise;
    // It would run out in 15 s.
    await world.client.delete(LEASES, { namespace: 'default', name: WATCHER_LEASE });
    world.product = await new Product(stack(), { env }).ready();
    await world.succeeded(applied);
    await heard('killed', 'rollout.succeeded');
    const ids = told('killed').map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual([ids[0], ids[0]]);
    expect(once('killed')).toEqual(WHOLE);
    // Nothing of what was told before is told again, nor of rollouts that ended before there was a sink.
    expect(wordsOf('shop')).toEqual(WHOLE);
  });

  it('is told when a rollout goes', async () => {
    await world.delete(world.rollout(`${NAMESPACE}/unlabelled`)!);
    await heard('unlabelled', 'rollout.removed');
    expect(once('unlabelled')).toEqual([...WHOLE, 'rollout.removing', 'rollout.removed']);
  });
});
