/** What the admission policies of the chart refuse of FogRollouts and FogSites, and what its values allow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { ADDRESS, environmentOf, type Helm, helmOn, RELEASE, SETUP_MS, SYSTEM, set } from '../support/chart.ts';
import { dryRun } from '../support/dry-run.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import type { StackHandle } from '../support/stack.ts';

jest.setTimeout(240_000);

const LAYERS = ['cloud', 'fog', 'edge'] as const;
/** Where the chart has the kubeconfigs of sites. */
const KUBECONFIGS = 'fog-rollouts-kubeconfigs';
const WEB = { name: 'web', image: 'nginx:1.27' };

const file = e2eFile();
let cluster: StackHandle;
let helm: Helm;

beforeAll(async () => {
  cluster = await file.startStack({ nodes: 1, bare: true }); // the chart brings what is ours
  helm = await helmOn(cluster);
  for (const name of [SYSTEM, 'cloud', 'shop']) await kubectl('create', 'namespace', name);
  await helm('install', ...RELEASE, ...ADDRESS);
  await file.record(cluster.kubeconfig);
}, SETUP_MS);

describe('ServiceAccounts', () => {
  const as = (serviceAccountName: string) => ({ edge: { containers: [WEB], serviceAccountName } });
  const token = { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
  const mounting = { edge: { containers: [WEB], volumes: [{ name: 'token', ...token }] } };
  const isRefused = 'may not run as the ServiceAccount';

  it('are default and no other for pods of FogRollouts, unless that is allowed', async () => {
    await untilAnswer(
      as('fog-rollouts-worker'),
      'may not run as the ServiceAccount fog-rollouts-worker: the value admission.serviceAccounts.allowed',
    );
    for (const one of [{ edge: { containers: [WEB] } }, as('default'), as('')]) expect(await answerTo(one)).toBe(TAKEN);
    expect(await answerTo(mounting)).toContain('FogRollouts in the namespace shop may not mount tokens');

    // What is there already can be written as long as its spec stays: else nothing could be taken away any more.
    await allow('serviceAccounts.allowed.shop[0]=web', 'serviceAccounts.tokens[0]=shop');
    await untilAnswer(as('web'), TAKEN);
    expect(await answerTo(mounting)).toBe(TAKEN);
    expect(await answerTo(as('web'), 'cloud')).toContain('may not run as the ServiceAccount web');
    await kubectlWith(manifest(as('web')), 'create', '-f', '-');
    await allow();
    await untilAnswer(as('web'), isRefused, 'cloud');
    await untilAnswer(as('web'), isRefused);
    await kubectl('label', 'fgr', NAME, '-n', 'shop', 'still=written');
    await expect(patch({ version: 'v2' })).rejects.toThrow('may not run as the ServiceAccount web');
    await kubectl('delete', 'fgr', NAME, '-n', 'shop');
  });

  it('are allowed to the FogRollouts of all namespaces by a star', async () => {
    await allow(
      ...['serviceAccounts.allowed.shop[0]=web', 'serviceAccounts.allowed.*[0]=metrics-reader'],
      'serviceAccounts.tokens[0]=*',
    );
    for (const namespace of ['shop', 'cloud']) {
      await untilAnswer(as('metrics-reader'), TAKEN, namespace);
      await untilAnswer(mounting, TAKEN, namespace);
    }
    expect(await answerTo(as('web'))).toBe(TAKEN);
    expect(await answerTo(as('web'), 'cloud')).toContain('may not run as the ServiceAccount web');
    expect(await answerTo(as('fog-rollouts-worker'), 'cloud')).toContain(isRefused);
  });
});

describe('What is the node’s', () => {
  const secured = (securityContext: object) => ({ containers: [{ ...WEB, securityContext }] });
  const files = { containers: [WEB], volumes: [{ name: 'kubelet', hostPath: { path: '/var/lib/kubelet/pods' } }] };
  /** Ways to a node, and the field that each is refused by. */
  const WAYS: [string, { containers: object[]; [more: string]: object }, string][] = [
    ['its files', files, 'volumes[kubelet].hostPath'],
    ['its devices', secured({ privileged: true }), 'containers[web].securityContext.privileged'],
    ['its kernel', secured({ procMount: 'Unmasked' }), 'containers[web].securityContext.procMount'],
    [
      'its processes on Windows',
      secured({ windowsOptions: { hostProcess: true } }),
      'containers[web].securityContext.windowsOptions.hostProcess',
    ],
    [
      'its processes on Windows, by all containers',
      { containers: [WEB], securityContext: { windowsOptions: { hostProcess: true } } },
      'securityContext.windowsOptions.hostProcess',
    ],
    [
      'what capabilities give root',
      secured({ capabilities: { add: ['CHOWN', 'SYS_ADMIN'] } }),
      'containers[web].securityContext.capabilities.add (SYS_ADMIN)',
    ],
    [
      'all that there is',
      secured({ capabilities: { add: ['ALL'] } }),
      'containers[web].securityContext.capabilities.add (ALL)',
    ],
  ];
  const INIT = WAYS.flatMap(([way, { containers }, field]): typeof WAYS => {
    const layer = { containers: [WEB], initContainers: [{ ...containers[0], name: 'init' }] };
    const at = field.replace('containers[web]', 'initContainers[init]');
    return at === field ? [] : [[`${way}, by an init container`, layer, at]];
  });
  const words = (field: string) =>
    `pods of FogRollouts in the namespace shop may not reach their nodes by ${field}: leave it out, or have the value admission.hostAccess.allowed of the chart allow it`;

  beforeAll(() => untilAnswer({ edge: files }, words('spec.deployments.edge.volumes[kubelet].hostPath')), SETUP_MS);

  it.each([...WAYS, ...INIT])('is out of reach in every layer: %s', async (_, layer, field) => {
    const plain = Object.fromEntries(LAYERS.map((name) => [name, { containers: [WEB] }]));
    for (const name of LAYERS) {
      expect(await answerTo({ ...plain, [name]: layer })).toContain(words(`spec.deployments.${name}.${field}`));
    }
  });

  it('is what the baseline of pod security says, and nothing else', async () => {
    const add =
      'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID';
    const context = {
      ...{ privileged: false, procMount: 'Default', allowPrivilegeEscalation: true, runAsUser: 0 },
      capabilities: { add: [...add.split(' '), 'SYS_CHROOT'], drop: ['ALL'] },
    };
    const volumes = [
      { name: 'tmp', emptyDir: {} },
      { name: 'settings', configMap: { name: 'settings' } },
    ];
    const layer = {
      ...secured(context),
      initContainers: [{ ...WEB, name: 'init', securityContext: context }],
      volumes,
    };
    expect(await answerTo({ cloud: layer, fog: layer, edge: layer })).toBe(TAKEN);
  });

  it.each(['shop', '*'])('is in reach of the namespaces that are allowed: %s', async (allowed) => {
    await allow(`hostAccess.allowed[0]=${allowed}`);
    for (const [, layer] of WAYS) await untilAnswer({ edge: layer }, TAKEN);
    if (allowed === '*') await untilAnswer({ edge: files }, TAKEN, 'cloud');
    else expect(await answerTo({ edge: files }, 'cloud')).toContain('in the namespace cloud may not reach their nodes');
  });

  it('stays with a layer that had it, until that layer is changed', async () => {
    await allow('hostAccess.allowed[0]=shop');
    await untilAnswer({ edge: files }, TAKEN);
    await kubectlWith(manifest({ cloud: { containers: [WEB] }, edge: files }), 'create', '-f', '-');
    await allow();
    const refusal = words('spec.deployments.edge.volumes[kubelet].hostPath');
    await untilAnswer({ edge: files }, refusal);
    await kubectl('label', 'fgr', NAME, '-n', 'shop', 'still=written');
    await patch({ version: 'v2', strategy: { paused: true }, deployments: { cloud: { replicas: 2 } } });
    await expect(patch({ deployments: { edge: { replicas: 2 } } })).rejects.toThrow(refusal);
    await expect(patch({ deployments: { fog: files } })).rejects.toThrow(
      words('spec.deployments.fog.volumes[kubelet].hostPath'),
    );
    await patch({ deployments: { edge: { volumes: null } } });
    await expect(patch({ deployments: { edge: files } })).rejects.toThrow(refusal);
    await kubectl('delete', 'fgr', NAME, '-n', 'shop');
  });
});

describe('FogSites', () => {
  const site = (spec: object) =>
    JSON.stringify({
      ...{ apiVersion: 'paguos.io/v1alpha1', kind: 'FogSite', metadata: { name: 'here' } },
      spec: { layer: 'edge', ...spec },
    });
  const answer = (spec: object) =>
    kubectlWith(site(spec), 'create', '--dry-run=server', '-o', 'name', '-f', '-').catch(String);
  const untilSaid = (spec: object, words: string) =>
    eventually(words, async () => {
      const said = await answer(spec);
      return said.includes(words) || { not: said };
    });
  const beside = (namespace: string, what: string) =>
    `pods of FogRollouts would run in the namespace ${namespace}, beside ${what}, and could take the keys that are there: give the FogSite another spec.namespace`;
  const besideUs = beside(SYSTEM, 'Fog Rollouts itself');
  const THERE = 'fogsite.paguos.io/here';
  const change = (spec: object) => kubectl('patch', 'fogsite', 'here', '--type=merge', '-p', JSON.stringify({ spec }));

  it('are not on the hub where Fog Rollouts itself is, nor where the kubeconfigs of sites are', async () => {
    await kubectl('create', 'namespace', KUBECONFIGS);
    await allow();
    await untilSaid({ namespace: SYSTEM }, besideUs);
    for (const spec of [{}, { namespace: 'shop' }, { namespace: KUBECONFIGS }]) expect(await answer(spec)).toBe(THERE);
    await upgrade('sites.kubeconfigSecrets.enabled=true');
    await untilSaid({ namespace: KUBECONFIGS }, beside(KUBECONFIGS, 'the kubeconfigs of sites'));
    expect(await answer({ namespace: SYSTEM })).toContain(besideUs);
    // Elsewhere it is another namespace of that name.
    const elsewhere = [{ taskQueue: 'north' }, { cluster: { kubeconfigSecretRef: { name: 'north' } } }];
    for (const spec of elsewhere) expect(await answer({ namespace: SYSTEM, ...spec })).toBe(THERE);
  });

  it('that are there already can be held, and go nowhere but away', async () => {
    await upgrade('allowLayerNamespace=true');
    await untilSaid({ namespace: SYSTEM }, THERE);
    await kubectlWith(site({ namespace: SYSTEM }), 'create', '-f', '-');
    await upgrade();
    await untilSaid({ namespace: SYSTEM }, besideUs);
    await change({ hold: { reason: 'moves away' } });
    await change({ namespace: 'shop' });
    await expect(change({ namespace: SYSTEM })).rejects.toThrow(besideUs);
    await change({ namespace: SYSTEM, taskQueue: 'north' });
    await expect(change({ taskQueue: null })).rejects.toThrow(besideUs);
    await kubectl('delete', 'fogsite', 'here');
  });
});

describe('The policies', () => {
  it('are of the fields that the objects have', async () => {
    const policies = await eventually<Policies['items']>('the policies to be checked', async () => {
      const { items } = JSON.parse(await kubectl('get', 'validatingadmissionpolicies', '-o', 'json')) as Policies;
      const unchecked = items.filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation);
      return unchecked.length === 0 ? items : { not: unchecked.map(({ metadata }) => metadata.name) };
    });
    const warnings = policies.map(({ metadata, status }) => [
      metadata.name.replace(/^fog-rollouts-|\.paguos\.io$/g, ''),
      status!.typeChecking?.expressionWarnings ?? [],
    ]);
    expect(Object.fromEntries(warnings)).toEqual({
      'fogactions-requested-by': [],
      'fogrollouts-changed-by': [],
      'fogrollouts-host-access': [],
      'fogrollouts-service-accounts': [],
      'fogsites-places': [],
    });
  });

  it('take the examples as they are', async () => {
    const objects = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yml'))
      .flatMap((name) => parseAllDocuments(readFileSync(join(ROOT, 'examples', name), 'utf8')))
      .map((document) => document.toJS())
      .filter(({ kind }) => kind === 'FogRollout' || kind === 'FogSite');
    expect(objects.length).toBeGreaterThan(10);
    // All policies are in force by now: each was waited for above.
    for (const { metadata, ...given } of objects) {
      await dryRun({ ...given, metadata: { ...metadata, namespace: 'shop' } }, 'Strict', cluster);
    }
  });
});

