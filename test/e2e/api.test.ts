/** The API of the running product: the seed's answers, ours on top, and problems as documents. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { LAYERS } from '../../model/layers.ts';
import type { FogRollout } from '../../model/types.ts';
import type { RolloutView } from '../../model/view.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, NEVER_READY, SLOW } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-api';
const QUERY = `?namespace=${NAMESPACE}`;
const world = e2eFile().world(stack(), NAMESPACE);
let address: string;
beforeAll(async () => {
  await world.open();
  address = await world.product.address();
});

async function get(path: string): Promise<{ status: number; type: string | null; body: unknown }> {
  const answer = await fetch(address + path);
  const text = await answer.text();
  const type = answer.headers.get('content-type');
  return { status: answer.status, type, body: type?.includes('json') ? JSON.parse(text) : text };
}

/** Waits until the API knows what `isKnown` takes of a rollout: its watch may be behind the test's own. */
async function known(name: string, isKnown: (view: RolloutView) => boolean): Promise<RolloutView> {
  return await eventually(`the API to know ${name}`, async () => {
    const { status, body } = await get(`/rollouts/${name}/status${QUERY}`);
    return status === 200 && isKnown(body as RolloutView) ? (body as RolloutView) : { not: body };
  });
}

/**
 * Reads a stream of server-sent events until one that `isLast` takes; gives the data of all.
 * @param last - Last-Event-ID
 */
async function follow(
  path: string,
  isLast: (event: string, data: RolloutView, id: string) => boolean,
  last = '',
): Promise<RolloutView[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
  const answer = await fetch(address + path, { signal, headers: last === '' ? {} : { 'last-event-id': last } });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const seen: RolloutView[] = [];
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + chunk).split('\n\n');
    rest = frames.pop()!;
    for (const frame of frames) {
      const id = /^id: (.*)$/m.exec(frame)?.[1] ?? '';
      const event = /^event: (.*)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (!event || !data) continue;
      seen.push(JSON.parse(data) as RolloutView);
      if (!isLast(event, seen.at(-1)!, id)) continue;
      stop.abort();
      return seen;
    }
  }
  throw new Error(`The stream of ${path} ended after ${seen.length} events`);
}

describe('the seed’s routes', () => {
  it('list names and versions, and show the whole object', async () => {
    await world.succeeded(await world.apply(aRollout('listed', { version: 'v1.2.0' })));
    await known('listed', () => true);
    expect(await get(`/rollouts${QUERY}`)).toMatchObject({
      status: 200,
      body: { fogrollouts: [{ name: 'listed', version: 'v1.2.0' }] },
    });
    const { status, body } = await get(`/rollouts/listed${QUERY}`);
    const { kind, apiVersion, spec, metadata } = body as FogRollout;
    expect(status).toBe(200);
    expect({ kind, apiVersion }).toEqual({ kind: 'FogRollout', apiVersion: 'paguos.io/v1alpha1' });
    expect(spec.deployments.cloud?.containers[0]?.image).toBe('nginx:v1.2.0');
    expect(metadata.uid).toBe(world.rollout(`${NAMESPACE}/listed`)?.metadata.uid);
    const everywhere = (await get('/api/v1/rollouts?phase=Succeeded')).body as { items: object[] };
    expect(everywhere.items).toContainEqual(expect.objectContaining({ namespace: NAMESPACE, name: 'listed' }));
  });

  it('list nothing where there is nothing', async () => {
    expect(await get('/rollouts?namespace=e2e-nobody')).toMatchObject({ status: 200, body: { fogrollouts: [] } });
  });
});

