import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeClient } from '../../../kube/client.ts';
import { type KubeObject, keyOf } from '../../../kube/resources.ts';
import { ANNOTATIONS } from '../../../model/names.ts';
import { orderText } from '../../../model/order.ts';
import { revisionOf } from '../../../model/revision.ts';
import type { ActionRequest } from '../../../model/run/steering.ts';
import type { ChangeSignal } from '../../../model/signals.ts';
import type {
  FogAction,
  FogActionSpec,
  FogActionStatus,
  FogRollout,
  FogRolloutStatus,
  FogSite,
  Revision,
  RunReference,
} from '../../../model/types.ts';
import { ACTED_ON_INDEX, actedOn, runActions } from '../../../watcher/actions/actions.ts';
import type { Said } from '../../../watcher/actions/actor.ts';
import { LAYER_INDEX, siteLayer } from '../../../watcher/fleet-layers.ts';
import { FakeClock, passed as letPass } from '../kube/fakeclock.ts';
import { aLayer, aRollout, revision } from '../model/builders.ts';
import { Shelf } from './shelf.ts';

const ENDED: FogRolloutStatus = { observedGeneration: 4, phase: 'Succeeded', version: revision.version, revision };
const FAILED: FogRolloutStatus = { ...ENDED, phase: 'Failed' };
const UNDER_WAY: FogRolloutStatus = { ...ENDED, observedGeneration: 3, phase: 'Progressing' };
/** Its edge was given nothing. */
const PASSED_OVER: FogRolloutStatus = {
  ...ENDED,
  layers: [
    aLayer('edge', { phase: 'Skipped', skipped: { by: 'bob', at: '2026-01-01T00:00:00Z', reason: 'it rains' } }),
  ],
};

/** It was rolled back to what generation 3 had. */
const BACK: FogRolloutStatus = {
  ...ENDED,
  revision: { generation: 4, attempt: 1, version: 'v1.1.0', hash: 'old' },
  rollback: { generation: 3, version: 'v1.1.0', at: '2026-01-01T00:00:00Z', done: true },
};
const OLD: Revision = { ...revisionOf(aRollout({ version: 'v1.1.0' })), generation: 3, hash: 'old' };

const clock = new FakeClock();
let actions: Shelf<FogAction & KubeObject>;
let rollouts: Shelf<FogRollout & KubeObject>;
/** What Temporal was asked, and what it answers. */
let asked: ActionRequest[];
let answer: () => Said;
let changes: ChangeSignal[];
/** What is kept, by the order it stands for. */
let kept: Map<string, Revision>;
/** Names of FogActions that the API server knows as settled, and the cache does not. */
let settledElsewhere: Set<string>;
/** Written and deleted, in their order, e.g. `owner a`, `status a`, `delete a`. */
let writes: string[];
let stop: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  actions = new Shelf({ [ACTED_ON_INDEX]: actedOn });
  rollouts = new Shelf();
  asked = [];
  answer = () => ({ kind: 'accepted', message: 'done' });
  changes = [];
  kept = new Map();
  settledElsewhere = new Set();
  writes = [];
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await passed();
  await ended;
});

const passed = (ms?: number) => letPass(clock, ms);

const client = {
  find: async ({ kind }: { kind: string }, { namespace, name }: { namespace: string; name: string }) => {
    if (kind !== 'FogAction') return rollouts.get(namespace, name);
    const action = actions.get(namespace, name)!;
    return settledElsewhere.has(name) ? { ...action, status: { state: 'Accepted' } } : action;
  },
  list: async () => ({ items: [] }),
  delete: async (_: unknown, { namespace, name }: { namespace: string; name: string }) => {
    writes.push(`delete ${name}`);
    actions.remove(keyOf(namespace, name));
  },
  patch: async (
    _: unknown,
    { namespace, name }: FogAction['metadata'],
    { body, subresource }: { body: unknown; subresource?: string },
  ) => {
    const before = actions.get(namespace, name)!;
    writes.push(`${subresource ?? 'owner'} ${name}`);
    const status = subresource ? { status: (body as { value: FogActionStatus }[])[1]!.value } : {};
    const owners = subresource ? {} : (body as { metadata: object }).metadata;
    const resourceVersion = `${Number(before.metadata.resourceVersion) + 1}`;
    actions.put({ ...before, ...status, metadata: { ...before.metadata, ...owners, resourceVersion } });
  },
} as unknown as KubeClient;

