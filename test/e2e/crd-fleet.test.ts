/** What the API server takes and refuses of a FogSite, and of the part of a FogRollout that is about many sites. */

import { describe, expect, it, jest } from '@jest/globals';
import { STRATEGY_DEFAULTS } from '../../model/revision.ts';
import { dryRun } from '../support/dry-run.ts';
import { manifest } from '../support/manifests.ts';
import { aSiteManifest as site } from '../support/sites.ts';

const secret = { kubeconfigSecretRef: { name: 'berlin' } };

// Nothing is waited for here.
jest.setTimeout(120_000);

describe('A FogSite is accepted, and comes back whole', () => {
  it.each<[string, object, object]>([
    ['a layer alone', { layer: 'edge' }, {}],
    ['a parent and a namespace', { layer: 'edge', parent: 'north', namespace: 'field-7' }, {}],
    [
      'a kubeconfig, under a key of its own',
      { layer: 'fog', cluster: { kubeconfigSecretRef: { name: 'a', key: 'b' } } },
      {},
    ],
    [
      'a kubeconfig, under the usual key',
      { layer: 'fog', cluster: secret },
      { cluster: { kubeconfigSecretRef: { name: 'berlin', key: 'kubeconfig' } } },
    ],
    ['a task queue', { layer: 'cloud', taskQueue: 'region/berlin_1.a' }, {}],
    [
      'a task queue and which of its clusters',
      { layer: 'edge', taskQueue: 'berlin', cluster: { name: 'Mitte.1' } },
      {},
    ],
    ['a hold', { layer: 'edge', hold: { reason: 'harvest' } }, {}],
  ])('%s', async (_, spec, added) => {
    expect((await dryRun(site('x', spec))).spec).toEqual({ ...spec, ...added });
  });

  it('with a name of 63 characters', async () => {
    await dryRun(site('n'.repeat(63)));
  });
});

describe('A FogSite is refused, with the name of the field', () => {
  it.each<[string, object, string]>([
    ['no spec', { ...site('x'), spec: undefined }, 'spec: Required value'],
    ['no layer', site('x', { layer: undefined }), 'spec.layer: Required value'],
    ['an unknown layer', site('x', { layer: 'sky' }), 'spec.layer: Unsupported value: "sky"'],
    ['itself as parent', site('x', { parent: 'x' }), 'spec.parent: Invalid value: A site cannot be its own parent'],
    [
      'a parent of the cloud',
      site('x', { layer: 'cloud', parent: 'y' }),
      'spec.parent: Invalid value: A site of the cloud has no layer above it',
    ],
    ['an empty parent', site('x', { parent: '' }), 'spec.parent'],
    [
      'a task queue beside a kubeconfig',
      site('x', { taskQueue: 'q', cluster: secret }),
      'spec.cluster.kubeconfigSecretRef: Invalid value: A site with a taskQueue is reached by the workers of that queue',
    ],
    [
      "a cluster's name without a task queue",
      site('x', { cluster: { name: 'a' } }),
      'spec.cluster.name: Invalid value: The name of a cluster means something to the workers of a taskQueue only',
    ],
    [
      "a cluster's name that leads out of a folder",
      site('x', { taskQueue: 'q', cluster: { name: '../a' } }),
      'spec.cluster.name',
    ],
    ['a namespace with capitals', site('x', { namespace: 'Edge' }), 'spec.namespace'],
    ['a task queue with a space', site('x', { taskQueue: 'a b' }), 'spec.taskQueue'],
    ['an empty task queue', site('x', { taskQueue: '' }), 'spec.taskQueue'],
    [
      'a Secret without a name',
      site('x', { cluster: { kubeconfigSecretRef: {} } }),
      'spec.cluster.kubeconfigSecretRef.name: Required value',
    ],
    ['a hold without a reason', site('x', { hold: {} }), 'spec.hold.reason: Required value'],
    ['a hold with an empty reason', site('x', { hold: { reason: '' } }), 'spec.hold.reason'],
    ['a name with a dot', site('x.y'), 'metadata.name: Invalid value: The name must be at most 63'],
    ['a name of 64 characters', site('n'.repeat(64)), 'metadata.name: Invalid value: The name must be at most 63'],
    ['a name with capitals', site('Berlin'), 'metadata.name: Invalid value'],
    ['an unknown field', site('x', { parents: ['y'] }), 'unknown field "spec.parents"'],
  ])('%s', async (_, given, expected) => {
    await expect(dryRun(given)).rejects.toThrow(expected);
  });
});

