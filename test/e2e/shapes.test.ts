/** The same cases for layers without FogSites and for layers with them, side by side, each on a cluster of its own. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CONTROLLER_REVISIONS, type KubeObject, NAMESPACES } from '../../kube/resources.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import { FOG_SITES } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { asked } from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, NEVER_READY, type RolloutManifest, SLOW, withLayer } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import { stack } from '../support/stack.ts';
import { generationOf, imageOf, Standing } from '../support/standing.ts';
import type { Places, World } from '../support/world.ts';

const NAMESPACE = 'e2e-shapes';
/** A namespace for each FogSite, of its name. */
const SITES: Places = { cloud: ['hq'], fog: ['north', 'south'], edge: ['farm', 'mill'] };
const LEFT = ['farm', 'north'];

const file = e2eFile();
const implicit = file.world(stack(), NAMESPACE);
let fleet: World;
beforeAll(async () => {
  await Promise.all([implicit.open(), openFleet()]);
});

/** FogSites concern every rollout on a cluster, so they have one of their own; two rollouts are there before them. */
async function openFleet(): Promise<void> {
  fleet = file.world(await file.startStack({ nodes: 2 }), NAMESPACE, { places: SITES });
  await fleet.open();
  const early = [aRollout('early', { layers: ['edge'] }), aRollout('early-kept', { layers: ['edge'], ...KEPT })];
  const applied = await Promise.all(early.map((manifest) => fleet.apply(manifest)));
  await Promise.all(applied.map((rollout) => fleet.succeeded(rollout)));
  for (const layer of LAYERS) await Promise.all(SITES[layer].map((name) => haveSite(layer, name)));
}

async function haveSite(layer: Layer, name: string): Promise<void> {
  await fleet.client.create<KubeObject>(NAMESPACES, { metadata: { name } });
  const labels = { side: LEFT.includes(name) ? 'left' : 'right' };
  const site = { ...aSiteManifest(name, { layer, namespace: name }), metadata: { name, labels } };
  await fleet.client.create<KubeObject>(FOG_SITES, site as unknown as KubeObject);
}

const KEPT = { strategy: { layers: { edge: { prune: false } } } };
const SHAPES: [string, () => World][] = [
  ['without FogSites', () => implicit],
  ['with FogSites', () => fleet],
];