function start(): Promise<void> {
  ended = runActions(
    {
      client,
      actions: actions.informer,
      rollouts: rollouts.informer,
      sites: new Shelf<FogSite & KubeObject>({ [LAYER_INDEX]: siteLayer }).informer,
      actor: {
        act: async (_, request) => {
          asked.push(request);
          return answer();
        },
      },
      signaller: { change: async (signal) => void changes.push(signal) },
      releases: { kept: async (_, order) => kept.get(orderText(order)) },
      log: { debug() {}, info() {}, warn() {}, error() {} },
      clock,
    },
    stop.signal,
  );
  return passed();
}

let seconds = 0;

function made(name: string, spec: Partial<FogActionSpec> = {}, status?: FogActionStatus): void {
  const creationTimestamp = `2026-01-01T00:${String(Math.floor(++seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}Z`;
  actions.put({
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogAction',
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp },
    spec: { rollout: 'web', action: 'Pause', requestedBy: 'alice', ...spec },
    ...(status && { status }),
  } as FogAction & KubeObject);
}

function aRolloutThere(status: FogRolloutStatus): void {
  const rollout = aRollout({}, status);
  const annotations = { [ANNOTATIONS.changedBy]: 'carol' };
  const metadata = { ...rollout.metadata, namespace: 'shop', name: 'web', annotations };
  rollouts.put({ ...rollout, metadata } as FogRollout & KubeObject);
}

const statusOf = (name: string) => {
  const { state, message } = actions.get('shop', name)!.status ?? {};
  return state && `${state}: ${message}`;
};

