/**
 * Sites that a removal has to wait for, or that are given up: held, out of reach, without a FogSite. On a cluster of its own:
 * FogSites are everybody's.
 */
import { beforeAll, expect, it, jest } from '@jest/globals';
import { FOG_SITES } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-parted';
const QUEUE = 'region/parted';
const HOLD = { hold: { reason: 'Stocktaking' } };
/** A removal that waits looks again after a minute by itself. */
const AT_ONCE_MS = 30_000;
jest.setTimeout(300_000);

const file = e2eFile();
let stack: StackHandle;
let world: World;
let region: Product;
beforeAll(async () => {
  stack = await file.startStack({ nodes: 1 });
  world = await file.world(stack, NAMESPACE).open();
  file.atEnd(() => region?.stop());
  region = await startRegion();
  for (const name of ['edge-0', 'edge-1']) await haveSite(name);
  await haveSite('far', { taskQueue: QUEUE });
  await untilReachable();
});
async function startRegion(): Promise<Product> {
  const args = ['--queue', QUEUE];
  return await new Product(stack, { role: 'region', args }).ready();
}

async function haveSite(name: string, spec: object = {}): Promise<void> {
  await world.createNamespace(name);
  await world.must(['apply', '-f', '-'], aSiteManifest(name, { namespace: name, ...spec }));
}

async function untilReachable(): Promise<void> {
  const isReachable = '{.status.conditions[?(@.type=="Reachable")].status}';
  await eventually('the site to be within reach', async () => {
    const answer = await world.must(['get', 'fsite', 'far', '-o', `jsonpath=${isReachable}`]);
    return answer === 'True' || { not: answer };
  });
}

const key = (name: string) => `${NAMESPACE}/${name}`;
const releaseAt = (site: string, name: string) => world.recorder.get('Deployment', `${site}/${name}-edge`);
const edge = (rollout: FogRollout | undefined) => rollout?.status?.layers?.find(({ name }) => name === 'edge');
const ready = ({ status }: FogRollout) => status?.conditions?.find(({ type }) => type === 'Ready');

async function untilGoneAt(site: string, name: string, ms?: number): Promise<void> {
  const isGone = () => (releaseAt(site, name) ? undefined : true);
  await world.recorder.until(`the release to be gone from ${site}`, [`${site}/${name}-edge`, key(name)], isGone, ms);
}

async function haveHeld(name: string, cascade = 'background'): Promise<FogRollout> {
  const applied = await world.succeeded(await world.apply(aRollout(name, { layers: ['edge'] })));
  await haveSite('edge-1', HOLD);
  await world.must(['delete', 'fgr', name, '-n', NAMESPACE, `--cascade=${cascade}`, '--wait=false']);
  return applied;
}

it('a removal that waits for a held site goes on at once when the hold is released', async () => {
  const applied = await haveHeld('waiting');
  const waits = (rollout: FogRollout | undefined) => edge(rollout)?.message?.includes('1 held') ?? false;
  await world.untilRollout(key('waiting'), 'to wait for it', waits);
  expect(releaseAt('edge-1', 'waiting')).toBeDefined();
  await haveSite('edge-1');
  await untilGoneAt('edge-1', 'waiting', AT_ONCE_MS);
  await world.gone(applied, AT_ONCE_MS);
});

it('a removal with --cascade=orphan does not wait for a held site, and its pods go on', async () => {
  const sites = ['edge-0', 'edge-1'];
  const specs = () => sites.map((site) => releaseAt(site, 'orphan')?.spec);
  await haveHeld('orphan', 'orphan');
  const before = specs();
  await world.untilRollout(key('orphan'), 'to be gone', (rollout) => !rollout, AT_ONCE_MS);
  expect(specs()).toEqual(before);
  const marks = sites.map((site) => releaseAt(site, 'orphan')?.metadata.labels);
  expect(marks).toEqual(sites.map(() => ({ 'fog-rollout': 'orphan' })));
  await haveSite('edge-1');
});

it('a rollout goes on by itself once its later release beyond the hub is to be taken over', async () => {
  await world.succeeded(await world.apply(aRollout('later', { layers: ['edge'] })));
  const release = ['annotate', 'deployment', 'later-edge', '-n', 'far', '--overwrite'];
  await world.must([...release, 'fog-rollouts.paguos.io/generation=1000']);
  const { status } = await world.settled(await world.apply(aRollout('later', { layers: ['edge'], version: 'v2' })));
  expect(status).toMatchObject({ phase: 'Failed', failures: [{ site: 'far', reason: 'Stale' }] });
  await world.must([...release, 'fog-rollouts.paguos.io/adopt=true']);
  const isWhole = (rollout: FogRollout | undefined) => rollout?.status?.phase === 'Succeeded';
  expect(await world.untilRollout(key('later'), 'to go on', isWhole)).toMatchObject({ status: { version: 'v2' } });
});

it('a place that nobody reaches and that has no FogSite is told, and tried when its workers are back', async () => {
  await world.succeeded(await world.apply(aRollout('parted', { layers: ['edge'] })));
  await region.stop();
  await world.client.delete(FOG_SITES, { name: 'far' });
  const isTold = (rollout: FogRollout | undefined) =>
    rollout !== undefined && ready(rollout)?.reason === 'LeftoverRemains';
  const told = await world.untilRollout(key('parted'), 'to say so', isTold, 120_000);
  expect(ready(told)).toMatchObject({ status: 'True', message: expect.stringMatching(/^edge far is out of reach/) });
  region = await startRegion();
  await untilGoneAt('far', 'parted', 150_000);
  const isOver = (rollout: FogRollout | undefined) => rollout !== undefined && ready(rollout)?.reason === 'Succeeded';
  await world.untilRollout(key('parted'), 'to say nothing of it any more', isOver);
});
