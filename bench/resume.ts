import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, keyOfObject, type ResourceType } from '../kube/resources.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { FogRollout } from '../model/types.ts';
import { Recorder } from '../test/support/recorder.ts';
import { type Outcome, type Row, rounded } from './figures.ts';
import { inLanes } from './lanes.ts';
import { hasSucceeded } from './sites.ts';
import { deadline, NAMESPACE, rolloutManifest, type World } from './world.ts';

const NODES: ResourceType = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
/** A label of nodes without which the held layer's pods find none. */
const OPEN = { 'bench/open': 'yes' };
const LANES = 50;
const LONGEST_MS = 1_800_000;

/**
 * Many rollouts in flight, a third of them held in each layer by pods that no node takes; every process of ours is
 * killed while they are on their way there, the nodes are opened, and ours started again.
 */
export async function resume(world: World, { rollouts = 1_000 } = {}): Promise<Outcome> {
  const recorder = new Recorder(world.stack.kubeconfig);
  await recorder.start();
  try {
    return await measure(world, recorder, rollouts);
  } finally {
    await recorder.stop();
  }
}

async function measure(world: World, recorder: Recorder, rollouts: number): Promise<Outcome> {
  const { client, deployments } = world;
  const names = Array.from({ length: rollouts }, (_, at) => `resume-${at}`);
  const product = await world.startProduct();
  await inLanes(LANES, [...names.entries()], ([at, name]) =>
    client.create(FOG_ROLLOUTS, heldIn(LAYERS[at % 3]!, name)),
  );
  await Promise.all(
    names.map((name) =>
      deployments.waitFor('cloud', `${name}-cloud`, (live) => !!live || undefined, deadline(LONGEST_MS)),
    ),
  );
  const inFlight = names.length - finishedIn(world);
  await product.kill();
  world.progress(`Killed with ${inFlight} of ${rollouts} rollouts in flight`);
  await openNodes(client);
  const started = performance.now();
  const progressed = nextDeployment(world);
  const [firstProgress] = await Promise.all([progressed, world.startProduct()]);
  world.progress(`Started again: first progress after ${rounded((firstProgress - started) / 1_000, 1)} s`);
  await Promise.all(names.map((name) => world.rollouts.waitFor(NAMESPACE, name, hasSucceeded, deadline(LONGEST_MS))));
  const allDone = performance.now();
  const faults = recorder.faults();
  for (const fault of faults) world.progress(fault);
  const json = {
    firstProgressSeconds: rounded((firstProgress - started) / 1_000, 1),
    allDoneSeconds: rounded((allDone - started) / 1_000, 1),
    inFlight,
    finished: finishedIn(world),
    outOfOrder: faults.length,
    rollouts,
  };
  const row = (figure: string, product: string, bar: string): Row => ({
    name: 'resume',
    figure: `${figure}, ${inFlight} rollouts in flight`,
    product,
    floor: '-',
    result: product,
    bar,
  });
  return {
    json,
    rows: [
      row('s from start to first progress', `${json.firstProgressSeconds}`, '<= 10 s'),
      row('s from start until all have finished', `${json.allDoneSeconds}`, '-'),
      row('finished', `${json.finished}`, `${rollouts}`),
      row('applied out of order', `${json.outOfOrder}`, '0'),
    ],
  };
}

function heldIn(layer: Layer, name: string): KubeObject {
  const { spec, ...manifest } = rolloutManifest(name) as unknown as FogRollout;
  const held = { ...spec.deployments[layer]!, nodeSelector: OPEN };
  const deployments = { ...spec.deployments, [layer]: held };
  const strategy = { progressDeadlineSeconds: LONGEST_MS / 1_000 };
  return { ...manifest, spec: { ...spec, deployments, strategy } } as unknown as KubeObject;
}

function finishedIn({ rollouts }: World): number {
  return rollouts.list().filter(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed').length;
}

async function openNodes(client: KubeClient): Promise<void> {
  const { items } = await client.listAll(NODES);
  const body = { metadata: { labels: OPEN } };
  await Promise.all(items.map(({ metadata: { name } }) => client.patch(NODES, { name }, { type: 'merge', body })));
}

/** When the next Deployment is there that is not there now, by `performance.now()`. */
function nextDeployment({ deployments }: World): Promise<number> {
  const known = new Set(deployments.list().map(keyOfObject));
  const { promise, resolve } = Promise.withResolvers<number>();
  const end = deployments.subscribe({
    onAdd(object) {
      if (!known.has(keyOfObject(object))) resolve(performance.now());
    },
  });
  return promise.finally(end);
}
