import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  describeOwner,
  describeStale,
  fence,
  generationOf,
  holderOf,
  isOurs,
  type Labelled,
  mayRemove,
  wayOutOf,
} from '../../../model/fence.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite } from '../../../model/site.ts';
import type { Owner } from '../../../model/types.ts';
import { content, owner } from './builders.ts';

/** What a site carries after a write for that owner and generation. */
const written = (by: Owner, generation: number, attempt?: number): Labelled =>
  renderRelease({
    owner: by,
    site: implicitSite('cloud'),
    revision: { generation, ...(attempt !== undefined && { attempt }), version: 'v', hash: 'h' },
    hash: 'content-hash',
    content,
    progressDeadlineSeconds: 600,
  }).deployment;

const earlier: Owner = { ...owner, uid: 'uid-0', created: '2026-11-22T09:59:59Z' };
const later: Owner = { ...owner, uid: 'uid-2', created: '2026-11-22T10:00:01Z' };
const twin: Owner = { ...owner, uid: 'uid-3' };
const unlabelled = (live: Labelled): Labelled => ({ metadata: { annotations: live.metadata!.annotations! } });
/** What another tool has made, and a person has given us. */
const foreign = (spec: Labelled['spec'], more: Labelled['metadata'] = {}): Labelled => ({
  metadata: { annotations: { 'fog-rollouts.paguos.io/adopt': 'true' }, ...more },
  spec,
});
const DEPLOYMENT = { selector: { matchLabels: { 'fog-rollout': owner.name } } };
const SERVICE = { selector: { 'fog-rollout': owner.name } };
const controlledBy = (kind: string) => ({
  annotations: { 'fog-rollouts.paguos.io/adopt': 'true' },
  ownerReferences: [{ kind, name: 'x', controller: true }],
});
const unmarked = (live: Labelled): Labelled => ({ metadata: { labels: live.metadata!.labels! } });

describe('mayRemove', () => {
  it.each<[string, Labelled, boolean]>([
    ['its own release', written(owner, 4), true],
    ['its own release of a higher generation', written(owner, 5), false],
    ['a release of an earlier object of the name', written(earlier, 99), true],
    ['a release of a later object of the name', written(later, 1), false],
    ['a release of another object of the same second', written(twin, 1), false],
    ['an object of someone else', { metadata: { labels: { app: 'x' } } }, false],
    ['one that is to be taken over, and was not yet', foreign(DEPLOYMENT), false],
    ['its own release whose labels someone took away', unlabelled(written(owner, 4)), true],
  ])('%s', (_, live, expected) => {
    expect(mayRemove(live, { owner, generation: 4 })).toBe(expected);
  });
});

