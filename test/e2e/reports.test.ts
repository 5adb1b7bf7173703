/** Reports of a run and of its shards, repeated, late and lost, on the real API server; without our processes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHubActivities } from '../../activities/hub.ts';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { type KubeObject, NAMESPACES } from '../../kube/resources.ts';
import type { HubActivities, OpenRunInput } from '../../model/activities.ts';
import { FINALIZER, FOG_ROLLOUTS, FOG_SHARDS, FOG_SITES } from '../../model/names.ts';
import { ownerOf, revisionOf } from '../../model/revision.ts';
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

/** What a run of the object says, by the numbers of its reports. */
function aRun(object: FogRollout, runId: string) {
  const owner = ownerOf(object);
  const revision = revisionOf(object);
  const run = { workflowId: `fogrollout/${NAMESPACE}/${owner.name}`, runId, startedAt: NOW, reports: 0 };
  const numbered = (status: FogRolloutStatus, number: number) => ({ ...status, run: { ...run, reports: number } });
  const opening: OpenRunInput = { owner, revision, kind: 'rollout', run, carried: [] };
  const begun = openingStatus(undefined, opening, NOW);
  return {
    open: (number: number, blind = false) =>
      hub.openRun({ ...opening, run: { ...run, reports: number }, ...(blind && { status: begun }) }),
    progress: (number: number, after: number) => hub.reportStatus({ owner, status: numbered(begun, number), after }),
    end: (number: number, after: number) =>
      hub.reportStatus({ owner, status: numbered(succeeded(begun, revision, NOW), number), after }),
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
