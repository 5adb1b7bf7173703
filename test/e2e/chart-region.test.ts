/** The Helm chart as a region has it: a region worker and nothing else, with the rights that its work takes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { ApplyReleaseInput } from '../../model/activities.ts';
import { HUB_QUEUE } from '../../model/names.ts';
import { OWN_CLUSTER, waitsOf } from '../../model/site.ts';
import { ActivityCaller } from '../support/activity-caller.ts';
import {
  ADDRESS,
  CHART,
  type Helm,
  helmOn,
  PUBLIC_KEY,
  type RenderedObject,
  SETUP_MS,
  set,
  TRACING,
} from '../support/chart.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { Product } from '../support/product.ts';
import { type Answer, answersTo, kubeconfigOf } from '../support/rights.ts';
import { NEVER_READY } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const HOME = 'e2e-chart-region';
const SITE = 'e2e-chart-region-site';
const NAME = 'fog-rollouts-region';
const QUEUE = 'region/chart';
const REGION = [NAME, CHART, '--namespace', HOME, ...ADDRESS, ...set('region.enabled=true')];
const ON_QUEUE = [...REGION, ...set(`region.queue=${QUEUE}`)];
const EVERYTHING = [
  'region.kubeconfigs.secretName=clusters',
  'region.namespaces={default}',
  'temporal.tls.enabled=true',
  `signing.trustedKeys.hub=${PUBLIC_KEY}`,
  ...TRACING,
  'metrics.dashboard.enabled=true',
];

const file = e2eFile();
let helm: Helm;
beforeAll(async () => {
  await file.record(stack().kubeconfig);
  helm = await helmOn(stack());
  file.atEnd(() => mustKubectl(['delete', 'namespace', HOME, SITE, '--ignore-not-found', '--wait=false']));
  await mustKubectl(['create', 'namespace', HOME]);
  await mustKubectl(['label', 'namespace', HOME, 'pod-security.kubernetes.io/enforce=restricted']);
}, SETUP_MS);

describe('The values of a region', () => {
  it('pass lint', async () => {
    const values = [...ADDRESS, ...set('region.enabled=true'), ...set(`region.queue=${QUEUE}`)];
    expect(await helm('lint', '--strict', CHART, ...values)).toContain('0 chart(s) failed');
  });

  const queue = `region.queue=${QUEUE}`;
  it.each([
    ['no queue', [], /region\.queue is not set: give the task queue/],
    ["the hub's queue", [`region.queue=${HUB_QUEUE}`], /region\.queue is fog-rollouts, which is the hub's/],
    ['a queue that no FogSite can name', ['region.queue=-north'], /'\/region\/queue'.*does not match/],
    ['a queue, and no word of a region', [queue, 'region.enabled=false'], /region\.enabled is not set/],
    ['a namespace that is none', [queue, 'region.namespaces={A}'], /'\/region\/namespaces\/0'.*does not match/],
    ['no cluster to reach', [queue, 'region.ownCluster=false'], /would reach no cluster: leave region\.ownCluster/],
    ["the confinement of the hub's worker", [queue, 'worker.namespaces[0]=edge'], /in region\.namespaces/],
    ["the hub's kubeconfigs", [queue, 'sites.kubeconfigSecrets.enabled=true'], /region\.kubeconfigs\.secretName/],
  ])('are refused with %s', async (_name, values, message) => {
    await expect(helm('template', ...REGION, ...values.flatMap(set))).rejects.toThrow(message);
  });
});

describe('The templates of a region', () => {
  it('make a worker with its rights, and nothing of the hub', async () => {
    const kinds = (await render()).map(({ kind, metadata: { name } }) => `${kind}/${name}`);
    expect(kinds.toSorted()).toEqual(
      ['ClusterRole', 'ClusterRoleBinding', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount'].map(
        (kind) => `${kind}/${NAME}`,
      ),
    );
  });

  it('hand it the kubeconfigs as a folder, whatever the Secret holds', async () => {
    const pod = podOf(await render('region.kubeconfigs.secretName=clusters'));
    const [container] = pod.containers;
    const folder = container!.env.find(({ name }) => name === 'FOG_ROLLOUTS_KUBECONFIGS')?.value;
    expect(container!.volumeMounts).toContainEqual({ name: 'kubeconfigs', mountPath: folder, readOnly: true });
    expect(pod.volumes).toContainEqual({ name: 'kubeconfigs', secret: { secretName: 'clusters' } });
  });

  it('give it neither rights nor a token where it has nothing to do in its own cluster', async () => {
    const objects = await render('region.kubeconfigs.secretName=clusters', 'region.ownCluster=false');
    expect(objects.filter(({ kind }) => /Role/.test(kind))).toEqual([]);
    expect(podOf(objects).automountServiceAccountToken).toBe(false);
  });

  it.each([
    ['the defaults', []],
    ['every option', EVERYTHING],
  ])('pass a server-side dry run with %s', async (_name, values) => {
    const objects = await render(...values);
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const accepted = await mustKubectl(['create', '--dry-run=server', '-f', '-'], list);
    expect(accepted.match(/ created \(server dry run\)/g)).toHaveLength(objects.length);
    expect(accepted).not.toContain('Warning');
  });
});

describe('A region worker from the chart', () => {
  let region: Product;
  let caller: ActivityCaller;
  beforeAll(async () => {
    await helm('install', ...ON_QUEUE, '--wait', '--timeout', '90s');
    const KUBECONFIG = await kubeconfigOf({ namespace: HOME, name: NAME }, stack());
    const variables = podOf(await render()).containers[0]!.env.filter(({ name }) => name === 'FOG_ROLLOUTS_QUEUE');
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    caller = await ActivityCaller.start(stack().temporalAddress);
    region = await new Product(stack(), { role: 'region', env: { ...env, KUBECONFIG } }).ready();
  });
  afterAll(async () => {
    const exit = await region?.stop();
    await caller?.stop();
    await helm('uninstall', NAME, '--namespace', HOME, '--ignore-not-found');
    expect(exit).toBe(0);
  });

  it('runs where restricted pod security is enforced', async () => {
    const ready = ['-o', 'jsonpath={.status.readyReplicas}'];
    expect(await mustKubectl(['get', `deployment/${NAME}`, '-n', HOME, ...ready])).toBe('2');
  });

  it('has the rights that it takes to apply, observe and remove a release, and not one more', async () => {
    const input = aRelease();
    expect(await caller.call(QUEUE, 'applyRelease', input)).toMatchObject({ ready: true });
    const { clusters } = await caller.call(QUEUE, 'observeSites', { clusters: [OWN_CLUSTER] });
    expect(clusters).toMatchObject([{ answering: true, synced: true }]);
    expect(clusters[0]!.namespaces).toContainEqual(
      expect.objectContaining({ namespace: SITE, releases: 1, drifted: [] }),
    );
    const broken = aRelease({ generation: 2, image: NEVER_READY, progressDeadlineSeconds: 2 });
    const applied = await caller.call(QUEUE, 'applyRelease', broken);
    await expect(caller.call(waitsOf(QUEUE), 'awaitReady', { ...broken, ...applied })).rejects.toThrow(/no progress/i);
    await caller.call(QUEUE, 'removeRelease', input);
    expect(await mustKubectl(['get', 'deployments,services', '-n', SITE, '-o', 'name'])).toBe('');

    const { rules } = JSON.parse(await mustKubectl(['get', 'clusterrole', NAME, '-o', 'json'])) as RenderedObject;
    expect(await usedBy(region)).toEqual(grantedBy(rules!));
  });

  it('may write in some namespaces only, and works there as before', async () => {
    await helm('upgrade', ...ON_QUEUE, ...set(`region.namespaces={${SITE}}`));
    await eventually('the rights to be as they should', async () => {
      const expected = [...may('create patch delete', SITE, 'yes'), ...may('get create patch delete', HOME, 'no')];
      const { kubeconfig: KUBECONFIG, tools } = stack();
      const answers = await answersTo(expected, { path: tools.kubectl!, env: { KUBECONFIG } });
      const wrong = answers.filter(({ answer }, at) => answer !== expected[at]!.answer);
      return wrong.length === 0 ? true : { not: wrong };
    });
    const input = aRelease({ generation: 3 });
    expect(await caller.call(QUEUE, 'applyRelease', input)).toMatchObject({ ready: true });
    await caller.call(QUEUE, 'removeRelease', input);
    expect(region.log.filter((line) => /forbidden/i.test(JSON.stringify(line)))).toEqual([]);
  });
});

interface Pod {
  automountServiceAccountToken: boolean;
  containers: { env: { name: string; value?: string }[]; volumeMounts: object[] }[];
  volumes: object[];
}

/** Everything that a release of the region's would make. */
async function render(...values: string[]): Promise<RenderedObject[]> {
  const text = await helm('template', ...ON_QUEUE, ...values.flatMap(set));
  return parseAllDocuments(text).map((document) => document.toJS() as RenderedObject);
}

