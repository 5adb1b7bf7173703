/**
 * Region workers, and sites whose kubeconfig is in a Secret: what they do where, with which rights, and what they never
 * touch. On a stack of its own, whose cluster is the sites'; the region worker's KUBECONFIG is a stand-in that only counts.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import { Client, Connection } from '@temporalio/client';
import { FAILURE_CONVERTER } from '../../encryption/data-converter.ts';
import type { KubeClient } from '../../kube/client.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, SECRETS, SERVICES } from '../../kube/resources.ts';
import type { ApplyReleaseInput } from '../../model/activities.ts';
import { HUB_QUEUE } from '../../model/names.ts';
import { waitsOf } from '../../model/site.ts';
import type { FogRollout } from '../../model/types.ts';
import { SigningCodec } from '../../signing/codec.ts';
import { readSigningKey } from '../../signing/keys.ts';
import { bundleWith, bundleWorkflows } from '../../workers/bundle.ts';
import { ActivityCaller } from '../support/activity-caller.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { FakeKube } from '../support/fakekube.ts';
import { historiesOf } from '../support/histories.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { Product } from '../support/product.ts';
import { kubeconfigOf } from '../support/rights.ts';
import { aRollout, SLOW } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const QUEUE = 'region/mill';
const HOME = 'e2e-region';
const SITE = 'e2e-region-site';
/** What docs/security.md says that a site's kubeconfig must allow. */
const RULES = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] },
  { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: ['list'] },
];
const file = e2eFile();
let cluster: StackHandle;
let client: KubeClient;
let caller: ActivityCaller;
let standIn: FakeKube;
let folder: string;
/** Of a ServiceAccount with {@link RULES}. */
let kubeconfig: string;
let region: Product;

