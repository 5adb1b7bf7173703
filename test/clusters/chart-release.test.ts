/** The Helm chart in a cluster of its own: it brings the CRD, which every other test needs left alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { parse } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { WATCHER_LEASE } from '../../model/names.ts';
import {
  ADDRESS,
  addressBeside,
  EMBEDDED,
  environmentOf,
  type Helm,
  helmOn,
  PUBLIC_KEY,
  RELEASE,
  type RenderedObject,
  render,
  SETUP_MS,
  SYSTEM,
  set,
  TRACING,
} from '../support/chart.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { type Answer, answersTo, kubeconfigOf } from '../support/rights.ts';
import type { StackHandle } from '../support/stack.ts';

const CRD = 'fogrollouts.paguos.io';
jest.setTimeout(480_000);

const confinedTo = (...layers: string[]) => layers.map((layer, at) => `worker.namespaces[${at}]=${layer}`);
/** Where the chart has the kubeconfigs of sites. */
const KUBECONFIGS = 'fog-rollouts-kubeconfigs';

/** Values that use all that the chart has for a hub. */
const SINK = [
  'notifications.sinks[0].name=audit',
  'notifications.sinks[0].url.secret=webhooks',
  'notifications.sinks[0].url.key=url',
  'notifications.sinks[0].signing[0].secret=webhooks',
  'notifications.sinks[0].signing[0].key=signing',
];

const EVERY_OPTION = [
  ...confinedTo('cloud', 'fog'),
  'sites.kubeconfigSecrets.enabled=true',
  'sites.kubeconfigSecrets.hosts[0]=10.0.0.1',
  'api.alias.namespace=cloud',
  'api.ingress.enabled=true',
  'api.ingress.hosts[0]=rollouts.example.com',
  'rbac.aggregate=true',
  'networkPolicy.from[0].namespaceSelector.matchLabels.of=clients',
  'networkPolicy.extraEgress[0].ports[0].port=9090',
  `image.digest=sha256:${'0'.repeat(64)}`,
  'global.imagePullSecrets[0].name=registry',
  'pods.extraVolumes[0].name=authorities',
  'pods.extraVolumes[0].configMap.name=authorities',
  'pods.extraVolumeMounts[0].name=authorities',
  'pods.extraVolumeMounts[0].mountPath=/etc/ssl/more',
  'pods.serviceAccountAnnotations.of=ours',
  'extraObjects[0].apiVersion=v1',
  'extraObjects[0].kind=ConfigMap',
  'extraObjects[0].metadata.name=ours',
  'encryption.secretName=payload-keys',
  'encryption.current=2026-11',
  'codecServer.enabled=true',
  'codecServer.token.secretName=codec',
  'codecServer.origins[0]=https://temporal.example.com',
  'admission.serviceAccounts.allowed.shop[0]=web',
  'admission.serviceAccounts.tokens[0]=shop',
  'admission.hostAccess.allowed[0]=shop',
  'gates.secrets.namespaces[0]=cloud',
  'gates.jobs.namespaces[0]=cloud',
  'temporal.tls.enabled=true',
  'temporal.apiKey.secretName=key',
  'api.actions.enabled=true',
  'api.actions.audience=fog-rollouts',
  'api.reads.authenticated=true',
  'signing.secretName=signing',
  `signing.trustedKeys.hub=${PUBLIC_KEY}`,
  ...TRACING,
  'metrics.dashboard.enabled=true',
  'metrics.dashboard.annotations.grafana_folder=Fog',
  ...SINK,
  'notifications.sinks[0].headers.x-key.secret=webhooks',
  'notifications.sinks[0].headers.x-key.key=signing',
];

