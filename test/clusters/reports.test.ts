/** Reports of a run and of its shards, repeated, late and lost, on the real API server; without our processes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHubActivities } from '../../activities/hub.ts';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { CONTROLLER_REVISIONS, type KubeObject, NAMESPACES, type ResourceType } from '../../kube/resources.ts';
import type { HubActivities, OpenRunInput } from '../../model/activities.ts';
import { keptGeneration, keptSelector } from '../../model/history/kept.ts';
import { type PastRun, pastRuns } from '../../model/history/past.ts';
import { MAX_RUNS } from '../../model/history/record.ts';
import { FINALIZER, FOG_ROLLOUTS, FOG_SHARDS, FOG_SITES, RUN_ANNOTATION } from '../../model/names.ts';
import { ownerOf, revisionOf } from '../../model/revision.ts';
import type { RunNotes } from '../../model/run/notes.ts';
import type { FleetActivities } from '../../model/shards.ts';
import { siteOf } from '../../model/site.ts';
import { openingStatus, succeeded } from '../../model/status.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite, SiteSelector } from '../../model/types.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import { type StackHandle, startStack } from '../support/stack.ts';

const NAMESPACE = 'reports';
const NOW = '2026-11-22T10:00:00Z';

let stack: StackHandle;
let connection: KubeConnection;
let client: KubeClient;
let hub: HubActivities & FleetActivities;
const stop = new AbortController();
beforeAll(async () => {
  stack = await startStack({ nodes: 1 });
  connection = new KubeConnection(loadKubeConfig({ kubeconfig: stack.kubeconfig }));
  client = new KubeClient(connection, { fieldManager: 'tester' });
  await client.create(NAMESPACES, { metadata: { name: NAMESPACE } });
  await eventually('the API server to serve FogShards', () => client.list(FOG_SHARDS, { limit: 1 }));
  const sites = new Informer<FogSite & KubeObject>({ client, type: FOG_SITES });
  sites.start(stop.signal);
  await sites.waitForSync();
  const activities = createHubActivities({ client, sites });
  const within = (act: unknown) => (input: unknown) => new MockActivityEnvironment().run(act as never, input as never);
  hub = Object.fromEntries(
    Object.entries(activities).map(([name, act]) => [name, within(act)]),
  ) as unknown as typeof hub;
});
afterAll(async () => {
  stop.abort();
  await connection?.close();
  await stack?.stop();
});

async function anObject(name: string): Promise<FogRollout> {
  const manifest = { ...aRollout(name), metadata: { name, namespace: NAMESPACE } };
  return await client.create<FogRollout & KubeObject>(FOG_ROLLOUTS, manifest as never);
}

async function statusOf(name: string): Promise<FogRolloutStatus | undefined> {
  return (await client.get<FogRollout & KubeObject>(FOG_ROLLOUTS, { namespace: NAMESPACE, name })).status;
}

/** With other fields of its spec: a newer generation. */
async function changed(name: string, spec: object): Promise<FogRollout> {
  const patch = { type: 'merge' as const, body: { spec } };
  return await client.patch<FogRollout & KubeObject>(FOG_ROLLOUTS, { namespace: NAMESPACE, name }, patch);
}

type Kept = KubeObject & { revision: number };

async function keptOf(name: string): Promise<Kept[]> {
  const list = { namespace: NAMESPACE, labelSelector: keptSelector(name) };
  return (await client.listAll<Kept>(CONTROLLER_REVISIONS, list)).items;
}

async function historyOf(name: string): Promise<PastRun[]> {
  const rollout = await client.get<FogRollout & KubeObject>(FOG_ROLLOUTS, { namespace: NAMESPACE, name });
  const kept = (await keptOf(name)).flatMap(({ metadata }) => keptGeneration(name, metadata) ?? []);
  return pastRuns(kept, rollout);
}

const admission = (plural: string, kind: string): ResourceType => ({
  ...{ group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false },
  ...{ plural, kind },
});
const POLICIES = admission('validatingadmissionpolicies', 'ValidatingAdmissionPolicy');
const BINDINGS = admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding');

