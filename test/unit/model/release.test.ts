import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite, type Site } from '../../../model/site.ts';
import type { LayerContent, RevisionId } from '../../../model/types.ts';
import { content, owner, revision } from './builders.ts';

const HASH = 'content-hash';

const render = (given: LayerContent, id: RevisionId = revision) =>
  renderRelease({
    owner,
    site: implicitSite('edge'),
    revision: id,
    hash: HASH,
    content: given,
    progressDeadlineSeconds: 120,
  });

describe('renderRelease', () => {
  it('makes the Deployment and the Service of the seed, with what tells whose they are', () => {
    const metadata = {
      namespace: 'edge',
      labels: {
        'fog-rollout': 'web',
        'app.kubernetes.io/managed-by': 'fog-rollouts',
        'fog-rollouts.paguos.io/namespace': 'shop',
      },
      annotations: {
        'fog-rollouts.paguos.io/content': HASH,
        'fog-rollouts.paguos.io/uid': 'uid-1',
        'fog-rollouts.paguos.io/created': '2026-11-22T10:00:00Z',
        'fog-rollouts.paguos.io/generation': '4',
        'fog-rollouts.paguos.io/revision': '0123456789abcdef',
        'fog-rollouts.paguos.io/version': 'v1.2.0',
      },
    };
    expect(render({ ...content, replicas: 3 })).toEqual({
      deployment: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web-edge', ...metadata },
        spec: {
          replicas: 3,
          progressDeadlineSeconds: 120,
          selector: { matchLabels: { 'fog-rollout': 'web' } },
          template: { metadata: { labels: { 'fog-rollout': 'web' } }, spec: { containers: content.containers } },
        },
      },
      service: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', ...metadata },
        spec: { selector: { 'fog-rollout': 'web' }, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
      },
    });
  });

  it('leaves replicas to whoever has them when the layer does not say', () => {
    expect(render(content).deployment.spec).not.toHaveProperty('replicas');
  });

  it('takes 0 replicas for what it says', () => {
    expect(render({ ...content, replicas: 0 }).deployment.spec?.replicas).toBe(0);
  });

  it('makes no Service where no container has a port', () => {
    expect(render({ containers: [{ name: 'a', image: 'a' }] })).not.toHaveProperty('service');
  });

  it('restarts no pod for a new revision of the same content', () => {
    const next = render(content, { generation: 5, version: 'v1.3.0', hash: 'f'.repeat(16) });
    expect(next.deployment.spec?.template).toEqual(render(content).deployment.spec?.template);
    expect(next.deployment.metadata.annotations).not.toEqual(render(content).deployment.metadata.annotations);
  });

  it('puts pod labels and annotations on the pods, but never over ours', () => {
    const { template } = render({
      ...content,
      podLabels: { tier: 'front', 'fog-rollout': 'other' },
      podAnnotations: { note: 'x' },
    }).deployment.spec!;
    expect(template.metadata).toEqual({ labels: { tier: 'front', 'fog-rollout': 'web' }, annotations: { note: 'x' } });
  });

  it('puts everything else of the pod through untouched', () => {
    const pod = {
      containers: content.containers,
      initContainers: [{ name: 'init', image: 'busybox' }],
      volumes: [{ name: 'tmp', emptyDir: {} }],
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 0,
      aFieldOfTomorrow: { a: [1] },
    };
    expect(render(pod as LayerContent).deployment.spec?.template.spec).toEqual(pod);
  });

  it.each<[string, Partial<Site>, boolean]>([
    ['on the hub', {}, false],
    ['on another cluster', { cluster: 'secret/berlin/kubeconfig' }, true],
    ['in a region', { cluster: 'own', queue: 'north' }, true],
  ])('says what its objects are where nobody else knows: %s', (_, where, said) => {
    const site = { ...implicitSite('edge'), ...where };
    const { deployment, service } = renderRelease({
      owner,
      site,
      revision,
      hash: HASH,
      content,
      progressDeadlineSeconds: 120,
    });
    const plain = render(content);
    const applied = [deployment, service!].map(({ metadata }) => metadata.annotations[ANNOTATIONS.applied]);
    const expected = [plain.deployment, plain.service].map((object) => (said ? JSON.stringify(object) : undefined));
    expect(applied).toEqual(expected);
  });

  it('leaves that out where it is too large for an annotation', () => {
    const env = Array.from({ length: 2_000 }, (_, at) => ({ name: `V${at}`, value: 'x'.repeat(30) }));
    const site = { ...implicitSite('edge'), cluster: 'own', queue: 'north' };
    const large = { containers: [{ name: 'a', image: 'a', env }] };
    const { deployment } = renderRelease({
      owner,
      site,
      revision,
      hash: HASH,
      content: large,
      progressDeadlineSeconds: 120,
    });
    expect(deployment.metadata.annotations).not.toHaveProperty(ANNOTATIONS.applied);
  });
});