/** Values as people have them who do without some of it, or have it another way. */
const SOME_OPTIONS: [string, string[]][] = [
  ['mutual TLS', ['temporal.tls.client.secretName=client', 'temporal.tls.ca.secretName=authority']],
  ['rights that an administrator makes', ['rbac.create=false', 'layers.createNamespaces=false']],
  [
    'neither policies nor budgets',
    [
      ...['networkPolicy.enabled=false', 'admission.serviceAccounts.enabled=false'],
      ...['admission.hostAccess.enabled=false', 'podDisruptionBudget.enabled=false', 'metrics.annotations=false'],
    ],
  ],
  [
    'a balancer, and TLS in front',
    [
      ...['api.service.type=LoadBalancer', 'api.ingress.enabled=true', 'api.ingress.className=nginx'],
      ...['api.ingress.hosts[0]=rollouts.example.com', 'api.ingress.tls[0].secretName=rollouts-tls'],
      'api.ingress.tls[0].hosts[0]=rollouts.example.com',
    ],
  ],
  [
    'pods in places of their own',
    [
      ...['pods.nodeSelector.disk=ssd', 'pods.tolerations[0].operator=Exists', 'worker.priorityClassName=fleet'],
      'api.topologySpreadConstraints[0].topologyKey=zone',
      'api.topologySpreadConstraints[0].maxSkew=1',
      'api.topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule',
    ],
  ],
  ['a Temporal of its own', EMBEDDED],
  [
    'a Temporal of its own, on a class of disks, without a UI, that others reach',
    [
      ...EMBEDDED,
      ...[
        'temporal.embedded.persistence.storageClass=ssd',
        'temporal.embedded.ui.enabled=false',
        'temporal.namespace=fog',
      ],
      ...['temporal.embedded.from[0].podSelector.matchLabels.of=regions', 'temporal.embedded.nodeSelector.disk=ssd'],
      `temporal.embedded.image.digest=sha256:${'0'.repeat(64)}`,
    ],
  ],
  ['a Temporal that keeps nothing', [...EMBEDDED, 'temporal.embedded.persistence.enabled=false']],
  ['one pod a role', ['worker.replicas=1', 'watcher.replicas=1', 'api.replicas=1', 'logLevel=debug']],
];

