import { describe, expect, it } from '@jest/globals';
import {
  driftOf,
  judgedByOwnWord,
  type LiveObject,
  madeByOwnWord,
  madeByRevision,
  wasRewritten,
  withoutOwnWord,
} from '../../../model/drift.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite, type Site } from '../../../model/site.ts';
import { content, owner, revision } from './builders.ts';

const GIVEN = revision.generation;
const expected = renderRelease({
  owner,
  site: implicitSite('edge'),
  revision,
  hash: 'hash-1',
  content,
  progressDeadlineSeconds: 600,
});

/** As the API server would record an object that is all ours, but for the paths that someone else took. */
function live(
  rendered: object,
  taken: string[] = [],
  change: (object: LiveObject) => void = () => undefined,
): LiveObject {
  const object = structuredClone(rendered) as LiveObject;
  const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply', fieldsV1: fieldsOf(rendered, taken, '') }];
  Object.assign(object.metadata!, { managedFields });
  change(object);
  return object;
}

function fieldsOf(value: unknown, taken: string[], path: string): object {
  if (Array.isArray(value)) {
    const keyed = value.map((item: Record<string, unknown>) => {
      const names = 'containerPort' in item ? ['containerPort'] : 'port' in item ? ['port', 'protocol'] : ['name'];
      const key = JSON.stringify(Object.fromEntries(names.map((name) => [name, item[name]])));
      return [`k:${key}`, fieldsOf(item, taken, path)];
    });
    return Object.fromEntries(keyed);
  }
  if (value === null || typeof value !== 'object') return {};
  const members = Object.entries(value)
    .map(([key, member]) => [key, member, path ? `${path}.${key}` : key] as const)
    .filter(([, , at]) => !taken.includes(at));
  return Object.fromEntries(members.map(([key, member, at]) => [`f:${key}`, fieldsOf(member, taken, at)]));
}

const annotated = (key: string, value: string) => (object: LiveObject) => {
  object.metadata!.annotations![key] = value;
};

describe('Drift of a release', () => {
  const deployment = live(expected.deployment);
  const service = live(expected.service!);
  const imageTaken = live(expected.deployment, ['spec.template.spec.containers.image']);
  const newer = live(expected.deployment, ['spec.replicas'], annotated(ANNOTATIONS.generation, String(GIVEN + 1)));
  const foreign = live(expected.deployment, [], (object) => {
    object.metadata!.labels = { app: 'theirs' };
  });

  it.each<[string, LiveObject | undefined, LiveObject | undefined, string | undefined]>([
    ['is none while all is as written', deployment, service, undefined],
    ['is a Deployment that is missing', undefined, service, 'the Deployment is missing'],
    ['is a Service that is missing', deployment, undefined, 'the Service is missing'],
    [
      'is a field that someone else took',
      imageTaken,
      service,
      'the Deployment was changed at spec.template.spec.containers[nginx].image',
    ],
    ['is an object that is no longer ours', foreign, service, 'the Deployment is no longer ours'],
    ['is none where a newer revision was written meanwhile', newer, service, undefined],
  ])('%s', (_, liveDeployment, liveService, drift) => {
    const release = { deployment: liveDeployment, service: liveService };
    expect(driftOf(owner, release, madeByRevision(owner, { generation: GIVEN }, expected))).toBe(drift);
  });

  it('is none of a later write by another object of the same name: that is told as what was changed', () => {
    const change = (uid: string) => (object: LiveObject) => {
      annotated(ANNOTATIONS.generation, String(GIVEN + 1))(object);
      annotated(ANNOTATIONS.uid, uid)(object);
    };
    const drift = (uid: string, given: number) => {
      const release = {
        deployment: live(expected.deployment, ['spec.replicas', 'spec.selector'], change(uid)),
        service,
      };
      return driftOf(owner, release, madeByRevision(owner, { generation: given }, expected));
    };
    expect(drift(owner.uid, GIVEN)).toBeUndefined();
    expect(drift('uid-of-another', GIVEN)).toBe('the Deployment was changed at spec.selector');
    expect(drift(owner.uid, GIVEN + 1)).toBe('the Deployment was changed at spec.selector');
  });

  it('names five of the fields that were changed, however many they are', () => {
    const { metadata } = expected.deployment as LiveObject;
    const annotations = Object.keys(metadata!.annotations!).map((key) => `metadata.annotations.${key}`);
    const taken = [...annotations.slice(1), 'spec.selector', 'spec.replicas', 'spec.template'];
    const release = { deployment: live(expected.deployment, taken), service };
    const drift = driftOf(owner, release, madeByRevision(owner, { generation: GIVEN }, expected));
    expect(taken.length).toBeGreaterThan(5);
    expect(drift?.split(', ')).toHaveLength(5);
  });

  describe('of a release without ports', () => {
    const portless = renderRelease({
      ...{ owner, site: implicitSite('edge'), revision, hash: 'hash-1', progressDeadlineSeconds: 600 },
      content: { containers: [{ name: 'job', image: 'job:1' }] },
    });
    const theirs: LiveObject = { metadata: { labels: { app: 'theirs' } } };

    it.each<[string, LiveObject | undefined]>([
      ['is none beside a Service of somebody else', theirs],
      [
        'is none beside a Service of somebody else that is being deleted',
        { metadata: { ...theirs.metadata, deletionTimestamp: '2026-11-22T10:00:00Z' } as LiveObject['metadata'] },
      ],
      ['is none beside one of ours that is still there', live(expected.service!)],
      ['is none without one', undefined],
    ])('%s', (_, liveService) => {
      const release = { deployment: live(portless.deployment), service: liveService };
      expect(driftOf(owner, release, madeByRevision(owner, { generation: GIVEN }, portless))).toBeUndefined();
    });

    it('is there where somebody else has the Service of one with ports', () => {
      const release = { deployment, service: theirs };
      expect(driftOf(owner, release, madeByRevision(owner, { generation: GIVEN }, expected))).toBe(
        'the Service is no longer ours',
      );
    });
  });

  it('is only what is missing, when the content is no longer known', () => {
    const unknown = madeByRevision(owner, { generation: GIVEN }, undefined);
    expect(driftOf(owner, { deployment: imageTaken, service: undefined }, unknown)).toBeUndefined();
    expect(driftOf(owner, { deployment: undefined, service }, unknown)).toBe('the Deployment is missing');
  });
});