/** Nobody changes a ControllerRevision. */
function refusing(name: string): KubeObject {
  const resourceRules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['controllerrevisions'] },
  ];
  const spec = {
    failurePolicy: 'Fail',
    matchConstraints: { resourceRules },
    validations: [{ expression: 'false', message: 'they stay', reason: 'Forbidden' }],
  };
  return { metadata: { name }, spec } as KubeObject;
}

/** What a run of the object says, by the numbers of its reports. */
function aRun(object: FogRollout, runId: string, startedAt = NOW) {
  const owner = ownerOf(object);
  const revision = revisionOf(object);
  const run = { workflowId: `fogrollout/${NAMESPACE}/${owner.name}`, runId, startedAt, reports: 0 };
  const numbered = (status: FogRolloutStatus, number: number) => ({ ...status, run: { ...run, reports: number } });
  const opening: OpenRunInput = { owner, revision, kind: 'rollout', run, carried: [] };
  const begun = openingStatus(undefined, opening, NOW);
  const notes: RunNotes = { kind: 'rollout', actions: [] };
  const ended = succeeded(begun, revision, NOW);
  return {
    open: (number: number, blind = false, more: Partial<OpenRunInput> = {}) =>
      hub.openRun({ ...opening, run: { ...run, reports: number }, ...(blind && { status: begun }), ...more }),
    /** Opened and reported at once. */
    quick: (number: number) =>
      hub.openRun({ ...opening, run: { ...run, reports: number }, status: numbered(ended, number), notes }),
    progress: (number: number, after: number) => hub.reportStatus({ owner, status: numbered(begun, number), after }),
    end: (number: number, after: number, told: Partial<RunNotes> = {}) =>
      hub.reportStatus({ owner, status: numbered(ended, number), after, notes: { ...notes, ...told } }),
  };
}

describe('Reports of a run', () => {
  it.each([
    ['opened with a look at the object', false],
    ['opened blindly', true],
  ])('follow one another: %s', async (_, blind) => {
    const name = blind ? 'blind' : 'looked';
    const run = aRun(await anObject(name), 'run-1');
    expect(await run.open(10, blind)).toMatchObject({ gone: false });
    await run.progress(11, 10);
    await run.end(20, 11);
    expect(await statusOf(name)).toMatchObject({ phase: 'Succeeded', observedGeneration: 1, run: { reports: 20 } });
    const live = await client.get<KubeObject>(FOG_ROLLOUTS, { namespace: NAMESPACE, name });
    expect((live.metadata as { finalizers?: string[] }).finalizers).toEqual([FINALIZER]);
  });

  it('take the place of what a lost workflow task had said, however often', async () => {
    const run = aRun(await anObject('lost'), 'run-1');
    await run.open(10, true);
    await run.progress(11, 10); // of a task that was lost: the run does not know of it
    await run.progress(12, 11);
    await run.end(21, 10);
    expect(await statusOf('lost')).toMatchObject({ phase: 'Succeeded', run: { reports: 21 } });
  });

  it('that take the place of a lost end keep what it had completed', async () => {
    const run = aRun(await anObject('ended'), 'run-1');
    await run.open(10, true);
    await run.end(20, 10); // of a task that was lost: the run does not know of it
    await run.progress(21, 10);
    expect(await statusOf('ended')).toMatchObject({ phase: 'Progressing', version: 'v1', run: { reports: 21 } });
  });

  it('that know nothing of a lost end keep what it had completed, whichever report they follow', async () => {
    const run = aRun(await anObject('unknown'), 'run-1');
    await run.open(10, true);
    await run.end(20, 10); // of a task that was lost: the run does not know of it
    await run.open(21, true);
    await run.progress(22, 21);
    const status = await statusOf('unknown');
    expect(status).toMatchObject({ phase: 'Progressing', version: 'v1', run: { reports: 22 } });
    expect(status?.succeeded).toMatchObject([{ generation: 1 }]);
  });

  it('that a lost task sends late change nothing', async () => {
    const run = aRun(await anObject('late'), 'run-1');
    await run.open(10, true);
    await run.end(21, 10);
    await run.progress(11, 10);
    await run.open(10, true);
    await run.open(10);
    expect(await statusOf('late')).toMatchObject({ phase: 'Succeeded', run: { reports: 21 } });
  });

  it('may arrive twice', async () => {
    const run = aRun(await anObject('twice'), 'run-1');
    await run.open(10, true);
    await run.open(10, true);
    await run.end(11, 10);
    await run.end(11, 10);
    expect(await statusOf('twice')).toMatchObject({ phase: 'Succeeded', run: { reports: 11 } });
  });

  it('of a next run come after those of the one before, whatever their numbers', async () => {
    const object = await anObject('next');
    await aRun(object, 'run-1').open(50, true);
    await aRun(object, 'run-2').open(10);
    await aRun(object, 'run-2').end(11, 10);
    expect(await statusOf('next')).toMatchObject({ phase: 'Succeeded', run: { runId: 'run-2', reports: 11 } });
  });
});