describe('fence', () => {
  it.each<[string, Labelled | undefined, string]>([
    ['nothing there', undefined, 'apply'],
    ['a lower generation', written(owner, 3), 'apply'],
    ['the same generation', written(owner, 4), 'apply'],
    ['a higher generation', written(owner, 5), 'stale'],
    ['an earlier object of the name, of a higher generation', written(earlier, 99), 'apply'],
    ['a later object of the name, of a lower generation', written(later, 1), 'stale'],
    ['another object of the same second', written(twin, 9), 'apply'],
    ['a release whose annotations someone took away', unmarked(written(owner, 9)), 'apply'],
    ['a release whose labels someone took away', unlabelled(written(owner, 3)), 'apply'],
    ['a newer release whose labels someone took away', unlabelled(written(owner, 5)), 'stale'],
    ['another rollout whose labels someone took away', unlabelled(written(later, 1)), 'notOurs'],
    ['the same name of another namespace', written({ ...owner, namespace: 'other' }, 1), 'notOurs'],
    ['another rollout', written({ ...owner, name: 'api' }, 1), 'notOurs'],
    ['an object of someone else', { metadata: { labels: { app: 'x' } } }, 'notOurs'],
    ['an object without labels', {}, 'notOurs'],
    ['a Deployment that a person has given us', foreign(DEPLOYMENT), 'apply'],
    ['a Service that a person has given us', foreign(SERVICE), 'apply'],
    ['one that nobody has given us', { ...foreign(DEPLOYMENT), metadata: {} }, 'notOurs'],
    ['one that selects other pods', foreign({ selector: { matchLabels: { app: 'web' } } }), 'notOurs'],
    [
      'one that selects ours among others',
      foreign({ selector: { ...DEPLOYMENT.selector, matchExpressions: [] } }),
      'notOurs',
    ],
    ['one that selects nothing', foreign({}), 'notOurs'],
    ['one that another controller has made', foreign(DEPLOYMENT, controlledBy('Application')), 'notOurs'],
    ['one that was made for a FogRollout by another tool', foreign(DEPLOYMENT, controlledBy('FogRollout')), 'apply'],
  ])('at %s', (_, live, expected) => {
    expect(fence(live, { owner, generation: 4 })).toBe(expected);
  });

  const incarnations = fc.record({
    born: fc.integer({ min: 0, max: 5 }),
    generation: fc.integer({ min: 1, max: 5 }),
  });
  const at = ({ born, generation }: { born: number; generation: number }) => ({
    owner: { ...owner, uid: `uid-${born}`, created: new Date(Date.UTC(2026, 10, 22, 10, 0, born)).toISOString() },
    generation,
  });
  const refuses = (live: ReturnType<typeof at>, ours: ReturnType<typeof at>) =>
    fence(written(live.owner, live.generation), ours) === 'stale';

  it('never refuses both of two writes, and one of two that differ', () => {
    fc.assert(
      fc.property(incarnations, incarnations, (one, two) => {
        const [a, b] = [at(one), at(two)];
        const same = one.born === two.born && one.generation === two.generation;
        expect([refuses(a, b), refuses(b, a)].filter(Boolean)).toHaveLength(same ? 0 : 1);
      }),
    );
  });

  it('is a total order: whatever the order of writes, the newest stays', () => {
    fc.assert(
      fc.property(fc.array(incarnations, { minLength: 1, maxLength: 8 }), (writes) => {
        let live: Labelled | undefined;
        for (const write of writes.map(at)) {
          if (fence(live, write) === 'apply') live = written(write.owner, write.generation);
        }
        const newest = writes.reduce((best, next) =>
          next.born > best.born || (next.born === best.born && next.generation > best.generation) ? next : best,
        );
        expect(live).toEqual(written(at(newest).owner, newest.generation));
      }),
    );
  });
});

describe('whose an object is', () => {
  it('counts every incarnation of a rollout as ours', () => {
    expect(isOurs(written(later, 1), owner)).toBe(true);
    expect(isOurs(written({ ...owner, name: 'api' }, 1), owner)).toBe(false);
  });

  it.each<[string, Labelled, string]>([
    ['another rollout', written({ ...owner, namespace: 'ns1' }, 1), 'belongs to FogRollout ns1/web'],
    ['nobody of ours', { metadata: {} }, 'is not managed by fog-rollouts'],
  ])('is said for %s', (_, live, expected) => {
    expect(describeOwner(live)).toBe(expected);
  });

  it.each<[string, Labelled, RegExp]>([
    [
      'what could be taken over',
      { ...foreign(DEPLOYMENT), metadata: {} },
      /^rename the FogRollout, or remove the Deployment, or have it taken over as it runs \(kubectl annotate deployment web-fog -n fog fog-rollouts\.paguos\.io\/adopt=true\) and retry$/,
    ],
    ['what selects other pods', foreign({}), /^rename the FogRollout, or remove the Deployment$/],
    ['what another has made', foreign(DEPLOYMENT, controlledBy('Application')), /: Application x has made it$/],
  ])('has a way out for %s', (_, { metadata, spec }, expected) => {
    const live = { metadata: { ...metadata, namespace: 'fog', name: 'web-fog' }, spec };
    expect(wayOutOf(live, 'Deployment', owner)).toMatch(expected);
  });

  it.each([
    ['a number', '7', 7],
    ['nothing', undefined, -1],
    ['rubbish', 'x', -1],
  ])('reads the generation of %s', (_, generation, expected) => {
    const annotations: Record<string, string> =
      generation === undefined ? {} : { 'fog-rollouts.paguos.io/generation': generation };
    expect(generationOf({ metadata: { annotations } })).toBe(expected);
  });
});

