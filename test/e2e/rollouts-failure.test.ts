/** Rollouts that fail: what the status says, what the lower layers keep, and how a person gets out of it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEPLOYMENTS, SERVICES } from '../../kube/resources.ts';
import { LAYERS } from '../../model/layers.ts';
import type { FogRolloutStatus } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, NEVER_READY, NO_SUCH_IMAGE, withLayer } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-failure';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

/** Long enough for a good layer on a busy machine, and for a pod that never becomes ready to have crashed again. */
const SOON = { progressDeadlineSeconds: 10 };
const FAILS_WITHIN_MS = 120_000;
const statesOf = (status: FogRolloutStatus | undefined) =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status: state }) => [type, state]));
const messageOf = (status: FogRolloutStatus | undefined) =>
  status?.conditions?.find(({ type }) => type === 'Stalled')?.message ?? '';
const versionsOf = (name: string) =>
  LAYERS.map((layer) => world.deployment(layer, name)?.metadata.annotations?.['fog-rollouts.paguos.io/version']);

describe('a pod that never becomes ready', () => {
  it.concurrent.each([
    ['cloud', ['v2', 'v1', 'v1']],
    ['edge', ['v2', 'v2', 'v2']],
  ] as const)('in the %s stops the rollout there, until a better revision comes', async (layer, versions) => {
    const name = `crashing-${layer}`;
    await world.succeeded(await world.apply(aRollout(name)));
    const bad = { version: 'v2', images: { [layer]: NEVER_READY }, ...SOON };
    const { status } = await world.settled(await world.apply(aRollout(name, bad)), FAILS_WITHIN_MS);
    expect(status).toMatchObject({ phase: 'Failed', observedGeneration: 2, version: 'v1' });
    expect(statesOf(status)).toEqual({ Ready: 'False', Stalled: 'True' });
    expect(messageOf(status)).toContain(`${layer}: Deployment ${layer}/${name}-${layer} made no progress for 10 s`);
    expect(messageOf(status)).toContain('CrashLoopBackOff');
    expect(status?.failures).toMatchObject([{ site: layer, layer, reason: 'ProgressDeadlineExceeded' }]);
    expect(status?.layers?.find((one) => one.name === layer)).toMatchObject({ phase: 'Failed', sites: { failed: 1 } });
    expect(versionsOf(name)).toEqual(versions);
    const fixed = await world.succeeded(await world.apply(aRollout(name, { version: 'v3' })));
    expect(statesOf(fixed.status)).toEqual({ Ready: 'True' });
    expect(fixed.status?.failures).toBeUndefined();
    expect(versionsOf(name)).toEqual(['v3', 'v3', 'v3']);
  });

  it.concurrent('and that a better revision replaces while it is waited for, is never a failure', async () => {
    await world.apply(aRollout('better', { images: { fog: NEVER_READY }, progressDeadlineSeconds: 60 }));
    await world.untilDeployment('fog', 'better', 'to be there', () => true);
    await world.succeeded(await world.apply(aRollout('better', { version: 'v2' })));
    const phases = world.recorder.historyOf('FogRollout', `${NAMESPACE}/better`).map(({ status }) => status?.phase);
    expect(phases).not.toContain('Failed');
  });

  it.concurrent('with a deadline shorter than a pod needs to start is told just so', async () => {
    const hasty = aRollout('hasty', { image: NEVER_READY, progressDeadlineSeconds: 1 });
    const { status } = await world.settled(await world.apply(hasty));
    expect(status?.failures).toMatchObject([{ reason: 'ProgressDeadlineExceeded' }]);
    expect(messageOf(status)).toContain('made no progress for 1 s');
  });
});

it.concurrent('an image that cannot be pulled is named', async () => {
  const unpulled = await world.apply(aRollout('unpulled', { image: NO_SUCH_IMAGE, ...SOON }));
  const { status } = await world.settled(unpulled, FAILS_WITHIN_MS);
  expect(messageOf(status)).toContain('ImagePullBackOff');
  expect(messageOf(status)).toContain(`Back-off pulling image ${NO_SUCH_IMAGE}`);
  expect(world.deployment('fog', 'unpulled')).toBeUndefined();
});

describe('what the API server refuses', () => {
  it.concurrent('as a FogRollout is refused with the name of the field', async () => {
    const twice = withLayer(aRollout('twice'), 'fog', {
      containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }, { containerPort: 80 }] }],
    });
    const { ok, output } = await world.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], twice);
    expect({ ok, output }).toEqual({ ok: false, output: expect.stringContaining('spec.deployments.fog') });
  });

  it.concurrent('only as a Deployment ends as a failure in its words, and nothing below', async () => {
    const volumeMounts = [{ name: 'nowhere', mountPath: '/data' }];
    const invalid = withLayer(aRollout('invalid'), 'fog', {
      containers: [{ name: 'web', image: 'nginx', volumeMounts }],
    });
    const { status } = await world.settled(await world.apply(invalid));
    expect(statesOf(status)).toEqual({ Ready: 'False', Stalled: 'True' });
    expect(status?.failures).toMatchObject([{ layer: 'fog', reason: 'Invalid' }]);
    expect(messageOf(status)).toMatch(/fog.*invalid-fog.*volumeMounts\[0\]\.name: Not found: "nowhere"/);
    expect(world.deployment('edge', 'invalid')).toBeUndefined();
    expect(world.deployment('fog', 'invalid')).toBeUndefined();
  });
});

