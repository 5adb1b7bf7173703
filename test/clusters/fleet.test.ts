/** Rollouts over many sites, on a cluster of its own: FogSites concern every rollout on it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type KubeObject, NAMESPACES } from '../../kube/resources.ts';
import type { Layer } from '../../model/layers.ts';
import { FOG_SITES } from '../../model/names.ts';
import type { FogRollout, LayerStrategy } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout, type RolloutManifest } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

/** The 1,000 sites are last: while they are there every rollout goes to them. */
const FEW = { fog: 2, edge: 6 };
const MANY = 1_000;
const LANES = 20;
/** The simulated nodes take a while for a thousand Deployments. */
const MANY_MS = 900_000;

const file = e2eFile();
let stack: StackHandle;
let world: World;
beforeAll(async () => {
  stack = await file.startStack();
  world = await file.world(stack, 'e2e-fleet', { parentOf }).open();
  await haveSites('fog', FEW.fog);
  await haveSites('edge', FEW.edge);
});

/** Whose Deployment that of a rollout by branches at an edge waits for; one of them moves to another. */
function parentOf(key: string): string | undefined {
  const [, at, name] = /^edge-(\d+)\/(branches|moves)-edge$/.exec(key) ?? [];
  if (name === 'moves' && at === '3') return 'fog-0/moves-fog';
  return at && `fog-${Number(at) % 2}/${name}-fog`;
}

/**
 * Sites `<layer>-<number>`, each a namespace of its name on the hub; the even ones are in the north. Those of the edge hang
 * on one of the fog each.
 */
