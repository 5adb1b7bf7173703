import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { silentLog } from '../../../../kube/log.ts';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { ClusterReport, RegionReport } from '../../../../model/region-observation.ts';
import type { FogShard } from '../../../../model/types.ts';
import { QueueSites, quietPollMs, type RegionClient } from '../../../../watcher/sites/queue-sites.ts';
import { SiteShards } from '../../../../watcher/sites/site-shards.ts';
import { FakeClock } from '../../kube/fakeclock.ts';
import { aRollout } from '../../model/builders.ts';
import { aShard } from '../../model/fleet/shard-records.ts';
import { aSite } from '../../model/fleet/sites.ts';
import { Shelf } from '../shelf.ts';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
const QUEUE = 'north';
const drifted = { namespace: 'shop', name: 'web', message: 'the Deployment is missing' };
let world: SiteWorld;

beforeEach(() => {
  world = new SiteWorld();
  world.put('mill', { taskQueue: QUEUE, cluster: { name: 'm' } });
  world.put('port', { taskQueue: QUEUE, cluster: { name: 'p' } });
});
afterEach(() => world.stop());

const asks = (...identities: string[]) => {
  const lastAccess = world.clock.date().toISOString();
  world.pollers = identities.map((identity) => ({ identity, lastAccess }));
};
const cluster = (name: string, wishes: Partial<ClusterReport> = {}): ClusterReport => ({
  ...{ name, answering: true, synced: true, namespaces: [] },
  ...wishes,
});
const carries = (namespace: string, releases: number, drift = [drifted].slice(1)) => ({
  namespaces: [{ namespace, releases, drifted: drift }],
});
/** Answers the observation that waits. */
const answer = async (report: Partial<RegionReport>) => {
  const whole = {
    worker: 'w1',
    cursor: { epoch: 'e1', version: 1 },
    whole: true,
    clusters: [cluster('m'), cluster('p')],
  };
  world.observations[0]!.answer.resolve({ ...whole, ...report });
  await world.clock.advance(0);
};
/** As the client of a workflow has it whose activity was refused. */
const refusal = (message: string) => {
  const said = ApplicationFailure.nonRetryable(message, 'NotSigned');
  const failed = new ActivityFailure('Activity task failed', 'observeSites', '1', 'NON_RETRYABLE_FAILURE', 'w1', said);
  return new WorkflowFailedError('Workflow execution failed', failed, 'NON_RETRYABLE_FAILURE');
};
const reach = (name: string) => world.site(name)?.status?.conditions?.find(({ type }) => type === 'Reachable');
const status = (name: string) => world.site(name)?.status;

