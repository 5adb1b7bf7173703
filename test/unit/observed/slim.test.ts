import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../kube/resources.ts';
import { driftOf, type LiveObject, madeByOwnWord, wasRewritten } from '../../../model/drift.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import { slimReleases } from '../../../observed/slim.ts';
import { content, owner, revision } from '../model/builders.ts';

const STATUS = {
  observedGeneration: 1,
  replicas: 1,
  conditions: [
    { type: 'Available', status: 'True', lastTransitionTime: 'then' },
    {
      type: 'Progressing',
      status: 'True',
      reason: 'R',
      message: 'm',
      lastUpdateTime: 'now',
      lastTransitionTime: 'then',
    },
  ],
};

interface Wishes {
  namespace?: string;
  taken?: boolean;
  uid?: string;
  generation?: number;
  applied?: string;
}

/** Of a site beyond the hub, as the API server sends it. */
function live({ namespace = 'field', taken = false, uid = 'u1', generation = 1, applied }: Wishes = {}) {
  const site = { name: namespace, layer: 'edge', namespace, cluster: 'm', queue: 'north' } as const;
  const release = renderRelease({ owner, site, revision, hash: 'h', content, progressDeadlineSeconds: 600 });
  const object = structuredClone(release.deployment) as unknown as KubeObject & { spec: object; status: object };
  if (applied !== undefined) object.metadata.annotations![ANNOTATIONS.applied] = applied;
  const fieldsV1 = { 'f:metadata': { 'f:labels': {}, 'f:annotations': {} }, ...(!taken && { 'f:spec': {} }) };
  const theirs = { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', time: namespace };
  Object.assign(object.metadata, {
    ...{ uid, generation, resourceVersion: '1' },
    managedFields: [
      { manager: FIELD_MANAGER, operation: 'Update', apiVersion: 'apps/v1', time: '2026-01-01T00:00:00Z', fieldsV1 },
      { ...theirs, fieldsV1: { 'f:status': {} } },
    ],
  });
  object.status = structuredClone(STATUS);
  return object;
}

const drift = (object: KubeObject) => {
  const deployment = object as LiveObject;
  return driftOf(owner, { deployment, service: undefined }, { ...madeByOwnWord(deployment), hasService: false });
};

describe('A release in a cache', () => {
  it('has all that is read of it: a first apply writes its managedFields back', () => {
    const before = live();
    const object = slimReleases()(live());
    expect(object.metadata.managedFields).toEqual(before.metadata.managedFields);
    expect([object.metadata.labels, JSON.stringify(object.spec)]).toEqual([
      before.metadata.labels,
      JSON.stringify(before.spec),
    ]);
    const conditions = [{ type: 'Progressing', status: 'True', reason: 'R', message: 'm', lastUpdateTime: 'now' }];
    expect(object.status).toEqual({ ...STATUS, conditions });
  });

  it('shares with those of other sites what they have in common', () => {
    const slim = slimReleases();
    const [one, other] = [slim(live()), slim(live({ namespace: 'farm', uid: 'u2' }))];
    expect(one.spec).toBe(other.spec);
    expect(one.metadata.annotations).toBe(other.metadata.annotations);
    const fields = (object: KubeObject) =>
      (object.metadata.managedFields as { fieldsV1: object }[]).map(({ fieldsV1 }) => fieldsV1);
    expect(fields(one)[0]).toBe(fields(other)[0]);
  });

  it.each<[string, Wishes, string | undefined]>([
    ['is as it was made', {}, undefined],
    ['was changed by somebody', { taken: true }, 'the Deployment was changed at spec'],
    ['says nonsense', { applied: '{' }, `the Deployment was changed at metadata.annotations.${ANNOTATIONS.applied}`],
  ])('that %s has the verdict in place of its own word', (_, wishes, expected) => {
    const object = slimReleases()(live(wishes));
    expect(object.metadata.annotations).not.toHaveProperty([ANNOTATIONS.applied]);
    expect(drift(object)).toBe(expected);
    expect(madeByOwnWord(object as LiveObject).hasService).toBe(wishes.applied === undefined);
  });

  it('is judged anew when somebody took a field, or wrote another generation, and not for its status', () => {
    const slim = slimReleases();
    const known = slim(live());
    const again = slim(live(), known);
    expect((again as LiveObject).ownWord).toBe((known as LiveObject).ownWord);
    expect(wasRewritten(known as LiveObject, again as LiveObject)).toBe(false);
    for (const wishes of [{ taken: true }, { taken: true, generation: 2 }, { taken: true, uid: 'u2' }]) {
      const changed = slim(live(wishes), known);
      expect(drift(changed)).toBe('the Deployment was changed at spec');
      expect(wasRewritten(known as LiveObject, changed as LiveObject)).toBe(true);
    }
  });
});
