/** The checker of the end-to-end tests can fail: each thing that must never happen, made up, is found. */
import { describe, expect, it } from '@jest/globals';
import { LAYERS, type Layer } from '../../../model/layers.ts';
import { type CheckOptions, faultsIn } from '../../support/checker/faults.ts';
import type { Version } from '../../support/recorder.ts';

/** What happened, in order; each event has the next resourceVersion. */
class Story {
  readonly versions: Version[] = [];

  rollout(generation: number, { layers = LAYERS, contents = {}, ...more }: RolloutWishes = {}): this {
    const deployments = Object.fromEntries(layers.map((layer) => [layer, { image: contents[layer] ?? 'nginx' }]));
    const { version = 'v1', phase, ending = false, completed, uid = 'uid-web', key = 'shop/web', strategy } = more;
    const { backTo, attempt = 1, passed, isReady = false } = more;
    const back = backTo && { revision: { generation, attempt }, rollback: { generation: backTo } };
    const skipped = passed && {
      revision: { generation, attempt },
      layers: [{ name: passed, phase: 'Skipped', skipped: { by: 'alice' } }],
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', observedGeneration: generation }],
    };
    return this.#add('FogRollout', key, false, {
      kind: 'FogRollout',
      metadata: { uid, generation, ...(ending && { deletionTimestamp: '2026-11-22T10:00:00Z' }) },
      spec: { version, deployments, strategy },
      status: phase && { phase, observedGeneration: generation, version: completed, ...back, ...skipped },
    });
  }

  /** The Deployment of a place, ready or not. */
  given(key: string, generation: number, wishes: ReleaseWishes = {}): this {
    const { isReady = true } = wishes;
    const count = isReady ? 1 : 0;
    return this.#release('Deployment', key, generation, wishes, {
      spec: { replicas: 1 },
      status: { observedGeneration: 1, updatedReplicas: 1, replicas: 1, availableReplicas: count },
    });
  }

  service(key: string, generation: number, wishes: ReleaseWishes = {}): this {
    return this.#release('Service', key, generation, wishes, {});
  }

  /** What somebody else has made, and may have given us. */
  foreign(key: string, uid: string, { adopt = false } = {}): this {
    const annotations = adopt ? { 'fog-rollouts.paguos.io/adopt': 'true' } : {};
    return this.#add('Deployment', key, false, { metadata: { uid, annotations } });
  }

  #release(kind: Version['kind'], key: string, generation: number, wishes: ReleaseWishes, rest: object): this {
    const { of = 'shop/web', owner = 'uid-web', created = '2026-11-22T10:00:00Z', adopt, isDeleted = false } = wishes;
    const { attempt } = wishes;
    const [namespace, name] = of.split('/');
    const annotations = {
      'fog-rollouts.paguos.io/uid': owner,
      'fog-rollouts.paguos.io/created': created,
      'fog-rollouts.paguos.io/generation': String(generation),
      ...(attempt !== undefined && { 'fog-rollouts.paguos.io/attempt': String(attempt) }),
      ...(adopt && { 'fog-rollouts.paguos.io/adopt': 'true' }),
    };
    const labels = { 'fog-rollout': name, 'fog-rollouts.paguos.io/namespace': namespace };
    const metadata = { uid: wishes.uid ?? key, generation: 1, labels, annotations };
    return this.#add(kind, key, isDeleted, { metadata, ...rest });
  }

  #add(
    kind: Version['kind'],
    key: string,
    isDeleted: boolean,
    object: Record<string, unknown> & { metadata: object },
  ): this {
    const [namespace, name] = key.split('/');
    const metadata = { namespace, name, resourceVersion: String(this.versions.length + 1), ...object.metadata };
    this.versions.push({ kind, key, isDeleted, object: { ...object, metadata } as Version['object'] });
    return this;
  }
}

interface RolloutWishes {
  layers?: readonly Layer[];
  contents?: Partial<Record<Layer, string>>;
  version?: string;
  phase?: string;
  completed?: string;
  ending?: boolean;
  /** It is rolled back to that generation, by that attempt. */
  backTo?: number;
  attempt?: number;
  /** The layer that a person has passed over. */
  passed?: Layer;
  isReady?: boolean;
  uid?: string;
  key?: string;
  strategy?: object;
}

interface ReleaseWishes {
  attempt?: number;
  isReady?: boolean;
  isDeleted?: boolean;
  adopt?: boolean;
  of?: string;
  owner?: string;
  created?: string;
  uid?: string;
}