/** What the API server must answer, in the namespace of the release: role, verbs, resource, answer. */
const RIGHTS: [string, string, string, 'yes' | 'no'][] = [
  ['worker', 'get patch', 'fogrollouts.paguos.io', 'yes'],
  ['worker', 'list watch create update delete', 'fogrollouts.paguos.io', 'no'],
  ['worker', 'patch', 'fogrollouts.paguos.io/status', 'yes'],
  ['worker', 'get list watch', 'fogsites.paguos.io', 'yes'],
  ['worker', 'create update patch delete', 'fogsites.paguos.io', 'no'],
  ['worker', 'get list create update patch delete', 'fogshards.paguos.io', 'yes'],
  ['worker', 'get list create patch delete', 'controllerrevisions.apps', 'yes'],
  ['worker', 'watch update', 'controllerrevisions.apps', 'no'],
  ['worker', 'get list watch create patch delete', 'deployments.apps', 'yes'],
  ['worker', 'get create patch delete', 'services', 'yes'],
  ['worker', 'list watch', 'services', 'no'],
  ['worker', 'update deletecollection', 'deployments.apps', 'no'],
  ['worker', 'create', 'namespaces', 'yes'],
  ['worker', 'get delete patch list', 'namespaces', 'no'],
  ['worker', 'list', 'pods', 'yes'],
  ['worker', 'list', 'events', 'yes'],
  ['worker', 'get watch create patch delete', 'events', 'no'],
  ['worker', 'get create delete', 'pods', 'no'],
  ['worker', 'get list', 'replicasets.apps', 'no'],
  ['worker', 'create', 'pods/exec', 'no'],
  ['worker', 'get list create', 'secrets', 'no'],
  ['worker', 'get list watch create delete', 'jobs.batch', 'no'],
  ['worker', 'get create', 'cronjobs.batch', 'no'],
  ['worker', 'create', 'serviceaccounts/token', 'no'],
  ['worker', 'create bind escalate', 'clusterroles.rbac.authorization.k8s.io', 'no'],
  ['worker', 'get create', 'leases.coordination.k8s.io', 'no'],
  ['watcher', 'get list watch', 'fogrollouts.paguos.io', 'yes'],
  ['watcher', 'create patch update delete', 'fogrollouts.paguos.io', 'no'],
  ['watcher', 'patch', 'fogrollouts.paguos.io/status', 'yes'],
  ['watcher', 'get list watch', 'fogsites.paguos.io', 'yes'],
  ['watcher', 'create patch update delete', 'fogsites.paguos.io', 'no'],
  ['watcher', 'patch', 'fogsites.paguos.io/status', 'yes'],
  ['watcher', 'get list watch', 'fogshards.paguos.io', 'yes'],
  ['watcher', 'create patch update delete', 'fogshards.paguos.io', 'no'],
  ['watcher', 'get list watch patch delete', 'fogactions.paguos.io', 'yes'],
  ['watcher', 'create update', 'fogactions.paguos.io', 'no'],
  ['watcher', 'patch', 'fogactions.paguos.io/status', 'yes'],
  ['watcher', 'get list watch', 'fogwindows.paguos.io', 'yes'],
  ['watcher', 'create patch update delete', 'fogwindows.paguos.io', 'no'],
  ['watcher', 'patch', 'fogwindows.paguos.io/status', 'yes'],
  ['worker', 'get list watch', 'fogwindows.paguos.io', 'yes'],
  ['worker', 'create patch update delete', 'fogwindows.paguos.io', 'no'],
  ['watcher', 'create patch', 'events', 'yes'],
  ['watcher', 'list delete', 'events', 'no'],
  ['watcher', 'get list watch', 'deployments.apps', 'yes'],
  ['watcher', 'get list watch', 'services', 'yes'],
  ['watcher', 'create patch delete', 'deployments.apps', 'no'],
  ['watcher', 'get', 'controllerrevisions.apps', 'yes'],
  ['watcher', 'create delete list', 'controllerrevisions.apps', 'no'],
  ['watcher', 'create', 'leases.coordination.k8s.io', 'yes'],
  ['watcher', 'list watch', 'leases.coordination.k8s.io', 'yes'],
  ['watcher', 'get update patch delete', 'leases.coordination.k8s.io', 'no'],
  ['watcher', 'get list', 'secrets', 'no'],
  ['watcher', 'get list create', 'namespaces', 'no'],
  ['api', 'get list watch', 'fogrollouts.paguos.io', 'yes'],
  ['api', 'create patch update delete', 'fogrollouts.paguos.io', 'no'],
  ['api', 'get list watch', 'fogshards.paguos.io', 'yes'],
  ['api', 'create patch update delete', 'fogshards.paguos.io', 'no'],
  ['api', 'get list watch', 'fogsites.paguos.io', 'yes'],
  ['api', 'create patch update delete', 'fogsites.paguos.io', 'no'],
  ['api', 'get list watch', 'fogwindows.paguos.io', 'yes'],
  ['api', 'create patch update delete', 'fogwindows.paguos.io', 'no'],
  ['api', 'get list', 'controllerrevisions.apps', 'yes'],
  ['api', 'watch create patch update delete', 'controllerrevisions.apps', 'no'],
  ['api', 'get list', 'deployments.apps', 'no'],
  ['api', 'get list', 'secrets', 'no'],
  ['api', 'get', 'leases.coordination.k8s.io', 'no'],
  ['api', 'create', 'tokenreviews.authentication.k8s.io', 'no'],
  ['api', 'create', 'subjectaccessreviews.authorization.k8s.io', 'no'],
  ['worker', 'update', 'fogrollouts.paguos.io/finalizers', 'no'],
];

const file = e2eFile();
let cluster: StackHandle;
let helm: Helm;

beforeAll(async () => {
  cluster = await file.startStack({ nodes: 2, bare: true }); // the chart brings what is ours
  helm = await helmOn(cluster);
  // The edge's is made by the worker. Namespaces are slow to go: up to the five minutes after which their controller looks again.
  for (const name of ['cloud', 'fog', SYSTEM, KUBECONFIGS]) await kubectl('create', 'namespace', name);
  await kubectl('label', 'namespace', SYSTEM, 'pod-security.kubernetes.io/enforce=restricted');
  await kubectl('wait', '--for=create', 'serviceaccount/default', '-n', SYSTEM, '--timeout=60s');
}, SETUP_MS);

