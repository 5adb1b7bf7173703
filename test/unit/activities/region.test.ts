import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LiveService } from '../../../activities/clusters.ts';
import { createRegionActivities } from '../../../activities/region.ts';
import type { RegionActivities, RegionReport } from '../../../model/region.ts';
import { FakeClock, settle } from '../kube/fakeclock.ts';
import { FakeCluster } from './fake-cluster.ts';

const SECONDS = 1_000;

function serviceIn(namespace: string): LiveService {
  const mill = new FakeCluster();
  mill.put(namespace);
  return mill.services.get(namespace, 'web')!;
}

let clock: FakeClock;
let clusters: Record<string, FakeCluster | Error>;
let stop: AbortController;
let region: RegionActivities;
let mill: FakeCluster;

beforeEach(() => {
  clock = new FakeClock();
  stop = new AbortController();
  mill = new FakeCluster();
  clusters = { m: mill };
  region = createRegionActivities({
    clusters: async (name) => {
      const found = clusters[name];
      if (found instanceof FakeCluster) return found.cluster;
      throw found ?? new Error(`There is no kubeconfig of cluster ${name}`);
    },
    ...{ identity: 'w1', signal: stop.signal, clock },
  });
});
afterEach(async () => {
  stop.abort();
  await settle();
});

/** The report that follows what was heard, and how long it took, in ms; it may be waited for. */
function look(heard?: RegionReport, names = Object.keys(clusters)) {
  const marks = heard && { [heard.mark.epoch]: heard.mark.version };
  return region.watchSites({ clusters: names, ...(marks && { marks }) });
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'not yet'> {
  let answer: T | 'not yet' = 'not yet';
  void promise.then((value) => {
    answer = value;
  });
  await clock.advance(ms);
  await settle();
  return answer;
}

async function first(): Promise<RegionReport> {
  const report = await within(5 * SECONDS, look());
  if (report === 'not yet') throw new Error('There is no report yet');
  return report;
}

describe('What a region says of its sites', () => {
  it('is everything at first', async () => {
    mill.put('field');
    mill.put('farm', { taken: true });
    const drift = { namespace: 'shop', name: 'web', message: 'the Deployment was changed at spec' };
    const report = await first();
    expect(report).toMatchObject({ worker: 'w1', whole: true });
    expect(report.clusters).toMatchObject([{ name: 'm', answering: true, synced: true }]);
    expect(report.clusters[0]?.namespaces).toEqual([
      { namespace: 'field', releases: 1, drifted: [] },
      { namespace: 'farm', releases: 1, drifted: [drift] },
    ]);
  });

  it('is nothing for ten minutes when nothing changes', async () => {
    mill.put('field');
    const heard = await first();
    const next = look(heard);
    expect(await within(599 * SECONDS, next)).toBe('not yet');
    expect(await within(1 * SECONDS, next)).toMatchObject({
      whole: false,
      mark: heard.mark,
      clusters: [{ namespaces: [] }],
    });
    expect(mill.requests).toBe(0);
  });

  it('is what was deleted, a second later, until it is there again', async () => {
    mill.put('field');
    let heard = await first();
    const next = look(heard);
    mill.shelf.remove('field/web-edge');
    expect(await within(999, next)).toBe('not yet');
    heard = (await within(1, next)) as RegionReport;
    const missing = { namespace: 'shop', name: 'web', message: 'the Deployment is missing' };
    expect(heard.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 0, drifted: [missing] }]);
    mill.put('field');
    heard = (await within(SECONDS, look(heard))) as RegionReport;
    expect(heard.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 1, drifted: [] }]);
  });

  it('is a Service that somebody changed', async () => {
    mill.put('field', { service: 'taken' });
    const report = await first();
    const drift = { namespace: 'shop', name: 'web', message: 'the Service was changed at spec' };
    expect(report.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 1, drifted: [drift] }]);
  });

  describe.each<[string, LiveService | undefined]>([
    ['is missing', undefined],
    ['is no longer ours', { metadata: { name: 'web', namespace: 'field' } } as LiveService],
  ])('is a Service that %s', (what, found) => {
    it('ten seconds later, until it is there', async () => {
      mill.put('field');
      let heard = await first();
      const next = look(heard);
      mill.services.remove('field/web');
      if (found) mill.reallyThere.set('field/web', found);
      expect(await within(10 * SECONDS, next)).toBe('not yet');
      heard = (await within(3 * SECONDS, next)) as RegionReport;
      const drift = { namespace: 'shop', name: 'web', message: `the Service ${what}` };
      expect(heard.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 1, drifted: [drift] }]);
      expect(mill.requests).toBe(1);
      mill.put('field');
      heard = (await within(SECONDS, look(heard))) as RegionReport;
      expect(heard.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 1, drifted: [] }]);
    });
  });

  it.each<[string, () => void]>([
    ['comes some seconds after its Deployment', () => mill.put('field')],
    ['the cluster has, though its watch has not', () => mill.reallyThere.set('field/web', serviceIn('field'))],
    ['goes with its Deployment', () => mill.shelf.remove('field/web-edge')],
  ])('is nothing of a Service that %s', async (_, meanwhile) => {
    mill.put('field', { service: 'none' });
    const next = look(await first());
    await within(4 * SECONDS, next); // 9 s after it was seen first
    meanwhile();
    expect(JSON.stringify(await within(60 * SECONDS, next))).not.toContain('Service');
    expect(mill.requests).toBeLessThanOrEqual(1);
  });

  it('is nothing of Services where they are not to be seen', async () => {
    mill.hasServices = false;
    mill.put('field', { service: 'none' });
    expect(await within(60 * SECONDS, look(await first()))).toBe('not yet');
    expect(mill.requests).toBe(0);
  });

  it('is a missing Service once the cluster says so, if it does not at first', async () => {
    mill.put('field', { service: 'none' });
    const heard = await first();
    const next = look(heard);
    mill.fault = new Error('429');
    expect(await within(20 * SECONDS, next)).toBe('not yet');
    mill.fault = undefined;
    expect(JSON.stringify(await within(3 * SECONDS, next))).toContain('the Service is missing');
  });

  it('is how many releases there are, five seconds later, and nothing of a new version of them', async () => {
    const heard = await first();
    const next = look(heard);
    mill.put('field');
    expect(await within(4_999, next)).toBe('not yet');
    const again = (await within(1, next)) as RegionReport;
    expect(again.clusters[0]?.namespaces).toEqual([{ namespace: 'field', releases: 1, drifted: [] }]);
    mill.put('field', { version: 'v2' });
    expect(await within(60 * SECONDS, look(again))).toBe('not yet');
  });

  it('goes on where it was when changes come between two looks', async () => {
    const heard = await first();
    mill.put('field');
    mill.shelf.remove('field/web-edge');
    expect(await within(SECONDS, look(heard))).toMatchObject({ whole: false, clusters: [{ namespaces: [{}] }] });
  });

  it('comes in parts when it is much', async () => {
    for (let at = 0; at < 1_500; at++) mill.put(`n${at}`);
    const one = await first();
    expect([one.more, one.whole, one.clusters[0]?.namespaces.length]).toEqual([true, true, 1_000]);
    const two = (await within(5 * SECONDS, look(one))) as RegionReport;
    expect([two.more, two.whole, two.clusters[0]?.namespaces.length]).toEqual([undefined, false, 500]);
    const all = [one, two].flatMap(({ clusters: [cluster] }) => cluster!.namespaces.map(({ namespace }) => namespace));
    expect(new Set(all).size).toBe(1_500);
  });

  it('ends an earlier look, whose workflow is gone', async () => {
    const heard = await first();
    const earlier = look(heard);
    expect(await within(0, earlier)).toBe('not yet');
    void look(heard);
    expect(await within(0, earlier)).toMatchObject({ whole: false });
  });

  it('is that it goes, when it does', async () => {
    const heard = await first();
    const next = look(heard);
    stop.abort();
    expect(await within(0, next)).toMatchObject({ leaving: true });
  });
});

