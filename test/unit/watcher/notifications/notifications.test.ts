import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KubeError } from '../../../../kube/errors.ts';
import { annotationOf } from '../../../../model/history/kept.ts';
import { endOf } from '../../../../model/history/record.ts';
import { LAYERS } from '../../../../model/layers.ts';
import type { FogRolloutStatus } from '../../../../model/types.ts';
import { opened, wellRun } from '../../model/notifications/runs.ts';
import { NotifyWorld, notifyWorlds } from './world.ts';

const held = notifyWorlds();

/** Of now, since what was before is old news. */
const NOW = () => (Date.now() - Date.UTC(2026, 0, 1)) / 1000 + 1;
const WHOLE = [
  'rollout.started',
  ...LAYERS.flatMap((layer) => [`layer.started ${layer}`, `layer.ready ${layer}`]),
  'rollout.succeeded',
];
const wellNow = (generation = 1, before?: FogRolloutStatus) => wellRun(before, { generation, from: NOW() });
const rowsIn = ({ hub }: NotifyWorld) =>
  hub.objects().flatMap((one) => Object.keys((one as { data?: object }).data ?? {}));
const last = <T>(all: T[]) => all.at(-1)!;

describe('Sinks', () => {
  it('are not told of a thousand rollouts that ended before, and nothing is written for them', async () => {
    const { world } = held;
    for (let n = 0; n < 1000; n++) world.put(`r${n}`, last(wellRun()));
    await world.leads({ name: 'audit' });
    world.put('new', last(wellNow()));
    await world.until('the new one to be told of', () => world.taken('audit', 'new').length === WHOLE.length);
    await world.stop();
    expect(world.hooks.heard).toHaveLength(WHOLE.length);
    expect(world.askedForPast).toBe(0);
    expect(rowsIn(world).toSorted()).toEqual(['sinks', 'uid-new']);
  });

  it('are told by each its own, and one that takes nothing holds up neither another nor itself for long', async () => {
    const { world } = held;
    let isDown = true;
    world.hooks.answer = (path) => (path === '/slow' && isDown ? 500 : 200);
    await world.leads({ name: 'audit' }, { name: 'slow' });
    for (const name of ['a', 'b']) for (const status of wellNow()) world.put(name, status);
    for (const name of ['a', 'b']) {
      await world.until(`${name} to be told of`, () => world.taken('audit', name).length === WHOLE.length);
      expect(world.taken('slow', name)).toEqual([]);
    }
    await world.until('both to wait', () => world.waiting('slow').length === 2);
    isDown = false;
    for (const name of ['a', 'b']) {
      await world.until(`${name} to be told of`, () => world.taken('slow', name).length === WHOLE.length);
      expect(world.taken('slow', name)).toEqual(WHOLE);
    }
    await world.until('nothing to wait', () => world.waiting('slow').length === 0);
    expect(world.warnings()).toEqual(['The sink takes no notifications; tried again']);
    expect(world.counted.filter((one) => one === 'slow delivered')).toHaveLength(2 * WHOLE.length);
  });

  it('that are down are asked once in a while, however many rollouts wait', async () => {
    const { world } = held;
    world.hooks.answer = () => ({ status: 503, headers: { 'retry-after': '100' } });
    await world.leads({ name: 'audit' });
    for (let n = 0; n < 60; n++) world.put(`r${n}`, last(wellNow()));
    await world.until('them to wait', () => world.waiting('audit').length === 60);
    // Those that were under way when the first was refused, and no other within 100 s, which are one here.
    expect(world.hooks.heard.length).toBeLessThanOrEqual(8);
    world.hooks.answer = () => 200;
    await world.until(
      'all to be told of',
      () => world.counted.filter((one) => one === 'audit delivered').length === 60 * WHOLE.length,
    );
  });

  it.each([
    [400, 'given up'],
    [422, 'given up'],
    [404, 'tried again'],
    [429, 'tried again'],
    [302, 'tried again'],
  ])('that answer %i have it %s', async (status, what) => {
    const { world } = held;
    let answers = 0;
    world.hooks.answer = () => (answers++ === 0 ? { status, headers: { location: '/elsewhere' } } : 200);
    await world.leads({ name: 'audit' });
    world.put('web', last(wellNow()));
    await world.until('it to be told of', () => world.taken('audit', 'web').includes('rollout.succeeded'));
    expect(world.taken('audit', 'web')).toEqual(what === 'given up' ? WHOLE.slice(1) : WHOLE);
    expect(world.counted[0]).toBe(what === 'given up' ? 'audit given_up' : 'audit failed');
    expect(world.hooks.heard.some(({ path }) => path === '/elsewhere')).toBe(false);
    const said = world.logged.find(({ level }) => level === 'warn')!;
    expect(said.fields.why).toContain(`It answered ${status}`);
    expect(JSON.stringify(said.fields)).not.toContain(world.hooks.origin);
  });

  it('that lead into the machine itself are not asked', async () => {
    const { world } = held;
    await world.leads({ name: 'audit', url: world.hooks.origin.replace('http://127.0.0.1', 'https://localhost') });
    world.put('web', last(wellNow()));
    await world.until('it to be said', () => world.warnings().length > 0);
    expect(world.logged.find(({ level }) => level === 'warn')?.fields).toEqual({
      sink: 'audit',
      why: expect.stringMatching(/^leads to (127\.0\.0\.1|::1), a loopback address$/),
    });
  });

  it('that take nothing for too long are given up on, with a line each', async () => {
    const { world } = held;
    world.hooks.answer = (path) => (path === '/audit' ? 500 : 200);
    await world.leads({ name: 'audit', giveUpAfterHours: 1 / 3600 });
    world.put('web', opened(undefined, { from: NOW() - 1 }));
    await world.until('it to be given up', () => world.counted.includes('audit given_up'));
    expect(world.logged.find(({ message }) => message === 'A notification is given up')?.fields).toMatchObject({
      ...{ sink: 'audit', source: '/fog-rollouts/shop/web', type: 'io.paguos.fogrollouts.rollout.started.v1' },
      why: 'It answered 500 Internal Server Error',
    });
  });

  it('that take nothing for too long are given up on for a rollout that is gone, too, and it is forgotten', async () => {
    const { world } = held;
    await world.leads({ name: 'audit', giveUpAfterHours: 0.5 / 3600 });
    world.put('web', last(wellNow()));
    await world.until('it to be told of', () => world.taken('audit', 'web').length === WHOLE.length);
    world.hooks.answer = () => 500;
    world.remove('web');
    await world.until('it to be given up', () => world.counted.includes('audit given_up'));
    await world.until('nothing to wait', () => world.waiting('audit').length === 0);
    await world.stop();
    expect(rowsIn(world)).toEqual(['sinks']);
  });

  it('that want little have nothing written down for what they do not hear', async () => {
    const { world } = held;
    await world.leads(
      { name: 'audit', types: ['rollout.failed'], namespaces: ['shop'] },
      { name: 'other', namespaces: ['b'] },
    );
    const before = world.writes;
    world.put('web', last(wellNow()));
    await world.stop();
    expect(world.hooks.heard).toEqual([]);
    expect(world.writes - before).toBeLessThanOrEqual(1); // in passing, as it ends
  });

  it('that come later are told from then on, also where they were there before', async () => {
    const { world } = held;
    await world.leads({ name: 'audit' }, { name: 'chat' });
    world.put('web', last(wellNow()));
    for (const sink of ['audit', 'chat'])
      await world.until(`${sink} to be told`, () => world.heard(sink, 'web').length === WHOLE.length);
    await world.stop();
    await world.leads({ name: 'audit' });
    await world.stop();
    world.put('web', last(wellRun(undefined, { generation: 2, from: NOW() - 10 })));
    await world.leads({ name: 'audit' }, { name: 'chat' });
    await world.until('audit to be told', () => world.heard('audit', 'web').length === 2 * WHOLE.length);
    await world.stop();
    expect([world.heard('audit', 'web'), world.heard('chat', 'web')]).toEqual([[...WHOLE, ...WHOLE], WHOLE]);
  });
});