// Names of their own: files that share a stack share the namespaces of its layers too.
describe.each(SHAPES)('Layers %s', (_, shape) => {
  it.concurrent('are rolled out one after the other, each place of them', async () => {
    const { world, applied, standing } = await begun(shape(), aRollout('table-first', { replicas: 2 }));
    const { status } = await world.succeeded(applied);
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v1'));
    expect(standing.each((live) => live.status?.readyReplicas)).toEqual(everywhere(world, 2));
    expect(standing.begunInOrder(1)).toEqual([true, true]);
    expect(status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1, version: 'v1' });
    const counts = status?.layers?.map(({ name, sites }) => [name, sites.total, sites.ready]);
    expect(counts).toEqual(LAYERS.map((layer) => [layer, world.places[layer].length, world.places[layer].length]));
  });

  it.concurrent('are given a new version one after the other', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-image'));
    const { status } = await world.succeeded(await world.apply(aRollout('table-image', { version: 'v2' })));
    expect(status).toMatchObject({ observedGeneration: 2, version: 'v2' });
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v2'));
    expect(standing.begunInOrder(2)).toEqual([true, true]);
  });

  it.concurrent('are not written again where only the edge is given another content', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-edge-only'));
    const before = standing.ours('cloud', 'fog');
    const other = aRollout('table-edge-only', { images: { edge: 'nginx:other' } });
    const { status } = await world.succeeded(await world.apply(other));
    expect(status).toMatchObject({ observedGeneration: 2, version: 'v1' });
    expect(standing.ours('cloud', 'fog')).toEqual(before);
    const edge = -world.places.edge.length;
    expect(standing.each(imageOf).slice(edge)).toEqual(world.places.edge.map(() => 'nginx:other'));
    expect(standing.each(generationOf).slice(edge)).toEqual(world.places.edge.map(() => 2));
  });

  it.concurrent('are not written again where only the strategy is another', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-strategy'));
    const before = standing.ours(...LAYERS);
    const strategy = { progressDeadlineSeconds: 500, layers: { edge: { maxConcurrency: '100%', maxFailures: 1 } } };
    const { status } = await world.succeeded(await world.apply(aRollout('table-strategy', { strategy })));
    expect(status?.observedGeneration).toBe(2);
    expect(standing.ours(...LAYERS)).toEqual(before);
  });

  it.concurrent('stop at an image that fails, with its cause, until a better one comes', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-failing'));
    const before = standing.ours('edge');
    const bad = { version: 'v2', images: { fog: NEVER_READY }, progressDeadlineSeconds: 10 };
    const { status } = await world.settled(await world.apply(aRollout('table-failing', bad)));
    const [site] = world.places.fog;
    expect(status).toMatchObject({ phase: 'Failed', observedGeneration: 2, version: 'v1' });
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Stalled']);
    expect(status?.failures).toMatchObject([{ site, layer: 'fog', reason: 'ProgressDeadlineExceeded' }]);
    const { message } = status!.failures![0]!;
    expect(message).toContain(`Deployment ${site}/table-failing-fog made no progress for 10 s`);
    expect(message).toContain('CrashLoopBackOff');
    expect(standing.ours('edge')).toEqual(before);
    const fixed = await world.succeeded(await world.apply(aRollout('table-failing', { version: 'v3' })));
    expect(fixed.status?.failures).toBeUndefined();
    expect(fixed.status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v3'));
  });

  it.concurrent.each(LAYERS)('give a newer revision the way while the %s is waited for', async (layer) => {
    const name = `table-supersede-${layer}`;
    const { world, standing } = await begun(shape(), aRollout(name, { images: { [layer]: SLOW } }));
    await world.untilDeployment(layer, name, 'to be there', () => true);
    const { status } = await world.succeeded(await world.apply(aRollout(name, { version: 'v2' })));
    expect(status).toMatchObject({ observedGeneration: 2, version: 'v2' });
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v2'));
    for (const below of LAYERS.slice(LAYERS.indexOf(layer) + 1)) {
      for (const place of world.places[below]) expect(standing.generationsAt(below, place)).toEqual([2]);
    }
  });

  it.concurrent('keep the replicas that a revision leaves out', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-replicas', { replicas: 3 }));
    await world.succeeded(await world.apply(aRollout('table-replicas', { replicas: null, version: 'v2' })));
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v2'));
    const counts = world.recorder.versions.flatMap(({ kind, object }) =>
      kind === 'Deployment' && /^table-replicas-/.test(object.metadata.name)
        ? [(object.spec as { replicas?: number }).replicas]
        : [],
    );
    expect(new Set(counts)).toEqual(new Set([3]));
  });

  it.concurrent.each(['cloud', 'edge'] as const)('get back what somebody deletes in the %s', async (layer) => {
    const name = `table-deleted-${layer}`;
    const { world, standing } = await settled(shape(), aRollout(name));
    const place = world.places[layer].at(-1)!;
    const uids = () => [world.deployment(layer, name, place), world.service(layer, name, place)].map(uidOf);
    const before = uids();
    await world.must(['delete', 'deployment,service', '-l', `fog-rollout=${name}`, '-n', place]);
    await world.recorder.until('the release to be back', [`${place}/${name}-${layer}`, `${place}/${name}`], () =>
      uids().every((uid, at) => uid && uid !== before[at]) ? true : undefined,
    );
    expect(standing.generationsAt(layer, place)).toEqual([1]);
    await world.untilRollout(`${NAMESPACE}/${name}`, 'to be whole again', isWhole);
  });

  it.concurrent.each([
    ['', 'table-left-out', {}],
    [', also with prune: false', 'table-left-out-kept', KEPT],
  ])('that are left out go, from the edge upwards, when the others are ready%s', async (_, name, wishes) => {
    const { world, standing } = await settled(shape(), aRollout(name, wishes));
    const next = { ...wishes, version: 'v2', layers: ['cloud'] as const, images: { cloud: SLOW } };
    const applied = await world.apply(aRollout(name, next));
    await world.untilDeployment('cloud', name, 'to have v2', (live) => generationOf(live) === 2);
    expect(standing.removed).toEqual([]);
    const { status } = await world.succeeded(applied);
    expect(status?.layers?.map((layer) => layer.name)).toEqual(['cloud']);
    expect(standing.removed).toEqual(eachPlaceOf(world, 'edge', 'fog'));
    for (const layer of ['fog', 'edge'] as const) {
      for (const place of world.places[layer]) expect(world.service(layer, name, place)).toBeUndefined();
    }
  });

  it.concurrent('are passed over where a person says so, and get nothing of that revision until somebody tries it again', async () => {
    const { world, standing } = await settled(shape(), aRollout('table-passed'));
    const before = standing.ours('fog');
    const strategy = { layers: { fog: { before: [{ approval: {} }] } } };
    const applied = await world.apply(aRollout('table-passed', { version: 'v2', strategy }));
    await world.untilPhase('table-passed', 'WaitingForApproval');
    const skip = { rollout: 'table-passed', action: 'Skip', layer: 'fog', reason: 'the line runs' } as const;
    expect((await asked(world, skip)).status?.message).toBe(
      'The fog is passed over when its turn comes, with its gates',
    );
    const { status } = await world.settled(applied);
    const by = expect.any(String);
    expect(status).toMatchObject({
      phase: 'Succeeded',
      observedGeneration: 2,
      version: 'v1',
      layers: [{}, { phase: 'Skipped', version: 'v1', skipped: { by, reason: 'the line runs' } }, {}],
    });
    expect(conditionsIn(status)).toEqual(['Ready False LayersSkipped', 'Stalled True LayersSkipped']);
    expect(standing.ours('fog')).toEqual(before);
    expect(standing.each(generationOf).at(-1)).toBe(2);
    // What it has is kept up, and it is given nothing else by that.
    const [place] = world.places.fog;
    const uid = uidOf(world.deployment('fog', 'table-passed', place));
    await world.must(['delete', 'deployment', 'table-passed-fog', '-n', place!]);
    await world.untilDeployment('fog', 'table-passed', 'to be back', (live) => uidOf(live) !== uid);
    expect(standing.generationsAt('fog', place!)).toEqual([1]);
    const again = await world.untilRollout(
      `${NAMESPACE}/table-passed`,
      'to be what it was, after the run that put it right',
      (rollout) => rollout?.status?.phase === 'Succeeded' && rollout.status.run?.runId !== status?.run?.runId,
    );
    expect(conditionsIn(again?.status)).toEqual(['Ready False LayersSkipped', 'Stalled True LayersSkipped']);
    const retried = await asked(world, { rollout: 'table-passed', action: 'Retry' });
    expect(retried.status).toMatchObject({ state: 'Accepted' });
    await world.untilPhase('table-passed', 'WaitingForApproval');
    await asked(world, { rollout: 'table-passed', action: 'Approve' });
    await world.succeeded(applied);
    expect(standing.each(imageOf)).toEqual(everywhere(world, 'nginx:v2'));
  });

  it.concurrent('go from the edge upwards when the FogRollout is deleted', async () => {
    const { world, rollout, standing } = await settled(shape(), aRollout('table-done'));
    await world.must(['delete', '-n', NAMESPACE, 'fgr/table-done', '--timeout=60s']);
    await world.gone(rollout);
    expect(standing.removed).toEqual(eachPlaceOf(world, 'edge', 'fog', 'cloud'));
  });

  it.concurrent('keep their releases when it is deleted with --cascade=orphan', async () => {
    const manifest = aRollout('table-orphan', { replicas: 2 });
    // Whatever is in the revisions that are kept of it: the garbage collector has to take their owner off.
    const env = [{ name: 'TEXT', value: '<a>&b \u2028 "\\' }];
    const [container] = manifest.spec.deployments.cloud!.containers;
    const awkward = withLayer(manifest, 'cloud', { containers: [{ ...container!, env }] });
    const { world, standing } = await settled(shape(), awkward);
    const whole = () => standing.each(({ metadata, spec }) => ({ uid: metadata.uid, spec }));
    const before = whole();
    await world.must(['delete', 'fgr', 'table-orphan', '-n', NAMESPACE, '--cascade=orphan', '--wait=false']);
    await world.untilRollout(`${NAMESPACE}/table-orphan`, 'to be gone', (rollout) => !rollout);
    await world.recorder.until('the releases to be nobody’s', [], () => standing.isNobodys() || undefined);
    expect(whole()).toEqual(before);
    expect(standing.removed).toEqual([]);
    const ref = { namespace: NAMESPACE, name: 'fgr-table-orphan-1' };
    const kept = await world.client.find<KubeObject>(CONTROLLER_REVISIONS, ref);
    expect(kept?.metadata.ownerReferences ?? []).toEqual([]);
    await world.must(['delete', 'deployment,service', '-l', 'fog-rollout=table-orphan', '--all-namespaces']);
  });
});

