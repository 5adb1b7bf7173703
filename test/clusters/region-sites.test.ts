/**
 * What is said of the sites of a region: within reach or not, how many releases, and which of them are not what they were
 * made. The watcher of sites runs in the test, on a server whose polls are short, so that a worker is missed soon.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { KubeClient } from '../../kube/client.ts';
import { Informer } from '../../kube/informer.ts';
import { silentLog } from '../../kube/log.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, SERVICES } from '../../kube/resources.ts';
import type { ApplyReleaseInput } from '../../model/activities.ts';
import { FOG_ROLLOUTS, FOG_SHARDS, FOG_SITES, RELEASE_SELECTOR } from '../../model/names.ts';
import { ownerOf } from '../../model/revision.ts';
import { OWN_CLUSTER } from '../../model/site.ts';
import type { FogRollout, FogShard, FogSite, FogSiteStatus } from '../../model/types.ts';
import { NAMESPACE_INDEX, namespaceIndex } from '../../observed/releases.ts';
import { createRegionClient } from '../../watcher/sites/region-client.ts';
import { keepSiteStatuses } from '../../watcher/sites/site-judge.ts';
import { ActivityCaller } from '../support/activity-caller.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';

const QUEUE = 'region/sea';
const HOME = 'e2e-region-sites';
const SITE = 'e2e-boat';
const POLL_SECONDS = 3;
const FRESH_MS = (POLL_SECONDS + 3) * 1000;
const file = e2eFile();
let stack: StackHandle;
let client: KubeClient;
let caller: ActivityCaller;
let temporal: NativeConnection;
let hub: Product;
let region: Product;
let rollout: FogRollout;
let ghost: FogRollout;
const stop = new AbortController();
let watching: Promise<void>;

beforeAll(async () => {
  stack = await file.startStack({
    nodes: 1,
    dynamicConfig: [`matching.longPollExpirationInterval="${POLL_SECONDS}s"`],
  });
  client = (await file.record(stack.kubeconfig)).client;
  caller = await ActivityCaller.start(stack.temporalAddress);
  file.atEnd(() => caller.stop());
  hub = new Product(stack, { role: 'worker' });
  file.atEnd(() => hub.stop());
  await Promise.all([HOME, SITE].map((name) => client.create(NAMESPACES, { metadata: { name } })));
  [rollout, ghost] = await Promise.all([aRollout('web'), aRollout('ghost')]);
  temporal = await NativeConnection.connect({ address: stack.temporalAddress });
  file.atEnd(() => temporal.close());
  watching = keepStatuses();
  watching.catch(() => undefined);
  file.atEnd(async () => {
    stop.abort();
    await watching;
  });
  file.atEnd(() => region?.stop());
  await hub.ready();
  await client.create(FOG_SITES, aSiteManifest('boat', { taskQueue: QUEUE, namespace: SITE }) as KubeObject);
});

describe('A site of a region', () => {
  it('is out of reach before its region has a worker', async () => {
    await untilSite('out of reach', reachIs('WorkerAway'));
    expect(conditionsOf(await site())).toMatchObject({ message: expect.stringContaining(`--queue ${QUEUE}`) });
  });

  it('is within reach once it has one, and has that much', async () => {
    region = await startRegion();
    const status = await untilSite('within reach', reachIs('Answering'));
    expect(status).toMatchObject({ releases: 0, worker: expect.any(String), lastSeen: expect.any(String) });
    await give();
    await untilSite('counted', ({ releases }) => releases === 1);
  });

  it('says which release was changed, until it is what it was', async () => {
    const body = { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } };
    await client.patch(DEPLOYMENTS, { namespace: SITE, name: 'web-edge' }, { type: 'strategic', body });
    const { drifted } = await untilSite('drifted', (status) => status.drifted !== undefined);
    const message = 'the Deployment was changed at spec.template.spec.containers[web].image';
    expect(drifted).toEqual([{ namespace: HOME, name: 'web', message }]);
    await give();
    await untilSite('right again', (status) => status.drifted === undefined);
  });

  it('says which release was deleted, until it is there', async () => {
    await client.delete(DEPLOYMENTS, { namespace: SITE, name: 'web-edge' });
    const { drifted } = await untilSite('drifted', (status) => status.drifted !== undefined);
    expect(drifted).toEqual([{ namespace: HOME, name: 'web', message: 'the Deployment is missing' }]);
    await give();
    await untilSite('right again', ({ releases, drifted: left }) => releases === 1 && left === undefined);
  });

  it('says which Service was changed, until it is what it was', async () => {
    const body = { spec: { selector: { app: 'theirs' } } };
    await client.patch(SERVICES, { namespace: SITE, name: 'web' }, { type: 'merge', body });
    const { drifted } = await untilSite('drifted', (status) => status.drifted !== undefined);
    expect(drifted).toMatchObject([
      { name: 'web', message: expect.stringMatching(/^the Service was changed at spec/) },
    ]);
    await give();
    await untilSite('right again', (status) => status.drifted === undefined);
  });

  it('says which Service was deleted, until it is there', async () => {
    await client.delete(SERVICES, { namespace: SITE, name: 'web' });
    const { drifted } = await untilSite('drifted', (status) => status.drifted !== undefined);
    expect(drifted).toEqual([{ namespace: HOME, name: 'web', message: 'the Service is missing' }]);
    await give();
    await untilSite('right again', ({ releases, drifted: left }) => releases === 1 && left === undefined);
  });

  it('misses a release that its record says is there, though nobody ever saw it', async () => {
    const site = { name: 'boat', namespace: SITE, cluster: OWN_CLUSTER, queue: QUEUE };
    await client.create(FOG_SHARDS, {
      metadata: { name: 'fgs-ghost-edge-0', namespace: HOME },
      spec: {
        ...{
          rollout: 'ghost',
          uid: ghost.metadata.uid,
          layer: 'edge',
          generation: 1,
          version: 'v1',
          hash: 'content-1',
        },
        ...{ run: 'r1', index: 0, wave: 'rest', sites: [site] },
      },
      status: { phases: 'r', reports: 1 },
    } as KubeObject);
    const { drifted } = await untilSite('without it', (status) => status.drifted !== undefined);
    expect(drifted).toEqual([{ namespace: HOME, name: 'ghost', message: 'the Deployment is missing' }]);
    await client.delete(FOG_SHARDS, { namespace: HOME, name: 'fgs-ghost-edge-0' });
    await untilSite('right again', (status) => status.drifted === undefined);
  });

  it('is out of reach when its worker was killed, and within when there is another', async () => {
    const { worker } = (await site()).status!;
    await region.kill();
    const status = await untilSite('out of reach', reachIs('WorkerAway'));
    expect(status).toMatchObject({ releases: 1, lastSeen: expect.any(String), worker });
    region = await startRegion();
    const again = await untilSite('within reach', reachIs('Answering'));
    expect(again.releases).toBe(1);
    expect(again.worker).not.toBe(worker);
  });

  it('is out of reach when its worker stops', async () => {
    const stopped = region.stop();
    await untilSite('out of reach', reachIs('WorkerAway'));
    expect(await stopped).toBe(0);
  });

  it('says why its worker does nothing that this hub asks, when that trusts another key', async () => {
    const trusted = join(stack.dir, 'trusted-keys');
    mkdirSync(trusted);
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(trusted, 'hub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    region = await startRegion({ FOG_ROLLOUTS_TRUSTED_KEYS: trusted });
    const status = await untilSite('there, and refusing', reachIs('NotSigned'));
    expect(conditionsOf({ status })).toMatchObject({
      status: 'True',
      message: expect.stringMatching(/do none of this hub's: .*refuses this observeSites: it is not signed/),
    });
    await region.stop();
    region = await startRegion();
    await untilSite('answering again', reachIs('Answering'));
  });
});

async function aRollout(name: string): Promise<FogRollout> {
  return (await client.create(FOG_ROLLOUTS, {
    metadata: { name, namespace: HOME },
    spec: {
      version: 'v1',
      deployments: { edge: { containers: [{ name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }] }] } },
    },
  } as KubeObject)) as unknown as FogRollout;
}

async function keepStatuses(): Promise<void> {
  const indexes = { [NAMESPACE_INDEX]: namespaceIndex };
  const releases = { client, labelSelector: RELEASE_SELECTOR, indexes };
  const informers = {
    sites: new Informer<FogSite & KubeObject>({ client, type: FOG_SITES }),
    shards: new Informer<FogShard & KubeObject>({ client, type: FOG_SHARDS }),
    rollouts: new Informer<FogRollout & KubeObject>({ client, type: FOG_ROLLOUTS }),
    deployments: new Informer<V1Deployment & KubeObject>({ ...releases, type: DEPLOYMENTS }),
    services: new Informer<V1Service & KubeObject>({ ...releases, type: SERVICES }),
  };
  for (const informer of Object.values(informers)) informer.start(stop.signal);
  const none = { stateOf: () => undefined, subscribe: () => () => undefined, observe: () => undefined };
  await keepSiteStatuses(
    {
      ...informers,
      client,
      kept: async () => undefined,
      regions: createRegionClient(new Client({ connection: temporal }).workflow, { few: 0 }),
      clusters: { ...none, releasesIn: (_name, namespace) => ({ namespace, releases: 0, present: [], drifted: [] }) },
      namespace: HOME,
      kubeconfigSecrets: { namespace: HOME, allowedHosts: [], onlyHosts: [] },
      log: silentLog,
      ages: { freshMs: FRESH_MS, pollMs: 500 },
    },
    stop.signal,
  );
  await Promise.all(Object.values(informers).map((informer) => informer.stopped));
}

async function startRegion(env?: Record<string, string>): Promise<Product> {
  return await new Product(stack, { role: 'region', args: ['--queue', QUEUE], ...(env && { env }) }).ready();
}

/** Gives the site its release, as a run does. */
async function give(): Promise<void> {
  const input: ApplyReleaseInput = {
    owner: ownerOf(rollout),
    site: { name: 'boat', layer: 'edge', namespace: SITE, cluster: OWN_CLUSTER, queue: QUEUE },
    revision: { generation: 1, version: 'v1', hash: 'hash-1' },
    hash: 'content-1',
    content: rollout.spec.deployments.edge!,
    progressDeadlineSeconds: 60,
  };
  await caller.call(QUEUE, 'applyRelease', input);
}

async function site(): Promise<FogSite> {
  return (await client.get<FogSite & KubeObject>(FOG_SITES, { name: 'boat' })) as FogSite;
}

function conditionsOf({ status }: Pick<FogSite, 'status'>) {
  return status?.conditions?.find(({ type }) => type === 'Reachable');
}

function reachIs(reason: string): (status: FogSiteStatus) => boolean {
  return (status) => conditionsOf({ status })?.reason === reason;
}

async function untilSite(what: string, check: (status: FogSiteStatus) => boolean, ms?: number): Promise<FogSiteStatus> {
  return await eventually<FogSiteStatus>(
    `the site to be ${what}`,
    async () => {
      const { status = {} } = await site();
      return check(status) ? status : { not: status };
    },
    ms,
  );
}