describe('The history of a rollout', () => {
  it('has the end of a run once, however often it is said, and of each attempt its own', async () => {
    const object = await anObject('recorded');
    const first = aRun(object, 'run-1');
    await first.open(10, true);
    await first.end(11, 10);
    await first.end(11, 10);
    const second = aRun(object, 'run-2');
    await second.open(10);
    await second.end(11, 10, { kind: 'retry', actions: [{ action: 'Retry', by: 'alice', at: NOW }] });
    expect(await historyOf('recorded')).toMatchObject([
      { generation: 1, runId: 'run-1', kind: 'rollout', outcome: 'Succeeded', actions: [] },
      { generation: 1, runId: 'run-2', kind: 'retry', outcome: 'Succeeded', actions: [{ by: 'alice' }] },
    ]);
  });

  it('has it with the content where the run is reported once', async () => {
    await aRun(await anObject('quick'), 'run-1').quick(10);
    const [kept] = await keptOf('quick');
    expect(Object.keys(kept?.metadata.annotations ?? {})).toContain(`${RUN_ANNOTATION}run-1`);
    expect(kept?.metadata.managedFields).toHaveLength(1); // one write
    expect(await historyOf('quick')).toMatchObject([{ outcome: 'Succeeded', message: expect.stringContaining('v1') }]);
  });

  it.each([
    ['after the report', false],
    ['after the opening', true],
  ])('gets it from whoever does the work of a worker again that died %s', async (_, isQuick) => {
    const name = isQuick ? 'died-at-once' : 'died';
    const run = aRun(await anObject(name), 'run-1');
    if (!isQuick) await run.open(10, true);
    const end = () => (isQuick ? run.quick(11) : run.end(11, 10));
    await end();
    const [kept] = await keptOf(name);
    await client.patch(CONTROLLER_REVISIONS, kept!.metadata, {
      type: 'merge',
      body: { metadata: { annotations: { [`${RUN_ANNOTATION}run-1`]: null } } },
    });
    expect((await historyOf(name))[0]).toMatchObject({ outcome: 'Unknown' });
    await end();
    expect(await historyOf(name)).toMatchObject([{ runId: 'run-1', outcome: 'Succeeded' }]);
  });

  it('has nothing of a report that came late, and nothing of an end that another object has said', async () => {
    const object = await anObject('outrun');
    const run = aRun(object, 'run-1');
    await run.open(10, true);
    await run.progress(21, 10);
    await run.end(20, 10);
    expect(await historyOf('outrun')).toMatchObject([{ runId: 'run-1', outcome: 'Running' }]);
    const impostor = aRun({ ...object, metadata: { ...object.metadata, uid: 'of-an-earlier-object' } }, 'run-0');
    await impostor.end(30, 21);
    expect(await historyOf('outrun')).toMatchObject([{ runId: 'run-1', outcome: 'Running' }]);
  });

  it('says of a run that another took the place of it, and why', async () => {
    const object = await anObject('replaced');
    await aRun(object, 'run-1').open(10, true);
    await aRun(object, 'run-2').open(10);
    const second = await changed('replaced', { version: 'v2' });
    const superseded = {
      runId: 'run-2',
      kind: 'retry' as const,
      actions: [{ action: 'Pause' as const, by: 'bob', at: NOW }],
    };
    await aRun(second, 'run-3').open(10, false, { superseded });
    const third = await changed('replaced', { strategy: { progressDeadlineSeconds: 7 } });
    await aRun(third, 'run-3').open(11, true);
    await aRun(third, 'run-3').end(12, 11);
    const runs = (await historyOf('replaced')).map(({ generation, runId, outcome }) => [generation, runId, outcome]);
    expect(runs).toEqual([
      [3, 'run-3', 'Succeeded'],
      [2, 'run-3', 'Adjusted'],
      [1, 'run-1', 'Interrupted'],
      [1, 'run-2', 'Superseded'],
    ]);
    expect((await historyOf('replaced')).at(-1)).toMatchObject({ kind: 'retry', actions: [{ by: 'bob' }] });
  });

  it('has the end that a run has said, though it knew nothing of it when it gave way', async () => {
    const run = aRun(await anObject('forgetful'), 'run-1');
    await run.open(10, true);
    await run.end(20, 10); // of a task that was lost
    await run.progress(21, 10);
    await aRun(await changed('forgetful', { version: 'v2' }), 'run-2').open(10);
    const outcomes = (await historyOf('forgetful')).map(({ generation, outcome }) => `${generation} ${outcome}`);
    expect(outcomes).toEqual(['2 Running', '1 Succeeded']);
  });

  it('keeps the newest runs of a generation, and loses what makes no sense first', async () => {
    const object = await anObject('often');
    await aRun(object, 'run-00').open(1, true);
    await aRun(object, 'run-00').end(2, 1);
    const [kept] = await keptOf('often');
    await client.patch(CONTROLLER_REVISIONS, kept!.metadata, {
      type: 'merge',
      body: { metadata: { annotations: { [`${RUN_ANNOTATION}by-hand`]: 'it went well' } } },
    });
    for (let attempt = 1; attempt <= MAX_RUNS; attempt++) {
      const startedAt = new Date(Date.parse(NOW) + attempt * 1000).toISOString();
      const run = aRun(object, `run-${String(attempt).padStart(2, '0')}`, startedAt);
      await run.open(1);
      await run.end(2, 1);
    }
    const ids = (await historyOf('often')).map(({ runId }) => runId);
    expect(ids).toEqual(Array.from({ length: MAX_RUNS }, (_, at) => `run-${String(MAX_RUNS - at).padStart(2, '0')}`));
  });

  it('goes with what is kept no longer: a limit that was lowered takes the surplus, and leaves what is in use', async () => {
    await aRun(await anObject('limited'), 'run-1').quick(1);
    for (let generation = 2; generation <= 6; generation++) {
      const object = await changed('limited', { version: `v${generation}` });
      const run = aRun(object, `run-${generation}`);
      await run.open(1);
      if (generation <= 3) await run.end(2, 1);
    }
    const generations = async () => (await keptOf('limited')).map(({ revision }) => revision).sort();
    expect(await generations()).toEqual([1, 2, 3, 4, 5, 6]);
    const lowered = await changed('limited', { strategy: { revisionHistoryLimit: 2 } });
    await aRun(lowered, 'run-7').open(1);
    await aRun(lowered, 'run-7').open(1);
    expect(await generations()).toEqual([3, 6, 7]); // 3 is the last that succeeded
  });

  it('costs no run its end when it cannot be written', async () => {
    const name = 'unwritable';
    const policy = { name: 'reports-unwritable' };
    const run = aRun(await anObject(name), 'run-1');
    await run.open(10, true);
    await client.create(POLICIES, refusing(policy.name));
    await client.create(BINDINGS, {
      metadata: policy,
      spec: { policyName: policy.name, validationActions: ['Deny'] },
    } as never);
    try {
      const [kept] = await keptOf(name);
      const mark = {
        type: 'merge' as const,
        body: { metadata: { annotations: { marked: new Date().toISOString() } } },
      };
      await eventually('the policy to be enforced', async () => {
        const refused = await client.patch(CONTROLLER_REVISIONS, kept!.metadata, mark).then(
          () => false,
          () => true,
        );
        return refused || { not: 'yet' };
      });
      await run.end(11, 10);
      expect(await statusOf(name)).toMatchObject({ phase: 'Succeeded', run: { reports: 11 } });
      expect(await historyOf(name)).toMatchObject([{ outcome: 'Unknown' }]);
    } finally {
      await client.delete(BINDINGS, policy);
      await client.delete(POLICIES, policy);
    }
  });
});