describe('Drift of a Deployment that says itself what it was made', () => {
  const site: Site = { name: 'field', layer: 'edge', namespace: 'field', cluster: 'mill', queue: 'north' };
  const { deployment, service } = renderRelease({
    owner,
    site,
    revision,
    hash: 'h',
    content,
    progressDeadlineSeconds: 600,
  });
  const byOwnWord = (own: LiveObject, ownService: LiveObject) =>
    driftOf(owner, { deployment: own, service: ownService }, madeByOwnWord(own));
  const APPLIED = `metadata.annotations.${ANNOTATIONS.applied}`;

  it.each<[string, LiveObject, string | undefined]>([
    ['is none while all is as written', live(deployment), undefined],
    [
      'is a field that someone else took',
      live(deployment, ['spec.template.spec.containers.image']),
      'the Deployment was changed at spec.template.spec.containers[nginx].image',
    ],
    [
      'is what it says, when someone else says it',
      live(deployment, [APPLIED]),
      `the Deployment was changed at ${APPLIED}`,
    ],
    ['is unknown where it says nothing', live(expected.deployment, ['spec.selector']), undefined],
  ])('%s', (_, object, drift) => {
    expect(byOwnWord(object, live(service!))).toBe(drift);
  });

  it('is as good as gone while it is being deleted', () => {
    const leaving = live(service!, [], ({ metadata }) => {
      Object.assign(metadata!, { deletionTimestamp: '2026-11-22T10:00:00Z', finalizers: ['a.b/c'] });
    });
    expect(byOwnWord(live(deployment), leaving)).toBe('the Service is being deleted, held by the finalizer a.b/c');
  });

  it('is that of its Service too, which says it as well', () => {
    const ports = live(service!, ['spec.ports.port']);
    expect(byOwnWord(live(deployment), live(service!))).toBeUndefined();
    expect(byOwnWord(live(deployment), ports)).toMatch(/^the Service was changed at spec\.ports/);
  });

  it('is the same once the verdict stands in place of what it says, also for another version of it', () => {
    const whole = live(deployment, ['spec.template.spec.containers.image']);
    const kept = structuredClone(whole);
    judgedByOwnWord(kept, 'Deployment');
    const next = structuredClone(whole);
    withoutOwnWord(next, kept);
    for (const object of [kept, next]) {
      expect(object.metadata!.annotations).not.toHaveProperty([ANNOTATIONS.applied]);
      expect(madeByOwnWord(object).hasService).toBe(true);
      expect(byOwnWord(object, live(service!))).toBe(byOwnWord(whole, live(service!)));
    }
  });

  it('is no verdict of one that says nothing, and what the next version says stays with it', () => {
    const mute: LiveObject[] = [{}, { metadata: {} }, live(expected.deployment)];
    for (const object of mute) {
      const before = structuredClone(object);
      judgedByOwnWord(object, 'Deployment');
      expect(object).toEqual(before);
    }
    const next = live(deployment);
    withoutOwnWord(next, {});
    expect(next).toEqual(live(deployment));
  });

  it.each(['null', '7', '"x"', 'true', '{'])('is what it says, when that is no object: %s', (applied) => {
    const object = live(deployment, [], annotated(ANNOTATIONS.applied, applied));
    expect(byOwnWord(object, live(service!))).toBe(`the Deployment was changed at ${APPLIED}`);
  });

  const saying = (applied: string): LiveObject => ({ metadata: { annotations: { [ANNOTATIONS.applied]: applied } } });
  const without = { containers: [{ name: 'job', image: 'job' }] };
  const silent = renderRelease({
    owner,
    site,
    revision,
    hash: 'h',
    content: without,
    progressDeadlineSeconds: 600,
  }).deployment;

  it.each<[string, LiveObject, boolean]>([
    ['has a Service when it has ports', deployment, true],
    ['has none when it has no ports', silent, false],
    ['has none that is known of, saying nothing', expected.deployment, false],
    [
      'has none that is known of, saying something else',
      saying('{"spec":{"template":{"spec":{"containers":7}}}}'),
      false,
    ],
    ['has none that is known of, saying nonsense', saying('['), false],
  ])('%s', (_, object, answer) => {
    expect(madeByOwnWord(object).hasService).toBe(answer);
  });
});