describe('A release that carries a later order than its FogRollout', () => {
  const WAY_OUT = 'kubectl annotate deployment web-cloud -n cloud fog-rollouts.paguos.io/adopt=true';
  const adopted = (live: Labelled, value = 'true'): Labelled => ({
    metadata: {
      ...live.metadata,
      annotations: { ...live.metadata!.annotations, 'fog-rollouts.paguos.io/adopt': value },
    },
  });
  const other: Owner = { ...owner, namespace: 'elsewhere' };

  it.each<[string, Labelled, boolean, string]>([
    ['is left alone', written(owner, 1000), false, 'stale'],
    ['is taken over when a person says so', adopted(written(owner, 1000)), false, 'apply'],
    ['is taken over when a person says so of its Deployment', written(owner, 1000), true, 'apply'],
    ['is taken over from a later object of the name', adopted(written(later, 3)), false, 'apply'],
    ['is not for another word', adopted(written(owner, 1000), 'yes'), false, 'stale'],
    ['is never when it is not ours', adopted(written(other, 1)), true, 'notOurs'],
    ["is never when it is nobody's", adopted({ metadata: { labels: {}, annotations: {} } }), true, 'notOurs'],
  ])('%s', (_, live, adopt, expected) => {
    expect(fence(live, { owner, generation: 7, adopt })).toBe(expected);
  });

  it('is told with what it is and the way out', () => {
    expect(describeStale(written(owner, 1000), { owner, generation: 7 }, WAY_OUT)).toBe(
      `carries generation 1000 of this FogRollout, which is at 7: was it restored from a backup, or made anew elsewhere? To take it over: ${WAY_OUT}`,
    );
    expect(describeStale(written(later, 3), { owner, generation: 7 }, WAY_OUT)).toMatch(
      /^is of another FogRollout shop\/web, made later than this one \(generation 3, uid uid-2\): /,
    );
  });
});

describe('Within a generation', () => {
  it.each<[string, number | undefined, number | undefined, string]>([
    ['a later attempt is not written over', 2, 1, 'stale'],
    ['nor by the generation itself', 1, undefined, 'stale'],
    ['an earlier one is', 1, 2, 'apply'],
    ['and the same one', 1, 1, 'apply'],
  ])('%s', (_, live, ours, expected) => {
    const attempt = ours === undefined ? {} : { attempt: ours };
    expect(fence(written(owner, 4, live), { owner, generation: 4, ...attempt })).toBe(expected);
  });

  it('what is later is named with its attempt, and so are we', () => {
    const said = describeStale(written(owner, 4, 2), { owner, generation: 4, attempt: 1 }, 'x');
    expect(said).toMatch(/^carries generation 4, attempt 2 of this FogRollout, which is at generation 4, attempt 1: /);
  });
});

describe('The FogRollout that an object belongs to', () => {
  const labels = written(owner, 1).metadata!.labels!;
  const all = Object.keys(labels);

  it('is what its labels say', () => {
    expect(holderOf({ metadata: { labels } })).toEqual({ namespace: owner.namespace, name: owner.name });
  });

  it.each(all)('is not known without the label %s', (label) => {
    const { [label]: _, ...others } = labels;
    expect(holderOf({ metadata: { labels: others } })).toBeUndefined();
  });
});