beforeAll(async () => {
  standIn = await FakeKube.start();
  file.atEnd(() => standIn.stop());
  cluster = await file.startStack({ nodes: 2 });
  client = (await file.record(cluster.kubeconfig)).client;
  await grantSiteRights();
  kubeconfig = readFileSync(await kubeconfigOf({ namespace: HOME, name: 'site' }, cluster), 'utf8');
  folder = join(cluster.dir, 'kubeconfigs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'mill.yaml'), kubeconfig);
  writeFileSync(join(cluster.dir, 'stand-in'), JSON.stringify(kubeconfigTo(standIn.url)));
  caller = await ActivityCaller.start(cluster.temporalAddress);
  file.atEnd(() => caller.stop());
  region = startRegion();
  file.atEnd(() => region.stop());
  await region.ready();
});

/** A kubeconfig that leads there, as nobody. */
function kubeconfigTo(server: string): object {
  const context = { cluster: 'stand-in', user: 'nobody' };
  return {
    clusters: [{ name: 'stand-in', cluster: { server } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'stand-in', context }],
    'current-context': 'stand-in',
  };
}

describe('A region worker', () => {
  it('says of itself what it has: Temporal and a worker, and no hub', async () => {
    const address = await region.address();
    expect(await (await fetch(`${address}/readyz`)).json()).toMatchObject({ checks: { temporal: 'ok', worker: 'ok' } });
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
  });

  it('applies a release at a site of its queue, sees it ready, and removes it, with no more rights than it takes', async () => {
    const input = aRelease('web');
    const applied = await caller.call(QUEUE, 'applyRelease', input);
    expect(applied).toMatchObject({ ready: true });
    const live = await client.get(DEPLOYMENTS, { namespace: SITE, name: 'web-edge' });
    expect(live.metadata.uid).toBe(applied.deployment.uid);
    await client.get(SERVICES, { namespace: SITE, name: 'web' });

    expect(await caller.call(waitsOf(QUEUE), 'awaitReady', { ...input, ...applied })).toEqual({ outcome: 'ready' });

    const { owner, site } = input;
    await caller.call(QUEUE, 'removeRelease', { owner, site });
    await expect(client.get(DEPLOYMENTS, { namespace: SITE, name: 'web-edge' })).rejects.toMatchObject({ code: 404 });
    await expect(client.get(SERVICES, { namespace: SITE, name: 'web' })).rejects.toMatchObject({ code: 404 });
  });

  it('waits for what takes longer', async () => {
    const input = aRelease('slow', { image: SLOW });
    const applied = await caller.call(QUEUE, 'applyRelease', input);
    expect(await caller.call(waitsOf(QUEUE), 'awaitReady', { ...input, ...applied })).toEqual({ outcome: 'ready' });
  });

  it('says which kubeconfig it lacks, and goes on when it has it', async () => {
    const { result, failed } = await caller.begin(QUEUE, 'applyRelease', aRelease('late', { cluster: 'port' }));
    expect(await failed(/port/)).toMatch(/^edge mill-1: There is no kubeconfig of cluster port: .* has none of port, /);
    writeFileSync(join(folder, 'port'), kubeconfig);
    expect(await result).toMatchObject({ ready: true });
  });

  it('says what a cluster says that does not know it, and uses a new kubeconfig when there is one', async () => {
    const stale = kubeconfig.replace(/("token":\s*")[^"]*/, '$1not-a-token');
    writeFileSync(join(folder, 'quay'), stale);
    const { result, failed } = await caller.begin(QUEUE, 'applyRelease', aRelease('renewed', { cluster: 'quay' }));
    expect(await failed(/Unauthorized/)).toMatch(/^edge mill-1: GET deployments.apps: Unauthorized/);
    writeFileSync(join(folder, 'quay'), kubeconfig);
    expect(await result).toMatchObject({ ready: true });
  });

  it('has one watch for all sites on a cluster', async () => {
    const metrics = await (await fetch(`${await region.address()}/metrics`)).text();
    const lists = [...metrics.matchAll(/requests_total\{verb="list",type="deployments.apps",code="200"\} (\d+)/g)];
    // mill, port and quay: one each.
    expect(lists.map(([, count]) => count)).toEqual(['3']);
  });

  it('never spoke to the cluster that KUBECONFIG names', () => {
    expect([standIn.requests.length, standIn.connections]).toEqual([0, 0]);
  });

  it('ends with 0 on SIGTERM, in the middle of a wait that the next one goes on with', async () => {
    const input = aRelease('handed', { image: SLOW });
    const call = await caller.begin(QUEUE, 'applyRelease', input);
    await untilThere('handed-edge');
    expect(await region.stop()).toBe(0);
    expect(region.noise).toBe('');
    region = await startRegion().ready();
    const applied = await call.result;
    expect(await caller.call(waitsOf(QUEUE), 'awaitReady', { ...input, ...applied })).toEqual({ outcome: 'ready' });
  });
});

describe('A region worker that was given the public key of its hub', () => {
  const SIGNED = `${QUEUE}/signed`;
  let hub: ActivityCaller;

  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const [key, trusted] = [join(cluster.dir, 'signing-key.pem'), join(cluster.dir, 'trusted-keys')];
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    mkdirSync(trusted);
    writeFileSync(join(trusted, 'hub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    const dataConverter = { payloadCodecs: [new SigningCodec(readSigningKey(key))] };
    hub = await ActivityCaller.start(cluster.temporalAddress, dataConverter, 'signing-caller');
    file.atEnd(() => hub.stop());
    const trusting = startRegion({ queue: SIGNED, env: { FOG_ROLLOUTS_TRUSTED_KEYS: trusted } });
    file.atEnd(() => trusting.stop());
    await trusting.ready();
  });

  it('does what that has signed, waits too', async () => {
    const input = aRelease('signed', { queue: SIGNED, image: SLOW });
    const applied = await hub.call(SIGNED, 'applyRelease', input);
    expect(await hub.call(waitsOf(SIGNED), 'awaitReady', { ...input, ...applied })).toEqual({ outcome: 'ready' });
  });

  it('refuses for good what somebody else asks for who has got into Temporal', async () => {
    const input = aRelease('forged', { queue: SIGNED });
    await expect(caller.call(SIGNED, 'applyRelease', input)).rejects.toMatchObject({
      type: 'NotSigned',
      nonRetryable: true,
      message: expect.stringMatching(
        /does only what the hub has signed, and refuses this applyRelease: it is not signed/,
      ),
    });
    await expect(caller.call(waitsOf(SIGNED), 'awaitReady', input as never)).rejects.toMatchObject({
      type: 'NotSigned',
    });
    const { owner, site } = aRelease('signed', { queue: SIGNED });
    await expect(caller.call(SIGNED, 'removeRelease', { owner, site })).rejects.toMatchObject({ type: 'NotSigned' });
    await expect(client.get(DEPLOYMENTS, { namespace: SITE, name: 'forged-edge' })).rejects.toMatchObject({
      code: 404,
    });
    await client.get(DEPLOYMENTS, { namespace: SITE, name: 'signed-edge' });
  });
});

describe('A region worker that has the payload keys of its hub, and its collector of traces', () => {
  const SEALED = `${QUEUE}/sealed`;
  const PASSWORD = 'hunter2-is-the-password';
  let world: World;
  let receiver: OtlpReceiver;
  let rollout: FogRollout;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    file.atEnd(() => receiver.stop());
    const keys = join(cluster.dir, 'payload-keys');
    mkdirSync(keys);
    writeFileSync(join(keys, 'only'), randomBytes(32).toString('base64'));
    const shared = (place: string) => ({
      FOG_ROLLOUTS_PAYLOAD_KEYS: keys,
      FOG_ROLLOUTS_PAYLOAD_KEY: 'only',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${place}`,
    });
    const sealing = startRegion({ queue: SEALED, env: shared('region') });
    file.atEnd(() => sealing.stop());
    const bundle = join(cluster.dir, 'bundle.cjs');
    const parts = { failureConverterPath: FAILURE_CONVERTER, tracing: true };
    writeFileSync(bundle, 'of those who neither encrypt nor trace');
    writeFileSync(bundleWith(bundle, parts), (await bundleWorkflows(parts)).code);
    world = file.world(cluster, `${HOME}-sealed`, { places: { cloud: [], fog: [], edge: [SITE] } });
    await world.open({ env: { ...shared('hub'), FOG_ROLLOUTS_WORKFLOW_BUNDLE: bundle } });
    await sealing.ready();
    const site = { taskQueue: SEALED, cluster: { name: 'mill' }, namespace: SITE };
    await world.must(['apply', '-f', '-'], aSiteManifest('sealed-mill', site));
    const manifest = aRollout('sealed', { layers: ['edge'] });
    manifest.spec.deployments.edge!.containers[0]!.env = [{ name: 'PASSWORD', value: PASSWORD }];
    rollout = await world.succeeded(await world.apply(manifest));
  });

  it('gets what the hub rolls out, and neither that nor its answer can be read in Temporal', async () => {
    const { spec } = await client.get<V1Deployment & KubeObject>(DEPLOYMENTS, { namespace: SITE, name: 'sealed-edge' });
    expect(spec?.template.spec?.containers[0]?.env).toEqual([{ name: 'PASSWORD', value: PASSWORD }]);
    const temporal = await Connection.connect({ address: cluster.temporalAddress });
    file.atEnd(() => temporal.close());
    const id = `fogrollout/${world.namespace}/sealed`;
    expect(await historiesOf(temporal, id)).not.toContain(PASSWORD);
    const { events } = await new Client({ connection: temporal }).workflow.getHandle(id).fetchHistory();
    const asked = events!.find(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.taskQueue?.name === SEALED,
    )!;
    const answered = events!.find(
      ({ activityTaskCompletedEventAttributes: completed }) =>
        completed && String(completed.scheduledEventId) === String(asked.eventId),
    )!;
    const payloads = [
      ...asked.activityTaskScheduledEventAttributes!.input!.payloads!,
      ...answered.activityTaskCompletedEventAttributes!.result!.payloads!,
    ];
    expect(payloads.map(({ metadata }) => Buffer.from(metadata!.encoding!).toString())).toEqual([
      'binary/encrypted',
      'binary/encrypted',
    ]);
  });

  it('has told what it did there, in the trace of the run', async () => {
    const spans = await eventually<string[][]>('the spans of hub and region', async () => {
      const own = receiver.spans.filter(({ traceId }) => traceId === rollout.status?.run?.traceId);
      const of = (place: string) =>
        own.filter(({ resource }) => resource['deployment.environment.name'] === place).map(({ name }) => name);
      const both = [of('hub'), of('region')];
      return (both[0]!.includes('rollout') && both[1]!.length > 0 && both) || { not: both };
    });
    expect(spans[1]).toContain('RunActivity:applyRelease');
    expect(spans[0]).not.toContain('RunActivity:applyRelease');
  });
});

describe('A region worker that cannot be as it is told', () => {
  it.concurrent.each<[string, string[], Record<string, string | undefined>, RegExp]>([
    ['no queue', [], {}, /^fog-rollouts region: Give the task queue of its sites: --queue <queue>/],
    ["the hub's queue", ['--queue', HUB_QUEUE], {}, /The task queue fog-rollouts is the hub's/],
    ['a folder that is not there', ['--queue', 'x'], { FOG_ROLLOUTS_KUBECONFIGS: '/nowhere' }, /no folder \/nowhere/],
    ['no cluster at all', ['--queue', 'x'], { KUBECONFIG: '/nowhere/config' }, /\/nowhere\/config/],
  ])('ends with 2 and one clear line: %s', async (_name, args, env, line) => {
    const product = new Product(cluster, { role: 'region', args, env });
    expect(await product.exited).toBe(2);
    expect(product.noise).toMatch(line);
    expect(product.noise.trim().split('\n')).toHaveLength(1);
  });
});

describe('The worker of the hub', () => {
  it('reaches a site by the kubeconfig in a Secret, once there is one that it may use', async () => {
    const worker = await new Product(cluster, { role: 'worker', env: { FOG_ROLLOUTS_LEASE_NAMESPACE: HOME } }).ready();
    try {
      const site = { cluster: 'secret/region-a/kubeconfig' };
      const { result, failed } = await caller.begin(HUB_QUEUE, 'applyRelease', aRelease('remote', site));
      expect(await failed(/Secret/)).toMatch(/^edge mill-1: Secret e2e-region\/region-a does not exist/);
      await putSecret(kubeconfig.replace(/"token":\s*"[^"]*"/, '"exec":{"command":"/bin/true"}'));
      expect(await failed(/exec/)).toMatch(
        /^edge mill-1: Secret e2e-region\/region-a, key kubeconfig: .*user has exec/,
      );
      await putSecret(kubeconfig);
      expect(await result).toMatchObject({ ready: true });
      const token = /"token":\s*"([^"]+)"/.exec(kubeconfig)![1]!;
      expect(JSON.stringify(worker.log)).not.toContain(token);
    } finally {
      expect(await worker.stop()).toBe(0);
    }
  });
});

function startRegion({ queue = QUEUE, env = {} } = {}): Product {
  return new Product(cluster, {
    role: 'region',
    args: ['--queue', queue, '--kubeconfigs', folder],
    env: { KUBECONFIG: join(cluster.dir, 'stand-in'), ...env },
  });
}

function aRelease(name: string, { cluster = 'mill', image = 'nginx', queue = QUEUE } = {}): ApplyReleaseInput {
  return {
    owner: { namespace: HOME, name, uid: `${name}-1`, created: '2026-11-22T10:00:00Z' },
    site: { name: 'mill-1', layer: 'edge', namespace: SITE, cluster, queue },
    revision: { generation: 1, version: 'v1', hash: 'hash-1' },
    hash: 'content-hash',
    content: { replicas: 1, containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
    progressDeadlineSeconds: 60,
  };
}

async function grantSiteRights(): Promise<void> {
  const type = (group: string, version: string, plural: string, kind: string, namespaced: boolean) => ({
    ...{ group, version, plural, kind, namespaced },
  });
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'e2e-region-site' };
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name };
  const subjects = [{ kind: 'ServiceAccount', namespace: HOME, name: 'site' }];
  await client.create(NAMESPACES, { metadata: { name: HOME } });
  await client.create(type('', 'v1', 'serviceaccounts', 'ServiceAccount', true), {
    metadata: { namespace: HOME, name: 'site' },
  });
  await client.create(type(rbac, 'v1', 'clusterroles', 'ClusterRole', false), {
    metadata,
    rules: RULES,
  } as KubeObject);
  await client.create(type(rbac, 'v1', 'clusterrolebindings', 'ClusterRoleBinding', false), {
    ...{ metadata, roleRef, subjects },
  } as KubeObject);
}

async function putSecret(text: string): Promise<void> {
  const secret = { metadata: { namespace: HOME, name: 'region-a' }, stringData: { kubeconfig: text } };
  await client.apply<V1Secret & KubeObject>(SECRETS, secret, { force: true });
}

/** Resolves when the Deployment is at the site. */
async function untilThere(name: string): Promise<void> {
  const list = { namespace: SITE, fieldSelector: `metadata.name=${name}`, resourceVersion: '0' };
  const signal = AbortSignal.timeout(30_000);
  for await (const _event of client.watch(DEPLOYMENTS, { ...list, idleTimeoutMs: 30_000 }, { signal })) return;
}
