import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../kube/resources.ts';
import type { FogRollout, FogShard, FogSite, LayerStrategy } from '../../../model/types.ts';
import { Ledgers, ROLLOUT_INDEX, shardRollout } from '../../../watcher/after-run/ledgers.ts';
import { aLayer, aRollout, content, revision } from '../model/builders.ts';
import { aRecord, away } from '../model/fleet/records.ts';
import { aSite } from '../model/fleet/sites.ts';
import { Shelf } from './shelf.ts';

const SITES = 10_000;
const ROLLOUTS = 20;
const FLAPS = 100;
const SHARD = 200;
const NOW = Date.parse('2026-11-22T12:00:00Z');

/** Each rollout is on all sites, or on its own part of them. */
function bigWorld(share: 'all' | 'part') {
  let looks = 0;
  const sites = new Shelf<FogSite & KubeObject>();
  const shards = new Shelf<FogShard & KubeObject>({ [ROLLOUT_INDEX]: shardRollout });
  const part = (at: number) => `${at % ROLLOUTS}`;
  const put = (at: number, status: FogSite['status'] = {}, name = `edge-${Math.floor(at / SHARD)}-${at % SHARD}`) => {
    const site = aSite(name, { labels: { part: part(at) }, status });
    sites.put({ ...site, metadata: { ...site.metadata, resourceVersion: `${at}/${JSON.stringify(status)}` } });
  };
  for (let at = 0; at < SITES; at++) put(at);
  const rollouts = Array.from({ length: ROLLOUTS }, (_, at): FogRollout => {
    const name = `web-${at}`;
    const strategy: LayerStrategy = share === 'part' ? { siteSelector: { matchLabels: { part: part(at) } } } : {};
    const all = Array.from({ length: SITES / SHARD }, (_, index) => {
      const shard = aRecord('r'.repeat(SHARD), { rollout: name, uid: name, index });
      if (share === 'part') {
        shard.spec.sites = shard.spec.sites.filter((_, place) => part(place) === part(at));
        shard.status!.phases = 'r'.repeat(shard.spec.sites.length);
      }
      return shard;
    });
    for (const shard of all) shards.put({ ...shard, metadata: { ...shard.metadata, resourceVersion: '1' } });
    const layers = [aLayer('edge', { phase: 'Ready', generation: 4, shards: all.length })];
    const rollout = aRollout(
      { deployments: { edge: content }, strategy: { layers: { edge: strategy } } as never },
      { observedGeneration: 4, phase: 'Succeeded', revision, layers },
    );
    return { ...rollout, metadata: { ...rollout.metadata, name, uid: name } };
  });
  const informers = { sites: sites.informer, shards: shards.informer };
  const ledgers = new Ledgers(informers, { kept: async () => undefined }, () => {
    looks += 1;
  });
  const seen = async () => {
    const counts: unknown[] = [];
    for (const rollout of rollouts) {
      const { own } = await ledgers.of(rollout.metadata.name, rollout, NOW);
      counts.push([own[0]!.ledger.health(NOW)!.health.sites!.ready, own[0]!.ledger.behind()?.count ?? 0]);
    }
    return counts;
  };
  ledgers.follow(() => undefined);
  return {
    put,
    ledgers,
    seen,
    /** Sites that were looked at since this was asked last. */
    looksSince: () => {
      const all = looks;
      looks = 0;
      return all;
    },
  };
}

describe('10,000 sites of which 100 come and go', () => {
  it.each<['all' | 'part', number, number]>([
    ['all', ROLLOUTS, SITES],
    ['part', 1, SITES / ROLLOUTS],
  ])('cost what the rollouts on them cost: each on %s of them', async (share, rolloutsOnIt, sitesOfOne) => {
    const world = bigWorld(share);
    expect(await world.seen()).toEqual(Array(ROLLOUTS).fill([sitesOfOne, 0]));
    world.looksSince();
    for (let flap = 0; flap < FLAPS; flap++) {
      world.put(flap * 7, away());
      world.ledgers.take(NOW);
    }
    const ready = (await world.seen()) as [number, number][];
    expect(world.looksSince()).toBeLessThanOrEqual(FLAPS * rolloutsOnIt);
    const away_ = ROLLOUTS * sitesOfOne - ready.reduce((sum, [count]) => sum + count, 0);
    expect(away_).toBe(FLAPS * rolloutsOnIt);
  });

  it('concern nobody else, and nothing is looked at while nothing changes', async () => {
    const world = bigWorld('part');
    await world.seen();
    world.looksSince();
    world.put(0, away());
    expect([...world.ledgers.take(NOW).concerned]).toEqual(['web-0']);
    expect([...world.ledgers.take(NOW).concerned]).toEqual([]);
    await world.seen();
    expect(world.looksSince()).toBe(1);
    world.put(1, {}, 'edge-new'); // judged anew, with all others
    expect(world.ledgers.take(NOW)).toEqual({ concerned: new Set(['web-1']), isJudged: true });
    expect(world.looksSince()).toBeLessThanOrEqual(ROLLOUTS);
  });
});
