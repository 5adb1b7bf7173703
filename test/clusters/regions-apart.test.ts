/**
 * Two clusters, of which the hub reaches one: the other is in a network of its own, with a region worker whose only way out
 * is a link to Temporal, which is cut. The watcher runs in the test, on a server whose polls are short, so that a worker is
 * missed soon.
 */
import { connect } from 'node:net';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { DEPLOYMENTS, type KubeObject, SERVICES } from '../../kube/resources.ts';
import { FOG_SHARDS, FOG_SITES, workflowId } from '../../model/names.ts';
import type { FogRollout, FogShard, FogSite, SiteCondition } from '../../model/types.ts';
import { type Apart, startApart } from '../support/apart.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { whyNoNetwork } from '../support/network.ts';
import type { Product } from '../support/product.ts';
import { type QuickWatcher, startQuickWatcher } from '../support/quick-watcher.ts';
import type { Recorder } from '../support/recorder.ts';
import { aRollout, type RolloutManifest, SLOW } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-apart';
const KEY = `${NAMESPACE}/web`;
const QUEUE = 'region-far';
const NEAR = ['near-0', 'near-1'];
const FAR = ['far-0', 'far-1'];
const POLL_SECONDS = 3;
/** A worker that is gone is noticed by its heartbeats; a connection that lost its packets tries again ever more rarely. */
const LONG_MS = 180_000;

const file = e2eFile();
let stack: StackHandle;
let world: World;
let watcher: QuickWatcher;
let apart: Apart;
/** What happens in the other cluster, whatever becomes of the link. */
let far: Recorder;
let region: Product;
let temporal: Connection;
jest.setTimeout(360_000);