const UNREADY = { isReady: false };
/** Cloud and edge are given something, and a layer was passed over. */
const passed = (layer: Layer, isReady: boolean) =>
  story()
    .rollout(1)
    .given('cloud/web-cloud', 1)
    .given('edge/web-edge', 1)
    .rollout(1, { phase: 'Succeeded', passed: layer, isReady });

const GONE = { isDeleted: true };
const story = () => new Story();
/** Rolled out as it should be, with two places in the fog. */
const whole = (generation = 1, wishes: RolloutWishes = {}) =>
  placed(story().rollout(generation, wishes), generation).rollout(generation, { ...wishes, phase: 'Succeeded' });
const placed = (it: Story, generation: number) =>
  it
    .given('cloud/web-cloud', generation)
    .given('fog-1/web-fog', generation)
    .given('fog-2/web-fog', generation)
    .given('edge/web-edge', generation);
/** Its second revision fails in the fog, and it goes back to the first, as far as the wishes say. */
const goingBack = () =>
  whole(1)
    .rollout(2, { version: 'v2' })
    .given('cloud/web-cloud', 2)
    .given('fog-1/web-fog', 2, UNREADY)
    .rollout(2, { version: 'v2', phase: 'RollingBack', completed: 'v1', backTo: 1 });
const sentencesOf = (it: Story, options?: CheckOptions) =>
  faultsIn(it.versions, options).map((fault) => fault.split('; the events:')[0]);

