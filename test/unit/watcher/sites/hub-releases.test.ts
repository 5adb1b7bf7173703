import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../kube/resources.ts';
import { judge } from '../../../../model/fleet/topology.ts';
import { FIELD_MANAGER } from '../../../../model/names.ts';
import { renderRelease } from '../../../../model/release.ts';
import { ownerOf, revisionOf } from '../../../../model/revision.ts';
import type { FogRollout, FogRolloutStatus } from '../../../../model/types.ts';
import { aRollout } from '../../model/builders.ts';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
let world: SiteWorld;
let version = 0;

beforeEach(() => {
  world = new SiteWorld();
  world.put('field');
  world.rollouts.put(ended(aRollout()) as never);
  give(aRollout());
});
afterEach(() => world.stop());

/** What a site has of a rollout, but for the paths of the Deployment that someone else took. */
function give(rollout: FogRollout, { taken = [] as string[], namespace = 'field' } = {}): void {
  const { deployment, service } = releaseOf(rollout, namespace);
  world.deployments.put(asWritten(deployment, taken));
  if (service) world.services.put(asWritten(service, []));
}

function releaseOf(rollout: FogRollout, namespace: string) {
  const revision = revisionOf(rollout);
  const site = { name: 'field', layer: 'edge', namespace, cluster: 'hub' } as const;
  const content = revision.layers.edge!;
  const hash = revision.hashes.edge!;
  return renderRelease({ owner: ownerOf(rollout), site, revision, hash, content, progressDeadlineSeconds: 600 });
}

function asWritten(rendered: object, taken: string[]): KubeObject {
  const object = structuredClone(rendered) as KubeObject;
  const fields = Object.fromEntries(
    Object.entries(rendered)
      .filter(([key]) => !taken.includes(key))
      .map(([key]) => [`f:${key}`, {}]),
  );
  Object.assign(object.metadata, {
    ...{ uid: `uid-${object.kind}`, resourceVersion: `${++version}`, generation: version },
    managedFields: [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: fields }],
  });
  return object;
}

/** Its present generation has been rolled out. */
function ended(rollout: FogRollout): FogRollout {
  return {
    ...rollout,
    status: { phase: 'Succeeded', observedGeneration: rollout.metadata.generation } as FogRolloutStatus,
  };
}

function goingOn(rollout: FogRollout): FogRollout {
  const metadata = { ...rollout.metadata, resourceVersion: '8' };
  return { ...rollout, metadata, status: { phase: 'Progressing', observedGeneration: 3 } as FogRolloutStatus };
}

const drifted = () => world.site('field')?.status?.drifted;
const settled = () => world.clock.advance(2 * SECONDS);
const CHANGED = { namespace: 'shop', name: 'web', message: 'the Deployment was changed at spec' };

describe('A release at a FogSite of the hub', () => {
  it('is none that drifted while it is as it was made', async () => {
    await world.start();
    await settled();
    expect(drifted()).toBeUndefined();
    expect(world.reason('field', 'Reachable')).toBeUndefined();
  });

  it('is told of when someone changed it, before the watcher came or after, and until it is right again', async () => {
    give(aRollout(), { taken: ['spec'] });
    await world.start();
    await settled();
    expect(drifted()).toEqual([CHANGED]);
    give(aRollout());
    await settled();
    expect(drifted()).toBeUndefined();
    give(aRollout(), { taken: ['spec'] });
    await settled();
    expect(drifted()).toEqual([CHANGED]);
  });

  it.each<[string, (site: SiteWorld) => void, string, number]>([
    [
      'its Deployment',
      ({ deployments }) => deployments.remove('field/web-edge'),
      'the Deployment is missing',
      2 * SECONDS,
    ],
    ['its Service', ({ services }) => services.remove('field/web'), 'the Service is missing', 12 * SECONDS],
  ])('is told of when someone deleted %s', async (_, remove, message, inMs) => {
    await world.start();
    await settled();
    remove(world);
    await world.clock.advance(inMs);
    expect(drifted()).toEqual([{ ...CHANGED, message }]);
    give(aRollout());
    await settled();
    expect(drifted()).toBeUndefined();
  });

  it('goes on to be told of under a new leader, without a word that it is right', async () => {
    give(aRollout(), { taken: ['spec'] });
    const ready = { type: 'Ready', status: 'True', observedGeneration: 1, reason: 'Usable' } as const;
    const { message } = judge([world.site('field')!]).get('field')!;
    const conditions = [{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z', message }];
    world.put('field', { status: { releases: 1, drifted: [CHANGED], conditions } });
    await world.start();
    await world.clock.advance(60 * SECONDS);
    expect([drifted(), world.writes]).toEqual([[CHANGED], []]);
  });

  it('is what the API server says, where the watch is behind', async () => {
    const { deployment } = releaseOf(aRollout(), 'field');
    world.live.set('field/web-edge', asWritten(deployment, []));
    await world.start();
    give(aRollout(), { taken: ['spec'] });
    await settled();
    expect(drifted()).toBeUndefined();
  });

  it('of a rollout that is going on has time for its Service, and is told of when that stays away', async () => {
    world.rollouts.put(goingOn(aRollout()) as never);
    world.services.remove('field/web');
    await world.start();
    await world.clock.advance(8 * SECONDS);
    expect(drifted()).toBeUndefined();
    give(aRollout());
    await world.clock.advance(30 * SECONDS);
    expect(world.writes).toEqual(['field']);
    world.services.remove('field/web');
    await world.clock.advance(8 * SECONDS);
    expect(drifted()).toBeUndefined();
    await world.clock.advance(4 * SECONDS);
    expect(drifted()).toEqual([{ ...CHANGED, message: 'the Service is missing' }]);
    give(aRollout());
    await settled();
    expect(drifted()).toBeUndefined();
  });

  it('is judged by the generation that it was given, of which it may be the last to have it', async () => {
    const newer = { ...aRollout({ version: 'v2' }), metadata: { ...aRollout().metadata, generation: 5 } };
    world.kept.set(4, revisionOf(aRollout()));
    world.rollouts.put(ended({ ...newer, metadata: { ...newer.metadata, resourceVersion: '8' } }) as never);
    give(aRollout(), { taken: ['spec'] });
    await world.start();
    await settled();
    expect(drifted()).toEqual([CHANGED]);
    world.kept.clear();
    give(newer);
    await settled();
    expect(drifted()).toBeUndefined();
  });

  it('is nobody’s to miss when the rollout is gone, or has no such layer any more', async () => {
    await world.start();
    await settled();
    world.rollouts.remove('shop/web');
    world.deployments.remove('field/web-edge');
    await settled();
    expect(drifted()).toBeUndefined();
  });

  it('is nothing to look at where no FogSite is', async () => {
    give(aRollout(), { taken: ['spec'], namespace: 'elsewhere' });
    await world.start();
    await settled();
    expect(world.writes).toEqual(['field']);
  });
});
