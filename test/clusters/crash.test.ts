/**
 * kill -9 of everything in turn, and an upgrade, in the middle of things, on a stack of its own: all ends right, in the right
 * order.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { LAYERS, type Layer } from '../../model/layers.ts';
import type { FogRollout } from '../../model/types.ts';
import { asked } from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { startAgain } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout, SLOW } from '../support/rollouts.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';
import { NEXT_PATCH } from '../workflow/support/next-patch.ts';

const NAMESPACE = 'e2e-crash';
/** A worker that was killed in a wait is missed after its heartbeat timeout. */
const RESUMED_MS = 120_000;
const file = e2eFile();
let cluster: StackHandle;
let world: World;
let version = 0;
jest.setTimeout(300_000);
beforeAll(async () => {
  cluster = await file.startStack();
  world = await file.world(cluster, NAMESPACE).open();
});

const nameOf = (layer: Layer) => `held-${layer}`;

/** A new revision of three rollouts, each waiting in another layer for a slow image. */
async function heldInEachLayer(): Promise<FogRollout[]> {
  version += 1;
  const applied = LAYERS.map((layer) =>
    world.apply(aRollout(nameOf(layer), { version: `v${version}`, images: { [layer]: `${SLOW}:v${version}` } })),
  );
  const rollouts = await Promise.all(applied);
  await Promise.all(
    LAYERS.map((layer) =>
      world.untilDeployment(
        layer,
        nameOf(layer),
        'to be given the revision',
        ({ metadata }) => metadata.annotations?.['fog-rollouts.paguos.io/version'] === `v${version}`,
      ),
    ),
  );
  return rollouts;
}

async function allEndRight(rollouts: FogRollout[]): Promise<void> {
  for (const rollout of rollouts) {
    const { status, metadata } = await world.succeeded(rollout, RESUMED_MS);
    expect(status).toMatchObject({ version: rollout.spec.version, observedGeneration: metadata.generation });
    for (const layer of LAYERS) {
      const { annotations } = world.deployment(layer, metadata.name)!.metadata;
      expect(annotations?.['fog-rollouts.paguos.io/version']).toBe(rollout.spec.version);
    }
  }
  expect(world.recorder.faults()).toEqual([]);
}

async function restartProduct(): Promise<void> {
  await world.product.kill();
  await startProduct();
}

async function startProduct(): Promise<void> {
  world.product = new Product(cluster);
  await world.product.ready();
}

describe('kill -9, while a rollout waits in each layer,', () => {
  it('of our process', async () => {
    const rollouts = await heldInEachLayer();
    await restartProduct();
    await allEndRight(rollouts);
  });

  it('of Temporal’s server', async () => {
    const rollouts = await heldInEachLayer();
    await cluster.killTemporal();
    await startAgain('Temporal', cluster.startTemporal);
    await allEndRight(rollouts);
  });

  it('of kube-apiserver', async () => {
    const rollouts = await heldInEachLayer();
    await cluster.killApiServer();
    await startAgain('kube-apiserver', cluster.startApiServer);
    await allEndRight(rollouts);
  });

  it('of all three at once, with a change on its way', async () => {
    await heldInEachLayer();
    version += 1;
    const newer = LAYERS.map((layer) => world.apply(aRollout(nameOf(layer), { version: `v${version}` })));
    const rollouts = await Promise.all(newer);
    await Promise.all([world.product.kill(), cluster.killTemporal(), cluster.killApiServer()]);
    await Promise.all([
      startAgain('Temporal', cluster.startTemporal),
      startAgain('kube-apiserver', cluster.startApiServer),
    ]);
    await startProduct();
    await allEndRight(rollouts);
  });
});

/** The layer after the one that it waits in. */
const below: Record<string, Layer> = { [nameOf('cloud')]: 'fog', [nameOf('fog')]: 'edge' };
const versionBelow = (name: string) =>
  world.deployment(below[name]!, name)?.metadata.annotations?.['fog-rollouts.paguos.io/version'];

