/** A sink that is down for long, by a clock that passes when the test says so: when it is asked, and what it is told in the end. */
import { expect, it } from '@jest/globals';
import type { OutsideRequest } from '../../../../kube/outside.ts';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { CloudEvent } from '../../../../model/notifications/cloud-event.ts';
import type { FogRollout } from '../../../../model/types.ts';
import { createSink } from '../../../../watcher/notifications/create-sink.ts';
import { KnownRollouts } from '../../../../watcher/notifications/known.ts';
import { Reader } from '../../../../watcher/notifications/reader.ts';
import { NotificationRecord } from '../../../../watcher/notifications/record.ts';
import { Sender } from '../../../../watcher/notifications/sender.ts';
import { FakeClock, passed } from '../../kube/fakeclock.ts';
import { objectOf, wellRun } from '../../model/notifications/runs.ts';
import { Shelf } from '../shelf.ts';

const HOUR = 3_600;
const MINUTE = 60;

interface Try {
  /** In seconds. */
  at: number;
  rollout: string;
  kind: string;
  id: string;
}

/** A sink that answers what the test says, and those who tell it of two rollouts that have ended. */
async function aSinkThat(answers: () => number) {
  const clock = new FakeClock();
  const rollouts = new Shelf<FogRollout & KubeObject>();
  const tries: Try[] = [];
  const counted: string[] = [];
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const client = {
    find: async () => undefined,
    create: async () => ({ metadata: { resourceVersion: '1' } }),
    listMetadata: async () => ({ items: [] }),
  } as never;
  const shared = { clock, client, rollouts: rollouts.informer, log: quiet, mayAct: () => true };
  const sink = createSink({ name: 'audit', url: 'https://audit.example' }, []);
  const record = new NotificationRecord({ ...shared, namespace: 'fog-rollouts-system' });
  await record.load([sink.name], clock.date(), new AbortController().signal);
  const known = new KnownRollouts({ ...shared, sinks: [sink.name] });
  const outside = {
    async request(_url: string, { body, headers }: OutsideRequest) {
      const { type, data } = JSON.parse(body!) as CloudEvent;
      const kind = type.slice('io.paguos.fogrollouts.'.length, -'.v1'.length);
      tries.push({ at: clock.now() / 1000, rollout: data.name, kind, id: headers!['webhook-id']! });
      return { status: answers(), text: '' };
    },
    close: async () => {},
  };
  const meters = { told: (_: string, outcome: string) => void counted.push(outcome), waiting: () => {} };
  const reader = new Reader({ clock, known, record, source: '/fog-rollouts' });
  const sender = new Sender({ ...shared, sink, reader, record, outside, meters });
  known.follow((rollout) => sender.look(rollout));
  const stop = new AbortController();
  const running = sender.run(stop.signal);
  for (const name of ['web', 'shop']) {
    const object = objectOf(wellRun(undefined, { from: 1 }).at(-1));
    rollouts.put({ ...object, metadata: { ...object.metadata, name, uid: name } } as FogRollout & KubeObject);
  }
  await passed(clock);
  return {
    tries,
    counted,
    /** Lets so many seconds pass. */
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) await passed(clock, 1_000, 4);
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

/** From each try to the next, in seconds. */
const pauses = (tries: readonly Try[]) => tries.slice(1).map(({ at }, index) => at - tries[index]!.at);

it('A sink that answers 500 for an hour is asked ever more seldom, up to once a minute, and then told all in order', async () => {
  let status = 500;
  const { tries, counted, pass, stop } = await aSinkThat(() => status);
  await pass(HOUR);
  // Both were under way when the first was refused.
  const [first, second, ...later] = tries;
  expect([first!.at, second!.at, first!.rollout === second!.rollout]).toEqual([0, 0, false]);
  for (const [failures, pause] of pauses([second!, ...later]).entries()) {
    const longest = Math.min(2 ** failures, MINUTE);
    expect([failures, pause >= longest / 2 && pause <= longest + 1]).toEqual([failures, true]);
  }
  expect(later.length).toBeLessThan(2 * 60 + 10);
  expect(new Set(tries.map(({ kind }) => kind))).toEqual(new Set(['rollout.started']));
  expect(new Set(counted)).toEqual(new Set(['failed']));

  status = 200;
  const before = tries.length;
  await pass(MINUTE);
  const kinds = (rollout: string) => tries.slice(before).filter((one) => one.rollout === rollout);
  for (const [rollout, refused] of [first!, second!].map((one) => [one.rollout, one.id] as const)) {
    const layers = ['cloud', 'fog', 'edge'].flatMap(() => ['layer.started', 'layer.ready']);
    expect(kinds(rollout).map(({ kind }) => kind)).toEqual(['rollout.started', ...layers, 'rollout.succeeded']);
    expect(kinds(rollout)[0]!.id).toBe(refused);
  }
  expect(counted.filter((outcome) => outcome !== 'failed')).toEqual(Array.from({ length: 16 }, () => 'delivered'));
  await stop();
});

it('A sink that says that it is gone (410) is asked again after an hour, with one event, and no sooner', async () => {
  let status = 410;
  const { tries, counted, pass, stop } = await aSinkThat(() => status);
  await pass(HOUR - 1);
  expect(tries.map(({ at }) => at)).toEqual([0, 0]);
  await pass(2);
  expect(pauses(tries)).toEqual([0, HOUR]);
  status = 200;
  await pass(HOUR - 2);
  expect(tries).toHaveLength(3);
  await pass(3);
  expect(pauses(tries)[2]).toBe(HOUR);
  expect(counted.filter((outcome) => outcome === 'delivered')).toHaveLength(16);
  expect(counted).not.toContain('given_up');
  await stop();
});
