import { describe, expect, it } from '@jest/globals';
import type { LiveDeployment } from '../../../activities/clusters.ts';
import { withLastLook } from '../../../activities/last-look.ts';
import { conditionOf } from '../../../model/conditions.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite } from '../../../model/site.ts';
import { succeeded } from '../../../model/status.ts';
import type { FogRolloutStatus, LayerStatus } from '../../../model/types.ts';
import { content, owner, revision } from '../model/builders.ts';

const NOW = '2026-11-22T11:00:00Z';
const AGO = '2026-11-22T10:58:00Z';

const layer = (name: LayerStatus['name'], finishedAt: string, more: Partial<LayerStatus> = {}): LayerStatus => ({
  ...{ name, phase: 'Ready', version: 'v1', generation: 1, hash: 'h', finishedAt },
  sites: { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 },
  ...more,
});

function ended(cloud: Partial<LayerStatus> = {}): FogRolloutStatus {
  const layers = [layer('cloud', AGO, cloud), layer('edge', NOW)];
  return succeeded({ observedGeneration: -1, phase: 'Progressing', revision, layers }, revision, NOW);
}

function live(available: number, hash = 'h', uid = owner.uid): LiveDeployment {
  const site = implicitSite('cloud');
  const of = { ...owner, uid };
  const { deployment } = renderRelease({ owner: of, site, revision, hash, content, progressDeadlineSeconds: 600 });
  const replicas = deployment.spec?.replicas ?? 1;
  Object.assign(deployment.metadata, { uid: 'd', generation: 1 });
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: available, availableReplicas: available };
  return { ...deployment, status: { observedGeneration: 1, ...counts } } as unknown as LiveDeployment;
}

const ready = live(100);
const look = (status: FogRolloutStatus, cloud: LiveDeployment | undefined, hasSynced = true) => {
  const get = (namespace: string | undefined) => (namespace === 'cloud' ? cloud : live(0));
  return conditionOf(withLastLook(status, owner, { hasSynced, get } as never, NOW).conditions, 'Ready');
};

describe('The last look of a run', () => {
  it('does not say Ready of a layer above that has lost its pods meanwhile', () => {
    expect(look(ended(), ready)).toMatchObject({ status: 'True' });
    const condition = look(ended(), live(0));
    expect(condition).toMatchObject({ status: 'False', reason: 'ReleaseNotReady' });
    expect(condition?.message).toMatch(/^cloud: .*0 available$/);
  });

  it.each<[string, FogRolloutStatus, LiveDeployment | undefined, boolean]>([
    ['a layer that ended a moment ago, and our watch may be behind', ended({ finishedAt: NOW }), live(0), true],
    ['a layer with FogSites', ended({ shards: 1 }), live(0), true],
    ['what carries something else', ended(), live(0, 'other'), true],
    ["another object's", ended(), live(0, 'h', 'other'), true],
    ['what is not there', ended(), undefined, true],
    ['anything before the first list', ended(), live(0), false],
  ])('says nothing of %s', (_, status, cloud, hasSynced) => {
    expect(look(status, cloud, hasSynced)).toMatchObject({ status: 'True' });
  });

  it('changes nothing while the run goes on', () => {
    const status: FogRolloutStatus = { ...ended(), phase: 'Progressing' };
    expect(withLastLook(status, owner, { hasSynced: true, get: () => live(0) } as never, NOW)).toBe(status);
  });
});
