import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeError } from '../../../kube/errors.ts';
import { silentLog } from '../../../kube/log.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { ChangeSignal, WindowsSignal } from '../../../model/signals.ts';
import type { FogRollout, FogRolloutStatus, FogWindow, FogWindowSpec, FogWindowStatus } from '../../../model/types.ts';
import { WINDOWS_INDEX, windowNamespace } from '../../../model/windows/selection.ts';
import { inlineKey, type WindowRules } from '../../../model/windows/told.ts';
import { changeOf } from '../../../watcher/decide.ts';
import { MAX_WINDOWS } from '../../../watcher/windows/telling.ts';
import { Windows } from '../../../watcher/windows/windows.ts';
import { FakeClock, passed } from '../kube/fakeclock.ts';
import { aRollout } from '../model/builders.ts';
import { Shelf } from './shelf.ts';

const HOUR_MS = 3_600_000;
/** The clock of these tests begins at 2026-01-01T00:00Z, a Thursday. */
const NIGHTS: FogWindowSpec = {
  allow: [{ rrule: 'FREQ=DAILY', start: '2025-12-01T22:00', duration: 'PT8H', timeZone: 'UTC' }],
};
const FREEZE: FogWindowSpec = { deny: [{}], overrun: 'Stop', reason: 'incident 7' };
const UNDER_WAY: FogRolloutStatus = {
  observedGeneration: 2,
  phase: 'Progressing',
  run: { workflowId: 'w', runId: 'a', startedAt: '2026-01-01T00:00:00Z', reports: 1 },
};
const WAITS: FogRolloutStatus = {
  ...UNDER_WAY,
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'WindowClosed',
      message: 'v1 waits',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
};

const inlineOf = (rules: WindowRules) => ({ name: inlineKey(rules), inline: true, overrun: 'Finish', holds: false });

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.stop();
});

describe('A FogWindow says of itself', () => {
  it.each<[string, FogWindowSpec, string, FogWindowStatus]>([
    [
      'when it closes',
      NIGHTS,
      'shop',
      {
        observedGeneration: 1,
        open: true,
        message: 'Open until 2026-01-01T06:00:00Z',
        nextOpening: '2026-01-01T22:00:00Z',
        nextClosing: '2026-01-01T06:00:00Z',
      },
    ],
    ['that it is closed for good', FREEZE, 'shop', { observedGeneration: 1, open: false, message: 'Closed: deny[0]' }],
    ['that it is always open', {}, 'shop', { observedGeneration: 1, open: true, message: 'Open' }],
    [
      'what cannot be read of it',
      { allow: [{ start: '2026-01-01T00:00', duration: 'PT1H', timeZone: 'Europe/Nowhere' }] },
      'shop',
      {
        observedGeneration: 1,
        open: false,
        message: 'Closed, as it cannot be read: allow[0]: There is no time zone Europe/Nowhere',
      },
    ],
    [
      'that it is for its own namespace alone',
      { allNamespaces: true },
      'shop',
      { observedGeneration: 1, open: true, message: 'Open; allNamespaces counts in the namespace ops alone' },
    ],
    [
      'nothing of that in the namespace of Fog Rollouts',
      { allNamespaces: true },
      'ops',
      {
        observedGeneration: 1,
        open: true,
        message: 'Open',
      },
    ],
  ])('%s', async (_name, spec, namespace, expected) => {
    world.window('w', spec, { namespace });
    await world.start();
    expect(world.said(`${namespace}/w`)).toEqual(expected);
  });

  it('when it opens and closes, each time it does, and nothing in between', async () => {
    world.window('nights', NIGHTS);
    await world.start();
    await world.pass(5 * HOUR_MS);
    expect(world.writes).toBe(1);
    await world.pass(HOUR_MS);
    expect(world.said('shop/nights')).toMatchObject({ open: false, nextOpening: '2026-01-01T22:00:00Z' });
    expect(world.said('shop/nights')?.message).toBe(
      'Closed until 2026-01-01T22:00:00Z: nothing of allow is for this time',
    );
    await world.pass(16 * HOUR_MS);
    expect([world.said('shop/nights')?.open, world.writes]).toEqual([true, 3]);
  });

  it('what it should, where somebody has written something else', async () => {
    world.window('nights', NIGHTS);
    await world.start();
    world.window('nights', NIGHTS, { status: { open: false, message: 'mine' } });
    await world.pass(0);
    expect(world.said('shop/nights')?.open).toBe(true);
  });

  it('nothing, where it is gone by now', async () => {
    world.refusal = new KubeError({ request: 'PATCH', code: 404, status: { reason: 'NotFound' } as never });
    world.window('nights', NIGHTS);
    await world.start();
    await world.pass(60_000);
    expect([world.writes, world.tries]).toEqual([0, 1]);
  });
});