async function haveSites(layer: Layer, count: number, from = 0): Promise<void> {
  const numbers = Array.from({ length: count }, (_, at) => from + at).values();
  const lane = async () => {
    for (const at of numbers) {
      const name = `${layer}-${at}`;
      await world.client.create<KubeObject>(NAMESPACES, { metadata: { name } });
      const parent = layer === 'edge' ? { parent: `fog-${at % 2}` } : {};
      const site = aSiteManifest(name, { layer, namespace: name, ...parent });
      const labels = { region: at % 2 ? 'south' : 'north' };
      await world.client.create<KubeObject>(FOG_SITES, {
        ...site,
        metadata: { name, labels },
      } as unknown as KubeObject);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function aFleet(name: string, edge: LayerStrategy, wishes: Parameters<typeof aRollout>[1] = {}): RolloutManifest {
  const manifest = aRollout(name, wishes);
  return { ...manifest, spec: { ...manifest.spec, strategy: { layers: { edge } } } } as RolloutManifest;
}

const layerOf = ({ status }: FogRollout, layer: Layer) => status?.layers?.find(({ name }) => name === layer);
const releaseAt = (site: string, name: string) => world.recorder.get('Deployment', `${site}/${name}-edge`);
const versionAt = (site: string, name: string) =>
  releaseAt(site, name)?.metadata.annotations?.['fog-rollouts.paguos.io/version'];

/** Every layer's sites at once, each after its parent. */
function byBranches(name: string, fog: LayerStrategy = {}, progressDeadlineSeconds?: number): RolloutManifest {
  const { spec, ...manifest } = aRollout(name);
  const all = { maxConcurrency: '100%' };
  const strategy = {
    promotion: 'Branch',
    layers: { fog: { ...all, ...fog }, edge: all },
    ...(progressDeadlineSeconds && { progressDeadlineSeconds }),
  };
  return { ...manifest, spec: { ...spec, strategy } } as RolloutManifest;
}

async function edgesReady(name: string, count: number): Promise<FogRollout> {
  const check = (rollout: FogRollout | undefined) =>
    rollout !== undefined && layerOf(rollout, 'edge')?.sites.ready === count;
  return await world.untilRollout(`e2e-fleet/${name}`, `to have ${count} edges ready`, check);
}

/** A namespace takes no more of that. */
async function haveQuota(namespace: string, what: string): Promise<void> {
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'none' },
    spec: { hard: { [what]: '0' } },
  };
  await world.must(['apply', '-n', namespace, '-f', '-'], quota);
}

async function haveParent(site: string, parent: string): Promise<void> {
  await world.must(['patch', 'fsite', site, '--type=merge', '-p', JSON.stringify({ spec: { parent } })]);
}

describe('A rollout over many sites', () => {
  it('goes to every site of a layer, and says how many are ready', async () => {
    const applied = await world.apply(aFleet('web', { waves: [{ name: 'canary', size: 1 }], maxConcurrency: '50%' }));
    const settled = await world.succeeded(applied);
    expect(layerOf(settled, 'cloud')?.sites).toMatchObject({ total: 1, ready: 1 });
    expect(layerOf(settled, 'fog')?.sites).toMatchObject({ total: 2, ready: 2 });
    expect(layerOf(settled, 'edge')).toMatchObject({
      phase: 'Ready',
      shards: 2,
      sites: { total: 6, ready: 6, failed: 0 },
    });
    const [, row] = (await world.must(['get', 'fgr', 'web', '-n', 'e2e-fleet'])).split('\n');
    expect(row?.split(/\s+/).slice(0, 7)).toEqual(['web', 'v1', 'Succeeded', '1/1', '2/2', '6/6', 'True']);
    expect(Array.from({ length: 6 }, (_, at) => versionAt(`edge-${at}`, 'web'))).toEqual(Array(6).fill('v1'));
    expect(world.recorder.get('Deployment', 'edge/web-edge')).toBeUndefined();
  });

  it('goes only to those that are selected', async () => {
    const applied = await world.apply(aFleet('north', { siteSelector: { matchLabels: { region: 'north' } } }));
    expect(layerOf(await world.succeeded(applied), 'edge')?.sites).toMatchObject({ total: 3, ready: 3 });
    expect([versionAt('edge-0', 'north'), versionAt('edge-1', 'north')]).toEqual(['v1', undefined]);
  });

  it('whose selector takes none fails in words', async () => {
    const applied = await world.apply(aFleet('nowhere', { siteSelector: { matchLabels: { region: 'moon' } } }));
    const { status } = await world.settled(applied);
    expect(status?.phase).toBe('Failed');
    expect(status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain('siteSelector');
  });

  it('stops when more sites fail than may, and names them', async () => {
    await world.must(['create', 'namespace', 'full']);
    await haveQuota('full', 'count/deployments.apps');
    await world.must(['apply', '-f', '-'], aSiteManifest('aa-full', { namespace: 'full' }));
    const strategy = {
      maxConcurrency: 1,
      waves: [{ siteSelector: { matchExpressions: [{ key: 'region', operator: 'DoesNotExist' as const }] } }],
    };
    const { status } = await world.settled(await world.apply(aFleet('refused', strategy)));
    expect(status).toMatchObject({
      phase: 'Failed',
      failures: [{ site: 'aa-full', layer: 'edge', reason: 'Forbidden' }],
    });
    expect(status?.failures?.[0]?.message).toContain('exceeded quota');
    expect(status?.layers?.find(({ name }) => name === 'edge')).toMatchObject({
      phase: 'Failed',
      sites: { total: 7, ready: 0, failed: 1 },
    });
    expect(versionAt('edge-0', 'refused')).toBeUndefined();
    const tolerant = await world.apply(aFleet('refused', { ...strategy, maxFailures: 1 }, { version: 'v2' }));
    expect(layerOf(await world.succeeded(tolerant), 'edge')?.sites).toMatchObject({ total: 7, ready: 6, failed: 1 });
    // Each of the two runs has tried it; the rollout that succeeded before has it too.
    const page = await eventually('the metrics to count each failure', async () => {
      const text = await (await fetch(`${await world.product.address()}/metrics`)).text();
      const counted = /^fog_rollouts_site_failures_total\{layer="edge",reason="Forbidden"\} [23]$/m;
      return counted.test(text) ? text : { not: text.match(/^fog_rollouts_site_failures.* [1-9]\d*$/gm) };
    });
    expect(page).toMatch(/^fog_rollouts_run_failures_total\{reason="TooManyFailures"\} 1$/m);
    expect(page).toMatch(/^fog_rollouts_sites\{layer="edge",state="usable"\} 7$/m);
    await world.must(['delete', 'fsite', 'aa-full']);
  });

  it('by branches goes to the edges of a region that is ready while another is not', async () => {
    await haveQuota('fog-1', 'pods');
    const applied = await world.apply(byBranches('branches'));
    const three = await edgesReady('branches', 3);
    expect(layerOf(three, 'fog')?.sites).toMatchObject({ total: 2, ready: 1 });
    expect(layerOf(three, 'edge')?.message).toBe('0 under way, 3 waiting for their parents');
    expect([0, 2, 4].map((at) => versionAt(`edge-${at}`, 'branches'))).toEqual(['v1', 'v1', 'v1']);
    expect([1, 3, 5].map((at) => versionAt(`edge-${at}`, 'branches'))).toEqual([undefined, undefined, undefined]);
    await world.must(['delete', 'quota', 'none', '-n', 'fog-1']);
    expect(layerOf(await world.succeeded(applied), 'edge')?.sites).toMatchObject({ total: 6, ready: 6 });
  });

  it('by branches goes to a site that is moved to another parent meanwhile with the new one, once', async () => {
    await haveQuota('fog-1', 'pods');
    const applied = await world.apply(byBranches('moves', { maxFailures: 1 }, 6));
    await edgesReady('moves', 3);
    await haveParent('edge-3', 'fog-0');
    // It was to wait for fog-1, which fails.
    await world.succeeded(applied);
    const settled = await edgesReady('moves', 4);
    expect(layerOf(settled, 'fog')?.sites).toMatchObject({ total: 2, ready: 1, failed: 1 });
    expect(layerOf(settled, 'edge')?.sites).toMatchObject({ total: 6, ready: 4, failed: 0 });
    expect([1, 3, 5].map((at) => versionAt(`edge-${at}`, 'moves'))).toEqual([undefined, 'v1', undefined]);
    const uids = world.recorder.historyOf('Deployment', 'edge-3/moves-edge').map(({ metadata }) => metadata.uid);
    expect(new Set(uids).size).toBe(1);
    await world.must(['delete', 'quota', 'none', '-n', 'fog-1']);
    await haveParent('edge-3', 'fog-1');
  });

  it('is taken away from all of them, edge first', async () => {
    const applied = await world.apply(aFleet('away', { maxConcurrency: '100%' }));
    await world.succeeded(applied);
    await world.delete(applied);
    await world.gone(applied);
    expect(Array.from({ length: 6 }, (_, at) => releaseAt(`edge-${at}`, 'away'))).toEqual(Array(6).fill(undefined));
  });

  it(
    'goes on when its worker is killed with 500 of a thousand sites under way',
    async () => {
      // A rollout that has ended goes to sites that come later, too.
      await world.must(['delete', 'fgr', '--all', '-n', 'e2e-fleet']);
      await haveSites('edge', MANY - FEW.edge, FEW.edge);
      const applied = await world.apply(aFleet('thousand', { maxConcurrency: '50%' }, { replicas: 0, ports: false }));
      const key = 'e2e-fleet/thousand';
      const isAtTheEdge = (rollout: FogRollout | undefined) =>
        rollout !== undefined && layerOf(rollout, 'fog')?.phase === 'Ready';
      await world.untilRollout(key, 'to come to the edge', isAtTheEdge);
      // From now on nobody makes anything of a Deployment: what is new does not become ready.
      await stack.killControllers();
      const isHalfUnderWay = (rollout: FogRollout | undefined) =>
        rollout !== undefined && layerOf(rollout, 'edge')?.message === `${MANY / 2} under way`;
      await world.untilRollout(key, 'to have 500 sites under way', isHalfUnderWay, MANY_MS);
      const reached = () =>
        new Set(world.recorder.versions.flatMap(({ key }) => (key.endsWith('/thousand-edge') ? key : []))).size;
      await world.recorder.until('500 sites to be reached', [], () => (reached() >= 500 ? true : undefined), MANY_MS);
      await world.product.kill();
      expect(reached()).toBeLessThan(MANY);
      world.product = new Product(stack);
      await world.product.ready();
      await stack.startKilled();
      const settled = await world.succeeded(applied, MANY_MS);
      expect(layerOf(settled, 'edge')).toMatchObject({
        phase: 'Ready',
        sites: { total: MANY, ready: MANY, failed: 0 },
      });
      expect(JSON.stringify(settled.status).length).toBeLessThan(64 * 1024);
    },
    MANY_MS + 60_000,
  );
});