/** A row: maxConcurrency with this value is refused in these words. */
const refusedAmount = (given: unknown, expected: string): [string, object, string] => [
  `maxConcurrency ${JSON.stringify(given)}`,
  edge({ maxConcurrency: given }),
  expected,
];
const edge = (strategy: object) => manifest({ strategy: { layers: { edge: strategy } } });

describe('A strategy is accepted', () => {
  it('without a word, with its defaults', async () => {
    const { strategy } = (await dryRun(manifest())).spec;
    expect(strategy).toEqual(STRATEGY_DEFAULTS);
  });

  const { defaults, ...offline } = {
    defaults: { policy: 'Defer', afterSeconds: 60 },
    minReachable: '80%',
    expireAfterSeconds: 60,
  };
  it.each<[string, object, object]>([
    ['nothing of a layer', {}, {}],
    ['numbers', { maxConcurrency: 1, maxFailures: 0, minSuccess: 1, maxSitesPerMinute: 1 }, {}],
    ['more than there may be sites', { maxConcurrency: 100_000, maxFailures: 100_000, minSuccess: 100_000 }, {}],
    ['the least percentages', { maxConcurrency: '1%', maxFailures: '1%', minSuccess: '1%' }, {}],
    ['the most percentages', { maxConcurrency: '100%', maxFailures: '100%', minSuccess: '100%' }, {}],
    ['labels', { siteSelector: { matchLabels: { region: 'north' } }, order: 'example.com/order' }, {}],
    [
      'every operator',
      {
        siteSelector: {
          matchExpressions: [
            { key: 'a', operator: 'In', values: ['b'] },
            { key: 'a', operator: 'NotIn', values: ['b', ''] },
            { key: 'a', operator: 'Exists' },
            { key: 'a', operator: 'DoesNotExist', values: [] },
          ],
        },
      },
      {},
    ],
    [
      'waves',
      {
        waves: [
          { name: 'canary', size: 1 },
          { size: '10%', siteSelector: {} },
          { siteSelector: { matchLabels: { a: 'b' } } },
        ],
      },
      {},
    ],
    ['no waves', { waves: [] }, {}],
    ['a ramp of the usual kind', { rampUp: {} }, { rampUp: { initial: 1, factor: 2 } }],
    ['a ramp of its own', { rampUp: { initial: 10, factor: 3 } }, {}],
    ['what becomes of sites out of reach', { offline }, { offline: { ...defaults, ...offline } }],
    ['every policy: Fail', { offline: { policy: 'Fail', afterSeconds: 5 } }, {}],
    ['every policy: Wait', { offline: { policy: 'Wait', afterSeconds: 86_400 } }, {}],
  ])('with %s', async (_, given, added) => {
    const { strategy } = (await dryRun(edge(given))).spec;
    expect(strategy.layers).toEqual({ edge: { ...given, ...added } });
  });

  it.each(['Layer', 'Branch'])('with promotion %s', async (promotion) => {
    const { strategy } = (await dryRun(manifest({ strategy: { promotion } }))).spec;
    expect(strategy.promotion).toBe(promotion);
  });
});