describe('The sites of a task queue', () => {
  it('are out of reach while nobody serves it, and are told how that can be changed', async () => {
    await world.start();
    const message = `No worker serves the task queue ${QUEUE}; start one with fog-rollouts region --queue ${QUEUE}`;
    expect(reach('mill')).toMatchObject({ status: 'False', reason: 'WorkerAway', message });
    expect(status('mill')).not.toHaveProperty('lastSeen');
    expect(world.observations).toEqual([]);
  });

  it('are within reach as soon as a worker says that their cluster answers, and are counted', async () => {
    await world.start();
    asks('w1');
    await world.clock.advance(15 * SECONDS);
    expect(world.observations[0]?.input).toEqual({ queue: QUEUE, clusters: ['m', 'p'], cursors: {} });
    expect(reach('mill')?.reason).toBe('WorkerAway');
    await answer({ clusters: [cluster('m', carries('mill', 3)), cluster('p', { answering: undefined as never })] });
    expect(reach('mill')).toMatchObject({ status: 'True', reason: 'Answering' });
    expect(status('mill')).toMatchObject({ worker: 'w1', releases: 3, lastSeen: world.clock.date().toISOString() });
    expect(reach('port')?.reason).toBe('WorkerAway');
    await world.clock.advance(2 * SECONDS);
    expect(world.observations[0]?.input.cursors).toEqual({ e1: 1 });
  });

  it('are out of reach when their cluster does not answer, and one after the other', async () => {
    asks('w1');
    await world.start();
    const away = { answering: false, since: '2026-01-01T00:00:00Z', cause: 'no route' };
    await answer({ clusters: [cluster('m', away), cluster('p')] });
    expect(reach('mill')).toMatchObject({
      status: 'False',
      reason: 'ClusterAway',
      message: 'Its worker w1 has had no answer from cluster m since 2026-01-01T00:00:00Z: no route',
    });
    expect(status('mill')?.lastSeen).toBe('2026-01-01T00:00:00Z');
    expect(reach('port')?.reason).toBe('Answering');
  });

  it('are out of reach when no worker has asked for longer than a poll lasts, and that is written once', async () => {
    asks('w1');
    await world.start();
    await answer({});
    const before = world.writes.length;
    const last = world.pollers![0]!.lastAccess;
    await world.clock.advance(74 * SECONDS);
    expect(reach('mill')?.reason).toBe('Answering');
    await world.clock.advance(16 * SECONDS);
    expect(reach('mill')?.message).toBe(`No worker of the task queue ${QUEUE} has asked for work since ${last}`);
    expect(world.observations).toEqual([]);
    world.pollers = [];
    await world.clock.advance(600 * SECONDS);
    expect(world.writes.slice(before).toSorted()).toEqual(['mill', 'port']);
    asks('w2');
    await world.clock.advance(15 * SECONDS);
    expect(reach('mill')?.reason).toBe('Answering');
    expect(status('mill')?.worker).toBe('w2');
  });

  it('are out of reach at once when their last worker says that it goes', async () => {
    asks('w1', 'w2');
    await world.start();
    await answer({ leaving: true });
    expect(reach('mill')?.reason).toBe('Answering');
    await answer({ worker: 'w2', leaving: true });
    expect(reach('mill')?.reason).toBe('WorkerAway');
  });

  it('are observed anew when other workers serve them: the one that was asked may be gone', async () => {
    asks('w1');
    await world.start();
    await answer({});
    await world.clock.advance(2 * SECONDS);
    const [observation] = world.observations;
    asks('w1', 'w2');
    await world.clock.advance(15 * SECONDS);
    expect(world.observations).toHaveLength(1);
    expect(world.observations[0]).not.toBe(observation);
    expect(world.observations[0]?.input.cursors).toEqual({ e1: 1 });
  });

  it('are what they were while Temporal does not answer', async () => {
    asks('w1');
    await world.start();
    await answer({});
    world.pollers = undefined;
    const before = world.writes.length;
    await world.clock.advance(70 * SECONDS);
    expect(world.writes).toHaveLength(before);
  });

  it('are within reach with a worker that cannot say what they carry', async () => {
    asks('w1');
    await world.start();
    world.observations[0]!.answer.reject(new Error('no such activity'));
    await world.clock.advance(5 * SECONDS);
    expect(reach('mill')?.reason).toBe('Answering');
    expect(status('mill')).not.toHaveProperty('releases');
    expect(world.observations).toHaveLength(1);
  });

  it('say that their workers trust another key than this hub signs with, until they are asked with that', async () => {
    asks('w1');
    await world.start();
    await answer({ clusters: [cluster('m', { answering: false, since: '2026-01-01T00:00:00Z' }), cluster('p')] });
    await world.clock.advance(2 * SECONDS);
    world.observations[0]!.answer.reject(refusal('it is signed with the key a, which is none of b'));
    await world.clock.advance(0);
    const message = `Workers of the task queue ${QUEUE} ask for its work, and do none of this hub's: it is signed with the key a, which is none of b`;
    for (const name of ['mill', 'port'])
      expect(reach(name)).toMatchObject({ status: 'True', reason: 'NotSigned', message });
    await world.clock.advance(5 * SECONDS);
    world.observations[0]!.answer.reject(new Error('no such activity'));
    await world.clock.advance(0);
    expect(reach('port')?.reason).toBe('Answering');
    await world.clock.advance(10 * SECONDS);
    await answer({});
    expect([reach('mill')?.reason, reach('port')?.reason]).toEqual(['Answering', 'Answering']);
  });

  it('have what parts of reports say, one after the other', async () => {
    asks('w1');
    await world.start();
    await answer({ more: true, clusters: [cluster('m', carries('mill', 3)), cluster('p')] });
    expect(status('mill')).not.toHaveProperty('releases');
    await answer({
      whole: false,
      cursor: { epoch: 'e1', version: 2 },
      clusters: [cluster('m'), cluster('p', carries('port', 1))],
    });
    await world.clock.advance(15 * SECONDS);
    expect([status('mill')?.releases, status('port')?.releases]).toEqual([3, 1]);
    await answer({ whole: false, cursor: { epoch: 'e1', version: 3 }, clusters: [cluster('m', carries('mill', 0))] });
    await world.clock.advance(15 * SECONDS);
    expect([status('mill')?.releases, status('port')?.releases]).toEqual([0, 1]);
  });

  it('say which releases are not what they were made, as long as somebody wants these', async () => {
    world.rollouts.put(aRollout() as never);
    asks('w1');
    await world.start();
    const foreign = { ...drifted, name: 'unheard-of' };
    await answer({ clusters: [cluster('m', carries('mill', 1, [drifted, foreign])), cluster('p')] });
    expect(status('mill')?.drifted).toEqual([drifted]);
    world.rollouts.remove('shop/web');
    await world.clock.advance(0);
    expect(status('mill')).not.toHaveProperty('drifted');
  });

  it('are said to be there every five minutes, and no more often, a few at a time', async () => {
    for (let at = 0; at < 28; at++) world.put(`s${at}`, { taskQueue: QUEUE, cluster: { name: 'm' } });
    asks('w1');
    await world.start();
    await answer({});
    await world.clock.advance(10 * SECONDS);
    const before = world.writes.length;
    for (let at = 0; at < 18; at++) {
      await world.clock.advance(15 * SECONDS);
      asks('w1');
    }
    expect(world.writes).toHaveLength(before);
    await world.clock.advance(30 * SECONDS);
    const refreshed = world.writes.slice(before);
    expect(refreshed.length).toBeGreaterThanOrEqual(10);
    expect(refreshed.length).toBeLessThanOrEqual(30);
    expect(new Set(refreshed).size).toBe(refreshed.length);
  });

  it('are nobody’s when the queue has no site any more', async () => {
    asks('w1');
    await world.start();
    world.remove('port');
    await world.clock.advance(200);
    expect(world.observations[0]?.input.clusters).toEqual(['m']);
    world.put('mill', { generation: 2 });
    await world.clock.advance(200);
    expect(world.observations).toEqual([]);
    expect(reach('mill')).toBeUndefined();
  });
});