describe('The chart', () => {
  it.each([
    ['the defaults', []],
    ['every option', EVERY_OPTION],
    ['the CRD left out', ['crds.enabled=false']],
    ...SOME_OPTIONS.map(([name, values]): [string, string[]] => [name, [...values, 'crds.enabled=false']]),
  ])('passes a server-side dry run with %s', async (_name, values) => {
    const manifest = await helm('template', ...RELEASE, ...addressBeside(values), ...values.flatMap(set));
    const accepted = await kubectlWith(manifest, 'apply', '--dry-run=server', '-f', '-');
    expect(accepted).toContain('deployment.apps/fog-rollouts-worker created (server dry run)');
    expect(accepted.includes(CRD)).toBe(!values.includes('crds.enabled=false'));
  });

  it.each([
    ['the defaults', [], ['api', 'test', 'watcher', 'worker']],
    ['every option', EVERY_OPTION, ['api', 'codec-server', 'test', 'watcher', 'worker']],
    ['a Temporal of its own', EMBEDDED, ['api', 'temporal', 'test', 'watcher', 'worker']],
    ['a region', ['region.enabled=true', 'region.queue=north', 'region.kubeconfigs.secretName=clusters'], ['region']],
  ])('makes pods that restricted pod security takes with %s', async (_name, values, names) => {
    const pods = await podsOf(values);
    expect(pods.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.map((name) => `fog-rollouts-${name}`));
    const dryRun = (items: object[]) =>
      kubectlWith(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'create', '--dry-run=server', '-f', '-');
    expect((await dryRun(pods)).match(/ created \(server dry run\)/g)).toHaveLength(pods.length);
    const containers = pods[0]!.spec.containers.map((container) => ({ ...container, securityContext: {} }));
    const lax = { ...pods[0], spec: { ...pods[0]!.spec, containers } };
    await expect(dryRun([lax])).rejects.toThrow('violates PodSecurity "restricted:latest"');
  });
});