describe('A strategy is refused, in words', () => {
  const at = (field: string) => `spec.strategy.layers.edge.${field}`;
  const least = (field: string, number: number) => `${at(field)} in body should be greater than or equal to ${number}`;
  const percentage = (field: string) => `${at(field)} in body should match '^([1-9][0-9]?|100)%$'`;
  const expression = (given: object) => edge({ siteSelector: { matchExpressions: [given] } });
  const values = `${at('siteSelector.matchExpressions[0]')}: Invalid value: In and NotIn need values, Exists and DoesNotExist take none`;
  it.each<[string, object, string]>([
    ...[0, -1].map((given) => refusedAmount(given, least('maxConcurrency', 1))),
    ...['0', '1', '0%', '101%', '05%', '5.5%', '-5%', '5 %', 'ten', '', '%'].map((given) =>
      refusedAmount(given, percentage('maxConcurrency')),
    ),
    ['maxConcurrency 1.5', edge({ maxConcurrency: 1.5 }), at('maxConcurrency')],
    ['maxFailures -1', edge({ maxFailures: -1 }), least('maxFailures', 0)],
    ['maxFailures "0%"', edge({ maxFailures: '0%' }), percentage('maxFailures')],
    ['maxFailures "101%"', edge({ maxFailures: '101%' }), percentage('maxFailures')],
    ['minSuccess 0', edge({ minSuccess: 0 }), least('minSuccess', 1)],
    ['minReachable "0%"', edge({ offline: { minReachable: '0%' } }), percentage('offline.minReachable')],
    ['a wave of size 0', edge({ waves: [{ size: 1 }, { size: 0 }] }), least('waves[1].size', 1)],
    [
      'a wave with neither size nor selector',
      edge({ waves: [{ size: 1 }, { name: 'rest' }] }),
      `${at('waves')}: Invalid value: A wave has a size, a siteSelector, or both`,
    ],
    [
      '21 waves',
      edge({ waves: Array(21).fill({ size: 1 }) }),
      `${at('waves')}: Too many: 21: must have at most 20 items`,
    ],
    [
      'a gate of no kind',
      edge({ before: [{ name: 'shop' }] }),
      `${at('before[0]')}: Invalid value: A gate is of one kind`,
    ],
    ['a soak of no time', edge({ soakSeconds: 0 }), least('soakSeconds', 1)],
    ['an approval of nobody', edge({ after: [{ approval: { required: 0 } }] }), least('after[0].approval.required', 1)],
    [
      'two gates of one name',
      edge({
        before: [
          { name: 'shop', approval: {} },
          { name: 'shop', approval: {} },
        ],
      }),
      `${at('before')}: Invalid value: Gates of one place have different names`,
    ],
    [
      'a gate that becomes something else when it expires',
      edge({ before: [{ approval: { onExpire: 'Explode' } }] }),
      `${at('before[0].approval.onExpire')}: Unsupported value: "Explode"`,
    ],
    ['In without values', expression({ key: 'a', operator: 'In' }), values],
    ['In with no value', expression({ key: 'a', operator: 'In', values: [] }), values],
    ['NotIn without values', expression({ key: 'a', operator: 'NotIn' }), values],
    ['Exists with values', expression({ key: 'a', operator: 'Exists', values: ['b'] }), values],
    [
      'an unknown operator',
      expression({ key: 'a', operator: 'Gt' }),
      `${at('siteSelector.matchExpressions[0].operator')}: Unsupported value: "Gt"`,
    ],
    [
      'a requirement without a key',
      expression({ operator: 'Exists' }),
      `${at('siteSelector.matchExpressions[0].key')}: Required value`,
    ],
    ['maxSitesPerMinute 0', edge({ maxSitesPerMinute: 0 }), at('maxSitesPerMinute')],
    ['a ramp that does not grow', edge({ rampUp: { factor: 1 } }), at('rampUp.factor')],
    ['a ramp from nothing', edge({ rampUp: { initial: 0 } }), at('rampUp.initial')],
    [
      'an unknown policy',
      edge({ offline: { policy: 'Ignore' } }),
      `${at('offline.policy')}: Unsupported value: "Ignore"`,
    ],
    ['too little patience', edge({ offline: { afterSeconds: 4 } }), at('offline.afterSeconds')],
    ['an empty order', edge({ order: '' }), at('order')],
    [
      'an unknown promotion',
      manifest({ strategy: { promotion: 'Site' } }),
      'spec.strategy.promotion: Unsupported value: "Site"',
    ],
    ['an unknown layer', manifest({ strategy: { layers: { sky: {} } } }), 'unknown field "spec.strategy.layers.sky"'],
    ['an unknown field', edge({ maxConcurency: 1 }), 'unknown field "spec.strategy.layers.edge.maxConcurency"'],
  ])('%s', async (_, given, expected) => {
    await expect(dryRun(given)).rejects.toThrow(expected);
  });
});