it('A pause in the middle of a layer, and a gate, outlive kill -9 of our process, again and again', async () => {
  const gate = { layers: { edge: { before: [{ name: 'shop', approval: {} }] } } };
  const gated = await world.apply(aRollout('held-by-gate', { strategy: gate }));
  await world.untilPhase('held-by-gate', 'WaitingForApproval');
  const rollouts = await heldInEachLayer();
  const paused = [nameOf('cloud'), nameOf('fog')];
  // Both at once: an image is slow for some seconds only.
  const pauses = await Promise.all(paused.map((rollout) => asked(world, { rollout, action: 'Pause' })));
  expect(pauses.map(({ status }) => status?.state)).toEqual(['Accepted', 'Accepted']);

  const before = new Map(paused.map((name) => [name, versionBelow(name)]));
  for (const at of [1, 2]) {
    await restartProduct();
    // Whoever leads by now has looked at all there is, and has led a rollout to its end.
    await world.succeeded(await world.apply(aRollout(`witness-${at}`)), RESUMED_MS);
    for (const name of paused) {
      const { status } = await world.untilPhase(name, 'Paused');
      expect([status?.hold?.by, versionBelow(name)]).toEqual([expect.any(String), before.get(name)]);
    }
    expect((await world.untilPhase('held-by-gate', 'WaitingForApproval')).status?.gates).toMatchObject([
      { name: 'shop', state: 'Closed' },
    ]);
    expect(world.deployment('edge', 'held-by-gate')).toBeUndefined();
  }

  for (const rollout of paused)
    expect((await asked(world, { rollout, action: 'Resume' })).status?.state).toBe('Accepted');
  expect((await asked(world, { rollout: 'held-by-gate', action: 'Approve' })).status?.state).toBe('Accepted');
  await world.succeeded(gated, RESUMED_MS);
  await allEndRight(rollouts);
});

describe('An upgrade, while a rollout waits in each layer,', () => {
  it('of the workflow code: its workers come beside the old ones, then take their place', async () => {
    const rollouts = await heldInEachLayer();
    const env = { FOG_ROLLOUTS_WORKFLOW_BUNDLE: await nextBundle() };
    const first = await new Product(cluster, { env }).ready();
    expect(await world.product.stop()).toBe(0);
    world.product = await new Product(cluster, { env }).ready();
    expect(await first.stop()).toBe(0);
    await allEndRight(rollouts);
    const later = await world.succeeded(await world.apply(aRollout('upgraded')));
    expect(await patchesOf(later)).toEqual([NEXT_PATCH]);
    await restartProduct();
  });
});

/** What a later version might be, as a file. */
async function nextBundle(): Promise<string> {
  const workflowsPath = join(import.meta.dirname, '../workflow/support/next-version.ts');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const path = join(cluster.dir, 'next-bundle.cjs');
  writeFileSync(path, code);
  return path;
}

/** Names of the patches that its last run has asked for. */
async function patchesOf({ status }: FogRollout): Promise<unknown[]> {
  const { workflowId, runId } = status!.run!;
  const connection = await Connection.connect({ address: cluster.temporalAddress });
  try {
    const { events } = await new Client({ connection }).workflow.getHandle(workflowId, runId).fetchHistory();
    return (events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) =>
      marker?.markerName === 'core_patch' ? [patchIn(marker.details?.['patch-data']?.payloads?.[0]?.data)] : [],
    );
  } finally {
    await connection.close();
  }
}

function patchIn(data: Uint8Array | null | undefined): unknown {
  return data && (JSON.parse(Buffer.from(data).toString()) as { id: unknown }).id;
}

describe('kill -9 of our process, again and again,', () => {
  it('loses no removal', async () => {
    const rollouts = LAYERS.map((layer) => world.rollout(`${NAMESPACE}/${nameOf(layer)}`)!);
    await Promise.all(rollouts.map((rollout) => world.delete(rollout)));
    await restartProduct();
    for (const rollout of rollouts) await world.gone(rollout, RESUMED_MS);
  });

  it('loses and doubles no run, wherever it was', async () => {
    const rollouts = await Promise.all(Array.from({ length: 10 }, (_, at) => world.apply(aRollout(`many-${at}`))));
    // As soon as each next layer is reached, so that every kill meets runs in other places.
    for (const layer of LAYERS) {
      await world.untilDeployment(layer, 'many-0', 'to be there', () => true, RESUMED_MS);
      await restartProduct();
    }
    await allEndRight(rollouts);
  });
});