const why = whyNoNetwork();
const title = 'A region whose cluster the hub does not reach';
(why ? describe.skip : describe)(why ? `${title} (${why})` : title, () => {
  beforeAll(async () => {
    const dynamicConfig = [`matching.longPollExpirationInterval="${POLL_SECONDS}s"`];
    stack = await file.startStack({ nodes: 1, dynamicConfig });
    apart = await startApart(stack);
    file.atEnd(() => apart.stop());
    far = await file.record(apart.peephole, { kinds: ['Deployment', 'Service'] });
    world = file.world(stack, NAMESPACE);
    temporal = await Connection.connect({ address: stack.temporalAddress });
    file.atEnd(() => temporal.close());
    region = apart.region({ args: ['--queue', QUEUE] });
    file.atEnd(async () => {
      apart.network.restore();
      const exit = await region.stop();
      if (exit !== 0) throw new Error(`The region worker ended with ${exit}:\n${region.tail()}`);
    });
    await Promise.all([world.open({ role: 'worker' }), region.ready()]);
    watcher = await startQuickWatcher(stack, POLL_SECONDS);
    file.atEnd(() => watcher.stop());
    for (const name of NEAR) await haveSite(name);
    for (const name of FAR) await haveSite(name, { taskQueue: QUEUE });
    await reachIs('Answering');
  }, 300_000);

  it('gets what the hub rolls out, though neither can reach the API server of the other', async () => {
    await world.succeeded(await world.apply(aFleet('v1')));
    await counts({ ready: 4 });
    expect(FAR.map((site) => [versionAt(far, site), versionAt(world.recorder, site)])).toEqual([
      ['v1', undefined],
      ['v1', undefined],
    ]);
    const { network, apiPort } = apart;
    expect(await knocked('127.0.0.1', apiPort)).toBe('ECONNREFUSED');
    expect(await knocked(network.address, apiPort)).toBe('ECONNREFUSED');
    const { port } = new URL(world.client.connection.server);
    for (const host of ['127.0.0.1', network.hostAddress]) {
      const asked = ['--kubeconfig', stack.kubeconfig, '--server', `https://${host}:${port}`, 'get', 'namespaces'];
      const [command, ...rest] = [...network.inside, stack.tools.kubectl!, ...asked];
      const { failed, stderr } = await execa(command!, rest, { reject: false, timeout: 20_000 });
      expect([failed, stderr]).toEqual([true, expect.stringContaining('refused')]);
    }
  });

  it('that loses its link in the middle of a stage holds nobody up, and has the newest revision when it is back', async () => {
    const before = generationsAt('far-0');
    const first = await world.apply(aFleet('v2', SLOW));
    await far.until('the region to have begun', ['far-0/web-edge'], () =>
      generationsAt('far-0').includes(first.metadata.generation) ? true : undefined,
    );
    apart.network.cut();
    await world.succeeded(await world.apply(aFleet('v3')), LONG_MS);
    await counts({ ready: 2 });
    await reachIs('WorkerAway');
    const third = await world.apply(aFleet('v4'));
    await world.succeeded(third);
    expect(layerOf(await counts({ ready: 2 }))?.phase).toBe('Ready');
    expect(NEAR.map((site) => versionAt(world.recorder, site))).toEqual(['v4', 'v4']);

    apart.network.restore();
    await reachIs('Answering', LONG_MS);
    await counts({ ready: 4 });
    const given = [...before, first.metadata.generation, third.metadata.generation];
    expect(FAR.map(generationsAt)).toEqual([given, given]);
  });

  it('whose link comes and goes ends as the others do, without a struggle', async () => {
    const runs = await countRuns();
    const written = FAR.map(specOf);
    const applied = await world.apply(aFleet('v5', SLOW));
    for (let flaps = 0; flaps < 4; flaps++) await flap();
    await world.settled(applied, LONG_MS);
    for (let flaps = 0; flaps < 4; flaps++) await flap();
    await reachIs('Answering', LONG_MS);
    await counts({ ready: 4 }, LONG_MS);
    expect([...NEAR, ...FAR].map((site) => versionAt(FAR.includes(site) ? far : world.recorder, site))).toEqual(
      Array(4).fill('v5'),
    );
    expect(FAR.map(specOf)).toEqual(written.map((generation) => generation + 1));
    expect((await countRuns()) - runs).toBeLessThanOrEqual(3);
  });

  it('is left out while its cluster is silent, and catches up when that answers again', async () => {
    await apart.killApiServer();
    const applied = await world.apply(aFleet('v6'));
    await world.succeeded(applied, LONG_MS);
    await counts({ ready: 2 });
    const shards = await world.client.list<FogShard & KubeObject>(FOG_SHARDS, { namespace: NAMESPACE });
    const notes = shards.items.flatMap(({ status }) => status?.notes ?? []).map(({ site, reason }) => [site, reason]);
    expect(notes.toSorted()).toEqual(FAR.map((site) => [site, 'Unreachable']));
    await reachIs('ClusterAway');
    await apart.startApiServer();
    await reachIs('Answering', LONG_MS);
    await counts({ ready: 4 });
    expect(FAR.map((site) => versionAt(far, site))).toEqual(['v6', 'v6']);
  });

  it('puts right what somebody changed there', async () => {
    const body = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:other' }] } } } };
    await far.client.patch(DEPLOYMENTS, { namespace: 'far-1', name: 'web-edge' }, { type: 'strategic', body });
    await far.until('the release to be changed', ['far-1/web-edge'], () => isImage('nginx:other'));
    await far.until('the release to be right again', ['far-1/web-edge'], () => isImage('nginx:v6'));
    await counts({ ready: 4 });
    expect(watcher.log).toContainEqual(expect.objectContaining({ found: [expect.objectContaining({ drifted: 1 })] }));
    await far.client.delete(SERVICES, { namespace: 'far-1', name: 'web' });
    const service = async () =>
      (await far.client.find(SERVICES, { namespace: 'far-1', name: 'web' })) ?? { not: 'there' };
    await eventually('the Service to be there again', service);
    await counts({ ready: 4 });
  });
});

async function haveSite(name: string, spec: object = {}): Promise<void> {
  await world.must(['apply', '-f', '-'], aSiteManifest(name, { namespace: name, ...spec }));
}

