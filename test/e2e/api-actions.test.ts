/** What people ask of rollouts by the API: who they are and what they may, by the real API server's word. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { asked } from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product, type ProductOptions } from '../support/product.ts';
import { aRollout, NO_SUCH_IMAGE } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { makeWindow } from '../support/windows.ts';

const NAMESPACE = 'e2e-api-actions';
const AUDIENCE = 'fog-rollouts';
const ALICE = `system:serviceaccount:${NAMESPACE}:alice`;
const BOB = `system:serviceaccount:${NAMESPACE}:bob`;
const ON = { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes' };

const file = e2eFile();
const world = file.world(stack(), NAMESPACE);
/** May create FogActions, and may not. */
const tokens = { alice: '', bob: '' };

beforeAll(async () => {
  await world.open({ env: ON });
  for (const name of ['alice', 'bob'] as const) {
    await world.must(['create', 'serviceaccount', name, '-n', NAMESPACE]);
    tokens[name] = await token(name);
  }
  await world.must(['create', 'role', 'acting', '-n', NAMESPACE, '--verb=create', '--resource=fogactions.paguos.io']);
  const who = `--serviceaccount=${NAMESPACE}:alice`;
  await world.must(['create', 'rolebinding', 'acting', '-n', NAMESPACE, '--role=acting', who]);
  await world.must([
    'create',
    'role',
    'changing',
    '-n',
    NAMESPACE,
    '--verb=create',
    '--resource=fogrollouts.paguos.io',
  ]);
  await world.must(['create', 'rolebinding', 'changing', '-n', NAMESPACE, '--role=changing', who]);
});

async function token(name: string, ...options: string[]): Promise<string> {
  return (await world.must(['create', 'token', name, '-n', NAMESPACE, ...options])).trim();
}

interface Asked {
  /** Default alice's. */
  token?: string | undefined;
  key?: string;
  api?: Product;
}

