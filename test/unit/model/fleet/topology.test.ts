import { describe, expect, it } from '@jest/globals';
import { judge, type SecretFault } from '../../../../model/fleet/topology.ts';
import type { FogSite } from '../../../../model/types.ts';
import { aSite } from './sites.ts';

const hq = aSite('hq', { layer: 'cloud' });
const north = aSite('north', { layer: 'fog', parent: 'hq' });
const secret = (name: string) => ({ cluster: { kubeconfigSecretRef: { name, key: 'kubeconfig' } } });

/** Of the site called x, among the others. */
function verdictOnX(sites: FogSite[], secrets: Record<string, SecretFault> = {}) {
  return judge(sites, { secrets: new Map(Object.entries(secrets)) }).get('x');
}

describe('A site is Ready', () => {
  it.each<[string, FogSite[], string, string]>([
    ['alone', [aSite('x')], 'Usable', 'Takes part in rollouts, in namespace x of the hub'],
    ['below its parent', [hq, north, aSite('x', { parent: 'north' })], 'Usable', 'Takes part'],
    ['of the fog below a cloud', [hq, aSite('x', { layer: 'fog', parent: 'hq' })], 'Usable', 'Takes part'],
    ['without a parent though there are sites above', [hq, north, aSite('x')], 'Usable', 'Takes part'],
    [
      'below a parent that is not ready',
      [aSite('f', { layer: 'fog', parent: 'no' }), aSite('x', { parent: 'f' })],
      'Usable',
      'Takes part',
    ],
    [
      'in a namespace of another on another cluster',
      [aSite('y', { namespace: 'x', taskQueue: 'berlin' }), aSite('x')],
      'Usable',
      'Takes part',
    ],
    [
      'on another cluster of the same queue',
      [
        aSite('y', { namespace: 'n', taskQueue: 'berlin', cluster: { name: 'a' } }),
        aSite('x', { namespace: 'n', taskQueue: 'berlin', cluster: { name: 'b' } }),
      ],
      'Usable',
      'Takes part in rollouts, in namespace n of cluster b of the task queue berlin',
    ],
    [
      'in the namespace of its layer',
      [aSite('x', { namespace: undefined as never })],
      'Usable',
      'Takes part in rollouts, in namespace edge of the hub',
    ],
    [
      'in the namespace of its layer, below sites of others',
      [hq, north, aSite('x', { namespace: 'edge', parent: 'north' })],
      'Usable',
      'Takes part in rollouts, in namespace edge of the hub',
    ],
    [
      'in a namespace of that name elsewhere',
      [aSite('x', { namespace: 'cloud', taskQueue: 'berlin' })],
      'Usable',
      'in namespace cloud of cluster own of the task queue berlin',
    ],
    [
      'in the namespace of its layer, though an older one of another layer is there',
      [aSite('y', { age: -9, layer: 'fog', namespace: 'edge' }), aSite('x', { namespace: 'edge' })],
      'Usable',
      'Takes part in rollouts, in namespace edge of the hub',
    ],
    [
      'on the cluster of a Secret',
      [aSite('x', secret('berlin'))],
      'Usable',
      'Takes part in rollouts, in namespace x of the cluster of Secret berlin (key kubeconfig)',
    ],
    ['held', [aSite('x', { hold: { reason: 'harvest' } })], 'Held', 'Held, so nothing is changed here: harvest'],
  ])('%s', (_, sites, reason, message) => {
    expect(verdictOnX(sites)).toEqual({ ready: true, reason, message: expect.stringContaining(message) });
  });
});

