import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../kube/resources.ts';
import { ANNOTATIONS, LABELS, MANAGED_BY } from '../../../model/names.ts';
import { drifted } from '../model/fleet/records.ts';
import { aSite } from '../model/fleet/sites.ts';
import { WatchWorld } from './watch-world.ts';

const MINUTE = 60_000;
let world: WatchWorld;
beforeEach(async () => {
  world = new WatchWorld();
  await world.start();
  world.failed('web', 'Stale');
  world.releases.set('shop/web', [release('cloud')]);
  await world.passSlowly(MINUTE);
  expect(world.signals).toEqual([]);
});
afterEach(async () => await world.stop());

/** The Deployment of a layer, which carries a later generation than its rollout. */
function release(layer: string, { adopt = false, generation = 1000, name = 'web' } = {}): KubeObject {
  return {
    metadata: {
      ...{ namespace: layer, name: `${name}-${layer}`, uid: `uid-${layer}` },
      labels: {
        [LABELS.managedBy]: MANAGED_BY,
        [LABELS.ownerNamespace]: 'shop',
        [LABELS.rollout]: name,
      },
      annotations: {
        [ANNOTATIONS.uid]: `uid-${name}`,
        [ANNOTATIONS.generation]: String(generation),
        ...(adopt && { [ANNOTATIONS.adopt]: 'true' }),
      },
    },
  };
}

/** What a person says of the releases, seen by an event. */
async function says(...releases: KubeObject[]): Promise<void> {
  world.releases.set('shop/web', releases);
  world.report('web');
  await world.pass(0);
}

describe('A rollout that failed since a site carries something later', () => {
  it('is begun again when a person says that it is to be taken over', async () => {
    await says(release('cloud', { adopt: true }));
    expect(world.signals).toEqual(['change web']);
    expect(world.warned).toEqual(['Releases are to be taken over; beginning the rollout again']);
  });

  it('is begun once, though the word stays there after a run that stopped before that site', async () => {
    await says(release('edge', { adopt: true }));
    world.failed('web', 'Stale', 'second');
    await world.passSlowly(10 * MINUTE);
    expect(world.signals).toEqual(['change web']);
    await says(release('edge', { adopt: true }), release('cloud', { adopt: true }));
    world.failed('web', 'Stale', 'third');
    await world.passSlowly(10 * MINUTE);
    expect(world.signals).toEqual(['change web', 'change web']);
  });

  it('is begun for the same word again when that was taken back in between, paced', async () => {
    await says(release('cloud', { adopt: true }));
    world.failed('web', 'Stale', 'second');
    await says(release('cloud'));
    await says(release('cloud', { adopt: true }));
    expect(world.signals).toHaveLength(1);
    await world.passSlowly(2_000);
    expect(world.signals).toHaveLength(2);
  });

  it('is begun ever more rarely while nobody hears it', async () => {
    await says(release('cloud', { adopt: true }));
    await world.passSlowly(25_000);
    expect(world.sent.map(({ at }) => at - world.sent[0]!.at)).toEqual([0, 2_000, 6_000, 14_000]);
    expect(world.warned).toHaveLength(1);
  });

  it('is not begun for the word about what is not in its way', async () => {
    await says(release('cloud', { adopt: true, generation: 4 }));
    await world.passSlowly(MINUTE);
    expect(world.signals).toEqual([]);
  });

  it('is not begun when it failed of something else, or has not failed', async () => {
    await says();
    for (const happens of [() => world.failed('web', 'Invalid'), () => world.settled('web')]) {
      happens();
      await says(release('cloud', { adopt: true }));
      await world.passSlowly(MINUTE);
    }
    expect(world.signals).toEqual([]);
  });

  it('is begun when the workers of a site beyond the hub tell the word', async () => {
    world.putSite(aSite('north', { status: drifted('web', 'the Deployment is to be taken over') }));
    await world.pass(0);
    expect(world.signals).toEqual(['change web']);
  });

  it('waits for a place as whatever is begun again', async () => {
    await world.stop();
    world = new WatchWorld();
    world.begunAtOnce = 1;
    await world.start();
    for (const name of ['one', 'two']) {
      world.failed(name, 'Stale');
      world.releases.set(`shop/${name}`, [release('cloud', { adopt: true, name })]);
    }
    await world.pass(0);
    expect(world.signals).toEqual(['change one']);
  });
});
