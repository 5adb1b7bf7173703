/** How a release is written, checked, taken over and let go, on the real API server; without Temporal and our processes. */
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { KubeClient } from '../../kube/client.ts';
import type { KubeConnection } from '../../kube/connection.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, type ResourceType, SERVICES } from '../../kube/resources.ts';
import type { AppliedRelease, GivenRelease, SiteActivities } from '../../model/activities.ts';
import { uncovered } from '../../model/coverage.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../../model/names.ts';
import { renderRelease } from '../../model/release.ts';
import { contentHashOf } from '../../model/revision.ts';
import type { LayerContent, Owner } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl, mustKubectl } from '../support/kubectl.ts';
import { ActivitiesAtSite } from '../support/site-activities.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-release';
const NOWHERE = 'e2e-release-nowhere';
const web = { name: 'web', image: 'nginx:v1', ports: [{ containerPort: 80 }] };

const file = e2eFile();
let connection: KubeConnection;
let client: KubeClient;
let at: ActivitiesAtSite;
let site: SiteActivities;
beforeAll(async () => {
  const { kubeconfig } = stack();
  const recorder = await file.record(kubeconfig);
  connection = recorder.client.connection;
  client = recorder.client;
  file.atEnd(() => client.delete(BINDINGS, { name: 'e2e-release' }).catch(() => undefined));
  file.atEnd(() => client.delete(POLICIES, { name: 'e2e-release' }).catch(() => undefined));
  await client.create(NAMESPACES, { metadata: { name: NAMESPACE } });
  at = new ActivitiesAtSite(kubeconfig);
  file.atEnd(() => at.close());
  site = at.activities;
});
beforeEach(() => void at.requests.splice(0));

const admission = (plural: string, kind: string): ResourceType => ({
  ...{ group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false },
  ...{ plural, kind },
});
const POLICIES = admission('validatingadmissionpolicies', 'ValidatingAdmissionPolicy');
const BINDINGS = admission('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding');
const policy = {
  metadata: { name: 'e2e-release' },
  spec: {
    failurePolicy: 'Fail',
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
      resourceRules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['services'] },
      ],
    },
    validations: [
      { expression: 'object == null || object.spec.ports.all(p, p.port != 666)', message: 'no evil ports' },
      { expression: "object != null || oldObject.metadata.name != 'ports'", message: 'it is needed' },
    ],
  },
};
const binding = {
  metadata: { name: 'e2e-release' },
  spec: { policyName: 'e2e-release', validationActions: ['Deny'] },
};

const ownerOf = (name: string, uid = `uid-${name}`, created = '2026-11-22T10:00:00Z'): Owner => ({
  ...{ namespace: 'shop', name, uid, created },
});

function release(
  name: string,
  generation: number,
  content: Partial<LayerContent> = {},
  namespace = NAMESPACE,
): GivenRelease {
  const given = { containers: [web], ...content } as LayerContent;
  return {
    owner: ownerOf(name),
    site: { name: 'edge', layer: 'edge', namespace, cluster: 'hub' },
    revision: { generation, version: `v${generation}`, hash: `${generation}` },
    hash: contentHashOf(`v${generation}`, given),
    content: given,
    progressDeadlineSeconds: 600,
  };
}

const deploymentOf = (name: string, namespace = NAMESPACE) =>
  client.find<V1Deployment & KubeObject>(DEPLOYMENTS, { namespace, name: `${name}-edge` });
const serviceOf = (name: string) => client.find<V1Service & KubeObject>(SERVICES, { namespace: NAMESPACE, name });
const managersOf = async (name: string) =>
  ((await deploymentOf(name))!.metadata.managedFields as { manager: string }[]).map(({ manager }) => manager);
const edge = (name: string) => ['-n', NAMESPACE, `deployment/${name}-edge`];

const failure = async (act: Promise<unknown>) => {
  const error = await act.then(
    (value) => new Error(`It did not fail: ${JSON.stringify(value)}`),
    (thrown: Error & { type?: string }) => thrown,
  );
  return { type: (error as { type?: string }).type, message: error.message };
};

