/** What dry runs find out before the first write. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { returns, terminal } from './support/behaviour.ts';
import { appliesAt } from './support/fleets.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

describe('A refusal that a dry run finds', () => {
  it.each([
    ['of the content ends the rollout before anything is written', FAILURE.invalid, ['edge'], 'Failed'],
    ['of one FogSite is left to the strategy: its release is not ours', FAILURE.notOurs, ['edge'], 'Completed'],
    ['of one FogSite is left to the strategy: we may not write there', FAILURE.forbidden, ['edge'], 'Completed'],
    ['of one FogSite is left to the strategy: it has a later one', FAILURE.stale, ['edge'], 'Completed'],
    ['of the only site of a layer ends the rollout', FAILURE.notOurs, [], 'Failed'],
    ['that may pass ends nothing', FAILURE.namespaceMissing, [], 'Completed'],
  ] as const)('%s', async (_, reason, fleet, end) => {
    const rollout = new Rollout(server(), `dry-${reason.toLowerCase()}-${fleet.length}`);
    rollout.fake.fleet.have('edge', 2);
    const refusal = { layer: 'edge', site: 'edge-0', reason, message: 'edge edge-0: refused' };
    rollout.fake.next('checkLayers', returns({ refusals: [refusal], beyond: [] }));
    await rollout.change(1, { fleet: [...fleet], images: { edge: 'web:edge' } });
    expect(await rollout.ends()).toEqual([end]);
    expect(rollout.fake.begun('checkLayers')).toHaveLength(1);
    expect(appliesAt(rollout.fake.calls, 'cloud')).toHaveLength(end === 'Failed' ? 0 : 1);
    if (end === 'Failed') expect(rollout.fake.status?.failures).toMatchObject([{ reason, message: refusal.message }]);
  });

  it.each([
    ['ends the rollout before anything is written', FAILURE.invalid, 'Failed'],
    ['is left to the strategy where it may be the site alone', FAILURE.forbidden, 'Completed'],
  ])('of a site that only its own worker reaches %s', async (_, reason, end) => {
    const rollout = new Rollout(server(), `beyond-${reason.toLowerCase()}`);
    rollout.fake.fleet.have('edge', 1);
    const site = { name: 'edge-0', layer: 'edge', namespace: 'edge-0', cluster: 'hub', uid: 'edge-0' };
    rollout.fake.next('checkLayers', returns({ refusals: [], beyond: [site] }));
    rollout.fake.next('checkRelease', terminal(reason, 'edge edge-0: refused'));
    await rollout.change(1, { fleet: ['edge'], images: { edge: 'web:edge' } });
    expect(await rollout.ends()).toEqual([end]);
    expect(rollout.fake.begun('checkRelease')).toHaveLength(1);
    expect(appliesAt(rollout.fake.calls, 'cloud')).toHaveLength(end === 'Failed' ? 0 : 1);
  });
});