describe('Order', () => {
  it.each<[string, Story, string[]]>([
    ['layers one after the other', whole(), []],
    [
      'layers that go back, the lower first',
      goingBack()
        .given('fog-1/web-fog', 2, { attempt: 1 })
        .given('cloud/web-cloud', 2, { attempt: 1 })
        .rollout(2, { version: 'v2', phase: 'Succeeded', completed: 'v1', backTo: 1 }),
      [],
    ],
    [
      'a layer that goes back before the one below has',
      goingBack().given('cloud/web-cloud', 2, { attempt: 1 }),
      ['Deployment cloud/web-cloud was given back generation 1 before fog-1/web-fog had it'],
    ],
    [
      'one that goes back while the one below is not ready with it again',
      goingBack()
        .given('fog-1/web-fog', 2, { attempt: 1, ...UNREADY })
        .given('cloud/web-cloud', 2, { attempt: 1 }),
      ['Deployment cloud/web-cloud was given back generation 1 before fog-1/web-fog had it'],
    ],
    [
      'a layer that is given its content before the one above was',
      story().rollout(1).given('edge/web-edge', 1),
      [
        'Deployment edge/web-edge was given generation 1 before the cloud was ready with it',
        'Deployment edge/web-edge was given generation 1 before the fog was ready with it',
      ],
    ],
    [
      'a layer that is given its content before the one above is ready',
      story()
        .rollout(1, { layers: ['cloud', 'edge'] })
        .given('cloud/web-cloud', 1, UNREADY)
        .given('edge/web-edge', 1),
      ['Deployment edge/web-edge was given generation 1 before the cloud was ready with it'],
    ],
    [
      'a layer that is given its content before every place above is ready',
      story()
        .rollout(1, { layers: ['fog', 'edge'] })
        .given('fog-1/web-fog', 1)
        .given('fog-2/web-fog', 1, UNREADY)
        .given('edge/web-edge', 1),
      ['Deployment edge/web-edge was given generation 1 before fog-2/web-fog was ready with it'],
    ],
    [
      'a place above that may have failed',
      story()
        .rollout(1, { layers: ['fog', 'edge'], strategy: { layers: { fog: { maxFailures: 1 } } } })
        .given('fog-1/web-fog', 1)
        .given('fog-2/web-fog', 1, UNREADY)
        .given('edge/web-edge', 1),
      [],
    ],
    [
      'a Service that is given its content too early',
      whole().rollout(2, { version: 'v2' }).service('fog-1/web', 2),
      ['Service fog-1/web was given generation 2 before the cloud was ready with it'],
    ],
    [
      'a next revision that skips the cloud',
      whole().rollout(2, { version: 'v2' }).given('fog-1/web-fog', 2),
      ['Deployment fog-1/web-fog was given generation 2 before the cloud was ready with it'],
    ],
    [
      'a revision of other content in the edge alone, which the others need not be given',
      whole()
        .rollout(2, { contents: { edge: 'other' } })
        .given('edge/web-edge', 2)
        .rollout(2, { contents: { edge: 'other' }, phase: 'Succeeded' }),
      [],
    ],
    [
      'a revision that is taken back, while the cloud has the one between',
      whole()
        .rollout(2, { version: 'v2' })
        .given('cloud/web-cloud', 2)
        .rollout(3)
        .given('cloud/web-cloud', 3, UNREADY)
        .given('edge/web-edge', 3)
        .rollout(3),
      [],
    ],
    [
      'a layer that is ready no more, and comes back',
      whole().given('cloud/web-cloud', 1, UNREADY).given('edge/web-edge', 1, GONE).given('edge/web-edge', 1),
      [],
    ],
    [
      'Ready without a layer',
      story().rollout(1).given('cloud/web-cloud', 1).rollout(1, { phase: 'Succeeded' }),
      ['FogRollout shop/web is Ready at generation 1, which fog,edge never was'],
    ],
    [
      'Ready while a layer that was left out still runs',
      whole().rollout(2, { layers: ['cloud', 'fog'], phase: 'Succeeded' }),
      ['FogRollout shop/web is Ready at generation 2, but edge still runs'],
    ],
    [
      'a removal from below',
      whole()
        .rollout(1, { ending: true })
        .given('edge/web-edge', 1, GONE)
        .given('fog-1/web-fog', 1, GONE)
        .given('fog-2/web-fog', 1, GONE)
        .given('cloud/web-cloud', 1, GONE),
      [],
    ],
    [
      'a removal from above',
      whole().rollout(1, { ending: true }).given('edge/web-edge', 1, GONE).given('cloud/web-cloud', 1, GONE),
      ['Deployment cloud/web-cloud was removed before fog-1/web-fog,fog-2/web-fog'],
    ],
    [
      'layers that are left out, removed from above',
      whole()
        .rollout(2, { layers: ['cloud'] })
        .given('fog-1/web-fog', 1, GONE),
      ['Deployment fog-1/web-fog was removed before edge/web-edge'],
    ],
    [
      'a status that forgets what was completed',
      whole().rollout(1, { phase: 'Succeeded', completed: 'v1' }).rollout(2, { phase: 'Failed' }),
      ['FogRollout shop/web no longer says that v1 was completed'],
    ],
    ['a layer that a person passes over', passed('fog', false), []],
    [
      'another layer that was passed over',
      passed('cloud', false),
      [
        'Deployment edge/web-edge was given generation 1 before the fog was ready with it',
        'FogRollout shop/web is Ready at generation 1, which fog never was',
      ],
    ],
    [
      'a layer that was passed over, and is called ready',
      passed('fog', true),
      ['FogRollout shop/web is Ready at generation 1, which fog never was'],
    ],
    ['a release that somebody deletes', whole().given('cloud/web-cloud', 1, GONE), []],
  ])('%s', (_, it, expected) => {
    expect(sentencesOf(it)).toEqual(expected);
  });

  it('by branches asks for the parent alone', () => {
    const parentOf = (key: string) => (key === 'edge/web-edge' ? 'fog-1/web-fog' : undefined);
    const branch = (...ready: string[]) => {
      const it = story().rollout(1, { layers: ['fog', 'edge'] });
      for (const key of ['fog-1/web-fog', 'fog-2/web-fog']) it.given(key, 1, { isReady: ready.includes(key) });
      return it;
    };
    const deployed = (...ready: string[]) => sentencesOf(branch(...ready).given('edge/web-edge', 1), { parentOf });
    const served = (...ready: string[]) =>
      sentencesOf(
        branch(...ready)
          .service('edge/web', 1)
          .given('edge/web-edge', 1),
        { parentOf },
      );
    const early = (what: string) => `${what} was given generation 1 before its parent fog-1/web-fog was ready with it`;
    expect(deployed('fog-1/web-fog')).toEqual([]);
    expect(deployed('fog-2/web-fog')).toEqual([early('Deployment edge/web-edge')]);
    expect(served('fog-1/web-fog')).toEqual([]);
    expect(served('fog-2/web-fog')).toEqual([early('Service edge/web'), early('Deployment edge/web-edge')]);
  });
});