describe('A release', () => {
  beforeAll(async () => {
    await helm('install', ...RELEASE, ...ADDRESS, '--wait', '--timeout', '120s');
    await file.record(cluster.kubeconfig);
  });

  it('runs every role in a namespace that enforces restricted pod security', async () => {
    const ready = 'jsonpath={range .items[*]}{.metadata.name}={.status.readyReplicas} {end}';
    expect((await kubectl('get', 'deployments', '-n', SYSTEM, '-o', ready)).trim()).toBe(
      'fog-rollouts-api=2 fog-rollouts-watcher=2 fog-rollouts-worker=2',
    );
    expect(await kubectl('get', 'pods', '-n', SYSTEM, '--field-selector=status.phase!=Running', '-o', 'name')).toBe('');
  });

  it('leads port 80 of the Service to the pods of the API', async () => {
    const { spec } = JSON.parse(await kubectl('get', 'service/fog-rollouts-api', '-n', SYSTEM, '-o', 'json'));
    expect(spec.ports).toEqual([expect.objectContaining({ port: 80, targetPort: 'http' })]);
    const selector = Object.entries(spec.selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const pods = await kubectl('get', 'pods', '-n', SYSTEM, '-l', selector, '-o', 'name');
    expect(pods.split('\n')).toEqual([
      expect.stringContaining('fog-rollouts-api-'),
      expect.stringContaining('fog-rollouts-api-'),
    ]);
  });

  it('serves the schema of crds/ and takes the example', async () => {
    const served = JSON.parse(await kubectl('get', 'crd', CRD, '-o', 'json'));
    const source = parse(readFileSync(join(ROOT, 'crds', 'fogrollouts.yaml'), 'utf8'), { maxAliasCount: -1 });
    expect(served.spec.versions[0].schema).toEqual(source.spec.versions[0].schema);
    const example = join(ROOT, 'examples', 'nginx-rollout.yml');
    // The API server reads the schemas that policies need every 5 s, and refuses what these are for until then.
    await eventually('the example to be taken', async () => {
      const said = await kubectl('apply', '--dry-run=server', '-n', 'cloud', '-f', example).catch(String);
      return said.includes('created') || { not: said };
    });
  });

  it('grants every role what it needs, and nothing else', async () => {
    const expected = RIGHTS.flatMap(([role, verbs, resource, answer]) => can(role, verbs, resource, SYSTEM, answer));
    await expectAnswers(expected);
  });

  it('lets the watcher hold its own Lease, by name, where the release is', async () => {
    const own = (namespace: string, answer: Answer['answer']) =>
      can('watcher', 'get update', 'leases.coordination.k8s.io', namespace, answer).map((one) => ({
        ...one,
        name: WATCHER_LEASE,
      }));
    const expected = [...own(SYSTEM, 'yes'), ...own('kube-system', 'no')];
    await expectAnswers(expected);
  });

  it('lets the watcher read one namespace, by name: its uid tells which cluster this is', async () => {
    const one = (name: string, answer: Answer['answer']) =>
      can('watcher', 'get', 'namespaces', '', answer).map((asked) => ({ ...asked, name }));
    await expectAnswers([...one('kube-system', 'yes'), ...one(SYSTEM, 'no')]);
  });

  it('gives each role the rights that its work takes, from a missing namespace to drift and removal', async () => {
    expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toContain('/edge');
    const roles: Product[] = [];
    try {
      for (const role of ['worker', 'watcher', 'api'] as const) roles.push(await startWithItsRights(role));
      const api = await roles.at(-1)!.address();
      await runTestOf(api);
      await kubectl('apply', '-n', 'cloud', '-f', join(ROOT, 'examples', 'nginx-rollout.yml'));
      await kubectl('wait', '--for=condition=Ready', 'fgr/nginx-rollout', '-n', 'cloud', '--timeout=120s');
      await eventually('the API to know the rollout', async () => {
        const { status } = await fetch(`${api}/rollouts/nginx-rollout?namespace=cloud`);
        return status === 200 ? true : { not: status };
      });
      const listed = await (await fetch(`${api}/rollouts?namespace=cloud`)).json();
      expect(listed).toMatchObject({ fogrollouts: [{ name: 'nginx-rollout' }] });

      for (const [at, version] of ['next', 'later', 'last'].entries()) {
        const spec = JSON.stringify({ spec: { version, strategy: { revisionHistoryLimit: 1 } } });
        await kubectl('patch', 'fgr/nginx-rollout', '-n', 'cloud', '--type=merge', '-p', spec);
        await eventually(`${version} to be in the history, and the first no longer in the end`, async () => {
          const answer = await fetch(`${api}/rollouts/nginx-rollout/history?namespace=cloud`);
          const { runs } = (await answer.json()) as { runs: { generation: number; outcome: string }[] };
          const known = runs.map(({ generation, outcome }) => `${generation} ${outcome}`);
          const isThere = known[0] === `${at + 2} Succeeded`;
          return (isThere && (version !== 'last' || !known.includes('1 Succeeded'))) || { not: known };
        });
      }

      await kubectl('delete', 'deployment/nginx-rollout-edge', '-n', 'edge', '--timeout=60s');
      await eventually('the Deployment to be put back', () =>
        kubectl('get', 'deployment/nginx-rollout-edge', '-n', 'edge', '-o', 'name'),
      );
      await kubectl('delete', 'fgr/nginx-rollout', '-n', 'cloud', '--timeout=120s');
      expect(await kubectl('get', 'deployments', '-n', 'edge', '-o', 'name')).toBe('');
      expect(roles.flatMap(({ log }) => log.filter((line) => /forbidden/i.test(JSON.stringify(line))))).toEqual([]);
    } finally {
      await Promise.all(roles.map((role) => role.stop()));
    }
  });

  it('gives the API another address on demand', async () => {
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...set('api.alias.namespace=cloud'));
    const name = 'jsonpath={.spec.externalName}';
    expect(await kubectl('get', 'service/fog-rollouts-api', '-n', 'cloud', '-o', name)).toBe(
      `fog-rollouts-api.${SYSTEM}.svc.cluster.local`,
    );
  });

  it('is upgraded in place', async () => {
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...set('worker.replicas=3'), '--wait', '--timeout', '120s');
    const ready = 'jsonpath={.status.readyReplicas}';
    expect(await kubectl('get', 'deployment/fog-rollouts-worker', '-n', SYSTEM, '-o', ready)).toBe('3');
  });

  it('confines the writes of the worker to the layers on demand', async () => {
    await kubectl('create', 'namespace', 'edge').catch(() => undefined); // is there, unless a test before this one failed
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...confinedTo('cloud', 'fog', 'edge').flatMap(set));
    const writes = 'create patch delete';
    const expected = [
      ...can('worker', writes, 'deployments.apps', 'edge', 'yes'),
      ...can('worker', writes, 'deployments.apps', 'kube-system', 'no'),
      ...can('worker', writes, 'services', 'kube-system', 'no'),
      ...can('worker', 'watch', 'deployments.apps', '', 'yes'),
      ...can('worker', 'create', 'namespaces', '', 'no'),
    ];
    await expectAnswers(expected);
  });

  it('lets worker and watcher read the Secrets with kubeconfigs on demand, and no others', async () => {
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...set('sites.kubeconfigSecrets.enabled=true'));
    const expected = [
      ...can('worker', 'get', 'secrets', KUBECONFIGS, 'yes'),
      ...can('worker', 'list watch create patch delete', 'secrets', KUBECONFIGS, 'no'),
      ...can('worker', 'get', 'secrets', SYSTEM, 'no'),
      ...can('watcher', 'get', 'secrets', KUBECONFIGS, 'yes'),
      ...can('watcher', 'list watch create patch delete', 'secrets', KUBECONFIGS, 'no'),
      ...can('watcher', 'get', 'secrets', SYSTEM, 'no'),
      ...can('api', 'get', 'secrets', KUBECONFIGS, 'no'),
    ];
    await expectAnswers(expected);
  });

  it('lets the watcher remember what sinks were told on demand, and no other ConfigMap be touched', async () => {
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...SINK.flatMap(set));
    const about = (name: string, namespace: string, answer: 'yes' | 'no') =>
      can('watcher', 'get patch', 'configmaps', namespace, answer).map((asked) => ({ ...asked, name }));
    await expectAnswers([
      ...about('fog-rollouts-notifications-0', SYSTEM, 'yes'),
      ...about('fog-rollouts-notifications-f', SYSTEM, 'yes'),
      ...about('fog-rollouts-notifications-f', 'cloud', 'no'),
      ...about('kube-root-ca.crt', SYSTEM, 'no'),
      ...can('watcher', 'create', 'configmaps', SYSTEM, 'yes'),
      ...can('watcher', 'list watch update delete', 'configmaps', SYSTEM, 'no'),
      ...can('watcher', 'get', 'secrets', SYSTEM, 'no'),
      ...can('watcher', 'list', 'controllerrevisions.apps', 'cloud', 'yes'),
    ]);
  });

  it('lets the API ask who may act and plan on demand, and act itself never', async () => {
    const on = ['api.actions.enabled=true', 'api.actions.audience=fog-rollouts'];
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...on.flatMap(set));
    const expected = [
      ...can('api', 'create', 'tokenreviews.authentication.k8s.io', '', 'yes'),
      ...can('api', 'create', 'subjectaccessreviews.authorization.k8s.io', '', 'yes'),
      ...can('api', 'get', 'controllerrevisions.apps', 'cloud', 'yes'),
      ...can('api', 'create get list', 'fogactions.paguos.io', 'cloud', 'no'),
      ...can('watcher', 'create', 'tokenreviews.authentication.k8s.io', '', 'no'),
    ];
    await expectAnswers(expected);
    const env = 'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="FOG_ROLLOUTS_API_AUDIENCE")].value}';
    expect(await kubectl('get', 'deployment/fog-rollouts-api', '-n', SYSTEM, '-o', env)).toBe('fog-rollouts');
    await kubectl('create', 'serviceaccount', 'alice', '-n', 'cloud');
    const token = await kubectl('create', 'token', 'alice', '-n', 'cloud', '--audience=fog-rollouts');
    const api = await startWithItsRights('api', {
      FOG_ROLLOUTS_API_ACTIONS: 'kubernetes',
      FOG_ROLLOUTS_API_AUDIENCE: 'fog-rollouts',
    });
    try {
      const answer = await fetch(`${await api.address()}/rollouts/nowhere/actions?namespace=cloud`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action: 'Pause' }),
      });
      expect(await answer.json()).toMatchObject({
        status: 403,
        detail: expect.stringContaining(':alice may not create'),
      });
      const metadata = { name: 'nowhere', namespace: 'cloud' };
      const containers = [{ name: 'web', image: 'nginx:1.27' }];
      const manifest = { version: 'v1', deployments: { cloud: { containers } } };
      await kubectl('create', 'role', 'reading', '-n', 'cloud', '--verb=get', '--resource=fogrollouts.paguos.io');
      await kubectl(
        'create',
        'rolebinding',
        'reading',
        '-n',
        'cloud',
        '--role=reading',
        '--serviceaccount=cloud:alice',
      );
      const plan = await fetch(`${await api.address()}/plan`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'paguos.io/v1alpha1', kind: 'FogRollout', metadata, spec: manifest }),
      });
      expect(await plan.json()).toMatchObject({ name: 'nowhere', change: 'new', refusals: [] });
    } finally {
      await api.stop();
    }
  });

  it('leaves the CRD and the FogRollouts when it goes, and takes them up again when it comes back', async () => {
    await kubectl('apply', '-n', 'cloud', '-f', join(ROOT, 'examples', 'nginx-rollout.yml'));
    await helm('uninstall', 'fog-rollouts', '--namespace', SYSTEM);
    expect(await kubectl('get', 'fogrollouts', '-n', 'cloud', '-o', 'name')).toContain('/nginx-rollout');
    expect(await kubectl('get', 'deployments,services,serviceaccounts', '-n', SYSTEM, '-o', 'name')).not.toContain(
      'fog-rollouts',
    );
    expect(await kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name')).not.toContain('fog-rollouts');

    await helm('install', ...RELEASE, ...ADDRESS);
    expect(await kubectl('get', 'fogrollouts', '-n', 'cloud', '-o', 'name')).toContain('/nginx-rollout');
  });

  it('takes the CRD along when it was told not to keep it', async () => {
    await kubectl('delete', 'fogrollouts', '--all', '-n', 'cloud');
    await helm('upgrade', ...RELEASE, ...ADDRESS, ...set('crds.keep=false'));
    await helm('uninstall', 'fog-rollouts', '--namespace', SYSTEM);
    await kubectl('wait', '--for=delete', `crd/${CRD}`, '--timeout=120s');
  });
});