describe('Temporal is asked who serves a queue', () => {
  /** So many queues of one site, whose workers ask and report. */
  async function settledQueues(count: number) {
    const clock = new FakeClock();
    const asked: string[] = [];
    const times: number[] = [];
    const shards = new Shelf<FogShard & KubeObject>();
    const siteShards = new SiteShards(shards.informer);
    siteShards.follow();
    const stop = new AbortController();
    const isGone = new Set<string>();
    const began = clock.date().toISOString();
    const client: RegionClient = {
      async pollers(queue) {
        asked.push(queue);
        times.push(clock.now());
        return [{ identity: queue, lastAccess: isGone.has(queue) ? began : clock.date().toISOString() }];
      },
      async observe({ queue, cursors }, signal) {
        if (cursors?.[queue] === undefined) {
          return { worker: queue, cursor: { epoch: queue, version: 1 }, whole: true, clusters: [cluster('own')] };
        }
        return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const sources = new QueueSites(
      { client, shards: shards.informer, shardsOf: (site) => siteShards.of(site), clock, log: silentLog },
      () => undefined,
    );
    const sites = Array.from({ length: count }, (_, at) => aSite(`s${at}`, { taskQueue: `q${at}` }));
    sources.follow(sites);
    const running = sources.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    return { clock, asked, times, shards, isGone, sources, sites, end };
  }

  it.each<[number, number]>([
    [1, 15],
    [225, 15],
    [1_000, 67],
    [10_000, 600],
    [100_000, 600],
  ])('of %d quiet queues, every %d s of each', (count, seconds) => {
    expect(Math.round(quietPollMs(count) / SECONDS)).toBe(seconds);
  });

  it('never more than twenty times a second, and of many quiet queues fifteen', async () => {
    const { clock, asked, times, end } = await settledQueues(600);
    await clock.advance(80 * SECONDS);
    const inASecond = times.map((at) => times.filter((other) => other >= at && other < at + SECONDS).length);
    expect(Math.max(...inASecond)).toBeLessThanOrEqual(20);
    const before = asked.length;
    await clock.advance(80 * SECONDS);
    expect((asked.length - before) / 80).toBeLessThanOrEqual(17);
    expect(new Set(asked.slice(before)).size).toBe(600);
    await end();
  });

  it('of one at which a run is, as often as of few', async () => {
    const { clock, asked, shards, end } = await settledQueues(600);
    await clock.advance(80 * SECONDS);
    const shard = (phases: string, resourceVersion: string) => {
      const made = aShard(phases, { site: { name: 's7' } });
      return { ...made, metadata: { ...made.metadata, uid: 'u', resourceVersion } } as FogShard & KubeObject;
    };
    shards.put(shard('w', '1'));
    shards.put(shard('i', '2'));
    const before = asked.length;
    await clock.advance(60 * SECONDS);
    expect(asked.slice(before).filter((queue) => queue === 'q7').length).toBeGreaterThanOrEqual(3);
    await end();
  });

  it('of one among many whose worker was killed, until that is known', async () => {
    const { clock, isGone, sources, sites, end } = await settledQueues(450);
    await clock.advance(60 * SECONDS);
    isGone.add('q3');
    await clock.advance(130 * SECONDS);
    expect(sources.observationOf(sites[3]!)?.reach?.reason).toBe('WorkerAway');
    expect(sources.observationOf(sites[4]!)?.reach?.reason).toBe('Answering');
    await end();
  });
});
