/** Releases that someone else deletes or changes are put right; what is not ours to say is left alone. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEPLOYMENTS, type KubeObject, SERVICES } from '../../kube/resources.ts';
import type { Layer } from '../../model/layers.ts';
import { e2eFile } from '../support/e2e-file.ts';
import type { LogLine } from '../support/product.ts';
import { aRollout, NEVER_READY } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-drift';
const GENERATION = 'fog-rollouts.paguos.io/generation';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

const key = (name: string) => `${NAMESPACE}/${name}`;
const isRepairOf =
  (name: string) =>
  ({ msg, rollout }: LogLine) =>
    msg.startsWith('A settled rollout is not') && rollout === key(name);
const repairsOf = (name: string) => world.product.log.filter(isRepairOf(name));
const uidOf = (object: KubeObject | undefined) => object?.metadata.uid;
const whole = (name: string) =>
  world.untilRollout(key(name), 'to be whole again', (rollout) => rollout?.status?.phase === 'Succeeded');

/** Waits until the watcher has judged everything that happened so far: it takes things in their order. */
async function judged(barrier: string): Promise<void> {
  const { metadata } = (await world.read(DEPLOYMENTS, 'cloud', `${barrier}-cloud`))!;
  await world.must(['delete', 'deployment', `${barrier}-cloud`, '-n', 'cloud']);
  await world.untilDeployment('cloud', barrier, 'to be back', (live) => live.metadata.uid !== metadata.uid);
}

const TAMPERINGS: [string, string[], (name: string) => unknown, unknown][] = [
  [
    'an image',
    ['set', 'image', 'deployment/NAME-fog', 'web=evil'],
    (name) => world.deployment('fog', name)?.spec?.template.spec?.containers[0]?.image,
    'nginx:v1',
  ],
  [
    'the replicas that were given',
    ['scale', 'deployment/NAME-fog', '--replicas=4'],
    (name) => world.deployment('fog', name)?.spec?.replicas,
    1,
  ],
  [
    'a label that says whose it is',
    ['label', 'deployment/NAME-fog', 'app.kubernetes.io/managed-by-'],
    (name) => world.deployment('fog', name)?.metadata.labels?.['app.kubernetes.io/managed-by'],
    'fog-rollouts',
  ],
  [
    "a Service's port",
    ['patch', 'service/NAME', '--type=json', '-p', '[{"op":"replace","path":"/spec/ports/0/port","value":81}]'],
    (name) => world.service('fog', name)?.spec?.ports?.map(({ port }) => port),
    [80],
  ],
  [
    "a Service's selector",
    ['patch', 'service/NAME', '-p', '{"spec":{"selector":{"fog-rollout":"other"}}}'],
    (name) => world.service('fog', name)?.spec?.selector?.['fog-rollout'],
    'NAME',
  ],
];

describe('what someone changed is put right', () => {
  it.concurrent.each(TAMPERINGS)('%s', async (what, command, read, expected) => {
    const name = `changed-${TAMPERINGS.findIndex(([known]) => known === what)}`;
    const named = (word: string) => word.replace('NAME', name);
    await world.succeeded(await world.apply(aRollout(name)));
    await world.must([...command.map(named), '-n', 'fog']);
    await world.product.logged('the repair', isRepairOf(name));
    const wanted = typeof expected === 'string' ? named(expected) : expected;
    await world.recorder.until(`${what} to be put right`, [key(name), `fog/${name}-fog`, `fog/${name}`], () =>
      JSON.stringify(read(name)) === JSON.stringify(wanted) ? true : undefined,
    );
    const { status } = await whole(name);
    expect(status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1, version: 'v1' });
  });
});

describe('what someone deleted comes back', () => {
  it.concurrent('a Service', async () => {
    await world.succeeded(await world.apply(aRollout('unserved')));
    const before = world.service('edge', 'unserved')?.metadata.uid;
    await world.must(['delete', 'service', 'unserved', '-n', 'edge']);
    await world.recorder.until('the Service to be back', ['edge/unserved'], () => {
      const uid = world.service('edge', 'unserved')?.metadata.uid;
      return uid && uid !== before ? true : undefined;
    });
  });

  it.concurrent('all of it at once, twice', async () => {
    await world.succeeded(await world.apply(aRollout('swept')));
    for (const layers of [
      ['cloud', 'fog', 'edge'],
      ['edge', 'cloud'],
    ] as Layer[][]) {
      const uidsIn = (layer: Layer) => [world.deployment(layer, 'swept'), world.service(layer, 'swept')].map(uidOf);
      const before = new Map(layers.map((layer) => [layer, uidsIn(layer)]));
      await Promise.all(
        layers.map((layer) => world.must(['delete', 'deployment,service', '-l', 'fog-rollout=swept', '-n', layer])),
      );
      for (const layer of layers) {
        await world.recorder.until('the releases to be back', [`${layer}/swept-${layer}`, `${layer}/swept`], () =>
          uidsIn(layer).every((uid, at) => uid && uid !== before.get(layer)![at]) ? true : undefined,
        );
      }
      await whole('swept');
    }
    expect(await world.read(SERVICES, 'edge', 'swept')).toBeDefined();
  });

  it.concurrent('as the site was last given it, never newer', async () => {
    await world.succeeded(await world.apply(aRollout('stuck')));
    const bad = aRollout('stuck', { version: 'v2', images: { cloud: NEVER_READY }, progressDeadlineSeconds: 3 });
    const { status } = await world.settled(await world.apply(bad));
    expect(status?.phase).toBe('Failed');
    const before = world.deployment('edge', 'stuck')?.metadata.uid;
    await world.must(['delete', 'deployment', 'stuck-edge', '-n', 'edge']);
    const back = await world.untilDeployment('edge', 'stuck', 'to be back', ({ metadata }) => metadata.uid !== before);
    expect(back.metadata.annotations?.[GENERATION]).toBe('1');
    expect(back.spec?.template.spec?.containers[0]?.image).toBe('nginx:v1');
    // The repair ended well, the rollout did not: its failure stays to be read.
    await world.recorder.until('the repair to be reported', [key('stuck')], () => {
      const { run } = world.rollout(key('stuck'))?.status ?? {};
      return run && run.runId !== status?.run?.runId && run.reports > 1 ? true : undefined;
    });
    const after = world.rollout(key('stuck'))?.status;
    expect(after).toMatchObject({ phase: 'Failed', failures: status?.failures });
    expect(after?.conditions).toEqual(status?.conditions);
    const { status: fixed } = await world.succeeded(await world.apply(aRollout('stuck', { version: 'v3' })));
    expect(fixed?.version).toBe('v3');
  });
});

describe('what is not ours to say is left alone', () => {
  it.concurrent('a restart, an annotation, replicas that were left out', async () => {
    await world.succeeded(await world.apply(aRollout('barrier')));
    const applied = await world.apply(aRollout('free', { replicas: null }));
    const { status } = await world.succeeded(applied);
    await world.must(['rollout', 'restart', 'deployment/free-cloud', '-n', 'cloud']);
    await world.must(['annotate', 'deployment/free-fog', 'note=this', '-n', 'fog']);
    await world.must(['scale', 'deployment/free-edge', '--replicas=3', '-n', 'edge']);
    await judged('barrier');
    expect(repairsOf('free')).toEqual([]);
    expect(world.rollout(key('free'))?.status?.run).toEqual(status?.run);
    const { template } = world.deployment('cloud', 'free')!.spec!;
    expect(template.metadata?.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
    expect(world.deployment('edge', 'free')?.spec?.replicas).toBe(3);
  });
});