describe('Records of a shard', () => {
  it('take the place of what a lost workflow task had said; late ones change nothing', async () => {
    const object = await anObject('sharded');
    await client.create(FOG_SITES, aSiteManifest('edge-1', { namespace: 'edge-1' }) as unknown as KubeObject);
    const { generation, version, hash } = revisionOf(object);
    const owner = ownerOf(object);
    const release = { revision: { generation, version, hash }, hash: 'content-hash', mode: 'promote' as const };
    const input = { owner, layer: 'edge' as const, strategy: {}, run: 'run-1', release };
    const plan = await hub.planStage(input);
    expect(plan).toMatchObject({ total: 1, shards: [{ report: { waiting: 1 }, loaded: { phases: 'w' } }] });
    const key = { owner, layer: 'edge' as const, run: 'run-1', index: 0 };
    expect(await hub.loadShard(key)).toMatchObject({ phases: 'w', reports: 0 });
    const note = { site: 'edge-1', reason: 'Invalid', message: 'edge-1: no such image' };
    const given = 'y';
    await hub.reportShard({ ...key, phases: 'i', given, notes: [], reports: 11, after: 0 }); // of a task that was lost
    await hub.reportShard({ ...key, phases: 'f', given, notes: [note], reports: 21, after: 0 });
    await hub.reportShard({ ...key, phases: 'i', given, notes: [], reports: 12, after: 11 });
    const [shard] = (await client.listAll<FogShard & KubeObject>(FOG_SHARDS, { namespace: NAMESPACE })).items;
    expect(shard?.status).toEqual({ phases: 'f', given, notes: [note], reports: 21 });
    const again = { ...input, run: 'run-2', release: { ...release, mode: 'repair' as const } };
    expect(await hub.planStage(again)).toMatchObject({
      shards: [{ report: { failed: 1 } }],
      failures: [{ site: 'edge-1' }],
    });
    await hub.reportShard({ ...key, phases: 'r', given, notes: [], reports: 99, after: 0 }); // of a plan that is no more
    expect(await hub.loadShard({ ...key, run: 'run-2' })).toMatchObject({ phases: 'f' });
    const site = siteOf(aSiteManifest('edge-1', { namespace: 'edge-1' }) as unknown as FogSite);
    const sites = [site, { ...site, name: 'edge-2' }, { ...site, namespace: 'moved' }];
    expect(await hub.findSites({ owner, sites })).toEqual([{}, { gone: true }, { gone: true }]);
  });
});

