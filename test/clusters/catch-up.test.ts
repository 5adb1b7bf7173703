/** Sites of rollouts that have ended come to what their layer has by themselves. On a cluster of its own: FogSites are everybody's. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEPLOYMENTS } from '../../kube/resources.ts';
import { FOG_SHARDS, FOG_SITES } from '../../model/names.ts';
import type { FogRollout, LayerStatus } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, type RolloutManifest } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-catch-up';
const KEY = `${NAMESPACE}/web`;

const file = e2eFile();
let world: World;
beforeAll(async () => {
  world = await file.world(await file.startStack({ nodes: 1 }), NAMESPACE).open();
  for (const name of ['edge-0', 'edge-1']) await haveSite(name);
  await haveSite('edge-2', { hold: { reason: 'Stocktaking' } });
});

async function haveSite(name: string, spec: object = {}): Promise<void> {
  await world.createNamespace(name);
  await world.must(['apply', '-f', '-'], aSiteManifest(name, { namespace: name, ...spec }));
}

function aFleet(version: string): RolloutManifest {
  return aRollout('web', { version });
}

const releaseAt = (site: string) => world.recorder.get('Deployment', `${site}/web-edge`);
const versionAt = (site: string) => releaseAt(site)?.metadata.annotations?.['fog-rollouts.paguos.io/version'];
const isGone = (site: string) => (releaseAt(site) ? undefined : true);
const edgeOf = ({ status }: FogRollout): LayerStatus | undefined => status?.layers?.find(({ name }) => name === 'edge');

/** How often sites were brought up to date, and why. */
const catchUps = () => world.product.log.filter(({ msg }) => msg.startsWith('A settled rollout is not'));

/** The rollout stands where it stood, and its edge counts so many sites. */
async function counts(total: number, ready: number): Promise<FogRollout> {
  return await world.untilRollout(KEY, `to have ${ready} of ${total} sites ready`, (rollout) => {
    const { sites, phase } = (rollout && edgeOf(rollout)) ?? {};
    return (
      rollout?.status?.phase === 'Succeeded' && phase === 'Ready' && sites?.total === total && sites.ready === ready
    );
  });
}

describe('A rollout that has ended', () => {
  it('goes to a site that comes later, and stays ready meanwhile', async () => {
    await world.succeeded(await world.apply(aFleet('v1')));
    await counts(3, 2);
    const since = world.recorder.versions.length;
    await haveSite('edge-3');
    const { status } = await counts(4, 3);
    expect([versionAt('edge-3'), versionAt('edge-2')]).toEqual(['v1', undefined]);
    expect(status?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
    const written = world.recorder.versions.slice(since).filter(({ key }) => /^edge-[01]\/web-edge$/.test(key));
    expect(written.map(({ key }) => key)).toEqual([]);
    expect(catchUps()).toMatchObject([{ rollout: KEY, found: [{ layer: 'edge', count: 1, new: 1 }] }]);
  });

  it('goes to a site that is no longer held, with the newest revision', async () => {
    await world.succeeded(await world.apply(aFleet('v2')));
    await world.must(['patch', 'fsite', 'edge-2', '--type=json', '-p', '[{"op":"remove","path":"/spec/hold"}]']);
    await counts(4, 4);
    expect(['edge-0', 'edge-1', 'edge-2', 'edge-3'].map(versionAt)).toEqual(Array(4).fill('v2'));
  });

  it('puts a release right that somebody deleted at one of its sites', async () => {
    const before = releaseAt('edge-1')!.metadata.uid;
    await world.client.delete(DEPLOYMENTS, { namespace: 'edge-1', name: 'web-edge' });
    await world.recorder.until('the release to be there again', ['edge-1/web-edge', KEY], () => {
      const uid = releaseAt('edge-1')?.metadata.uid;
      return uid !== undefined && uid !== before ? true : undefined;
    });
    await counts(4, 4);
  });

  it('follows a site to another place', async () => {
    await world.createNamespace('elsewhere');
    await world.must(['patch', 'fsite', 'edge-0', '--type=merge', '-p', '{"spec":{"namespace":"elsewhere"}}']);
    await world.recorder.until('the release to be there', ['elsewhere/web-edge', KEY], () =>
      versionAt('elsewhere') === 'v2' ? true : undefined,
    );
    await world.recorder.until('its old place to be empty', ['edge-0/web-edge', KEY], () => isGone('edge-0'));
    await counts(4, 4);
  });

  it('does not count a site that has left, and takes away what it had', async () => {
    await world.client.delete(FOG_SITES, { name: 'edge-3' });
    await counts(3, 3);
    await world.recorder.until('its release to be gone', ['edge-3/web-edge', KEY], () => isGone('edge-3'));
    expect(catchUps().map(({ found }) => Object.keys((found as object[])[0]!)[2])).toEqual([
      'new',
      'released',
      'drifted',
      'moved',
      'leftOver',
    ]);
  });

  it('is cleaned up after at its sites when it vanishes without its finalizer', async () => {
    const none = '{"metadata":{"finalizers":null}}';
    await world.must(['patch', 'fgr', 'web', '-n', NAMESPACE, '--type=merge', '-p', none]);
    await world.must(['delete', 'fgr', 'web', '-n', NAMESPACE, '--wait=false']);
    for (const site of ['elsewhere', 'edge-1', 'edge-2']) {
      await world.recorder.until('its release to be gone', [`${site}/web-edge`], () => isGone(site));
    }
    await eventually('its records to be gone', async () => {
      const { items } = await world.client.list(FOG_SHARDS, { namespace: NAMESPACE });
      return items.length === 0 || { not: `${items.length} are left` };
    });
  });
});