describe('replicas that a revision says no longer', () => {
  it('stay what they were, and are free for an autoscaler', async () => {
    await site.applyRelease(release('handed', 1, { replicas: 4 }));
    await site.applyRelease(release('handed', 2));
    expect((await deploymentOf('handed'))?.spec?.replicas).toBe(4);
    expect(await managersOf('handed')).toContain('fog-rollouts-handover');
    // As an autoscaler does, by the subresource.
    await mustKubectl(['scale', ...edge('handed'), '--replicas=2']);
    await site.applyRelease(release('handed', 3, { containers: [{ ...web, image: 'nginx:v3' }] }));
    expect((await deploymentOf('handed'))?.spec?.replicas).toBe(2);
  });

  it('stay at each turn of saying them and not, also when they were created and never applied', async () => {
    for (const [generation, replicas, expected] of [
      [1, 4, 4],
      [2, undefined, 4],
      [3, 3, 3],
      [4, undefined, 3],
      [5, 3, 3],
      [6, undefined, 3],
    ] as const) {
      const input = release('turns', generation, replicas === undefined ? {} : { replicas });
      await site.applyRelease(input);
      const live = (await deploymentOf('turns'))!;
      expect([generation, live.spec?.replicas]).toEqual([generation, expected]);
      // What was handed over is nobody's drift, and what was taken back is ours again.
      expect(uncovered(live, FIELD_MANAGER, renderRelease(input).deployment)).toEqual([]);
    }
  });

  it('stay when the worker died after it had handed them over', async () => {
    await site.applyRelease(release('died', 1, { replicas: 4 }));
    const other = new KubeClient(connection, { fieldManager: 'fog-rollouts-handover' });
    const partial = { metadata: { namespace: NAMESPACE, name: 'died-edge' }, spec: { replicas: 4 } };
    await other.apply(DEPLOYMENTS, partial as never, { force: true });
    await site.applyRelease(release('died', 2));
    await site.applyRelease(release('died', 2));
    expect((await deploymentOf('died'))?.spec?.replicas).toBe(4);
  });
});

describe('a release that carries a higher generation than its FogRollout', () => {
  const mark = (name: string, generation: number) =>
    mustKubectl([
      'annotate',
      '--overwrite',
      '-n',
      NAMESPACE,
      `deployment/${name}-edge`,
      `service/${name}`,
      `${ANNOTATIONS.generation}=${generation}`,
    ]);

  it('is refused with the way out, which takes Deployment and Service over, once', async () => {
    await site.applyRelease(release('restored', 1));
    await mark('restored', 1000);
    const { type, message } = await failure(site.applyRelease(release('restored', 7)));
    expect(type).toBe('Stale');
    expect(message).toContain('carries generation 1000 of this FogRollout, which is at 7');
    const command = /kubectl (annotate .*)$/.exec(message)![1]!;
    await mustKubectl(command.split(' '));
    await site.applyRelease(release('restored', 7));
    for (const live of [await deploymentOf('restored'), await serviceOf('restored')]) {
      expect(live?.metadata.annotations).toMatchObject({ [ANNOTATIONS.generation]: '7', [ANNOTATIONS.version]: 'v7' });
      expect(live?.metadata.annotations).not.toHaveProperty([ANNOTATIONS.adopt]);
    }
    await mark('restored', 1000);
    expect(await failure(site.applyRelease(release('restored', 8)))).toMatchObject({ type: 'Stale' });
  });

  it('may be of an object of the name that was made later elsewhere', async () => {
    const elsewhere = { ...release('moved', 3), owner: ownerOf('moved', 'uid-later', '2026-11-23T10:00:00Z') };
    await site.applyRelease(elsewhere);
    expect((await failure(site.applyRelease(release('moved', 7)))).message).toContain('made later than this one');
    await mustKubectl(['annotate', ...edge('moved'), `${ANNOTATIONS.adopt}=true`]);
    await site.applyRelease(release('moved', 7));
    expect((await serviceOf('moved'))?.metadata.annotations?.[ANNOTATIONS.uid]).toBe('uid-moved');
    expect((await deploymentOf('moved'))?.metadata.annotations?.[ANNOTATIONS.uid]).toBe('uid-moved');
  });

  it('is not taken over by a word when it is not ours', async () => {
    await mustKubectl(['create', 'deployment', 'foreign-edge', '-n', NAMESPACE, '--image=other']);
    await mustKubectl(['annotate', ...edge('foreign'), `${ANNOTATIONS.adopt}=true`]);
    expect(await failure(site.applyRelease(release('foreign', 2)))).toMatchObject({ type: 'NotOurs' });
  });
});