interface Pod {
  metadata: { name: string };
  spec: { containers: { command?: string[]; args: string[] }[] };
}

/** The pods that come of the chart, as `default`: the ServiceAccounts of a release that is only printed are not there. */
async function podsOf(values: string[]): Promise<Pod[]> {
  const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
  return objects.flatMap(({ kind, metadata: { name, namespace }, spec }) => {
    const own = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
    const given =
      kind === 'Deployment' ? spec!.template.spec : kind === 'StatefulSet' ? ofSet(spec!) : kind === 'Pod' && spec;
    return given ? [{ ...own, spec: { ...given, serviceAccountName: 'default' } } as unknown as Pod] : [];
  });
}

/** The pod of a StatefulSet, which mounts what it claims. */
function ofSet({ template, volumeClaimTemplates = [] }: NonNullable<RenderedObject['spec']>): object {
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  return { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] };
}

/** A role of the product as a process of its own, with the token of the chart's ServiceAccount. */
async function startWithItsRights(role: 'worker' | 'watcher' | 'api', env: NodeJS.ProcessEnv = {}): Promise<Product> {
  const KUBECONFIG = await kubeconfigOf({ namespace: SYSTEM, name: `fog-rollouts-${role}` }, cluster);
  return new Product(cluster, { role, env: { KUBECONFIG, FOG_ROLLOUTS_LEASE_NAMESPACE: SYSTEM, ...env } }).ready();
}