describe('What happened while nobody told', () => {
  it('is told by the history where the object says it no longer', async () => {
    const { world } = held;
    await world.leads({ name: 'audit' });
    const first = wellNow();
    world.put('web', first[2]);
    await world.until('it to be told', () => world.taken('audit', 'web').length === 3);
    await world.stop();
    const notes = { kind: 'rollout' as const, actions: [] };
    const { key, value } = annotationOf(endOf(last(first), notes)!);
    world.past = [
      {
        metadata: {
          name: 'fgr-web-1',
          namespace: 'shop',
          labels: { 'fog-rollout': 'web' },
          annotations: { 'fog-rollouts.paguos.io/uid': 'uid-web', [key]: value },
        },
      },
    ];
    world.put('web', last(wellNow(2, last(first))), { generation: 2 });
    await world.leads({ name: 'audit' });
    await world.until('all to be told', () => world.heard('audit', 'web').length >= 2 * WHOLE.length);
    expect(world.heard('audit', 'web')).toEqual([...WHOLE, ...WHOLE]);
    expect(world.askedForPast).toBe(1);
  });

  it('is done without where the history may not be read, and waited for where it cannot be', async () => {
    const { world } = held;
    world.refusal = new KubeError({ request: 'LIST controllerrevisions.apps', code: 500, status: {} });
    await world.leads({ name: 'audit' });
    world.put('web', last(wellNow(2)), { generation: 2 });
    await world.until('it to be asked again', () => world.askedForPast > 1);
    expect(world.hooks.heard).toEqual([]);
    world.refusal = new KubeError({ request: 'LIST controllerrevisions.apps', code: 403, status: {} });
    await world.until('it to be told', () => world.taken('audit', 'web').length === WHOLE.length);
    expect(world.warnings()).toEqual(['The history of a rollout may not be read; not all of it is told']);
  });

  it('is the removal of a rollout, and what is of its name now comes after', async () => {
    const { world } = held;
    await world.leads({ name: 'audit' });
    world.put('web', last(wellNow()), { uid: 'first' });
    await world.until('it to be told', () => world.taken('audit', 'web').length === WHOLE.length);
    await world.stop();
    world.remove('web');
    world.put('web', last(wellNow()), { uid: 'second' });
    await world.leads({ name: 'audit' });
    await world.until('all to be told', () => world.heard('audit', 'web').length === 2 * WHOLE.length + 1);
    expect(world.heard('audit', 'web')).toEqual([...WHOLE, 'rollout.removed', ...WHOLE]);
    world.remove('web');
    await world.until('the second removal', () => world.heard('audit', 'web').length === 2 * WHOLE.length + 2);
    // Stopped before we had heard that it was taken, we would keep the row.
    await world.until('nothing to be written of it any more', () => rowsIn(world).length === 1);
    await world.stop();
    expect(rowsIn(world)).toEqual(['sinks']);
  });
});