function aFleet(version: string, image?: string): RolloutManifest {
  const { spec, ...manifest } = aRollout('web', { version, ...(image && { images: { edge: image } }) });
  const edge = { maxConcurrency: '100%', offline: { afterSeconds: 5 } };
  return { ...manifest, spec: { ...spec, strategy: { layers: { edge } } } } as RolloutManifest;
}

const layerOf = ({ status }: FogRollout) => status?.layers?.find(({ name }) => name === 'edge');
const annotationsOf = (where: Recorder, site: string) =>
  where.get('Deployment', `${site}/web-edge`)?.metadata.annotations ?? {};
const versionAt = (where: Recorder, site: string) => annotationsOf(where, site)['fog-rollouts.paguos.io/version'];

/** The generations of the rollout that a site of the region was given, one after the other. */
function generationsAt(site: string): number[] {
  const all = far.historyOf('Deployment', `${site}/web-edge`).map(({ metadata }) => metadata.annotations ?? {});
  const given = all.map((annotations) => Number(annotations['fog-rollouts.paguos.io/generation']));
  return given.filter((generation, at) => generation !== given[at - 1]);
}

/** How often the Deployment of a site of the region was given another spec. */
function specOf(site: string): number {
  return far.get('Deployment', `${site}/web-edge`)?.metadata.generation ?? 0;
}

const isImage = (image: string) => {
  const live = far.get('Deployment', 'far-1/web-edge');
  return live?.spec?.template.spec?.containers[0]?.image === image ? true : undefined;
};

/** The rollout has succeeded, and so many of its four sites are ready. */
async function counts({ ready }: { ready: number }, ms?: number): Promise<FogRollout> {
  const check = (rollout: FogRollout | undefined) => {
    const sites = rollout && layerOf(rollout)?.sites;
    return rollout?.status?.phase === 'Succeeded' && sites?.total === 4 && sites.ready === ready;
  };
  return await world.untilRollout(KEY, `to have ${ready} of 4 sites ready`, check, ms);
}

/** Resolves when the sites of the region are said to be reached or not, for that reason. */
async function reachIs(reason: 'Answering' | 'WorkerAway' | 'ClusterAway', ms?: number): Promise<void> {
  const reached = await eventually<(SiteCondition | undefined)[]>(
    `the sites to be ${reason}`,
    async () => {
      const { items } = await world.client.list<FogSite & KubeObject>(FOG_SITES, {});
      const found = items.filter(({ metadata }) => FAR.includes(metadata.name)).map(reachOf);
      return found.every((condition) => condition?.reason === reason) ? found : { not: found };
    },
    ms,
  );
  const status = reason === 'Answering' ? 'True' : 'False';
  expect(reached).toMatchObject(FAR.map(() => ({ status })));
}

const reachOf = ({ status }: FogSite) => status?.conditions?.find(({ type }) => type === 'Reachable');

/** The link is lost and back, each seen by who asks across it. */
async function flap(): Promise<void> {
  const address = await region.address();
  const isThere = async () =>
    (await fetch(address, { signal: AbortSignal.timeout(500) }).catch(() => undefined)) !== undefined;
  apart.network.cut();
  await eventually('the link to be lost', async () => ((await isThere()) ? { not: 'lost' } : true));
  apart.network.restore();
  await eventually('the link to be back', async () => ((await isThere()) ? true : { not: 'back' }));
}

/** What becomes of an attempt to connect. */
async function knocked(host: string, port: number): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const end = (what: string) => {
      socket.destroy();
      resolve(what);
    };
    socket.once('connect', () => end('connected'));
    socket.once('timeout', () => end('no answer'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code ?? 'an error'));
  });
}

/** Runs that the rollout has had. */
async function countRuns(): Promise<number> {
  const id = workflowId(NAMESPACE, 'web');
  const { count } = await new Client({ connection: temporal }).workflow.count(`WorkflowId = "${id}"`);
  return count;
}
