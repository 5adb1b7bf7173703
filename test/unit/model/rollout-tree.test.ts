import { describe, expect, it } from '@jest/globals';
import { type Surroundings, treeOf } from '../../../model/rollout-tree.ts';
import type { FogShard } from '../../../model/types.ts';
import { aDeployment, aPod } from '../cli/fleets.ts';
import { ALL_READY, aLayer, aRollout, revision } from './builders.ts';
import { aRecord, away, drifted, sitesIn } from './fleet/records.ts';
import { aSite } from './fleet/sites.ts';

const NOW = '2026-11-22T12:00:00Z';
const edge = aLayer('edge', { phase: 'Progressing', version: 'v1.2.0', hash: 'content-4', generation: 4, shards: 1 });

function treeFrom(shards: FogShard[], more: Partial<Surroundings> = {}) {
  const rollout = aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers: [edge] });
  return treeOf(rollout, { shards, sites: sitesIn(shards), deployments: [], pods: [], unread: [], ...more }, NOW);
}
const phases = (shards: FogShard[], more?: Partial<Surroundings>) =>
  treeFrom(shards, more).layers[0]!.waves.map(({ name, sites }) => [
    name,
    sites.map(({ site, phase }) => `${site} ${phase}`),
  ]);

describe('the tree of a rollout', () => {
  it('has the sites of each wave, the worst first, of all its shards', () => {
    const shards = [
      aRecord('rif', { wave: 'canary' }),
      aRecord('wr', { index: 1, wave: 'rest' }),
      aRecord('d', { index: 2, wave: 'rest' }),
    ];
    expect(phases(shards)).toEqual([
      ['canary', ['edge-0-2 Failed', 'edge-0-1 InFlight', 'edge-0-0 Ready']],
      ['rest', ['edge-2-0 Deferred', 'edge-1-0 Waiting', 'edge-1-1 Ready']],
    ]);
    expect(treeFrom(shards).layers[0]!.waves[1]!.counts).toEqual({ Waiting: 1, Ready: 1, Deferred: 1 });
  });

  it('goes by what FogSites say now, and by the record where they were not read', () => {
    const shards = [aRecord('rrr')];
    const sites = sitesIn(shards, {
      'edge-0-0': { status: away() },
      'edge-0-1': { status: drifted() },
      'edge-0-2': undefined,
    });
    expect(phases(shards, { sites })).toEqual([['rest', ['edge-0-1 Drifted', 'edge-0-0 Unknown', 'edge-0-2 Skipped']]]);
    const { sites: _, ...unread } = { sites, shards, deployments: [], pods: [], unread: ['FogSites'] };
    const rollout = aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers: [edge] });
    const tree = treeOf(rollout, unread, NOW);
    expect(tree.layers[0]!.waves[0]!.counts).toEqual({ Ready: 3 });
    expect(tree.unread).toEqual(['FogSites']);
  });

  it('has the Deployments of sites on the hub, by whatever way the hub is reached', () => {
    const shards = [aRecord('iii')];
    shards[0]!.spec.sites[1]!.queue = 'north';
    shards[0]!.spec.sites[2]!.cluster = 'secret/back/kubeconfig';
    const namespaces = ['edge-0-0', 'edge-0-1', 'edge-0-2'];
    const tree = treeFrom(shards, {
      sites: namespaces.map((name) => aSite(name, name === 'edge-0-2' ? { status: { cluster: 'hub' } } : {})),
      deployments: namespaces.map((namespace) => aDeployment(namespace, 'web-edge', [0, 1])),
      pods: namespaces.map((namespace) => aPod(namespace, 'web-edge-5d4f-a', 'pull')),
    });
    const { sites } = tree.layers[0]!.waves[0]!;
    expect(sites.map(({ site, deployment }) => [site, deployment?.pods[0]?.reason])).toEqual([
      ['edge-0-0', 'ImagePullBackOff'],
      ['edge-0-1', undefined],
      ['edge-0-2', 'ImagePullBackOff'],
    ]);
  });

  it('of a layer without FogSites has its one Deployment', () => {
    const layers = [aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', sites: ALL_READY })];
    const rollout = aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers });
    const deployments = [aDeployment('cloud', 'web-cloud', [1, 1]), aDeployment('cloud', 'other-cloud', [1, 1])];
    const [wave] = treeOf(rollout, { shards: [], deployments, pods: [], unread: [] }, NOW).layers[0]!.waves;
    expect(wave).toMatchObject({ counts: { Ready: 1 }, sites: [{ site: 'cloud', deployment: { name: 'web-cloud' } }] });
    expect(wave).not.toHaveProperty('name');
  });
});