describe('Two that lead', () => {
  it('tell twice rather than not at all, and neither undoes what the other has written down', async () => {
    const { world } = held;
    await world.leads({ name: 'audit' });
    world.put('one', last(wellNow()));
    await world.until('it to be told', () => world.taken('audit', 'one').length === WHOLE.length);
    // The second does not know of the first, which has been frozen, and wakes.
    await world.leads({ name: 'audit' });
    for (let n = 0; n < 20; n++) world.put(`r${n}`, last(wellNow()));
    for (let n = 0; n < 20; n++) {
      await world.until(`r${n} to be told`, () => world.taken('audit', `r${n}`).includes('rollout.succeeded'));
    }
    await world.stopAll();
    const rows = rowsIn(world);
    expect(rows.filter((row) => row !== 'sinks')).toHaveLength(21);
  });
});

describe('The record', () => {
  it('may be anything: what cannot be read is done without', async () => {
    const { world } = held;
    const metadata = { namespace: 'fog-rollouts-system' };
    const data = { 'uid-web': '{"rollout":"shop/web","told":[{"to":"all"}]}', sinks: '[]', other: 'what?' };
    for (let n = 0; n < 16; n++) {
      world.hub.put({ metadata: { ...metadata, name: `fog-rollouts-notifications-${n.toString(16)}` }, data } as never);
    }
    await world.leads({ name: 'audit' });
    world.put('web', last(wellNow()));
    await world.until('it to be told', () => world.taken('audit', 'web').length === WHOLE.length);
    expect(new Set(world.warnings())).toEqual(
      new Set(['What sinks were told of a rollout cannot be read; done without']),
    );
  });

  it('may not be written: rollouts are told of all the same', async () => {
    const { world } = held;
    await world.leads({ name: 'audit' });
    const forbidden = { code: 403, reason: 'Forbidden' } as const;
    world.hub.misbehave('create', forbidden, forbidden, forbidden);
    for (const status of wellNow()) world.put('web', status);
    await world.until('it to be told', () => world.taken('audit', 'web').length === WHOLE.length);
    await world.until('it to be written', () => world.hub.objects().length === 2);
    expect(world.warnings()).toEqual(['What sinks were told could not be written down; tried again']);
  });
});

it('Whoever tells may die at any time, and sinks may answer anything: all is told, in order, under the same id', async () => {
  const step = fc.record({
    dies: fc.boolean(),
    answers: fc.array(fc.constantFrom(200, 200, 500, 503, 404), { maxLength: 6 }),
    waits: fc.nat(30),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 8 }), async (steps) => {
      const world = new NotifyWorld();
      await world.open();
      try {
        let kill = await world.leads({ name: 'audit' });
        const statuses = wellNow();
        for (const [at, { dies, answers, waits }] of steps.entries()) {
          world.hooks.answer = () => answers.shift() ?? 200;
          for (const name of ['a', 'b']) world.put(name, statuses[at]);
          await new Promise((resolve) => setTimeout(resolve, waits));
          if (!dies) continue;
          await kill();
          kill = await world.leads({ name: 'audit' });
        }
        for (const name of ['a', 'b']) {
          await world.until(`${name} to be told of`, () => world.taken('audit', name).includes('rollout.succeeded'));
          const words = world.taken('audit', name);
          const ids = world.hooks.taken('/audit', name).map(({ id }) => id);
          const once = new Map(ids.map((id, index) => [id, words[index]]));
          expect([...once.values()]).toEqual(WHOLE);
        }
      } finally {
        await world.close();
      }
    }),
    { numRuns: 5 },
  );
});
