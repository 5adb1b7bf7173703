/** Releases that somebody holds: paused, held by a finalizer; and what only events tell of a failure. */
import { beforeAll, expect, it } from '@jest/globals';
import type { CoreV1Event } from '@kubernetes/client-node';
import { EVENTS, type KubeObject } from '../../kube/resources.ts';
import type { FogRollout, FogRolloutStatus } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, NEVER_READY } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-held';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

const key = (name: string) => `${NAMESPACE}/${name}`;
const conditionOf = (status: FogRolloutStatus | undefined, wanted: string) =>
  status?.conditions?.find(({ type }) => type === wanted);
const isReady = (rollout: FogRollout | undefined) => conditionOf(rollout?.status, 'Ready')?.status === 'True';

it.concurrent('a paused Deployment is told as paused, by whom, and how to go on', async () => {
  await world.succeeded(await world.apply(aRollout('resting')));
  await world.must(['rollout', 'pause', 'deployment/resting-cloud', '-n', 'cloud']);
  const next = await world.apply(aRollout('resting', { version: 'v2', progressDeadlineSeconds: 5 }));
  const { status } = await world.settled(next, 120_000);
  const message = conditionOf(status, 'Stalled')?.message;
  expect(message).toMatch(/cloud: Deployment cloud\/resting-cloud is paused, by kubectl-rollout since \d{4}-/);
  const command = /kubectl (rollout resume deployment\/resting-cloud -n cloud)/.exec(message ?? '')?.[1];
  // We write what is ours; the pause is not.
  expect(world.deployment('cloud', 'resting')?.spec?.paused).toBe(true);
  await world.must(command!.split(' '));
  await world.succeeded(await world.apply(aRollout('resting', { version: 'v3' })));
});

it.concurrent.each(['deployment', 'service'])('a %s that a finalizer keeps from going', async (kind) => {
  const name = `leaving-${kind}`;
  const object = [kind, kind === 'deployment' ? `${name}-edge` : name, '-n', 'edge'];
  const live = () => (kind === 'deployment' ? world.deployment('edge', name) : world.service('edge', name));
  const patch = (finalizers: string) =>
    world.must(['patch', ...object, '--type=merge', '-p', `{"metadata":{"finalizers":${finalizers}}}`]);
  const repairs = () =>
    world.product.log.filter(({ msg, rollout }) => msg.startsWith('A settled') && rollout === key(name));
  const { status: before } = await world.succeeded(await world.apply(aRollout(name)));
  await patch('["test.io/hold"]');
  await world.must(['delete', ...object, '--wait=false']);
  const { status } = await world.untilRollout(key(name), 'not to be ready', (rollout) => !isReady(rollout));
  expect(conditionOf(status, 'Ready')?.message).toContain('is being deleted, held by the finalizer test.io/hold');
  // Another drift is put right meanwhile, so that whatever was to be done about this one had its turn.
  await world.must(['delete', 'deployment', `${name}-fog`, '-n', 'fog']);
  await world.product.logged(
    'the repair of the fog',
    ({ msg, rollout }) => msg.startsWith('A settled') && rollout === key(name),
  );
  expect(repairs()).toMatchObject([{ found: [{ layer: 'fog' }] }]);
  expect(status?.run).toEqual(before?.run);
  const { uid } = live()!.metadata;
  await patch('null');
  await world.recorder.until(`the ${kind} to be made anew`, [key(name), `edge/${name}`], () => {
    const now = live();
    return now && now.metadata.uid !== uid ? true : undefined;
  });
  await world.untilRollout(key(name), 'to be ready again', isReady);
});

it.concurrent.each(['deployment', 'service'])(
  'a rollout goes on by itself once its later %s is to be taken over',
  async (kind) => {
    const name = `later-${kind}`;
    const object = [kind, kind === 'deployment' ? `${name}-fog` : name, '-n', 'fog'];
    await world.succeeded(await world.apply(aRollout(name)));
    await world.must(['annotate', ...object, '--overwrite', 'fog-rollouts.paguos.io/generation=1000']);
    const next = await world.apply(aRollout(name, { version: 'v2' }));
    const { status } = await world.settled(next);
    expect(conditionOf(status, 'Stalled')).toMatchObject({ reason: 'Stale' });
    await world.must(['annotate', ...object, 'fog-rollouts.paguos.io/adopt=true']);
    const whole = await world.untilRollout(
      key(name),
      'to be rolled out',
      ({ status } = {} as FogRollout) => status?.phase === 'Succeeded',
    );
    expect(whole.status).toMatchObject({ version: 'v2', observedGeneration: next.metadata.generation });
    expect(whole.status).not.toHaveProperty('failures');
    const live = kind === 'deployment' ? world.deployment('fog', name) : world.service('fog', name);
    expect(live?.metadata.annotations).toMatchObject({
      'fog-rollouts.paguos.io/generation': String(next.metadata.generation),
    });
    const begun = world.product.log.filter(({ msg, rollout }) => msg.includes('taken over') && rollout === key(name));
    expect(begun).toHaveLength(1);
  },
);

it.concurrent('what a kubelet says of a probe in events alone is told, of the present pods only', async () => {
  const name = 'probed';
  await world.succeeded(await world.apply(aRollout(name, { layers: ['cloud'] })));
  const [old] = await world.podsOf('cloud', name);
  const say = (pod: KubeObject, message: string) =>
    world.client.create<CoreV1Event & KubeObject>(EVENTS, {
      metadata: { namespace: 'cloud', name: `${pod.metadata.name}.probe` },
      ...{ type: 'Warning', reason: 'Unhealthy', message, count: 3 },
      involvedObject: {
        kind: 'Pod',
        namespace: 'cloud',
        name: pod.metadata.name,
        uid: pod.metadata.uid!,
        fieldPath: 'spec.containers{web}',
      },
      lastTimestamp: new Date().toISOString(),
    } as never);
  await say(old!, 'Readiness probe failed: of an older pod');
  await world.apply(
    aRollout(name, { layers: ['cloud'], version: 'v2', image: NEVER_READY, progressDeadlineSeconds: 10 }),
  );
  const pod = await eventually<KubeObject>('the new pod', async () => {
    const pods = await world.podsOf('cloud', name);
    return pods.find(({ metadata }) => metadata.uid !== old!.metadata.uid) ?? { not: pods.length };
  });
  await say(pod, 'Readiness probe failed: HTTP probe failed with statuscode: 404');
  const { status } = await world.untilRollout(key(name), 'to fail', (rollout) => rollout?.status?.phase === 'Failed');
  const message = conditionOf(status, 'Stalled')?.message;
  expect(message).toContain(
    `container web of ${pod.metadata.name}: Readiness probe failed: HTTP probe failed with statuscode: 404 (3 times)`,
  );
  expect(message).not.toContain('of an older pod');
});