describe('a release of which a part is refused leaves nothing half done', () => {
  const nowhere = { containers: [{ ...web, volumeMounts: [{ name: 'nowhere', mountPath: '/data' }] }] };
  const evilPort = { containers: [{ ...web, ports: [{ containerPort: 666 }] }] };

  it.each([1, 2])('when the Deployment is new and invalid, in generation %i', async (generation) => {
    const name = `invalid-${generation}`;
    expect(await failure(site.applyRelease(release(name, generation, nowhere)))).toMatchObject({ type: 'Invalid' });
    expect([await deploymentOf(name), await serviceOf(name)]).toEqual([undefined, undefined]);
  });

  it.each([1, 2])("when the Deployment is somebody else's, in generation %i", async (generation) => {
    const name = `taken-${generation}`;
    await mustKubectl(['create', 'deployment', `${name}-edge`, '-n', NAMESPACE, '--image=other']);
    expect(await failure(site.applyRelease(release(name, generation)))).toMatchObject({ type: 'NotOurs' });
    expect(await serviceOf(name)).toBeUndefined();
  });

  it.each([1, 2])("when the Service is somebody else's, in generation %i", async (generation) => {
    const name = `served-${generation}`;
    await mustKubectl(['create', 'service', 'clusterip', name, '-n', NAMESPACE, '--tcp=81']);
    expect(await failure(site.applyRelease(release(name, generation)))).toMatchObject({ type: 'NotOurs' });
    expect(await deploymentOf(name)).toBeUndefined();
  });

  it('when the Service is refused for its name', async () => {
    const name = 'not.a-label';
    expect(await failure(site.applyRelease(release(name, 1)))).toMatchObject({ type: 'Invalid' });
    expect(await deploymentOf(name)).toBeUndefined();
  });

  it('when only the new ports are refused, only the new pods, or only that there are no ports', async () => {
    await site.applyRelease(release('ports', 1));
    await client.create(POLICIES, policy as never);
    await client.create(BINDINGS, binding as never);
    // It takes the API server a moment to know of them; a check finds out what a write would.
    await eventually('the policy to hold', async () => {
      const { message } = await failure(site.checkRelease(release('ports', 2, evilPort)));
      return message.includes('no evil ports') ? true : { not: message };
    });
    expect((await failure(site.applyRelease(release('ports', 2, evilPort)))).message).toContain('no evil ports');
    expect(await failure(site.applyRelease(release('ports', 3, nowhere)))).toMatchObject({ type: 'Invalid' });
    const portless = { containers: [{ ...web, ports: [] }] };
    expect((await failure(site.checkRelease(release('ports', 4, portless)))).message).toContain('it is needed');
    expect((await failure(site.applyRelease(release('ports', 4, portless)))).message).toContain('it is needed');
    for (const live of [await deploymentOf('ports'), await serviceOf('ports')]) {
      expect(live?.metadata.annotations?.[ANNOTATIONS.generation]).toBe('1');
    }
  });
});