describe('/status, /history and /events', () => {
  it('follow a rollout through its stages', async () => {
    const applied = await world.apply(aRollout('followed', { images: { fog: SLOW } }));
    const path = `/rollouts/followed`;
    await known('followed', () => true);
    const views = await follow(`${path}/events${QUERY}`, (_, { phase }) => phase === 'Succeeded');
    const waiting = views.find(({ stages }) => stages.find(({ layer }) => layer === 'fog')?.phase === 'Progressing');
    expect(waiting?.stages.map(({ phase }) => phase)).toEqual(['Ready', 'Progressing', 'Pending']);
    expect(waiting?.stages[2]?.waits).toBe('waiting for fog');
    await world.succeeded(applied);
    expect((await get(`${path}/status${QUERY}`)).body).toMatchObject({
      phase: 'Succeeded',
      ready: true,
      version: 'v1',
      stages: LAYERS.map((layer) => ({ layer, phase: 'Ready', ready: '1/1', version: 'v1' })),
    });
  });

  it('tell of a failure, and of what was before it', async () => {
    await world.succeeded(await world.apply(aRollout('failing')));
    const bad = { version: 'v2', images: { fog: NEVER_READY }, progressDeadlineSeconds: 10 };
    await world.settled(await world.apply(aRollout('failing', bad)));
    const view = await known('failing', (it) => it.generation === 2 && it.observedGeneration === 2);
    expect(view).toMatchObject({
      phase: 'Failed',
      ready: false,
      completedVersion: 'v1',
      stages: [{ phase: 'Ready' }, { phase: 'Failed' }, { phase: 'Pending', waits: 'not promoted: fog failed' }],
      failures: [{ site: 'fog', reason: 'ProgressDeadlineExceeded' }],
    });
    const history = await eventually('both runs to be in the history', async () => {
      const { body } = await get(`/rollouts/failing/history${QUERY}`);
      const { runs } = body as { runs: { status: string }[] };
      return runs?.length === 2 && runs[0]?.status === 'Failed' ? body : { not: body };
    });
    expect(history).toMatchObject({
      runs: [
        { status: 'Failed', version: 'v2', failure: expect.stringContaining('CrashLoopBackOff') },
        // The change may have come while the run was ending: then it went over into the next.
        { status: expect.stringMatching(/^(Completed|ContinuedAsNew)$/), version: 'v1', phase: expect.any(String) },
      ],
    });
  });

  it('end with the rollout', async () => {
    const rollout = await world.succeeded(await world.apply(aRollout('ended')));
    await known('ended', () => true);
    const { promise: isOpen, resolve: opened } = Promise.withResolvers<void>();
    const following = follow(`/rollouts/ended/events${QUERY}`, (event) => {
      opened();
      return event === 'deleted';
    });
    await Promise.race([isOpen, following]);
    await world.delete(rollout);
    expect((await following).map(({ phase }) => phase)).toContain('Removing');
    expect((await get(`/rollouts/ended/status${QUERY}`)).status).toBe(404);
  });
});

describe('/events', () => {
  it('tell of all of a namespace, and what was missed to who comes again', async () => {
    const settled = ({ phase }: RolloutView) => phase === 'Succeeded';
    for (const name of ['missed', 'unmoved']) {
      await world.succeeded(await world.apply(aRollout(name, { layers: ['cloud'] })));
      await known(name, settled);
    }
    let last = '';
    const names = new Set<string>();
    await follow(`/events${QUERY}`, (_, { name }, id) => {
      last = id || last;
      return names.add(name).has('missed') && names.has('unmoved');
    });
    await world.succeeded(await world.apply(aRollout('missed', { version: 'v2', layers: ['cloud'] })));
    await known('missed', (view) => settled(view) && view.version === 'v2');
    const missed = await follow(`/events${QUERY}`, (_, { name }) => name === 'missed', last);
    expect(missed.map(({ name, version, phase }) => [name, version, phase])).toContainEqual([
      'missed',
      'v2',
      'Succeeded',
    ]);
    expect(missed.map(({ name }) => name)).not.toContain('unmoved');
  });
});

describe('problems are documents', () => {
  it.each([
    ['/rollouts/nobody', 404, 'FogRollout default/nobody was not found'],
    [`/rollouts/nobody${QUERY}`, 404, `FogRollout ${NAMESPACE}/nobody was not found`],
    ['/rollouts/nobody/status', 404, 'FogRollout default/nobody was not found'],
    ['/rollouts/nobody/history', 404, 'FogRollout default/nobody was not found'],
    ['/rollouts/nobody/events', 404, 'FogRollout default/nobody was not found'],
    ['/rollouts?namespace=Not_One', 400, 'namespace'],
    ['/rollouts/Not_One', 400, 'name'],
    ['/rollouts/x/history?limit=none', 400, 'limit'],
    ['/nowhere', 404, ''],
  ])('%s is %d', async (path, status, detail) => {
    expect(await get(path)).toMatchObject({
      status,
      type: expect.stringContaining('application/problem+json'),
      body: { status, detail: expect.stringContaining(detail) },
    });
  });
});

describe('beside them', () => {
  it.each([
    ['/healthz', 'json'],
    ['/readyz', 'json'],
    ['/metrics', 'text/plain'],
    ['/openapi.json', 'json'],
    ['/docs/', 'text/html'],
  ])('%s answers', async (path, type) => {
    expect(await get(path)).toMatchObject({ status: 200, type: expect.stringContaining(type) });
  });
});
