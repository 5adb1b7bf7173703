import { describe, expect, it } from '@jest/globals';
import type { Cluster, LiveDeployment } from '../../../activities/clusters.ts';
import { evidenceOf } from '../../../activities/evidence.ts';
import { KubeError } from '../../../kube/errors.ts';
import type { ResourceType } from '../../../kube/resources.ts';
import { implicitSite } from '../../../model/site.ts';

/** On its way to a ReplicaSet, as the Deployment controller says it. */
const at = (message: string, lastUpdateTime = '2026-11-22T11:10:00Z') =>
  ({
    metadata: {
      ...{ namespace: 'edge', name: 'web-edge', uid: 'd1' },
      managedFields: [{ manager: 'fog-rollouts', operation: 'Apply', time: '2026-11-22T11:00:00Z' }],
    },
    spec: { replicas: 2 },
    status: { conditions: [{ type: 'Progressing', status: 'False', message, lastUpdateTime }] },
  }) as unknown as LiveDeployment;
const live = at('ReplicaSet "web-edge-new" has timed out progressing.');
const pod = (name: string, of: string, created = '2026-11-22T10:00:00Z', ready = false) => ({
  metadata: {
    ...{ name, uid: `uid-${name}`, creationTimestamp: created },
    ownerReferences: [{ kind: 'ReplicaSet', name: of, uid: `uid-${of}` }],
  },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const PODS = [
  pod('old', 'web-edge-old'),
  ...['a', 'b', 'c', 'd', 'e'].map((name) => pod(name, 'web-edge-new', '2026-11-22T11:00:00Z')),
  pod('good', 'web-edge-new', '2026-11-22T11:00:00Z', true),
  pod('other', 'web-fog-new', '2026-11-22T12:00:00Z'),
];

interface Selection {
  fieldSelector?: string;
  labelSelector?: string;
  limit: number;
}

/** What is asked, and what the cluster has; a type that is not there is refused. */
function clusterOf(content: Record<string, object[]>) {
  const asked: string[] = [];
  const client = {
    async list({ plural }: ResourceType, { fieldSelector, labelSelector, limit }: Selection) {
      asked.push(`${plural} ${fieldSelector ?? labelSelector}`);
      expect(limit).toBeLessThanOrEqual(200);
      if (!content[plural]) throw new KubeError({ request: `GET ${plural}`, code: 403 });
      return { items: content[plural] };
    },
  };
  return { asked, cluster: { client } as unknown as Cluster };
}

const evidence = async (content: Record<string, object[]>, deployment = live) => {
  const { asked, cluster } = clusterOf(content);
  const input = { owner: { name: 'web' }, site: implicitSite('edge') };
  const { pods, events } = await evidenceOf(cluster, input, deployment, new AbortController().signal);
  return { asked, pods: pods.map(({ metadata }) => metadata!.name), events };
};

describe('What is read when a release does not become ready', () => {
  it('is of the pods of the newest ReplicaSet, and of few of them the events', async () => {
    const found = await evidence({ pods: PODS, events: [{}] });
    expect(found.pods).toEqual(['a', 'b', 'c', 'd', 'e', 'good']);
    const events = ['uid-a', 'uid-b', 'uid-c'].map((uid) => `events involvedObject.uid=${uid}`);
    expect(found.asked).toEqual(['pods fog-rollout=web,pod-template-hash=new', ...events]);
    expect(found.events).toHaveLength(3);
  });

  it('is of the ReplicaSet too when it has too few pods', async () => {
    const found = await evidence({ pods: [], events: [] });
    expect(found.asked.slice(1)).toEqual(['events involvedObject.kind=ReplicaSet,involvedObject.name=web-edge-new']);
  });

  it.each([
    ['has no pods yet', at('Created new replica set "web-edge-newer"')],
    ['cannot be created', at('Failed to create new replica set "web-edge-newer": exceeded quota')],
  ])('is nothing of earlier revisions while the new ReplicaSet %s', async (_, deployment) => {
    const found = await evidence({ pods: PODS, events: [] }, deployment);
    expect(found).toMatchObject({ pods: [], events: [] });
  });

  it.each([
    ['says nothing of it', at('Deployment is paused')],
    ['said it before our write', at('ReplicaSet "web-edge-old" has timed out progressing.', '2026-11-22T10:59:00Z')],
  ])("is of the Deployment's ReplicaSet that made a pod last where its condition %s", async (_, deployment) => {
    const found = await evidence({ pods: PODS, events: [] }, deployment);
    expect(found.pods).toEqual(['a', 'b', 'c', 'd', 'e', 'good']);
    expect(found.asked[0]).toBe('pods fog-rollout=web');
  });

  it('is what may be read, and never a failure of its own', async () => {
    expect(await evidence({ pods: PODS })).toMatchObject({ pods: expect.any(Array), events: [] });
    expect(await evidence({})).toMatchObject({ pods: [], events: [] });
  });
});