describe('what others changed in a Deployment', () => {
  const withEnv = (more: object) =>
    ({ containers: [{ ...web, env: [{ name: 'A', ...more }] }] }) as Partial<LayerContent>;
  const withProbe = (handler: object) =>
    ({ containers: [{ ...web, readinessProbe: handler }] }) as Partial<LayerContent>;
  const fromField = { valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  const otherPath = [{ name: 'web', readinessProbe: { httpGet: { path: '/x', port: 80 } } }];

  it.each<[string, Partial<LayerContent>, string[], Partial<LayerContent>]>([
    ['value', withEnv({ value: 'x' }), ['set', 'env', 'deployment/their-value-edge', 'A=y'], withEnv(fromField)],
    [
      'probe',
      withProbe({ httpGet: { path: '/', port: 80 } }),
      [
        'patch',
        'deployment/their-probe-edge',
        '-p',
        JSON.stringify({ spec: { template: { spec: { containers: otherPath } } } }),
      ],
      withProbe({ tcpSocket: { port: 80 } }),
    ],
  ])('does not keep the next revision from being written: a %s', async (what, before, change, after) => {
    const name = `their-${what}`;
    await site.applyRelease(release(name, 1, before));
    await mustKubectl([...change, '-n', NAMESPACE]);
    // Who gives way to a controller that writes too is tried again by Temporal, and nobody would try again here.
    await at.settled(NAMESPACE, `${name}-edge`);
    await site.checkRelease(release(name, 2, after));
    const input = release(name, 2, after);
    await site.applyRelease(input);
    const live = (await deploymentOf(name))!;
    expect(uncovered(live, FIELD_MANAGER, renderRelease(input).deployment)).toEqual([]);
    // One step from what was there, not two: pods are not restarted twice.
    expect(live.metadata.generation).toBe(3);
  });
});

describe('a release that is checked', () => {
  it('that could be written, new or not, is not written', async () => {
    expect(await site.checkRelease(release('checked', 1))).toEqual({ checked: true });
    expect(await deploymentOf('checked')).toBeUndefined();
    await site.applyRelease(release('checked', 1, { volumes: [{ name: 'v', emptyDir: {} }] }));
    // What was created by us is not in the way of what takes its place.
    const next = release('checked', 2, { volumes: [{ name: 'v', configMap: { name: 'c' } }] });
    expect(await site.checkRelease(next)).toEqual({ checked: true });
    expect((await deploymentOf('checked'))?.metadata).toMatchObject({
      generation: 1,
      annotations: { [ANNOTATIONS.generation]: '1' },
    });
    await site.applyRelease(next);
    expect((await deploymentOf('checked'))?.metadata.annotations?.[ANNOTATIONS.generation]).toBe('2');
  });

  it.each([
    ['without an image', { containers: [{ name: 'web' }] }, /image: Required value/],
    [
      'with a mount of nothing',
      { containers: [{ ...web, volumeMounts: [{ name: 'x', mountPath: '/x' }] }] },
      /volumeMounts/,
    ],
    [
      'with one port twice',
      { containers: [{ ...web, ports: [{ containerPort: 80 }, { containerPort: 80 }] }] },
      /declared twice/,
    ],
  ])(
    '%s is refused in the words of the write, also where the namespace is yet to be made',
    async (what, content, words) => {
      for (const namespace of [NAMESPACE, NOWHERE]) {
        const { type, message } = await failure(site.checkRelease(release('bad', 1, content as never, namespace)));
        expect({ what, type, message }).toEqual({ what, type: 'Invalid', message: expect.stringMatching(words) });
      }
      expect(await client.find(NAMESPACES, { name: NOWHERE })).toBeUndefined();
    },
  );

  it('in a namespace that is yet to be made could be written', async () => {
    expect(await site.checkRelease(release('early', 1, {}, NOWHERE))).toEqual({ checked: true });
    expect(await client.find(NAMESPACES, { name: NOWHERE })).toBeUndefined();
  });

  it("is refused over somebody else's, and over a later one", async () => {
    await mustKubectl(['create', 'service', 'clusterip', 'theirs', '-n', NAMESPACE, '--tcp=81']);
    expect(await failure(site.checkRelease(release('theirs', 1)))).toMatchObject({ type: 'NotOurs' });
    await site.applyRelease(release('later', 5));
    expect(await failure(site.checkRelease(release('later', 4)))).toMatchObject({ type: 'Stale' });
  });

  it('at a cluster that does not answer is not known', async () => {
    const silent = new ActivitiesAtSite(stack().kubeconfig);
    await silent.close();
    expect(await silent.activities.checkRelease(release('away', 1))).toMatchObject({ checked: false });
  });
});

describe('a release that is let go', () => {
  const input = (name: string) => ({ owner: ownerOf(name), site: release(name, 1).site, orphan: true });

  it('stays as it is, and is ours no longer', async () => {
    await site.applyRelease(release('orphan', 1, { replicas: 2 }));
    await site.applyRelease(release('orphan', 2, { replicas: 2 }));
    const before = (await deploymentOf('orphan'))!;
    await site.removeRelease({ ...input('orphan'), owner: ownerOf('orphan', 'uid-other') });
    expect((await deploymentOf('orphan'))?.metadata.labels).toEqual(before.metadata.labels);
    await site.removeRelease(input('orphan'));
    await site.removeRelease(input('orphan'));
    for (const live of [await deploymentOf('orphan'), await serviceOf('orphan')]) {
      expect(live?.metadata.labels).toEqual({ 'fog-rollout': 'orphan' });
      expect(Object.keys(live?.metadata.annotations ?? {}).filter((key) => key.includes('fog-rollouts'))).toEqual([]);
    }
    const after = (await deploymentOf('orphan'))!;
    expect({ uid: after.metadata.uid, spec: after.spec }).toEqual({ uid: before.metadata.uid, spec: before.spec });
    expect(await managersOf('orphan')).not.toContain('fog-rollouts');
    // Whoever had it before cannot take it, and what is left out of an apply stays.
    expect(await failure(site.applyRelease(release('orphan', 3)))).toMatchObject({ type: 'NotOurs' });
    await site.removeRelease({ ...input('orphan'), orphan: false });
    expect((await deploymentOf('orphan'))?.spec).toEqual(before.spec);
  });
});

describe('a write costs', () => {
  /** The Deployment controller may write its status between a read and a write of ours: that costs both once more. */
  const withoutRaces = (requests: string[]) => {
    const rest = requests.filter((request) => !request.endsWith(' lost'));
    for (const lost of requests.filter((request) => request.endsWith(' lost'))) {
      rest.splice(rest.indexOf(`get ${lost.split(' ')[1]}`), 1);
    }
    return rest;
  };
  const costOf = async (input: GivenRelease) => {
    at.requests.splice(0);
    await site.applyRelease(input);
    const requests = at.requests.toSorted();
    await at.settled(NAMESPACE, `${input.owner.name}-edge`);
    return withoutRaces(requests);
  };
  it('two requests at first, three later, and one more where ports change', async () => {
    expect(await costOf(release('cost', 1))).toEqual(['create deployments.apps', 'create services']);
    // What was created becomes what was applied, once.
    const upgrades = ['patch deployments.apps', 'patch services'];
    const writes = ['apply deployments.apps', 'apply services', 'get services'];
    expect(await costOf(release('cost', 2))).toEqual([...writes, ...upgrades]);
    expect(await costOf(release('cost', 3, { containers: [{ ...web, image: 'nginx:v3' }] }))).toEqual(writes);
    const moved = { containers: [{ ...web, ports: [{ containerPort: 81 }] }] };
    expect(await costOf(release('cost', 4, moved))).toEqual([
      'apply deployments.apps',
      'apply services',
      'apply services',
      'get services',
    ]);
  });
});

describe('a release whose objects are being deleted', () => {
  const finalizer = '{"metadata":{"finalizers":["test.io/hold"]}}';
  const held = async (name: string, kind: string, object: string) => {
    await site.applyRelease(release(name, 1));
    await mustKubectl(['patch', kind, object, '-n', NAMESPACE, '--type=merge', '-p', finalizer]);
    await mustKubectl(['delete', kind, object, '-n', NAMESPACE, '--wait=false']);
  };

  it('is tried again while its Service is', async () => {
    await held('leaving', 'service', 'leaving');
    expect(await failure(site.applyRelease(release('leaving', 2)))).toEqual({
      type: 'Transient',
      message: `edge: Service ${NAMESPACE}/leaving is being deleted, held by the finalizer test.io/hold; it is made anew when it is gone`,
    });
    await kubectl([
      'patch',
      'service',
      'leaving',
      '-n',
      NAMESPACE,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ]);
    await site.applyRelease(release('leaving', 2));
    expect((await serviceOf('leaving'))?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('a release whose pods do not come up is told with the cause', () => {
  const waited = async (input: GivenRelease) => {
    const { deployment } = (await site.applyRelease(input)) as AppliedRelease;
    return (await failure(site.awaitReady({ ...input, deployment }))).message;
  };

  it('in the words of a quota', async () => {
    const namespace = `${NAMESPACE}-full`;
    await client.create(NAMESPACES, { metadata: { name: namespace } });
    await mustKubectl(['create', 'quota', 'none', '-n', namespace, '--hard=pods=0']);
    const message = await waited({ ...release('full', 1, {}, namespace), progressDeadlineSeconds: 2 });
    expect(message).toMatch(
      /^edge: Deployment e2e-release-full\/full-edge made no progress for 2 s: 0 of 1 replica available; .*quota: none/,
    );
  });

  it('in the words of the scheduler', async () => {
    const nodeSelector = { nowhere: 'true' };
    const message = await waited({ ...release('unscheduled', 1, { nodeSelector }), progressDeadlineSeconds: 2 });
    expect(message).toMatch(/pod unscheduled-edge-\S+: Unschedulable: 0\/\d+ nodes are available/);
  });
});