describe('A place that has no part in a layer any more', () => {
  it.concurrent.each([
    ['loses its release', 'unselected', true],
    ['keeps it with prune: false', 'unselected-kept', false],
  ])('because it is not selected %s', async (_, name, prune) => {
    await fleet.succeeded(await fleet.apply(aRollout(name)));
    const edge = { siteSelector: { matchLabels: { side: 'left' } }, prune };
    const { status } = await fleet.succeeded(await fleet.apply(aRollout(name, { strategy: { layers: { edge } } })));
    expect(status?.layers?.find(({ name: layer }) => layer === 'edge')?.sites).toMatchObject({ total: 1, ready: 1 });
    const left = SITES.edge.filter((place) => fleet.deployment('edge', name, place));
    expect(left).toEqual(prune ? ['farm'] : SITES.edge);
  });

  it.concurrent.each([
    ['loses its release', 'early', {}, undefined],
    ['keeps it with prune: false', 'early-kept', KEPT, 1],
  ])('because the layer has got FogSites %s', async (_, name, wishes, generation) => {
    const early = fleet.deployment('edge', name, 'edge')!;
    expect(generationOf(early)).toBe(1);
    await fleet.succeeded(await fleet.apply(aRollout(name, { layers: ['edge'], ...wishes, version: 'v2' })));
    expect(SITES.edge.map((place) => generationOf(fleet.deployment('edge', name, place)!))).toEqual([2, 2]);
    const left = fleet.deployment('edge', name, 'edge');
    expect(left && generationOf(left)).toBe(generation);
  });
});

/** The rollout was applied. */
async function begun(world: World, manifest: RolloutManifest) {
  const applied = await world.apply(manifest);
  return { world, applied, standing: new Standing(world, manifest.metadata.name) };
}

/** It has ended well. */
async function settled(world: World, manifest: RolloutManifest) {
  const { applied, standing } = await begun(world, manifest);
  return { world, standing, rollout: await world.succeeded(applied) };
}

const eachPlaceOf = ({ places }: World, ...layers: Layer[]) =>
  layers.flatMap((layer) => places[layer].map(() => layer));
const everywhere = <T>(world: World, value: T) => eachPlaceOf(world, ...LAYERS).map(() => value);
const conditionsIn = (status: FogRollout['status']) =>
  (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type} ${is} ${reason}`);
const uidOf = (object: KubeObject | undefined) => object?.metadata.uid;
const isWhole = (rollout: FogRollout | undefined) =>
  rollout?.status?.phase === 'Succeeded' &&
  (rollout.status.layers?.every(({ sites }) => sites.ready === sites.total) ?? false);