describe('An object was rewritten', () => {
  const object: LiveObject = { metadata: { uid: 'u', generation: 1, labels: { a: 'b' }, annotations: { c: 'd' } } };
  it.each<[string, NonNullable<LiveObject['metadata']>, boolean]>([
    ['not by a change of its status', {}, false],
    ['by another generation', { generation: 2 }, true],
    ['by another object of its name', { uid: 'v' }, true],
    ['by another label', { labels: {} }, true],
    ['by another annotation', { annotations: { c: 'e' } }, true],
  ])('%s', (_, change, answer) => {
    expect(wasRewritten(object, { metadata: { ...object.metadata, ...change } })).toBe(answer);
  });

  it('when it is being deleted, and when somebody lets go of it then', () => {
    const at = (more: object): LiveObject => ({ metadata: { uid: 'u', generation: 2, ...more } });
    const leaving = { deletionTimestamp: '2026-11-22T10:00:00Z', finalizers: ['a', 'b'] };
    expect(wasRewritten(at({}), at(leaving))).toBe(true);
    expect(wasRewritten(at(leaving), at({ ...leaving, finalizers: ['a'] }))).toBe(true);
    expect(wasRewritten(at({}), at({ finalizers: ['a'] }))).toBe(false);
  });

  it('whenever it has no generation, as a Service', () => {
    expect(wasRewritten({ metadata: { uid: 's' } }, { metadata: { uid: 's' } })).toBe(true);
  });
});

it('Who watches a release beyond the hub tells that it is to be taken over, before what else is wrong with it', () => {
  const site: Site = { ...implicitSite('edge'), cluster: 'm', queue: 'north' };
  const { deployment } = renderRelease({
    ...{ owner, site, revision, content, hash: 'hash-1', progressDeadlineSeconds: 600 },
  });
  const adopted = (taken: string[] = []) =>
    live(deployment, taken, (object) => {
      object.metadata!.annotations = { ...object.metadata!.annotations, [ANNOTATIONS.adopt]: 'true' };
    });
  const told = (object: LiveObject) =>
    driftOf(owner, { deployment: object, service: undefined }, { ...madeByOwnWord(object), hasService: false });
  expect(told(adopted())).toBe('the Deployment is to be taken over');
  expect(told(adopted(['spec.replicas', 'spec.template']))).toMatch(
    /^the Deployment is to be taken over; the Deployment was/,
  );
});
