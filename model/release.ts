import type { V1Deployment, V1PodSpec, V1Service } from '@kubernetes/client-node';
import { ANNOTATIONS, deploymentName, LABELS, MANAGED_BY, selectorOf } from './names.ts';
import { servicePorts } from './service-ports.ts';
import { HUB_CLUSTER, type Site } from './site.ts';
import type { LayerContent, Owner, RevisionId } from './types.ts';

export { InvalidReleaseError } from './service-ports.ts';

export interface ReleaseInput {
  owner: Owner;
  site: Site;
  revision: RevisionId;
  /** Names the content. */
  hash: string;
  content: LayerContent;
  /** Seconds. */
  progressDeadlineSeconds: number;
}

/** What a site runs of a rollout: one Deployment and, when a container has ports, one Service. */
export interface Release {
  deployment: Applicable<V1Deployment>;
  service?: Applicable<V1Service>;
}

/** An object as it is sent: plain JSON that says its kind, name and namespace. */
export type Applicable<T> = T & {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
};

/**
 * The objects of one revision at one site: a Deployment and at most one Service. Nothing that changes from revision to
 * revision goes on the pod template, so a new version string with the same containers restarts no pod. Beyond the hub each
 * also says in an annotation what it is, so that those who watch it there can tell when it was changed.
 *
 * @throws InvalidReleaseError when two containers claim the same port and protocol.
 */
export function renderRelease(input: ReleaseInput): Release {
  const ports = servicePorts(input.content);
  const deployment = withApplied(renderDeployment(input), input.site);
  return ports.length === 0
    ? { deployment }
    : { deployment, service: withApplied(renderService(input, ports), input.site) };
}

function renderDeployment({ owner, site, revision, hash, content, progressDeadlineSeconds }: ReleaseInput) {
  const { replicas, podLabels, podAnnotations, ...podSpec } = content;
  const template: NonNullable<V1Deployment['spec']>['template'] = {
    metadata: { labels: { ...podLabels, ...selectorOf(owner.name) } },
    // client-node types a quantity as text only.
    spec: podSpec as V1PodSpec,
  };
  if (podAnnotations) template.metadata!.annotations = { ...podAnnotations };
  const deployment: Applicable<V1Deployment> = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(deploymentName(owner.name, site.layer), { owner, site, revision, hash }),
    spec: { progressDeadlineSeconds, selector: { matchLabels: selectorOf(owner.name) }, template },
  };
  // Left out, replicas stays unowned, so that an autoscaler can have it.
  if (replicas !== undefined && replicas !== null) deployment.spec!.replicas = replicas;
  return deployment;
}

/** What an object may carry in annotations is 256 KiB, in bytes; what comes near to it does not say what it is. */
const MOST_APPLIED = 60_000;

/** On the hub the revision's content is kept, and its objects stay small. */
function withApplied<T>(object: Applicable<T>, { cluster }: Site): Applicable<T> {
  if (cluster === HUB_CLUSTER) return object;
  const text = JSON.stringify(object);
  // Characters, of which each takes at most four bytes.
  if (text.length > MOST_APPLIED) return object;
  object.metadata.annotations[ANNOTATIONS.applied] = text;
  return object;
}

function renderService(input: ReleaseInput, ports: ReturnType<typeof servicePorts>): Applicable<V1Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(input.owner.name, input),
    spec: { selector: selectorOf(input.owner.name), ports },
  };
}

function metadataOf(
  name: string,
  { owner, site, revision, hash }: Pick<ReleaseInput, 'owner' | 'site' | 'revision' | 'hash'>,
) {
  return {
    name,
    namespace: site.namespace,
    labels: {
      ...selectorOf(owner.name),
      [LABELS.managedBy]: MANAGED_BY,
      [LABELS.ownerNamespace]: owner.namespace,
    },
    annotations: {
      [ANNOTATIONS.uid]: owner.uid,
      [ANNOTATIONS.created]: owner.created,
      [ANNOTATIONS.generation]: String(revision.generation),
      ...(revision.attempt !== undefined && { [ANNOTATIONS.attempt]: String(revision.attempt) }),
      [ANNOTATIONS.content]: hash,
      [ANNOTATIONS.revision]: revision.hash,
      [ANNOTATIONS.version]: revision.version,
    },
  };
}
