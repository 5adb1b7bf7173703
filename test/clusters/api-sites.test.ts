/** The API's page of a rollout's sites while the product runs. On a cluster of its own: FogSites concern every rollout. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { SiteView } from '../../model/fleet/site-view.ts';
import type { RolloutView } from '../../model/view.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, type RolloutManifest } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-api-sites';
const SITES = ['edge-1', 'edge-2', 'edge-3', 'edge-4'];
const HOLD = { reason: 'Stocktaking until Friday' };

const file = e2eFile();
let world: World;
let address: string;
beforeAll(async () => {
  world = await file.world(await file.startStack({ nodes: 1 }), NAMESPACE).open();
  address = await world.product.address();
  for (const name of SITES) {
    await world.createNamespace(name);
    const spec = { namespace: name, ...(name === 'edge-4' && { hold: HOLD }) };
    await world.must(['apply', '-f', '-'], aSiteManifest(name, spec));
  }
});

interface Page {
  sites: SiteView[];
  continue?: string;
  total: number;
  counts: Record<string, number>;
}

async function sitesOf(name: string, query = ''): Promise<Page> {
  const answer = await fetch(`${address}/rollouts/${name}/sites?namespace=${NAMESPACE}${query}`);
  return (await answer.json()) as Page;
}

/** The watch of the API may be a moment behind the test's. */
async function pageWith(name: string, counts: Record<string, number>): Promise<Page> {
  return await eventually<Page>(`the API to count ${JSON.stringify(counts)}`, async () => {
    const page = await sitesOf(name);
    const isThere = Object.entries(counts).every(([phase, count]) => page.counts?.[phase] === count);
    return isThere ? page : { not: page };
  });
}

describe('/sites', () => {
  it('tells of each site what it runs, and why not what it should', async () => {
    await world.succeeded(await world.apply(aFleet('web', 'v1')));
    await pageWith('web', { Ready: 5, Held: 1 });
    // Somebody else's Deployment is in the way at one of the sites.
    await world.must(['delete', 'deployment/web-edge', '-n', 'edge-3', '--wait']);
    const { containers } = aRollout('web').spec.deployments.edge!;
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
    const foreign = { selector: { matchLabels: { app: 'web' } }, template };
    const metadata = { name: 'web-edge', namespace: 'edge-3' };
    await world.must(['create', '-f', '-'], { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: foreign });
    await world.settled(await world.apply(aFleet('web', 'v2')));

    const page = await pageWith('web', { Ready: 4, Failed: 1, Held: 1 });
    expect(page.total).toBe(6);
    const ready = { phase: 'Ready', version: 'v2', generation: 2 };
    expect(page.sites).toMatchObject([
      { site: 'cloud', layer: 'cloud', namespace: 'cloud', cluster: 'hub', ...ready },
      { site: 'fog', layer: 'fog', ...ready },
      { site: 'edge-1', layer: 'edge', wave: 'canary', namespace: 'edge-1', cluster: 'hub', ...ready },
      { site: 'edge-2', wave: 'rest', ...ready },
      { site: 'edge-3', wave: 'rest', phase: 'Failed', version: 'v1', generation: 1, message: expect.any(String) },
      { site: 'edge-4', wave: 'rest', phase: 'Held', reason: 'Held', message: HOLD.reason },
    ]);
    const failed = await sitesOf('web', '&phase=Failed&layer=edge');
    expect(failed.sites).toEqual([page.sites[4]]);
    const all = (await (await fetch(`${address}/api/v1/sites?layer=edge&limit=3`)).json()) as object;
    expect(all).toMatchObject({
      items: SITES.slice(0, 3).map((name) => ({ name, layer: 'edge', phase: expect.stringMatching(/Ready|Drifted/) })),
      continue: expect.any(String),
      total: 4,
    });
    const status = await fetch(`${address}/rollouts/web/status?namespace=${NAMESPACE}`);
    const view = (await status.json()) as RolloutView;
    expect(view.stages[2]).toMatchObject({ ready: '2/4', sites: { failed: 1 } });
    expect(view.failures).toMatchObject([{ site: 'edge-3', message: failed.sites[0]!.message }]);
  });

  it('gives page after page', async () => {
    const first = await sitesOf('web', '&limit=4');
    const second = await sitesOf('web', `&limit=4&continue=${first.continue}`);
    expect([...first.sites, ...second.sites].map(({ site }) => site)).toEqual(['cloud', 'fog', ...SITES]);
    expect(second.continue).toBeUndefined();
  });

  it('counts no site as ready once its release is taken away', async () => {
    const { spec } = aFleet('web', 'v3');
    const { edge: _, ...deployments } = spec.deployments;
    await world.succeeded(await world.apply({ ...aFleet('web', 'v3'), spec: { ...spec, deployments } }));
    const page = await pageWith('web', { Ready: 2, Held: 0 });
    expect(page.sites.map(({ site }) => site)).toEqual(['cloud', 'fog']);
  });
});

function aFleet(name: string, version: string): RolloutManifest {
  const manifest = aRollout(name, { version });
  const edge = { waves: [{ name: 'canary', size: 1 }], maxFailures: 1 };
  return { ...manifest, spec: { ...manifest.spec, strategy: { layers: { edge } } } } as RolloutManifest;
}