interface Policies {
  items: {
    metadata: { name: string; generation: number };
    status?: { observedGeneration?: number; typeChecking?: { expressionWarnings?: object[] } };
  }[];
}

const NAME = 'web';
/** What kubectl prints of an object that is taken. */
const TAKEN = `fogrollout.paguos.io/${NAME}`;

const manifest = (deployments: object, namespace = 'shop') =>
  JSON.stringify({
    ...{ apiVersion: 'paguos.io/v1alpha1', kind: 'FogRollout', metadata: { name: NAME, namespace } },
    spec: { version: 'v1', deployments },
  });

/** What the API server says of such a new FogRollout. */
const answerTo = (deployments: object, namespace?: string) =>
  kubectlWith(manifest(deployments, namespace), 'create', '--dry-run=server', '-o', 'name', '-f', '-').catch(String);

/** The API server learns of a policy from a watch of its own. */
const untilAnswer = (deployments: object, words: string, namespace?: string) =>
  eventually(words, async () => {
    const said = await answerTo(deployments, namespace);
    return said.includes(words) || { not: said };
  });

const patch = (spec: object) =>
  kubectl('patch', 'fgr', NAME, '-n', 'shop', '--type=merge', '-p', JSON.stringify({ spec }));

/** Upgrades the release to these values, and no others. */
const upgrade = (...values: string[]) => helm('upgrade', ...RELEASE, ...ADDRESS, ...values.flatMap(set));

/** The same of `admission`. */
const allow = (...values: string[]) => upgrade(...values.map((value) => `admission.${value}`));

async function kubectl(...args: string[]): Promise<string> {
  return kubectlWith('', ...args);
}

async function kubectlWith(input: string, ...args: string[]): Promise<string> {
  return (await execa(cluster.tools.kubectl!, args, { env: environmentOf(cluster), input })).stdout;
}