describe('Fence', () => {
  const v2 = () => placed(whole().rollout(2, { version: 'v2' }), 2);
  const later = { owner: 'uid-later', created: '2026-11-23T10:00:00Z' };

  it.each<[string, Story, string[]]>([
    ['a later generation', v2(), []],
    [
      'an earlier attempt',
      goingBack().given('fog-1/web-fog', 2, { attempt: 1 }).given('fog-1/web-fog', 2),
      ['Deployment fog-1/web-fog was given generation 2 after generation 2, attempt 1'],
    ],
    [
      'an earlier generation',
      v2().given('edge/web-edge', 1),
      ['Deployment edge/web-edge was given generation 1 after generation 2'],
    ],
    [
      'an earlier generation, after somebody had deleted the later one',
      v2().given('edge/web-edge', 2, GONE).given('edge/web-edge', 1, { uid: 'made anew' }),
      ['Deployment edge/web-edge was given generation 1 after generation 2'],
    ],
    [
      'an earlier generation of a Service',
      story().service('edge/web', 2).service('edge/web', 1),
      ['Service edge/web was given generation 1 after generation 2'],
    ],
    [
      'an earlier generation that a person has allowed, of the Deployment and its Service, once',
      story()
        .service('edge/web', 1000)
        .given('edge/web-edge', 1000, { adopt: true })
        .given('edge/web-edge', 7)
        .service('edge/web', 7)
        .given('edge/web-edge', 6),
      ['Deployment edge/web-edge was given generation 6 after generation 7'],
    ],
    ['a later FogRollout of the name', whole().given('edge/web-edge', 1, later), []],
    [
      'an earlier FogRollout of the name',
      story().given('edge/web-edge', 1, later).given('edge/web-edge', 5),
      ['Deployment edge/web-edge was given back to an earlier FogRollout of the name'],
    ],
  ])('%s', (_, it, expected) => {
    expect(sentencesOf(it)).toEqual(expected);
  });
});

describe('One owner', () => {
  it.each<[string, Story, string[]]>([
    [
      'a release that another FogRollout takes',
      story().given('edge/web-edge', 1).given('edge/web-edge', 1, { of: 'other/web', owner: 'uid-other' }),
      ['Deployment edge/web-edge, a release of shop/web, was taken by other/web'],
    ],
    [
      'what somebody else has made, and we take',
      story().foreign('edge/web-edge', 'theirs').given('edge/web-edge', 1, { uid: 'theirs' }),
      ['Deployment edge/web-edge, which was made by somebody else, was taken by shop/web'],
    ],
    [
      'what somebody else has made, and we take when a person has said so',
      story().foreign('edge/web-edge', 'theirs', { adopt: true }).given('edge/web-edge', 1, { uid: 'theirs' }),
      [],
    ],
    [
      'a release that says one FogRollout and means another',
      story().rollout(1, { uid: 'uid-web' }).given('cloud/web-cloud', 1, { of: 'other/web' }),
      ['Deployment cloud/web-cloud, a release of other/web, has the uid of shop/web'],
    ],
    [
      'a release of the name that is made after another FogRollout’s had gone',
      story()
        .given('edge/web-edge', 1)
        .given('edge/web-edge', 1, GONE)
        .given('edge/web-edge', 1, { of: 'other/web', owner: 'uid-other', uid: 'new' }),
      [],
    ],
    ['a release that is let go', story().given('edge/web-edge', 1).foreign('edge/web-edge', 'edge/web-edge'), []],
  ])('%s', (_, it, expected) => {
    expect(sentencesOf(it)).toEqual(expected);
  });
});

describe('A fault', () => {
  it('shows the events that led to it, and nothing that came after', () => {
    const it = story()
      .rollout(1)
      .given('cloud/web-cloud', 1, UNREADY)
      .given('fog-1/web-fog', 1)
      .given('other/x-fog', 1);
    expect(faultsIn(it.versions)).toEqual([
      [
        'Deployment fog-1/web-fog was given generation 1 before the cloud was ready with it; the events:',
        '#1 FogRollout shop/web: generation 1 (v1), no status yet',
        '#2 Deployment cloud/web-cloud of shop/web: generation 1, not ready',
        '#3 Deployment fog-1/web-fog of shop/web: generation 1, ready',
      ].join('\n  '),
      expect.stringContaining('other/x-fog'),
    ]);
  });

  it('is not said of a FogRollout of which only the end was seen', () => {
    const it = story().rollout(2).given('edge/web-edge', 2).given('edge/web-edge', 1);
    expect(faultsIn(it.versions)).not.toEqual([]);
    expect(faultsIn(it.versions, { before: new Set(['uid-web']) })).toEqual([]);
  });
});