describe('A cluster of a region', () => {
  it('is away when its kubeconfig was taken away, some minutes later', async () => {
    const heard = await first();
    const next = look(heard);
    clusters.m = new Error('There is no kubeconfig of cluster m');
    expect(await within(290 * SECONDS, next)).toBe('not yet');
    expect(await within(10 * SECONDS, next)).toMatchObject({ clusters: [{ answering: false }] });
  });

  it('is away once it was silent for ten seconds and answers no question, and is there again when it answers', async () => {
    let heard = await first();
    const next = look(heard);
    mill.silentSince = clock.date().getTime();
    mill.fault = new Error('connect\n ECONNREFUSED');
    expect(await within(9 * SECONDS, next)).toBe('not yet');
    heard = (await within(4 * SECONDS, next)) as RegionReport;
    expect(heard.clusters[0]).toMatchObject({
      ...{ answering: false, synced: true, cause: 'connect ECONNREFUSED' },
      since: new Date(mill.silentSince).toISOString(),
    });
    mill.silentSince = mill.fault = undefined;
    expect(await within(7 * SECONDS, look(heard))).toMatchObject({ clusters: [{ answering: true }] });
  });

  it('is there when a request was only given up', async () => {
    const heard = await first();
    const next = look(heard);
    mill.silentSince = clock.date().getTime();
    expect(await within(60 * SECONDS, next)).toBe('not yet');
    expect(mill.requests).toBeGreaterThan(0);
  });

  it('is away when its first list never comes, with what it says instead', async () => {
    mill.hasSynced = false;
    mill.fault = new Error('forbidden');
    const heard = await first();
    expect(heard.clusters[0]).toEqual({ name: 'm', synced: false, namespaces: [] });
    expect(await within(10 * SECONDS, look(heard))).toMatchObject({
      clusters: [{ answering: false, cause: 'forbidden' }],
    });
  });

  it('is away without a kubeconfig, at once, and there when it has one', async () => {
    clusters.p = new Error('There is no kubeconfig of cluster p');
    const heard = await first();
    expect(heard.clusters[1]).toMatchObject({
      name: 'p',
      answering: false,
      cause: 'There is no kubeconfig of cluster p',
    });
    clusters.p = new FakeCluster();
    clusters.p.put('quay');
    const again = await within(8 * SECONDS, look(heard));
    expect(again).toMatchObject({
      clusters: [{}, { answering: true, namespaces: [{ namespace: 'quay', releases: 1 }] }],
    });
  });

  it('is observed anew when it was opened anew', async () => {
    mill.put('field');
    const heard = await first();
    const other = new FakeCluster();
    clusters.m = other;
    mill.closed.resolve();
    other.put('farm');
    const again = (await within(8 * SECONDS, look(heard))) as RegionReport;
    expect(again.clusters[0]?.namespaces.map(({ namespace, releases }) => [namespace, releases])).toEqual([
      ['farm', 1],
      ['field', 0],
    ]);
  });

  it('is not observed any more when nobody asks for it', async () => {
    const heard = await first();
    await within(0, look(heard, []));
    mill.put('field');
    expect(mill.requests).toBe(0);
    expect(await within(0, look(heard))).toBe('not yet');
  });
});