describe('A site is not Ready', () => {
  const fault: SecretFault = { reason: 'SecretMissing', message: 'Secret a/berlin does not exist' };
  it.each<[string, FogSite[], string, string]>([
    [
      'with a parent that does not exist',
      [hq, aSite('x', { parent: 'nowhere' })],
      'ParentMissing',
      'Its parent nowhere does not exist; create that FogSite, or name another',
    ],
    [
      'with a parent of the layer above that',
      [hq, aSite('x', { parent: 'hq' })],
      'ParentOfWrongLayer',
      'Its parent hq is of the layer cloud; the parent of a site of the edge must be of the fog',
    ],
    [
      'with a parent of its own layer',
      [north, aSite('x', { layer: 'fog', parent: 'north' })],
      'ParentOfWrongLayer',
      'Its parent north is of the layer fog; the parent of a site of the fog must be of the cloud',
    ],
    [
      'with a parent of the layer below',
      [aSite('e'), aSite('x', { layer: 'fog', parent: 'e' })],
      'ParentOfWrongLayer',
      'Its parent e is of the layer edge',
    ],
    [
      'of the cloud with a parent, as the API server would refuse it',
      [hq, aSite('x', { layer: 'cloud', parent: 'hq' })],
      'ParentOfWrongLayer',
      'a site of the cloud has none',
    ],
    [
      'in a cycle of two',
      [aSite('y', { parent: 'x' }), aSite('x', { parent: 'y' })],
      'ParentOfWrongLayer',
      '; the parents form a cycle: y → x → y',
    ],
    [
      'in a cycle of three of one layer',
      [aSite('y', { parent: 'z' }), aSite('z', { parent: 'x' }), aSite('x', { parent: 'y' })],
      'ParentOfWrongLayer',
      '; the parents form a cycle: y → z → x → y',
    ],
    [
      'in the namespace that another layer has without FogSites',
      [aSite('x', { namespace: 'cloud' })],
      'PlaceTaken',
      'Namespace cloud of the hub is where the cloud runs without FogSites of its own; give this one another namespace',
    ],
    [
      'in the namespace of another layer though that has FogSites now',
      [hq, north, aSite('x', { namespace: 'fog', parent: 'north' })],
      'PlaceTaken',
      'Namespace fog of the hub is where the fog runs without FogSites',
    ],
    [
      'in a cycle over the layers',
      [
        aSite('e', { parent: 'f' }),
        aSite('f', { layer: 'fog', parent: 'x' }),
        aSite('x', { layer: 'cloud', parent: 'e' }),
      ],
      'ParentOfWrongLayer',
      'cycle: e → f → x → e',
    ],
    [
      'below a cycle',
      [aSite('a', { parent: 'b' }), aSite('b', { parent: 'a' }), aSite('x', { parent: 'a' })],
      'ParentOfWrongLayer',
      'cycle: a → b → a',
    ],
    [
      'its own parent, as the API server would refuse it',
      [aSite('x', { parent: 'x' })],
      'ParentOfWrongLayer',
      'cycle: x → x',
    ],
    [
      'in the place of an older one',
      [aSite('x', { age: 2, namespace: 'n' }), aSite('y', { age: 1, namespace: 'n' })],
      'PlaceTaken',
      'FogSite y has namespace n of the hub already; give this one a place of its own',
    ],
    [
      'in the place of one as old, with a lesser name',
      [aSite('x', { namespace: 'n' }), aSite('w', { namespace: 'n' })],
      'PlaceTaken',
      'FogSite w has namespace n',
    ],
    [
      'in the place of one of another layer',
      [aSite('f', { layer: 'fog', namespace: 'n' }), aSite('x', { age: 1, namespace: 'n' })],
      'PlaceTaken',
      'FogSite f has',
    ],
    [
      'in the place of one that is not ready itself',
      [aSite('w', { parent: 'no', namespace: 'x' }), aSite('x')],
      'PlaceTaken',
      'FogSite w has',
    ],
    [
      'in the place of one that is being deleted',
      [aSite('w', { deleting: true, namespace: 'x' }), aSite('x')],
      'PlaceTaken',
      'FogSite w has',
    ],
    [
      'with a Secret that has a fault',
      [aSite('x', secret('berlin'))],
      'SecretMissing',
      'Secret a/berlin does not exist',
    ],
    ['being deleted', [aSite('x', { deleting: true })], 'BeingDeleted', 'The site is being deleted'],
    [
      'and held',
      [aSite('x', { parent: 'no', hold: { reason: 'harvest' } })],
      'ParentMissing',
      'or name another. It is also held: harvest',
    ],
  ])('%s', (_, sites, reason, message) => {
    const verdict = verdictOnX(sites, { 'secret/berlin/kubeconfig': fault });
    expect(verdict).toEqual({ ready: false, reason, message: expect.stringContaining(message) });
  });

  it.each([2, 3, 5])('in a cycle of %d, which is said on each of them', (length) => {
    const names = Array.from({ length }, (_, at) => `s${at}`);
    const verdicts = judge(names.map((name, at) => aSite(name, { parent: names[(at + 1) % length]! })));
    for (const [at, name] of names.entries()) {
      const cycle = Array.from({ length: length + 1 }, (_, step) => names[(at + 1 + step) % length]);
      expect(verdicts.get(name)).toMatchObject({
        ready: false,
        message: expect.stringContaining(`cycle: ${cycle.join(' → ')}`),
      });
    }
  });

  it.each([2, 4, 6, 12, 14, 18, 10_000])(
    'on a cycle of %d over two layers, also where its own parent is of the right one',
    (length) => {
      const names = Array.from({ length }, (_, at) => `s${at}`);
      const sites = names.map((name, at) =>
        aSite(name, { layer: at % 2 ? 'fog' : 'edge', parent: names[(at + 1) % length]! }),
      );
      const below = ['below', 'looked-at-first'].map((name) => aSite(name, { parent: 's1' }));
      const verdicts = judge([below[1]!, ...sites, below[0]!, aSite('beside', { layer: 'fog' })]);
      /** Of the cycle from the site behind that on, which has one more than it is long. */
      const part = (at: number, from: number, to: number) =>
        Array.from({ length: to - from }, (_, step) => names[(at + 1 + from + step) % length]);
      for (const [at, name] of names.entries()) {
        const { ready, reason, message } = verdicts.get(name)!;
        expect([ready, reason]).toEqual([false, at % 2 ? 'ParentOfWrongLayer' : 'ParentCycle']);
        const shown = /form a cycle: ([^;]*)/.exec(message)![1]!.split(' → ');
        expect(shown).toEqual(
          length < 13
            ? part(at, 0, length + 1)
            : [...part(at, 0, 10), `(${length - 12} more)`, ...part(at, length - 2, length + 1)],
        );
      }
      for (const { metadata } of below) {
        expect(verdicts.get(metadata.name)).toMatchObject({
          ready: true,
          message: expect.stringMatching(
            /^Takes part .*; its parent s1 cannot be used: .*the parents form a cycle: s[02] → /,
          ) as never,
        });
      }
      expect(verdicts.get('beside')).toMatchObject({
        ready: true,
        message: 'Takes part in rollouts, in namespace beside of the hub',
      });
    },
  );

  it('but of two in one place the older, and the first by name of two as old', () => {
    const [older, younger] = [aSite('b', { age: 1, namespace: 'n' }), aSite('a', { age: 2, namespace: 'n' })];
    expect(judge([younger, older]).get('b')?.ready).toBe(true);
    expect(judge([aSite('b', { namespace: 'n' }), aSite('a', { namespace: 'n' })]).get('a')?.ready).toBe(true);
  });
});