describe('A change brings along', () => {
  it('the FogWindows that are for the rollout, and those that its gates name', async () => {
    world.window('all', NIGHTS);
    world.window('named', { ...NIGHTS, rollouts: { names: ['web', 'other'] } });
    world.window('not-named', { ...NIGHTS, rollouts: { names: ['other'] } });
    world.window('labelled', { ...NIGHTS, rollouts: { selector: { matchLabels: { tier: 'front' } } } });
    world.window('gate', { ...NIGHTS, rollouts: { names: ['none'] } });
    world.window('elsewhere', NIGHTS, { namespace: 'other' });
    world.window('far', { ...FREEZE, allNamespaces: true }, { namespace: 'ops' });
    world.window('not-far', { ...FREEZE, allNamespaces: true }, { namespace: 'other' });
    const rollout = world.rollout('web', undefined, { tier: 'front' });
    world.window('between', { ...NIGHTS, rollouts: { names: ['none'] } });
    const waves = [{ size: 1, after: [{ window: { ref: 'between' } }] }];
    rollout.spec.strategy = { layers: { edge: { before: [{ window: { ref: 'gate' } }], waves } } };
    await world.start();
    await world.windows.signaller.change(changeOf(rollout));
    const told = world.changes[0]?.windows?.map(({ namespace = 'its own', name, holds, overrun, reason }) =>
      [namespace, name, holds, overrun, reason].join(' ').trim(),
    );
    expect(told).toEqual([
      'ops far true Stop incident 7',
      'its own all true Finish',
      'its own between false Finish',
      'its own gate false Finish',
      'its own labelled true Finish',
      'its own named true Finish',
    ]);
  });

  it('the windows that its gates have inline, each once, and what cannot be read of one', async () => {
    const rollout = world.rollout('web');
    const unreadable = { allow: [{ start: '2026-01-01T00:00', duration: 'PT1H', timeZone: 'Europe/Nowhere' }] };
    const gates = [{ window: { deny: [{}] } }, { window: { ...NIGHTS } }];
    rollout.spec.strategy = {
      layers: { fog: { before: gates }, edge: { before: gates, after: [{ window: unreadable }] } },
    };
    await world.start();
    await world.windows.signaller.change(changeOf(rollout));
    expect(world.changes[0]?.windows).toEqual([
      { timetable: { closed: [{ from: '2026-01-01T00:00:00.000Z' }] }, ...inlineOf({ deny: [{}] }) },
      { timetable: expect.objectContaining({ knownUntil: expect.any(String) }), ...inlineOf(NIGHTS) },
      {
        fault: 'allow[0]: There is no time zone Europe/Nowhere',
        timetable: expect.anything(),
        ...inlineOf(unreadable),
      },
    ]);
  });

  it('nothing where there is none', async () => {
    await world.start();
    await world.windows.signaller.change(changeOf(world.rollout('web')));
    expect(world.changes[0]).not.toHaveProperty('windows');
  });

  it('no more than can be heeded, and then one that is closed and says so', async () => {
    for (let n = 0; n < MAX_WINDOWS + 7; n++) world.window(`w-${n}`, {});
    await world.start();
    await world.windows.signaller.change(changeOf(world.rollout('web')));
    const { windows = [] } = world.changes[0] ?? {};
    expect(windows).toHaveLength(MAX_WINDOWS);
    expect(windows.at(-1)?.fault).toBe(
      'it is one of 57 FogWindows for this FogRollout, of which at most 50 are heeded',
    );
  });
});