describe('The plan of a stage', () => {
  it.each<[string, SiteSelector, string[]]>([
    ['by labels', { matchLabels: { zone: 'a' } }, ['one', 'two']],
    ['by an empty label', { matchLabels: { pilot: '' } }, ['two']],
    ['In', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b', 'c'] }] }, ['four', 'three']],
    ['NotIn', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a', 'b'] }] }, ['four', 'none']],
    ['Exists', { matchExpressions: [{ key: 'pilot', operator: 'Exists' }] }, ['four', 'two']],
    ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, ['none']],
    ['by what is no label', { matchLabels: { zone: 'a,b' } }, []],
  ])('takes the sites that its selector takes, written just before: %s', async (_, siteSelector, expected) => {
    const labels = {
      ...{ one: { zone: 'a' }, two: { zone: 'a', pilot: '' }, three: { zone: 'b' } },
      ...{ four: { zone: 'c', pilot: 'yes' }, none: {} },
    };
    const created = Object.entries(labels).map(([name, ofSite]) => {
      const site = aSiteManifest(name, { layer: 'fog', namespace: name });
      return { ...site, metadata: { ...site.metadata, labels: ofSite } } as unknown as KubeObject;
    });
    await Promise.all(created.map((site) => client.create(FOG_SITES, site)));
    try {
      const object = await anObject(`chosen-${Math.random().toString(36).slice(2)}`);
      const { generation, version, hash } = revisionOf(object);
      const plan = await hub.planStage({
        ...{ owner: ownerOf(object), layer: 'fog' },
        release: { revision: { generation, version, hash }, hash: 'content-hash', mode: 'promote' },
        ...{ strategy: { siteSelector }, run: 'run-1', named: true },
      });
      expect(plan.shards.flatMap(({ sites = [] }) => sites).sort()).toEqual(expected);
    } finally {
      await Promise.all(Object.keys(labels).map((name) => client.delete(FOG_SITES, { name })));
    }
  });
});
