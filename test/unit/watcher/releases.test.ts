import { beforeEach, describe, expect, it } from '@jest/globals';
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubeObject } from '../../../kube/resources.ts';
import { renderRelease } from '../../../model/release.ts';
import { ownerOf, revisionOf } from '../../../model/revision.ts';
import { implicitSite } from '../../../model/site.ts';
import { Releases } from '../../../watcher/releases.ts';
import { aLayer, aRollout, content } from '../model/builders.ts';
import { Shelf } from './shelf.ts';

const LEAVING = { deletionTimestamp: '2026-11-22T11:00:00Z', finalizers: ['test.io/hold'] };

describe('The release of a layer without FogSites', () => {
  const status = {
    observedGeneration: 4,
    phase: 'Succeeded',
    layers: [aLayer('edge', { phase: 'Ready', generation: 4 })],
  } as const;
  const rollout = aRollout({ deployments: { edge: content } }, { ...status, layers: [...status.layers] });
  const revision = revisionOf(rollout);
  const rendered = renderRelease({
    ...{ owner: ownerOf(rollout), site: implicitSite('edge'), revision, content },
    ...{ hash: revision.hashes.edge!, progressDeadlineSeconds: 600 },
  });
  let deployments: Shelf<V1Deployment & KubeObject>;
  let services: Shelf<V1Service & KubeObject>;
  let version = 0;

  const metadata = (object: object, more: object) => ({
    ...(object as KubeObject).metadata,
    ...{ uid: 'uid-of-it', resourceVersion: `${++version}`, generation: 1 },
    ...more,
  });
  const putDeployment = (more = {}) => {
    const { deployment } = rendered;
    const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 };
    deployments.put({ ...deployment, metadata: metadata(deployment, more), status: counts } as never);
  };
  const putService = (more = {}) => {
    const { service } = rendered;
    services.put({ ...service, metadata: metadata(service!, more) } as never);
  };
  const edge = () => {
    const informers = { deployments: deployments.informer, services: services.informer };
    return new Releases({} as never, informers).health(rollout)[0];
  };

  beforeEach(() => {
    deployments = new Shelf();
    services = new Shelf();
    putDeployment();
    putService();
  });

  it('is ready when its pods are', () => {
    expect(edge()).toMatchObject({ layer: 'edge', ready: true });
  });

  it.each([
    ['Service', () => putService(LEAVING)],
    ['Deployment', () => putDeployment(LEAVING)],
  ])('is not ready, whatever its pods are, while its %s is being deleted', (kind, happens) => {
    happens();
    const { ready, message } = edge()!;
    expect([ready, message]).toEqual([
      false,
      expect.stringContaining(`the ${kind} is being deleted, held by the finalizer test.io/hold`),
    ]);
  });

  it("does not mind that somebody else's Service of its name goes", () => {
    putService({ ...LEAVING, labels: {} });
    expect(edge()).toMatchObject({ ready: true });
  });
});