/** What `helm test` runs, here against that API: no pod runs anything on nodes that are simulated. */
async function runTestOf(api: string): Promise<void> {
  const pod = (await podsOf([])).find(({ metadata }) => metadata.name === 'fog-rollouts-test')!;
  const { command, args } = pod.spec.containers[0]!;
  const service = `http://fog-rollouts-api.${SYSTEM}`;
  expect([command![0], args[1]]).toEqual(['node', `${service}/readyz`]);
  const own = args.map((arg) => arg.replace(service, api));
  expect((await execa(process.execPath, [...command!.slice(1), ...own])).stdout).toContain('/readyz: 200 ');
}

/** What is expected of a role in a namespace, verb by verb. */
function can(role: string, verbs: string, resource: string, namespace: string, answer: Answer['answer']): Answer[] {
  const serviceAccount = `${SYSTEM}:fog-rollouts-${role}`;
  return verbs.split(' ').map((verb) => ({ serviceAccount, verb, resource, namespace, answer }));
}

/** The API server learns of a change to the rights from a watch of its own. */
async function expectAnswers(expected: Answer[]): Promise<void> {
  await eventually('the rights to be as they should', async () => {
    const answers = await answersTo(expected, kubectlCommand());
    const wrong = answers.filter((answer, at) => !isDeepStrictEqual(answer, expected[at]));
    return wrong.length === 0 ? true : { not: wrong };
  });
}

async function kubectl(...args: string[]): Promise<string> {
  return kubectlWith('', ...args);
}

async function kubectlWith(input: string, ...args: string[]): Promise<string> {
  const { path, env } = kubectlCommand();
  return (await execa(path, args, { env, input })).stdout;
}

const kubectlCommand = () => ({ path: cluster.tools.kubectl!, env: environmentOf(cluster) });