function podOf(objects: RenderedObject[]): Pod {
  return objects.find(({ kind }) => kind === 'Deployment')!.spec!.template.spec as unknown as Pod;
}

function aRelease({ generation = 1, image = 'nginx', progressDeadlineSeconds = 60 } = {}): ApplyReleaseInput {
  return {
    owner: { namespace: HOME, name: 'web', uid: 'web-1', created: '2026-11-22T10:00:00Z' },
    site: { name: 'mill-1', layer: 'edge', namespace: SITE, cluster: OWN_CLUSTER, queue: QUEUE },
    revision: { generation, version: 'v1', hash: `hash-${generation}` },
    hash: `content-${generation}`,
    content: { replicas: 1, containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
    progressDeadlineSeconds,
  };
}

/** `verb plural.group` of each right that a role has. */
function grantedBy(rules: NonNullable<RenderedObject['rules']>): string[] {
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs.map((verb) => `${verb} ${[resources[0], apiGroups[0]].filter(Boolean).join('.')}`),
  );
  return rights.toSorted();
}

/** The same of what the product has asked of Kubernetes, by its metrics. */
async function usedBy(product: Product): Promise<string[]> {
  const metrics = await (await fetch(`${await product.address()}/metrics`)).text();
  const requests = [...metrics.matchAll(/kube_requests_total\{verb="(\w+)",type="([\w.]+)"/g)];
  return [...new Set(requests.map(([, verb, type]) => `${verb === 'apply' ? 'patch' : verb} ${type}`))].toSorted();
}

/** What is expected of the worker with Deployments and Services in a namespace. */
function may(verbs: string, namespace: string, answer: Answer['answer']): Answer[] {
  return ['deployments.apps', 'services'].flatMap((resource) =>
    verbs.split(' ').map((verb) => ({ serviceAccount: `${HOME}:${NAME}`, verb, resource, namespace, answer })),
  );
}