describe('A run under way is told', () => {
  it('nothing that its change has brought along, and of what has changed since, once', async () => {
    world.window('nights', NIGHTS);
    await world.start();
    await world.windows.signaller.change(changeOf(world.rollout('web')));
    world.rollout('web', UNDER_WAY);
    await world.pass(HOUR_MS);
    expect(world.told).toEqual([]);
    world.window('nights', FREEZE);
    world.rollout('web', { ...UNDER_WAY, message: 'more' } as FogRolloutStatus);
    await world.pass(0);
    expect(world.told).toEqual(['web: nights']);
    world.remove('shop/nights');
    await world.pass(0);
    expect(world.told).toEqual(['web: nights', 'web: none']);
  });

  it('of a freeze before its object says that it runs', async () => {
    await world.start();
    const rollout = world.rollout('web', { observedGeneration: 2, phase: 'Succeeded' });
    await world.windows.signaller.change(changeOf(rollout));
    world.window('freeze', FREEZE);
    await world.pass(0);
    expect(world.told).toEqual(['web: freeze']);
  });

  it('of a freeze of all namespaces, and only those that are under way', async () => {
    for (let n = 0; n < 20; n++) world.rollout(`settled-${n}`, { ...UNDER_WAY, phase: 'Succeeded' });
    world.rollout('waiting', { observedGeneration: -1, phase: 'Pending' });
    world.rollout('web', UNDER_WAY);
    world.rollout('shop', UNDER_WAY);
    await world.start();
    world.window('freeze', { ...FREEZE, allNamespaces: true }, { namespace: 'ops' });
    await world.pass(0);
    expect(world.told.toSorted()).toEqual(['shop: ops/freeze', 'web: ops/freeze']);
  });

  it('when labels of the rollout make it another window’s', async () => {
    world.window('front', { ...FREEZE, rollouts: { selector: { matchLabels: { tier: 'front' } } } });
    world.rollout('web', UNDER_WAY);
    await world.start();
    expect(world.told).toEqual([]);
    world.rollout('web', UNDER_WAY, { tier: 'front' });
    await world.pass(0);
    expect(world.told).toEqual(['web: front']);
  });

  it('more when it knows of fewer than three openings and closings, without a timer of its own', async () => {
    world.window('nights', NIGHTS);
    for (let n = 0; n < 3; n++) world.rollout(`web-${n}`, UNDER_WAY);
    await world.start();
    expect(world.told).toHaveLength(3);
    const timers = world.clock.waiting;
    await world.pass(4 * 24 * HOUR_MS);
    expect([world.told.length, world.clock.waiting]).toEqual([3, timers]);
    await world.pass(24 * HOUR_MS);
    expect(world.told).toHaveLength(6);
  });

  it('more of what its gates have inline, too', async () => {
    world.rollout('web', UNDER_WAY).spec.strategy = { layers: { edge: { before: [{ window: NIGHTS }] } } };
    await world.start();
    await world.pass(4 * 24 * HOUR_MS);
    expect(world.told).toHaveLength(1);
    await world.pass(24 * HOUR_MS);
    expect(world.told).toHaveLength(2);
  });

  it('by another watcher, where windows are for it or it waits for one that is gone', async () => {
    world.window('nights', { ...NIGHTS, rollouts: { names: ['web'] } });
    world.rollout('web', UNDER_WAY);
    world.rollout('waits', WAITS);
    world.rollout('other', UNDER_WAY);
    await world.start();
    expect(world.told.toSorted()).toEqual(['waits: none', 'web: nights']);
    world.rollout('waits', { ...WAITS, message: 'again' } as FogRolloutStatus);
    await world.pass(HOUR_MS);
    expect(world.told).toHaveLength(2);
  });

  it('again where it is not known whether it was told', async () => {
    world.window('nights', NIGHTS);
    world.rollout('web', UNDER_WAY);
    world.failures = 2;
    await world.start();
    await world.pass(5_000);
    expect(world.told).toEqual(['web: nights']);
  });

  it('after a change that is on its way, never before', async () => {
    world.window('nights', NIGHTS);
    await world.start();
    const rollout = world.rollout('web', UNDER_WAY);
    const answered = Promise.withResolvers<void>();
    world.hold = answered.promise;
    const change = world.windows.signaller.change(changeOf(rollout));
    await world.pass(0);
    world.window('freeze', FREEZE);
    await world.pass(0);
    expect(world.told).not.toContain('web: freeze nights');
    answered.resolve();
    await change;
    await world.pass(0);
    expect(world.order.slice(-2)).toEqual(['change', 'web: freeze nights']);
  });
});

