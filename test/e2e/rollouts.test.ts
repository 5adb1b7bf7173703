/** Rollouts that end well: what a person applies, and what there is then. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { LAYERS } from '../../model/layers.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, SLOW, withLayer } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-rollouts';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

const PREFIX = 'fog-rollouts.paguos.io';
const key = (name: string) => `${NAMESPACE}/${name}`;
const imagesOf = (name: string) =>
  LAYERS.map((layer) => world.deployment(layer, name)?.spec?.template.spec?.containers[0]?.image);
const podsOf = async (name: string) =>
  (await Promise.all(LAYERS.map((layer) => world.podsOf(layer, name)))).flat().map(({ metadata }) => metadata.uid);

describe('a FogRollout applied with kubectl', () => {
  it.concurrent('is ready for kubectl wait, and says so in columns', async () => {
    const manifest = aRollout('columns', { replicas: 2 });
    await world.must(['apply', '-n', NAMESPACE, '-f', '-'], manifest);
    await world.must(['wait', '-n', NAMESPACE, '--for=condition=Ready', 'fgr/columns', '--timeout=60s']);
    const [, row] = (await world.must(['get', 'fgr', 'columns', '-n', NAMESPACE])).split('\n');
    expect(row?.split(/\s+/).slice(0, 7)).toEqual(['columns', 'v1', 'Succeeded', '1/1', '1/1', '1/1', 'True']);
  });

  it.concurrent('makes in each layer a Deployment and a Service, as the seed does', async () => {
    const applied = await world.apply(aRollout('made', { version: 'v1.2.0', replicas: 2 }));
    const { metadata, status } = await world.succeeded(applied);
    for (const layer of LAYERS) {
      const labels = { 'fog-rollout': 'made', 'app.kubernetes.io/managed-by': 'fog-rollouts' };
      const common = {
        labels: { ...labels, [`${PREFIX}/namespace`]: NAMESPACE },
        annotations: expect.objectContaining({
          [`${PREFIX}/uid`]: metadata.uid,
          [`${PREFIX}/generation`]: '1',
          [`${PREFIX}/revision`]: status?.revision?.hash,
          [`${PREFIX}/version`]: 'v1.2.0',
        }),
      };
      expect(world.deployment(layer, 'made')).toMatchObject({
        metadata: { name: `made-${layer}`, ...common },
        spec: {
          replicas: 2,
          progressDeadlineSeconds: 600,
          selector: { matchLabels: { 'fog-rollout': 'made' } },
          template: {
            metadata: { labels: { 'fog-rollout': 'made' } },
            spec: { containers: [{ name: 'web', image: 'nginx:v1.2.0' }] },
          },
        },
        status: { readyReplicas: 2 },
      });
      expect(world.service(layer, 'made')).toMatchObject({
        metadata: { name: 'made', ...common },
        spec: { selector: { 'fog-rollout': 'made' }, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] },
      });
    }
  });

  it.concurrent('tells in its status what became of it, by the kstatus rules', async () => {
    // A quick first revision is reported once, at its end.
    const applied = await world.apply(aRollout('told', { images: { edge: SLOW } }));
    const { status, metadata } = await world.succeeded(applied);
    expect(metadata.finalizers).toEqual([`${PREFIX}/cleanup`]);
    expect(status).toMatchObject({
      observedGeneration: 1,
      version: 'v1',
      revision: { generation: 1, version: 'v1' },
      run: { workflowId: `fogrollout/${NAMESPACE}/told` },
      layers: LAYERS.map((name) => ({
        name,
        phase: 'Ready',
        version: 'v1',
        sites: { total: 1, ready: 1, updated: 1 },
      })),
    });
    expect(status?.conditions).toMatchObject([{ type: 'Ready', status: 'True', observedGeneration: 1 }]);
    const before = world.recorder.historyOf('FogRollout', key('told')).map((version) => version.status);
    const progressing = before.find((seen) => seen?.phase === 'Progressing');
    expect(progressing?.conditions?.map(({ type, status: state }) => `${type}=${state}`).sort()).toEqual([
      'Ready=False',
      'Reconciling=True',
    ]);
  });

  it.concurrent('goes only through the layers it names', async () => {
    const { status } = await world.succeeded(await world.apply(aRollout('two', { layers: ['cloud', 'edge'] })));
    expect(status?.layers?.map(({ name }) => name)).toEqual(['cloud', 'edge']);
    expect(world.deployment('fog', 'two')).toBeUndefined();
  });

  it.concurrent('waits for a slow image, one layer after the other', async () => {
    const applied = await world.apply(aRollout('slow', { images: { cloud: SLOW, edge: `${SLOW}:v1` } }));
    await world.untilDeployment('cloud', 'slow', 'to be there', () => true);
    expect(world.deployment('fog', 'slow')).toBeUndefined();
    const { status } = await world.succeeded(applied);
    expect(status?.layers?.map(({ phase }) => phase)).toEqual(['Ready', 'Ready', 'Ready']);
  });
});

describe('a change', () => {
  it.concurrent('of the version alone restarts no pod', async () => {
    await world.succeeded(await world.apply(aRollout('same', { image: 'nginx' })));
    const before = await podsOf('same');
    await world.succeeded(await world.apply(aRollout('same', { image: 'nginx', version: 'v2' })));
    expect(before).toHaveLength(3);
    expect(await podsOf('same')).toEqual(before);
    for (const layer of LAYERS) {
      expect(world.deployment(layer, 'same')?.metadata.annotations).toMatchObject({
        [`${PREFIX}/version`]: 'v2',
        [`${PREFIX}/generation`]: '2',
      });
    }
  });

  it.concurrent('that takes the ports away takes the Service away', async () => {
    await world.succeeded(await world.apply(aRollout('ports')));
    expect(world.service('edge', 'ports')).toBeDefined();
    await world.succeeded(await world.apply(aRollout('ports', { version: 'v2', ports: false })));
    await world.recorder.until('the Services to be gone', [], () =>
      LAYERS.some((layer) => world.service(layer, 'ports')) ? undefined : true,
    );
    await world.succeeded(await world.apply(aRollout('ports', { version: 'v3' })));
    expect(world.service('edge', 'ports')).toBeDefined();
  });

  it.concurrent('of a label or an annotation starts no run', async () => {
    const { status } = await world.succeeded(await world.apply(aRollout('labelled')));
    const manifest = aRollout('labelled');
    const { metadata } = await world.apply({ ...manifest, metadata: { name: 'labelled', labels: { a: 'b' } } });
    expect(metadata.generation).toBe(1);
    await world.must(['annotate', '-n', NAMESPACE, 'fgr/labelled', 'a=b']);
    // A later change of another object comes out at the end: by then the watcher has judged this one too.
    await world.succeeded(await world.apply(aRollout('after-labels')));
    expect(world.rollout(key('labelled'))?.status?.run).toEqual(status?.run);
  });

  it.concurrent('of fields that a later revision leaves out takes them back', async () => {
    const plain = aRollout('fields');
    const rich = withLayer(plain, 'cloud', {
      terminationGracePeriodSeconds: 5,
      podAnnotations: { note: 'this' },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
    });
    await world.succeeded(await world.apply(withLayer(rich, 'cloud', { nodeSelector: {} })));
    expect(world.deployment('cloud', 'fields')?.spec?.template).toMatchObject({
      metadata: { annotations: { note: 'this' } },
      spec: { terminationGracePeriodSeconds: 5 },
    });
    await world.succeeded(await world.apply({ ...plain, spec: { ...plain.spec, version: 'v2' } }));
    const template = world.deployment('cloud', 'fields')?.spec?.template;
    expect(template?.metadata?.annotations?.note).toBeUndefined();
    expect(template?.spec?.terminationGracePeriodSeconds).toBe(30);
  });
});

describe('replicas', () => {
  it.concurrent('left out are free for others', async () => {
    await world.succeeded(await world.apply(aRollout('scaled', { replicas: null })));
    await world.must(['scale', '-n', 'cloud', 'deployment/scaled-cloud', '--replicas=3']);
    await world.succeeded(await world.apply(aRollout('scaled', { replicas: null, version: 'v2' })));
    expect(LAYERS.map((layer) => world.deployment(layer, 'scaled')?.spec?.replicas)).toEqual([3, 1, 1]);
  });

  it.concurrent('of zero are ready at once', async () => {
    await world.succeeded(await world.apply(aRollout('none', { replicas: 0 })));
    expect(world.deployment('edge', 'none')?.spec?.replicas).toBe(0);
  });
});

describe('many changes in a row', () => {
  it.concurrent('end with the last one, and nothing older comes after it', async () => {
    let last = await world.apply(aRollout('rapid'));
    for (let at = 2; at <= 10; at++) last = await world.apply(aRollout('rapid', { version: `v${at}` }));
    const { status } = await world.succeeded(last);
    expect(status).toMatchObject({ observedGeneration: 10, version: 'v10' });
    expect(imagesOf('rapid')).toEqual(['nginx:v10', 'nginx:v10', 'nginx:v10']);
  });
});
