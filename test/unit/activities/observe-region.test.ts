import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRegionActivities } from '../../../activities/observe-region.ts';
import { KubeConnectionError } from '../../../kube/errors.ts';
import type { RegionActivities, RegionReport } from '../../../model/region-observation.ts';
import type { DriftedRelease } from '../../../model/types.ts';
import type { LiveService } from '../../../observed/releases.ts';
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

/** The report that follows what was last, and how long it took, in ms; it may be waited for. */
function observe(last?: RegionReport, names = Object.keys(clusters)) {
  const cursors = last && { [last.cursor.epoch]: last.cursor.version };
  return region.observeSites({ clusters: names, ...(cursors && { cursors }) });
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
  const report = await within(5 * SECONDS, observe());
  if (report === 'not yet') throw new Error('There is no report yet');
  return report;
}

const carries = (namespace: string, releases: number, drifted: DriftedRelease[] = []) => ({
  namespace,
  releases,
  present: releases === 0 ? [] : ['shop/web/edge/uid-1/hash-v1/4'],
  drifted,
});

describe('What a region says of its sites', () => {
  it('is everything at first', async () => {
    mill.put('field');
    mill.put('farm', { taken: true });
    const drift = { namespace: 'shop', name: 'web', message: 'the Deployment was changed at spec' };
    const report = await first();
    expect(report).toMatchObject({ worker: 'w1', whole: true });
    expect(report.clusters).toMatchObject([{ name: 'm', answering: true, synced: true }]);
    expect(report.clusters[0]?.namespaces).toEqual([carries('field', 1), carries('farm', 1, [drift])]);
  });

  it('is nothing for ten minutes when nothing changes', async () => {
    mill.put('field');
    const last = await first();
    const next = observe(last);
    expect(await within(599 * SECONDS, next)).toBe('not yet');
    expect(await within(1 * SECONDS, next)).toMatchObject({
      whole: false,
      cursor: last.cursor,
      clusters: [{ namespaces: [] }],
    });
    expect(mill.requests).toBe(0);
  });

  it('is what was deleted, a second later, until it is there again', async () => {
    mill.put('field');
    let last = await first();
    const next = observe(last);
    mill.shelf.remove('field/web-edge');
    expect(await within(999, next)).toBe('not yet');
    last = (await within(1, next)) as RegionReport;
    const missing = { namespace: 'shop', name: 'web', message: 'the Deployment is missing' };
    expect(last.clusters[0]?.namespaces).toEqual([carries('field', 0, [missing])]);
    mill.put('field');
    last = (await within(SECONDS, observe(last))) as RegionReport;
    expect(last.clusters[0]?.namespaces).toEqual([carries('field', 1)]);
  });

  it('is a Service that somebody changed', async () => {
    mill.put('field', { service: 'taken' });
    const report = await first();
    const drift = { namespace: 'shop', name: 'web', message: 'the Service was changed at spec' };
    expect(report.clusters[0]?.namespaces).toEqual([carries('field', 1, [drift])]);
  });

  describe.each<[string, LiveService | undefined]>([
    ['is missing', undefined],
    ['is no longer ours', { metadata: { name: 'web', namespace: 'field' } } as LiveService],
  ])('is a Service that %s', (what, found) => {
    it('ten seconds later, until it is there', async () => {
      mill.put('field');
      let last = await first();
      const next = observe(last);
      mill.services.remove('field/web');
      if (found) mill.reallyThere.set('field/web', found);
      expect(await within(10 * SECONDS, next)).toBe('not yet');
      last = (await within(3 * SECONDS, next)) as RegionReport;
      const drift = { namespace: 'shop', name: 'web', message: `the Service ${what}` };
      expect(last.clusters[0]?.namespaces).toEqual([carries('field', 1, [drift])]);
      expect(mill.requests).toBe(1);
      mill.put('field');
      last = (await within(SECONDS, observe(last))) as RegionReport;
      expect(last.clusters[0]?.namespaces).toEqual([carries('field', 1)]);
    });
  });

  it.each<[string, () => void]>([
    ['comes some seconds after its Deployment', () => mill.put('field')],
    ['the cluster has, though its watch has not', () => mill.reallyThere.set('field/web', serviceIn('field'))],
    ['goes with its Deployment', () => mill.shelf.remove('field/web-edge')],
  ])('is nothing of a Service that %s', async (_, meanwhile) => {
    mill.put('field', { service: 'none' });
    const next = observe(await first());
    await within(4 * SECONDS, next); // 9 s after it was seen first
    meanwhile();
    expect(JSON.stringify(await within(60 * SECONDS, next))).not.toContain('Service');
    expect(mill.requests).toBeLessThanOrEqual(1);
  });

  it('is nothing of Services where they are not to be seen', async () => {
    mill.hasServices = false;
    mill.put('field', { service: 'none' });
    expect(await within(60 * SECONDS, observe(await first()))).toBe('not yet');
    expect(mill.requests).toBe(0);
  });

  it('is a missing Service once the cluster says so, if it does not at first', async () => {
    mill.put('field', { service: 'none' });
    const last = await first();
    const next = observe(last);
    mill.fault = new Error('429');
    expect(await within(20 * SECONDS, next)).toBe('not yet');
    mill.fault = undefined;
    expect(JSON.stringify(await within(11 * SECONDS, next))).toContain('the Service is missing');
  });

  it('is how many releases there are, five seconds later, and which', async () => {
    const last = await first();
    const next = observe(last);
    mill.put('field');
    expect(await within(4_999, next)).toBe('not yet');
    const again = (await within(1, next)) as RegionReport;
    expect(again.clusters[0]?.namespaces).toEqual([carries('field', 1)]);
    mill.put('field', { version: 'v2' });
    const other = (await within(5 * SECONDS, observe(again))) as RegionReport;
    expect(other.clusters[0]?.namespaces[0]?.present).toEqual(['shop/web/edge/uid-1/hash-v2/4']);
  });

  it('goes on where it was when changes come between two reports', async () => {
    const last = await first();
    mill.put('field');
    mill.shelf.remove('field/web-edge');
    expect(await within(SECONDS, observe(last))).toMatchObject({ whole: false, clusters: [{ namespaces: [{}] }] });
  });

  it('comes in parts when it is much', async () => {
    for (let at = 0; at < 1_500; at++) mill.put(`n${at}`);
    const one = await first();
    expect([one.more, one.whole, one.clusters[0]?.namespaces.length]).toEqual([true, true, 1_000]);
    const two = (await within(5 * SECONDS, observe(one))) as RegionReport;
    expect([two.more, two.whole, two.clusters[0]?.namespaces.length]).toEqual([undefined, false, 500]);
    const all = [one, two].flatMap(({ clusters: [cluster] }) => cluster!.namespaces.map(({ namespace }) => namespace));
    expect(new Set(all).size).toBe(1_500);
  });

  it('names so many releases in one part, and of a namespace with more than a hundred only their number', async () => {
    for (let at = 0; at < 60; at++) for (let of = 0; of < 80; of++) mill.put(`n${at}`, { name: `r${of}` });
    for (let of = 0; of < 101; of++) mill.put('full', { name: `r${of}` });
    const one = await first();
    expect([one.more, one.clusters[0]?.namespaces.length]).toEqual([true, 50]);
    const two = (await within(5 * SECONDS, observe(one))) as RegionReport;
    expect([two.more, two.clusters[0]?.namespaces.length]).toEqual([undefined, 11]);
    expect(two.clusters[0]?.namespaces.at(-1)).toEqual({ namespace: 'full', releases: 101, drifted: [] });
  });

  it('is what was deleted last, of very much', async () => {
    for (let of = 0; of < 60; of++) mill.put('field', { name: `r${of}` });
    const last = await first();
    for (let of = 0; of < 60; of++) mill.shelf.remove(`field/r${of}-edge`);
    const report = (await within(2 * SECONDS, observe(last))) as RegionReport;
    const names = report.clusters[0]!.namespaces[0]!.drifted.map(({ name }) => name);
    expect([names.length, names[0], names.at(-1)]).toEqual([50, 'r10', 'r59']);
  });

  it('ends an earlier observation, whose workflow is gone', async () => {
    const last = await first();
    const earlier = observe(last);
    expect(await within(0, earlier)).toBe('not yet');
    void observe(last);
    expect(await within(0, earlier)).toMatchObject({ whole: false });
  });

  it('is that it goes, when it does', async () => {
    const last = await first();
    const next = observe(last);
    stop.abort();
    expect(await within(0, next)).toMatchObject({ leaving: true });
  });
});

