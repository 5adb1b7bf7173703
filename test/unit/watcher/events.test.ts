import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeConnectionError, KubeError } from '../../../kube/errors.ts';
import type { Transition } from '../../../model/transitions.ts';
import { EventRecorder } from '../../../watcher/events/recorder.ts';
import { FakeClock, passed as letPass } from '../kube/fakeclock.ts';

interface Written {
  metadata: { namespace: string; name: string };
  reason: string;
  message: string;
  count: number;
}

const rollout = {
  apiVersion: 'paguos.io/v1alpha1',
  kind: 'FogRollout',
  metadata: { namespace: 'shop', name: 'web', uid: 'uid-web' },
};
const site = { apiVersion: 'paguos.io/v1alpha1', kind: 'FogSite', metadata: { name: 'north', uid: 'uid-north' } };
const saying = (message: string): Transition => ({ type: 'Normal', reason: 'Said', message });

let clock: FakeClock;
let events: Written[];
let refusal: Error | undefined;
let recorder: EventRecorder;
let stop: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  events = [];
  refusal = undefined;
  stop = new AbortController();
  recorder = new EventRecorder({
    client: {
      create: async (_: unknown, event: unknown) => {
        if (refusal) throw refusal;
        events.push(event as Written);
      },
      patch: async (_: unknown, { name }: { name: string }, { body }: { body: object }) => {
        const event = events.find(({ metadata }) => metadata.name === name);
        if (!event) throw new KubeError({ request: `PATCH ${name}`, code: 404, status: { reason: 'NotFound' } });
        Object.assign(event, body);
      },
    } as never,
    instance: 'watcher-1',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock,
  });
  ended = recorder.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await passed();
  await ended;
});

const passed = (ms?: number) => letPass(clock, ms);

const told = () => events.map(({ message, count }) => `${message} x${count}`);

describe('Events', () => {
  it('are about the object, where it is; those of a site are in the namespace default', async () => {
    recorder.record(rollout, [saying('a')]);
    recorder.record(site, [saying('b')]);
    await passed();
    expect(events).toMatchObject([
      {
        metadata: { namespace: 'shop' },
        involvedObject: { kind: 'FogRollout', name: 'web', uid: 'uid-web' },
        reason: 'Said',
        source: { component: 'fog-rollouts' },
      },
      { metadata: { namespace: 'default' }, involvedObject: { kind: 'FogSite', name: 'north' } },
    ]);
    expect(events[0]!.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  });

  it('that say the same within ten minutes are counted on one', async () => {
    for (const message of ['a', 'b', 'a']) recorder.record(rollout, [saying(message)]);
    await passed();
    expect(told()).toEqual(['a x2', 'b x1']);
    await passed(11 * 60_000);
    recorder.record(rollout, [saying('a')]);
    await passed();
    expect(told()).toEqual(['a x2', 'b x1', 'a x1']);
  });

  it('that somebody deleted are made anew', async () => {
    recorder.record(rollout, [saying('a')]);
    await passed();
    events = [];
    for (let at = 0; at < 2; at++) recorder.record(rollout, [saying('a')]);
    await passed();
    expect(told()).toEqual(['a x1']);
  });

  it('of one object are few, whatever it does, and one more every five minutes', async () => {
    for (let at = 0; at < 40; at++) {
      recorder.record(rollout, [saying(`${at}`)]);
      await passed();
    }
    expect(events).toHaveLength(25);
    await passed(5 * 60_000);
    for (const message of ['later', 'and later']) recorder.record(rollout, [saying(message)]);
    await passed();
    expect(told().slice(25)).toEqual(['later x1']);
  });

  it('wait for an API server that does not answer, and are dropped by one that refuses them', async () => {
    refusal = new KubeConnectionError('POST events', 'connection refused');
    recorder.record(rollout, [saying('a')]);
    await passed();
    refusal = undefined;
    await passed(30_000);
    expect(told()).toEqual(['a x1']);
    refusal = new KubeError({ request: 'POST events', code: 403, status: { reason: 'Forbidden' } });
    recorder.record(rollout, [saying('b')]);
    await passed(60_000);
    refusal = undefined;
    recorder.record(rollout, [saying('c')]);
    await passed();
    expect(told()).toEqual(['a x1', 'c x1']);
  });
});