describe('A FogAction', () => {
  it('is handed to the run with who asks, and says what came of it', async () => {
    aRolloutThere(UNDER_WAY);
    made('a', { action: 'Approve', layer: 'edge', reason: 'well' });
    await start();
    expect(asked).toMatchObject([{ uid: 'uid-a', action: 'Approve', by: 'alice', layer: 'edge', reason: 'well' }]);
    expect([statusOf('a'), writes]).toEqual(['Accepted: done', ['owner a', 'status a']]);
  });

  it.each<[string, () => void, Partial<FogActionSpec>, string]>([
    ['of no FogRollout', () => {}, {}, 'Refused: There is no FogRollout web in the namespace shop'],
    [
      'of nobody',
      () => aRolloutThere(UNDER_WAY),
      { requestedBy: undefined as never },
      'Refused: Nobody vouches for who asks: spec.requestedBy is empty, and the admission policies are not installed',
    ],
    [
      'that finds no run',
      () => aRolloutThere(ENDED),
      {},
      `Refused: No run is under way: ${revision.version} has succeeded`,
    ],
    [
      'to retry what succeeded',
      () => aRolloutThere(ENDED),
      { action: 'Retry' },
      'Refused: Its last run has not failed',
    ],
    [
      'to retry another generation',
      () => aRolloutThere(FAILED),
      { action: 'Retry', revision: 3 },
      'Refused: It is about generation 3, and the FogRollout is at generation 4',
    ],
    [
      'to resume what is not paused',
      () => aRolloutThere(ENDED),
      { action: 'Resume' },
      'Refused: No run is under way: v1.2.0 has succeeded',
    ],
    [
      'to restart what has failed',
      () => aRolloutThere(FAILED),
      { action: 'Restart' },
      'Refused: Its last run has failed; Retry rolls it out again',
    ],
    [
      'to restart what would give a layer what it was not to have',
      () => aRolloutThere(PASSED_OVER),
      { action: 'Restart' },
      'Refused: The edge was passed over by bob: it rains, and would be given v1.2.0; Retry does that',
    ],
    [
      'to pass over a layer when the run has ended',
      () => aRolloutThere({ ...PASSED_OVER, version: 'v1.1.0' }),
      { action: 'Skip', layer: 'edge' },
      'Refused: No run is under way: v1.2.0 has succeeded',
    ],
    [
      'to roll back where nothing else has succeeded',
      () => aRolloutThere({ ...ENDED, succeeded: [revision] }),
      { action: 'Rollback' },
      'Refused: No other revision is known to have succeeded; say by revision which generation it is to go back to',
    ],
    [
      'to roll back to what is not kept',
      () => aRolloutThere(ENDED),
      { action: 'Rollback', revision: 2 },
      'Refused: The content of generation 2 is not kept',
    ],
    [
      'to roll back to what it runs',
      () => {
        aRolloutThere(ENDED);
        kept.set('generation 4', { ...OLD, hash: revision.hash, version: revision.version });
      },
      { action: 'Rollback', revision: 4 },
      'Refused: v1.2.0 is what it runs',
    ],
    [
      'to roll back to what has failed',
      () => {
        aRolloutThere(FAILED);
        kept.set('generation 4', { ...OLD, hash: revision.hash, version: revision.version });
      },
      { action: 'Rollback', revision: 4 },
      'Refused: v1.2.0 is what has failed; Retry rolls it out again',
    ],
  ])('%s is refused in words', async (_, arrange, spec, expected) => {
    answer = () => ({ kind: 'noRun' });
    arrange();
    made('a', spec);
    await start();
    expect([statusOf('a'), changes]).toEqual([expected, []]);
  });

  it('to retry what failed begins a run of the same generation, that has taken it', async () => {
    answer = () => ({ kind: 'noRun' });
    aRolloutThere(FAILED);
    made('a', { action: 'Retry', reason: 'again' });
    await start();
    const asked = { action: 'Retry', by: 'alice', reason: 'again' };
    expect(changes).toMatchObject([{ revision: { generation: 4 }, action: 'uid-a', asked }]);
    expect(statusOf('a')).toBe('Accepted: v1.2.0 is rolled out again');
  });

  it.each<[string, FogRolloutStatus, Partial<FogActionSpec>, object, string]>([
    [
      'to roll back begins a later attempt with the content of what succeeded before',
      { ...ENDED, succeeded: [revision, { generation: 3, version: 'v1.1.0', hash: 'old' }] },
      { action: 'Rollback', reason: 'slow' },
      {
        revision: { generation: 4, attempt: 1, version: 'v1.1.0', hash: 'old' },
        rollback: { generation: 3, by: 'alice', reason: 'slow' },
      },
      'Accepted: It is rolled back to v1.1.0',
    ],
    [
      'to restart begins one with the same content and other pods',
      ENDED,
      { action: 'Restart' },
      {
        revision: {
          generation: 4,
          attempt: 1,
          version: 'v1.2.0',
          layers: { cloud: { podAnnotations: { [ANNOTATIONS.restartedAt]: expect.any(String) } } },
        },
        restartedAt: expect.any(String),
      },
      'Accepted: v1.2.0 is rolled out with new pods',
    ],
    [
      'to resume what was rolled back begins one with what spec says',
      BACK,
      { action: 'Resume' },
      { revision: { generation: 4, attempt: 2, version: 'v1.2.0' } },
      'Accepted: v1.2.0 is rolled out again',
    ],
    [
      'to retry what has passed over a layer rolls the same generation out again',
      PASSED_OVER,
      { action: 'Retry' },
      { revision: { generation: 4, version: 'v1.2.0' } },
      'Accepted: v1.2.0 is rolled out again',
    ],
    [
      'to retry what was rolled back by itself does the same',
      { ...BACK, phase: 'Failed' },
      { action: 'Retry' },
      { revision: { generation: 4, attempt: 2, version: 'v1.2.0' } },
      'Accepted: v1.2.0 is rolled out again',
    ],
    [
      'to retry a rollback that failed goes on with that',
      { ...BACK, phase: 'Failed', rollback: { generation: 3, version: 'v1.1.0', at: '2026-01-01T00:00:00Z' } },
      { action: 'Retry' },
      { revision: { generation: 4, attempt: 1, version: 'v1.1.0' }, rollback: { generation: 3 } },
      'Accepted: v1.1.0 is rolled back to again',
    ],
  ])('%s', async (_, status, spec, change, said) => {
    answer = () => ({ kind: 'noRun' });
    kept.set('generation 3', OLD).set('generation 4, attempt 1', { ...OLD, generation: 4, attempt: 1 });
    aRolloutThere(status);
    made('a', spec);
    await start();
    expect(changes).toMatchObject([{ ...change, action: 'uid-a', author: 'carol' }]);
    expect(statusOf('a')).toBe(said);
  });

  it.each<[string, Partial<RunReference>, string]>([
    ['by itself is not begun again', { action: 'uid-a' }, 'Accepted: It was taken before'],
    [
      'since it was made is not undone by it',
      { startedAt: '2026-01-01T09:00:00Z' },
      'Refused: A run has begun since that was asked, at 2026-01-01T09:00:00Z; look at what came of it, and ask again',
    ],
  ])('that finds a run that was begun %s', async (_, run, said) => {
    answer = () => ({ kind: 'noRun' });
    const before: RunReference = { workflowId: 'w', runId: 'r', startedAt: '2026-01-01T00:00:00Z', reports: 1 };
    aRolloutThere({ ...FAILED, run: { ...before, ...run } });
    made('a', { action: 'Retry' });
    await start();
    expect([statusOf('a'), changes]).toEqual([said, []]);
  });

  it('that is settled, though the cache does not say so, is not handed on again', async () => {
    aRolloutThere(UNDER_WAY);
    made('a');
    settledElsewhere.add('a');
    await start();
    expect([asked, writes]).toEqual([[], []]);
  });

  it('that the run refuses says why', async () => {
    answer = () => ({ kind: 'refused', message: 'It is not paused' });
    aRolloutThere(UNDER_WAY);
    made('a', { action: 'Resume' });
    await start();
    expect(statusOf('a')).toBe('Refused: It is not paused');
  });

  it('waits while Temporal is away, and while the run has yet to begin', async () => {
    aRolloutThere(UNDER_WAY);
    answer = () => {
      throw new Error('Temporal is away');
    };
    made('a');
    await start();
    await passed(5_000);
    expect(statusOf('a')).toBeUndefined();
    answer = () => ({ kind: 'noRun' });
    await passed(30_000);
    expect(statusOf('a')).toBeUndefined();
    answer = () => ({ kind: 'accepted', message: 'done' });
    await passed(60_000);
    expect(statusOf('a')).toBe('Accepted: done');
  });

  it('comes after those of its rollout that were made before it, and does not overtake one that waits', async () => {
    aRolloutThere(UNDER_WAY);
    made('z', { action: 'Pause' });
    made('a', { action: 'Resume' });
    answer = () => {
      throw new Error('Temporal is away');
    };
    await start();
    answer = () => ({ kind: 'accepted', message: 'done' });
    await passed(60_000);
    const said = asked.map(({ action }) => action);
    expect([said.slice(-2), said.indexOf('Resume')]).toEqual([['Pause', 'Resume'], said.length - 1]);
  });

  it('that is settled is not handed on again by another watcher, and the oldest of many are deleted', async () => {
    aRolloutThere(UNDER_WAY);
    for (let at = 0; at < 53; at++) made(`old-${at}`, {}, { state: 'Accepted', message: 'done' });
    await start();
    expect([asked, writes]).toEqual([[], ['delete old-0', 'delete old-1', 'delete old-2']]);
  });
});