describe('A cluster of a region', () => {
  it('is away when its kubeconfig was taken away, some minutes later', async () => {
    const last = await first();
    const next = observe(last);
    clusters.m = new Error('There is no kubeconfig of cluster m');
    expect(await within(290 * SECONDS, next)).toBe('not yet');
    expect(await within(10 * SECONDS, next)).toMatchObject({ clusters: [{ answering: false }] });
  });

  it('is away once it was silent for ten seconds and answers no question, and is there again when it answers', async () => {
    let last = await first();
    const next = observe(last);
    mill.silentSince = clock.date().getTime();
    mill.fault = new Error('connect\n ECONNREFUSED');
    expect(await within(9 * SECONDS, next)).toBe('not yet');
    last = (await within(4 * SECONDS, next)) as RegionReport;
    expect(last.clusters[0]).toMatchObject({
      ...{ answering: false, synced: true, cause: 'connect ECONNREFUSED' },
      since: new Date(mill.silentSince).toISOString(),
    });
    mill.silentSince = mill.fault = undefined;
    expect(await within(7 * SECONDS, observe(last))).toMatchObject({ clusters: [{ answering: true }] });
  });

  it('is away when what answers is no Kubernetes any more', async () => {
    const last = await first();
    const next = observe(last);
    mill.cutOffMs = 10 * SECONDS;
    mill.fault = new Error('The answer of https://mill is no list of Deployments');
    expect(await within(4 * SECONDS, next)).toMatchObject({
      clusters: [{ answering: false, cause: 'The answer of https://mill is no list of Deployments' }],
    });
  });

  it('is there when a request was only given up', async () => {
    const last = await first();
    const next = observe(last);
    mill.silentSince = clock.date().getTime();
    expect(await within(60 * SECONDS, next)).toBe('not yet');
    expect(mill.requests).toBeGreaterThan(0);
  });

  it('is away when its first list never comes, with what it says instead', async () => {
    mill.hasSynced = false;
    mill.fault = new Error('forbidden');
    const last = await first();
    expect(last.clusters[0]).toEqual({ name: 'm', synced: false, namespaces: [] });
    expect(await within(10 * SECONDS, observe(last))).toMatchObject({
      clusters: [{ answering: false, cause: 'forbidden' }],
    });
  });

  it('is away without a kubeconfig, at once, and there when it has one', async () => {
    clusters.p = new Error('There is no kubeconfig of cluster p');
    const last = await first();
    expect(last.clusters[1]).toMatchObject({
      name: 'p',
      answering: false,
      cause: 'There is no kubeconfig of cluster p',
    });
    clusters.p = new FakeCluster();
    clusters.p.put('quay');
    const again = await within(8 * SECONDS, observe(last));
    expect(again).toMatchObject({
      clusters: [{}, { answering: true, namespaces: [{ namespace: 'quay', releases: 1 }] }],
    });
  });

  it('is observed anew when it was opened anew', async () => {
    mill.put('field');
    const last = await first();
    const other = new FakeCluster();
    clusters.m = other;
    mill.closed.resolve();
    other.put('farm');
    const again = (await within(8 * SECONDS, observe(last))) as RegionReport;
    expect(again.clusters[0]?.namespaces.map(({ namespace, releases }) => [namespace, releases])).toEqual([
      ['farm', 1],
      ['field', 0],
    ]);
  });

  it('says which one it is, and is asked for that once', async () => {
    mill.uid = 'uid-of-the-mill';
    const last = await first();
    const next = last.clusters[0]?.uid ? last : ((await within(SECONDS, observe(last))) as RegionReport);
    expect(next.clusters).toMatchObject([{ name: 'm', answering: true, uid: 'uid-of-the-mill' }]);
    await within(300 * SECONDS, observe(next));
    expect(mill.identified).toBe(1);
  });

  it('that may not say which one it is, is not asked again', async () => {
    const last = await first();
    await within(300 * SECONDS, observe(last));
    expect([last.clusters[0]?.uid, mill.identified]).toEqual([undefined, 1]);
  });

  it('that did not answer that is asked again', async () => {
    mill.uid = new KubeConnectionError('GET namespaces kube-system', 'No answer');
    const last = await first();
    mill.uid = 'uid-of-the-mill';
    const next = (await within(5 * SECONDS, observe(last))) as RegionReport;
    expect(next.clusters).toMatchObject([{ uid: 'uid-of-the-mill' }]);
  });

  it('is not observed any more when nobody asks for it', async () => {
    const last = await first();
    await within(0, observe(last, []));
    mill.put('field');
    expect(mill.requests).toBe(0);
    expect(await within(0, observe(last))).toBe('not yet');
  });
});