describe('What is said of a site', () => {
  const textsOf = (sites: FogSite[], windows: Record<string, string> = {}) =>
    judge(sites, { windows: new Map(Object.entries(windows)) }).get('x');

  it('that is Ready and whose window cannot be read is why nothing is begun there', () => {
    const unread = { x: 'allow[0]: no rule', y: 'something else' };
    expect(textsOf([aSite('x'), aSite('y')], unread)).toEqual({
      ready: true,
      reason: 'WindowUnreadable',
      message: 'No rollout is begun here, as its window cannot be read: allow[0]: no rule',
    });
    expect(textsOf([aSite('x')], { y: 'something else' })?.reason).toBe('Usable');
    expect(textsOf([aSite('x', { hold: { reason: 'harvest' } })], unread)?.reason).toBe('Held');
    expect(textsOf([aSite('x', { parent: 'no' })], unread)?.reason).toBe('ParentMissing');
  });

  it.each<[string, FogSite, string]>([
    ['in order', aSite('x', { parent: 'f' }), 'Takes part in rollouts, in namespace x of the hub'],
    ['held', aSite('x', { parent: 'f', hold: { reason: 'harvest' } }), 'Held, so nothing is changed here: harvest'],
  ])('whose parent is refused for its own parent is that too: of one that is %s', (_, x, words) => {
    const f = aSite('f', { layer: 'fog', parent: 'e' });
    expect(textsOf([f, aSite('e'), x])?.message).toBe(
      `${words}; its parent f cannot be used: its parent e is of the layer edge; the parent of a site of the fog must be of ` +
        'the cloud',
    );
  });

  it('whose parent is of the wrong layer is no more than that where the parents form no cycle', () => {
    expect(textsOf([hq, aSite('x', { parent: 'hq' })])?.message).toBe(
      'Its parent hq is of the layer cloud; the parent of a site of the edge must be of the fog',
    );
  });
});

