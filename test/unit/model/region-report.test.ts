import { describe, expect, it } from '@jest/globals';
import { readReport } from '../../../model/region-report.ts';

const drifted = { namespace: 'shop', name: 'web', message: 'the Deployment is missing' };
const cluster = {
  name: 'mill',
  answering: true,
  synced: true,
  namespaces: [{ namespace: 'field', releases: 2, drifted: [drifted] }],
};
const report = { worker: 'w', cursor: { epoch: 'e', version: 3 }, whole: true, clusters: [cluster] };
const withCluster = (change: object) => ({ ...report, clusters: [{ ...cluster, ...change }] });
const withNamespace = (change: object) => withCluster({ namespaces: [{ ...cluster.namespaces[0], ...change }] });
const withDrift = (change: object) => withNamespace({ drifted: [{ ...drifted, ...change }] });
const read = (raw: unknown) => readReport(raw, ['mill', 'port']);

describe('A report of a region', () => {
  it.each<[string, object]>([
    ['as it should be', report],
    ['that is not all', { ...report, more: true, leaving: true }],
    [
      'of a cluster that is away',
      withCluster({ answering: false, since: '2026-11-22T10:00:00.123Z', cause: 'no route' }),
    ],
    ['of nothing', { ...report, whole: false, clusters: [] }],
  ])('is taken: %s', (_, raw) => {
    expect(read(raw)).toEqual(raw);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'report'],
    ['no worker', { ...report, worker: 1 }],
    ['no cursor', { ...report, cursor: null }],
    ['a cursor that is no number', { ...report, cursor: { epoch: 'e', version: '3' } }],
    ['no clusters', { ...report, clusters: {} }],
  ])('is refused: %s', (_, raw) => {
    expect(() => read(raw)).toThrow('no report');
  });

  it.each<[string, object, object]>([
    ['a cluster nobody asked for', withCluster({ name: 'bank' }), { ...report, clusters: [] }],
    ['a cluster without a list', withCluster({ namespaces: 'all' }), { ...report, clusters: [] }],
    ['a namespace that can be none', withNamespace({ namespace: '../x' }), withCluster({ namespaces: [] })],
    ['a count below 0', withNamespace({ releases: -1 }), withCluster({ namespaces: [] })],
    ['a count that does not fit', withNamespace({ releases: 2 ** 31 }), withCluster({ namespaces: [] })],
    ['a name that can be none', withDrift({ name: 'a b' }), withNamespace({ drifted: [] })],
    ['a message that is none', withDrift({ message: {} }), withNamespace({ drifted: [] })],
    ['lines and paddings', withDrift({ message: ' a\n\tb ' }), withDrift({ message: 'a b' })],
    ['what does not belong', { ...withCluster({ extra: 1 }), extra: 1 }, report],
    ['a time that is none', withCluster({ since: 'yesterday' }), report],
  ])('is taken without %s', (_, raw, expected) => {
    expect(read(raw)).toEqual(expected);
  });

  it('is cut to its bounds, however much it says', () => {
    const long = 'x'.repeat(100_000);
    const namespaces = Array.from({ length: 5_000 }, (_, at) => ({
      namespace: `n${at}`,
      releases: 1,
      drifted: at === 0 ? Array.from({ length: 100 }, () => ({ ...drifted, message: long })) : [],
    }));
    const clusters = [{ ...cluster, namespaces, cause: long }, { ...cluster, name: 'port', namespaces }, cluster];
    const taken = read({ ...report, worker: long, clusters });
    expect(taken.worker).toHaveLength(256);
    expect(taken.clusters.map((one) => one.namespaces.length)).toEqual([1_000, 0]);
    const [first] = taken.clusters[0]!.namespaces;
    expect(first?.drifted).toHaveLength(50);
    expect(first?.drifted[0]?.message).toHaveLength(1_022);
    expect(taken.clusters[0]?.cause?.length).toBeLessThanOrEqual(600);
  });
});