describe('what is not ours', () => {
  it.concurrent('is left as it is when it is a Deployment', async () => {
    await world.createNamespace('fog');
    await world.must(['create', 'deployment', 'foreign-fog', '-n', 'fog', '--image=other']);
    const before = await world.read(DEPLOYMENTS, 'fog', 'foreign-fog');
    const { status } = await world.settled(await world.apply(aRollout('foreign')));
    expect(status?.failures).toMatchObject([{ layer: 'fog', reason: 'NotOurs' }]);
    expect(messageOf(status)).toContain('Deployment fog/foreign-fog is not managed by fog-rollouts');
    const after = await world.read(DEPLOYMENTS, 'fog', 'foreign-fog');
    expect({ ...after?.metadata, ...after?.spec }).toMatchObject({ uid: before?.metadata.uid, ...before?.spec });
    expect(after?.metadata.labels).toEqual(before?.metadata.labels);
    await world.delete(await world.apply(aRollout('foreign')));
    await world.untilRollout(`${NAMESPACE}/foreign`, 'to be gone', (rollout) => !rollout);
    expect((await world.read(DEPLOYMENTS, 'fog', 'foreign-fog'))?.metadata.uid).toBe(before?.metadata.uid);
    await world.must(['delete', 'deployment', 'foreign-fog', '-n', 'fog']);
  });

  it.concurrent('is left as it is when it is a Service', async () => {
    await world.createNamespace('cloud');
    await world.must(['create', 'service', 'clusterip', 'served', '-n', 'cloud', '--tcp=81']);
    const before = await world.read(SERVICES, 'cloud', 'served');
    const { status } = await world.settled(await world.apply(aRollout('served')));
    expect(status?.failures).toMatchObject([{ layer: 'cloud', reason: 'NotOurs' }]);
    expect(messageOf(status)).toContain('Service cloud/served is not managed by fog-rollouts');
    expect(await world.read(SERVICES, 'cloud', 'served')).toEqual(before);
    expect(world.deployment('fog', 'served')).toBeUndefined();
    await world.must(['delete', 'service', 'served', '-n', 'cloud']);
  });

  it.concurrent('is taken over as it runs when a person says so: what the operator before us has made', async () => {
    await world.createNamespace('cloud');
    const made = (kind: 'deployment' | 'service', spec: object) =>
      world.must(['create', '-f', '-'], {
        apiVersion: kind === 'service' ? 'v1' : 'apps/v1',
        kind: kind === 'service' ? 'Service' : 'Deployment',
        metadata: { namespace: 'cloud', name: kind === 'service' ? 'seeded' : 'seeded-cloud' },
        spec,
      });
    const labels = { 'fog-rollout': 'seeded' };
    const [container] = aRollout('seeded').spec.deployments.cloud!.containers;
    const template = { metadata: { labels }, spec: { containers: [container] } };
    await made('deployment', { replicas: 1, selector: { matchLabels: labels }, template });
    await made('service', { selector: labels, ports: [{ port: 80 }] });
    const pods = () => world.must(['get', 'pods', '-n', 'cloud', '-l', 'fog-rollout=seeded', '-o', 'name']);
    await world.untilDeployment('cloud', 'seeded', 'to be ready', ({ status }) => status?.readyReplicas === 1);
    const before = await pods();

    const { status } = await world.settled(await world.apply(aRollout('seeded')));
    expect(status?.failures).toMatchObject([{ layer: 'cloud', reason: 'NotOurs' }]);
    const way = /taken over as it runs \((kubectl annotate deployment seeded-cloud [^)]+)\) and retry/.exec(
      messageOf(status),
    )!;
    await world.must(way[1]!.split(' ').slice(1));
    await world.succeeded(await world.apply(aRollout('seeded', { version: 'v2', image: 'nginx:v1' })));
    expect(await pods()).toBe(before);
    const [taken, service] = [
      await world.read(DEPLOYMENTS, 'cloud', 'seeded-cloud'),
      await world.read(SERVICES, 'cloud', 'seeded'),
    ];
    for (const one of [taken, service]) {
      expect(one?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'fog-rollouts' });
      expect(one?.metadata.annotations).not.toHaveProperty(['fog-rollouts.paguos.io/adopt']);
    }
    // What it had, and is rendered no longer, goes with the next change.
    const managers = (taken?.metadata.managedFields ?? []).filter(({ fieldsV1 }) =>
      JSON.stringify(fieldsV1).includes('f:template'),
    );
    expect(managers.map(({ manager }) => manager)).toEqual(['fog-rollouts']);
  });

  it.concurrent("is another namespace's rollout of the same name", async () => {
    await world.createNamespace('e2e-failure-second');
    const first = await world.succeeded(await world.apply(aRollout('shared')));
    // Not the versions: the Deployment controller may write its status once more.
    const released = () =>
      LAYERS.map((layer) => {
        const { metadata, spec } = world.deployment(layer, 'shared')!;
        return { uid: metadata.uid, labels: metadata.labels, annotations: metadata.annotations, spec };
      });
    const before = released();
    const second = await world.apply(aRollout('shared', { version: 'v9' }), 'e2e-failure-second');
    const { status } = await world.settled(second);
    expect(status?.failures).toMatchObject([{ layer: 'cloud', reason: 'NotOurs' }]);
    expect(messageOf(status)).toContain(`FogRollout ${NAMESPACE}/shared`);
    await world.delete(second);
    await world.untilRollout('e2e-failure-second/shared', 'to be gone', (rollout) => !rollout);
    expect(released()).toEqual(before);
    expect(world.rollout(`${NAMESPACE}/shared`)?.status).toEqual(first.status);
  });
});