describe('A thousand rollouts and a hundred windows', () => {
  it('cost a look each, and no signal to who is not concerned', async () => {
    for (let n = 0; n < 100; n++) world.window(`w-${n}`, { ...NIGHTS, rollouts: { names: [`web-${n}`] } });
    for (let n = 0; n < 1_000; n++) world.rollout(`web-${n}`, UNDER_WAY);
    await world.start();
    await world.pass(1_000);
    expect(world.told).toHaveLength(100);
    world.window('w-7', FREEZE_ONE('web-7'));
    await world.pass(1_000);
    expect(world.told.slice(100)).toEqual(['web-7: w-7']);
  });
});

const FREEZE_ONE = (name: string): FogWindowSpec => ({ ...FREEZE, rollouts: { names: [name] } });

/** FogWindows, FogRollouts and a Temporal that a test holds in its hands. Where Fog Rollouts itself is: namespace `ops`. */
class World {
  readonly clock = new FakeClock();
  readonly changes: ChangeSignal[] = [];
  /** e.g. `web: nights ops/freeze`. */
  readonly told: string[] = [];
  readonly order: string[] = [];
  writes = 0;
  tries = 0;
  refusal: Error | undefined;
  /** How many of the next signals fail. */
  failures = 0;
  /** A change is answered when this resolves. */
  hold: Promise<void> = Promise.resolve();
  readonly #windows = new Shelf<FogWindow & KubeObject>({ [WINDOWS_INDEX]: windowNamespace });
  readonly #rollouts = new Shelf<FogRollout & KubeObject>({
    namespace: ({ metadata }: FogRollout) => [metadata.namespace],
  });
  readonly #stop = new AbortController();
  #ended: Promise<void> | undefined;
  #version = 0;
  readonly windows = new Windows(
    {
      client: { patch: this.#patch.bind(this) as never },
      rollouts: this.#rollouts.informer,
      windows: this.#windows.informer,
      signaller: {
        change: async (signal: ChangeSignal) => {
          await this.hold;
          this.order.push('change');
          this.changes.push(signal);
        },
        windows: async ({ name }: { name: string }, signal: WindowsSignal) => this.#tell(name, signal),
      } as never,
      home: 'ops',
      log: silentLog,
      clock: this.clock,
    },
    this.#stop.signal,
  );

  async start(): Promise<void> {
    this.#ended = this.windows.run(this.#stop.signal);
    await this.pass(0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async pass(ms: number): Promise<void> {
    await passed(this.clock, ms, 120);
  }

  window(name: string, spec: FogWindowSpec, more: { namespace?: string; status?: FogWindowStatus } = {}): void {
    const { namespace = 'shop', status } = more;
    const before = this.#windows.get(namespace, name);
    const generation =
      (before?.metadata.generation ?? 0) + (JSON.stringify(before?.spec) === JSON.stringify(spec) ? 0 : 1);
    this.#windows.put({
      apiVersion: 'paguos.io/v1alpha1',
      kind: 'FogWindow',
      metadata: {
        namespace,
        name,
        uid: `uid-${namespace}-${name}`,
        resourceVersion: String(++this.#version),
        generation,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec,
      ...(status && { status }),
    });
  }

  remove(key: string): void {
    this.#windows.remove(key);
  }

  rollout(name: string, status?: FogRolloutStatus, labels?: Record<string, string>): FogRollout & KubeObject {
    const rollout = aRollout({}, status) as FogRollout & KubeObject;
    Object.assign(rollout.metadata, {
      name,
      uid: `uid-${name}`,
      resourceVersion: String(++this.#version),
      ...(labels && { labels }),
    });
    this.#rollouts.put(rollout);
    return rollout;
  }

  said(key: string): FogWindowStatus | undefined {
    const [namespace, name] = key.split('/') as [string, string];
    return this.#windows.get(namespace, name)?.status;
  }

  async #patch(
    _type: object,
    { namespace, name }: FogWindow['metadata'],
    { body }: { body: { value: FogWindowStatus }[] },
  ) {
    this.tries++;
    if (this.refusal) throw this.refusal;
    this.writes++;
    this.window(name, this.#windows.get(namespace, name)!.spec, { namespace, status: body.at(-1)!.value });
  }

  #tell(name: string, { windows }: WindowsSignal): void {
    if (this.failures-- > 0) throw new Error('Temporal is away');
    const names = windows.map((window) => (window.namespace ? `${window.namespace}/${window.name}` : window.name));
    this.told.push(`${name}: ${names.join(' ') || 'none'}`);
    this.order.push(this.told.at(-1)!);
  }
}