async function ask(rollout: string, body: unknown, { api = world.product, key, ...asked }: Asked = {}) {
  const bearer = 'token' in asked ? asked.token : tokens.alice;
  const answer = await fetch(`${await api.address()}/rollouts/${rollout}/actions?namespace=${NAMESPACE}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

async function read(api: Product, path: string, bearer?: string) {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const answer = await fetch((await api.address()) + path, { headers });
  return { status: answer.status, body: await answer.json() };
}

async function anotherApi(options: ProductOptions): Promise<Product> {
  const api = new Product(world.stack, { role: 'api', ...options });
  file.atEnd(() => api.stop());
  await api.address();
  return api;
}

describe('Nobody acts by the API', () => {
  it.concurrent('without a token', async () => {
    const { status, headers, body } = await ask('nowhere', { action: 'Pause' }, { token: undefined });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="fog-rollouts"']);
    expect(body.detail).toContain('Authorization: Bearer TOKEN');
  });

  it.concurrent.each([
    ['a token of nobody’s', () => 'abc.def.ghi'],
    ['a token with another’s signature', () => `${tokens.alice.split('.').slice(0, 2).join('.')}.c2lnbmF0dXJl`],
    ['a token meant for another service', () => token('alice', '--audience=elsewhere')],
  ])('with %s', async (_, given) => {
    const { status, headers } = await ask('nowhere', { action: 'Pause' }, { token: await given() });
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="fog-rollouts", error="invalid_token"',
    ]);
  });

  it.concurrent('without the right to create FogActions', async () => {
    const { status, body } = await ask('nowhere', { action: 'Pause' }, { token: tokens.bob });
    expect([status, body.detail]).toEqual([
      403,
      `${BOB} may not create fogactions.paguos.io in the namespace ${NAMESPACE}`,
    ]);
  });

  it.concurrent('under a name of their own choice', async () => {
    const { status, body } = await ask('nowhere', { action: 'Pause', requestedBy: 'bob' });
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field: 'requestedBy', in: 'body' }] } });
  });

  it.concurrent('where it is not turned on', async () => {
    const api = await anotherApi({});
    const { status, body } = await ask('nowhere', { action: 'Pause' }, { api });
    expect([status, body.detail]).toEqual([404, expect.stringContaining('FOG_ROLLOUTS_API_ACTIONS')]);
  });
});

it.concurrent('Where tokens have to be meant for the API, one for Kubernetes does not do', async () => {
  const api = await anotherApi({ env: { ...ON, FOG_ROLLOUTS_API_AUDIENCE: AUDIENCE } });
  const meant = await token('alice', `--audience=${AUDIENCE}`);
  expect((await ask('nowhere', { action: 'Pause' }, { api })).status).toBe(401);
  expect((await ask('nowhere', { action: 'Pause' }, { api, token: meant })).status).toBe(404);
});

it.concurrent('A rollout that does not exist is named', async () => {
  const { status, body } = await ask('nowhere', { action: 'Pause' });
  expect([status, body.detail]).toEqual([404, `FogRollout ${NAMESPACE}/nowhere was not found`]);
});

it.concurrent('A rollout goes on without a layer, and says who passed it over', async () => {
  const name = 'passed-by-api';
  const strategy = { layers: { fog: { before: [{ approval: {} }] } } };
  const applied = await world.apply(aRollout(name, { strategy }));
  await world.untilPhase(name, 'WaitingForApproval');
  const done = await ask(name, { action: 'Skip', layer: 'fog', reason: 'the line runs' });
  expect(done).toMatchObject({ status: 200, body: { state: 'Accepted' } });
  await world.settled(applied);
  const answer = await fetch(`${await world.product.address()}/rollouts/${name}/status?namespace=${NAMESPACE}`);
  expect(await answer.json()).toMatchObject({
    phase: 'Succeeded',
    ready: false,
    stages: [
      { layer: 'cloud', phase: 'Ready' },
      {
        layer: 'fog',
        phase: 'Skipped',
        skipped: { by: ALICE, reason: 'the line runs' },
        message: `passed over by ${ALICE}: the line runs`,
      },
      { layer: 'edge', phase: 'Ready' },
    ],
  });
  const { status, body } = await ask(name, { action: 'Skip', layer: 'fog' });
  expect([status, body.detail]).toEqual([409, 'No run is under way: v1 has succeeded']);
});

it.concurrent('A rollout goes on with an approval, and says whose', async () => {
  const strategy = { layers: { edge: { before: [{ name: 'shop', approval: {} }] } } };
  const applied = await world.apply(aRollout('approved-by-api', { strategy }));
  await world.untilPhase('approved-by-api', 'WaitingForApproval');
  const { status, headers, body } = await ask('approved-by-api', { action: 'Approve', reason: 'looks good' });
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      namespace: NAMESPACE,
      rollout: 'approved-by-api',
      action: 'Approve',
      requestedBy: ALICE,
      state: 'Accepted',
      message: `The gate shop before the edge is open: approved by ${ALICE}`,
      uid: expect.any(String),
    },
  });
  expect(headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
  const done = await world.succeeded(applied);
  expect(done.status?.gates).toMatchObject([{ state: 'Open', message: `approved by ${ALICE}` }]);
  const line = await world.product.logged('the action', ({ uid }) => uid === body.uid);
  expect(line).toMatchObject({
    by: ALICE,
    action: 'Approve',
    rollout: `${NAMESPACE}/approved-by-api`,
    state: 'Accepted',
  });
  expect(JSON.stringify(world.product.log) + world.product.noise).not.toContain(tokens.alice.split('.')[2]);
});

it.concurrent('An approval that is not to be the author’s is refused to them by the API too', async () => {
  const strategy = { layers: { edge: { before: [{ name: 'shop', approval: { notAuthor: true } }] } } };
  const manifest = aRollout('not-by-author-by-api', { strategy });
  await world.must(['create', '-f', '-', '-n', NAMESPACE, '--as', ALICE], manifest);
  const waiting = await world.untilPhase('not-by-author-by-api', 'WaitingForApproval');
  const { status, body } = await ask('not-by-author-by-api', { action: 'Approve' });
  expect([status, body.detail]).toEqual([
    409,
    `The gate shop before the edge: ${ALICE} last changed spec, and an approval has to come from somebody else (notAuthor)`,
  ]);
  expect((await asked(world, { rollout: 'not-by-author-by-api', action: 'Approve' })).status?.state).toBe('Accepted');
  await world.succeeded(waiting);
});

it.concurrent('The same key twice is one action, and what makes no sense is refused in words', async () => {
  const applied = await world.apply(aRollout('paused-by-api', { strategy: { paused: true } }));
  await world.untilPhase('paused-by-api', 'Paused');
  const first = await ask('paused-by-api', { action: 'Pause' }, { key: 'incident-7' });
  const again = await ask('paused-by-api', { action: 'Pause' }, { key: 'incident-7' });
  expect([first.status, again.status, again.headers.get('idempotency-key')]).toEqual([200, 200, 'incident-7']);
  expect(again.body).toEqual(first.body);
  const another = await ask('paused-by-api', { action: 'Pause' }, { key: 'incident-8' });
  expect([another.status, another.body.detail]).toEqual([409, `It is paused already, by ${ALICE}`]);
  expect((await ask('paused-by-api', { action: 'Resume' }, { key: 'incident-7' })).body.state).toBe('Accepted');
  expect((await ask('paused-by-api', { action: 'Pause' }, { key: 'incident-7' })).body).toEqual(first.body);
  await world.apply(aRollout('paused-by-api'));
  await world.succeeded(applied);
});

it.concurrent('A failed rollout is tried again, once however often it is asked', async () => {
  await world.apply(aRollout('retried-by-api', { images: { cloud: NO_SUCH_IMAGE } }));
  const firstOf = await world.untilPhase('retried-by-api', 'Progressing');
  expect((await ask('retried-by-api', { action: 'Retry' })).status).toBe(409);
  expect((await ask('retried-by-api', { action: 'Abort', reason: 'no such image' })).status).toBe(200);
  await world.untilPhase('retried-by-api', 'Failed');
  const retry = () => ask('retried-by-api', { action: 'Retry' }, { key: 'try' });
  const { status, body } = await retry();
  expect([status, body.message]).toEqual([200, 'v1 is rolled out again']);
  const { status: tried } = await world.untilPhase(
    'retried-by-api',
    'Progressing',
    (now) => now.status?.run?.runId !== firstOf.status?.run?.runId,
  );
  await ask('retried-by-api', { action: 'Abort' });
  const ended = await world.untilPhase(
    'retried-by-api',
    'Failed',
    (now) => now.status?.run?.runId === tried?.run?.runId,
  );
  expect((await retry()).body).toMatchObject({ state: 'Accepted', message: 'It was taken before' });
  expect((await ask('retried-by-api', { action: 'Resume' })).body.detail).toBe('No run is under way: v1 has failed');
  expect(world.rollout(`${NAMESPACE}/retried-by-api`)?.status?.run?.runId).toBe(ended.status?.run?.runId);
});

it.concurrent('A rollout goes back to what was before, with nothing but the content that is kept', async () => {
  for (const version of ['v1', 'v2']) await world.succeeded(await world.apply(aRollout('back-by-api', { version })));
  const { status, body } = await ask('back-by-api', { action: 'Rollback', reason: 'slow' });
  expect([status, body.message]).toEqual([200, 'It is rolled back to v1']);
  const back = await world.untilPhase('back-by-api', 'Succeeded', (now) => now.status?.version === 'v1');
  expect(back.status?.rollback).toMatchObject({ by: ALICE, reason: 'slow' });
  expect(world.deployment('edge', 'back-by-api')?.spec?.template.spec?.containers[0]?.image).toBe('nginx:v1');
});

it.concurrent('What begins by the API waits for a closed window as everything does', async () => {
  await world.succeeded(await world.apply(aRollout('windowed-by-api', { layers: ['cloud'] })));
  const spec = { deny: [{}], reason: 'incident 7', rollouts: { names: ['windowed-by-api'] } };
  expect(await makeWindow(world, 'by-api', spec)).toMatchObject({ open: false });
  expect((await ask('windowed-by-api', { action: 'Restart' })).body.message).toBe('v1 is rolled out with new pods');
  const waits = await world.untilPhase('windowed-by-api', 'Paused');
  const { message } = waits.status!.conditions!.find(({ type }) => type === 'Ready')!;
  expect(message).toContain('FogWindow by-api is closed (incident 7)');
  await world.must(['delete', 'fogwindow', 'by-api', '-n', NAMESPACE]);
  await world.untilPhase('windowed-by-api', 'Succeeded', (now) => now.status?.revision?.attempt === 1);
});

it.concurrent('While Temporal is away nobody knows, and the key to ask again with is answered; all else goes on', async () => {
  await world.succeeded(await world.apply(aRollout('unasked-by-api', { layers: ['cloud'] })));
  const api = await anotherApi({ env: { ...ON, TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const { status, headers, body } = await ask('unasked-by-api', { action: 'Pause' }, { api, key: 'k' });
  expect([status, headers.get('retry-after'), headers.get('idempotency-key')]).toEqual([503, '5', 'k']);
  expect(body.detail).toContain('Send it again with the same Idempotency-Key');
  const said = expect.stringMatching(/^(connecting|Temporal at 127.0.0.1:1 cannot be used)/);
  expect(await read(api, '/readyz')).toMatchObject({
    status: 200,
    body: { status: 'degraded', checks: { temporal: said } },
  });
  const path = `/rollouts/unasked-by-api/history?namespace=${NAMESPACE}`;
  expect(await read(api, path)).toMatchObject({ status: 200, body: { runs: [{ outcome: 'Succeeded' }] } });
});

it.concurrent('Who reads sees what Kubernetes would show them, where that is asked', async () => {
  await world.succeeded(await world.apply(aRollout('read-by-api', { layers: ['cloud'] })));
  const api = await anotherApi({ env: { FOG_ROLLOUTS_API_READS: 'kubernetes' } });
  const [one, list] = [`/rollouts/read-by-api?namespace=${NAMESPACE}`, `/api/v1/rollouts?namespace=${NAMESPACE}`];
  const fogRollouts = '--resource=fogrollouts.paguos.io';
  const only = '--resource-name=read-by-api';
  await world.must(['create', 'role', 'reading-one', '-n', NAMESPACE, '--verb=get', fogRollouts, only]);
  await world.must(['create', 'role', 'listing', '-n', NAMESPACE, '--verb=list', fogRollouts]);
  for (const role of ['reading-one', 'listing']) {
    const who = `--serviceaccount=${NAMESPACE}:bob`;
    await world.must(['create', 'rolebinding', `bob-${role}`, '-n', NAMESPACE, `--role=${role}`, who]);
  }
  const statusOf = async (path: string, bearer?: string) => (await read(api, path, bearer)).status;
  await eventually('bob to see it', async () => {
    const statuses = [await statusOf(one, tokens.bob), await statusOf(list, tokens.bob)];
    return statuses.every((status) => status === 200) || { not: statuses };
  });
  expect(await read(api, list, tokens.bob)).toMatchObject({
    body: { items: expect.arrayContaining([expect.objectContaining({ name: 'read-by-api', phase: 'Succeeded' })]) },
  });
  expect(await read(api, list, tokens.alice)).toMatchObject({
    status: 403,
    body: { detail: `${ALICE} may not list fogrollouts.paguos.io in the namespace ${NAMESPACE}` },
  });
  const beyond = [
    `/rollouts/other?namespace=${NAMESPACE}`,
    '/rollouts?namespace=cloud',
    '/api/v1/rollouts',
    '/api/v1/sites',
  ];
  for (const path of beyond) expect([path, await statusOf(path, tokens.bob)]).toEqual([path, 403]);
  expect([await statusOf(one), await statusOf(one, 'abc'), await statusOf('/readyz')]).toEqual([401, 401, 200]);
});