describe('A cluster that is known by several names', () => {
  const HUB = 'hub';
  const FAR = 'uid-of-far';
  const known = (sites: FogSite[], clusters: Record<string, string>) =>
    judge(sites, { secrets: new Map(), clusters: new Map(Object.entries(clusters)) });
  const taken = (message: string) => ({ ready: false, reason: 'PlaceTaken', message });
  const usable = { ready: true, reason: 'Usable' };

  it('has each of its namespaces for one site, the older', () => {
    const sites = [aSite('y', { namespace: 'n' }), aSite('x', { namespace: 'n', age: 1, ...secret('s') })];
    expect(known(sites, { x: FAR }).get('x')).toMatchObject(usable);
    expect(known(sites, {}).get('x')).toMatchObject(usable); // while it has not answered
    const verdicts = known(sites, { x: HUB });
    expect(verdicts.get('y')).toMatchObject(usable);
    expect(verdicts.get('x')).toEqual(
      taken(
        'FogSite y has namespace n of the cluster of Secret s (key kubeconfig) already, as namespace n of the hub: it is ' +
          'the same cluster; give this one a place of its own',
      ),
    );
  });

  it('by two Secrets, or by a Secret and the queue of a region, is the same', () => {
    const sites = [
      aSite('z', { namespace: 'n', age: 2, ...secret('t') }),
      aSite('y', { namespace: 'n', taskQueue: 'berlin', age: 1 }),
      aSite('x', { namespace: 'n', ...secret('s') }),
    ];
    const verdicts = known(sites, { x: FAR, y: FAR, z: FAR });
    expect(['x', 'y', 'z'].map((name) => verdicts.get(name)?.reason)).toEqual(['Usable', 'PlaceTaken', 'PlaceTaken']);
  });

  it('that is the hub has its layers’ namespaces for their own layer', () => {
    const sites = [
      aSite('x', { namespace: 'cloud', ...secret('s') }),
      aSite('y', { namespace: 'edge', ...secret('s') }),
    ];
    const verdicts = known(sites, { x: HUB, y: HUB });
    expect(verdicts.get('x')).toEqual(
      taken(
        'Namespace cloud of the cluster of Secret s (key kubeconfig), which is the hub, is where the cloud runs without ' +
          'FogSites of its own; give this one another namespace',
      ),
    );
    expect(verdicts.get('y')).toMatchObject(usable);
  });

  it('is not that of another, while nobody knows which clusters they are', () => {
    const sites = [
      aSite('x', { namespace: 'n', ...secret('s') }),
      aSite('y', { namespace: 'n', ...secret('t') }),
      aSite('z', { namespace: 'n', taskQueue: 'berlin' }),
    ];
    expect([...known(sites, {}).values()].map(({ reason }) => reason)).toEqual(['Usable', 'Usable', 'Usable']);
    expect([...known(sites, { x: FAR, y: 'uid-of-another' }).values()].every(({ ready }) => ready)).toBe(true);
  });

  it('is not the hub because a region calls one of its own so', () => {
    const x = aSite('x', { namespace: 'cloud', taskQueue: 'berlin', cluster: { name: HUB } });
    const y = aSite('y', { namespace: 'cloud', layer: 'cloud', age: 1 });
    expect([...known([x, y], {}).values()].map(({ reason }) => reason)).toEqual(['Usable', 'Usable']);
    expect(known([x, y], { x: HUB }).get('x')?.reason).toBe('PlaceTaken'); // it turns out to be
  });

  it('is believed of the status where nobody asks the clusters, as when a watcher begins', () => {
    const ready = { type: 'Ready', status: 'True', reason: 'Usable', message: '', observedGeneration: 1 };
    const reachable = { ...ready, type: 'Reachable', observedGeneration: 0 };
    const status = { cluster: HUB, conditions: [reachable, ready] } as never;
    const x = (generation: number) => aSite('x', { namespace: 'n', age: 1, ...secret('s'), generation, status });
    expect(judge([aSite('y', { namespace: 'n' }), x(1)]).get('x')?.reason).toBe('PlaceTaken');
    expect(judge([aSite('y', { namespace: 'n' }), x(2)]).get('x')).toMatchObject(usable); // it may be elsewhere by now
    expect(known([aSite('y', { namespace: 'n' }), x(1)], { x: FAR }).get('x')).toMatchObject(usable);
  });
});
