import type { Layer } from './layers.ts';
import type { Order } from './order.ts';

/** API group, version and names of the FogRollout object: `crds/fogrollouts.yaml` says the same. */
export const GROUP = 'paguos.io';
export const VERSION = 'v1alpha1';
export const FOG_ROLLOUT_KIND = 'FogRollout';
export const FOG_ROLLOUT_PLURAL = 'fogrollouts';

/** The FogRollout as an API resource, in the form requests take it. */
export const FOG_ROLLOUTS = {
  group: GROUP,
  version: VERSION,
  plural: FOG_ROLLOUT_PLURAL,
  kind: FOG_ROLLOUT_KIND,
  namespaced: true,
} as const;

/** By which an object goes when its FogRollout goes. */
export function ownerReference({ name, uid }: { name: string; uid: string }) {
  return { apiVersion: `${GROUP}/${VERSION}`, kind: FOG_ROLLOUT_KIND, name, uid };
}

export const FOG_SITE_KIND = 'FogSite';

/** The FogSite as an API resource. */
export const FOG_SITES = {
  group: GROUP,
  version: VERSION,
  plural: 'fogsites',
  kind: FOG_SITE_KIND,
  namespaced: false,
} as const;

/** The FogShard as an API resource. */
export const FOG_SHARDS = {
  group: GROUP,
  version: VERSION,
  plural: 'fogshards',
  kind: 'FogShard',
  namespaced: true,
} as const;

/** The FogAction as an API resource. */
export const FOG_ACTIONS = {
  group: GROUP,
  version: VERSION,
  plural: 'fogactions',
  kind: 'FogAction',
  namespaced: true,
} as const;

/** The FogWindow as an API resource. */
export const FOG_WINDOWS = {
  group: GROUP,
  version: VERSION,
  plural: 'fogwindows',
  kind: 'FogWindow',
  namespaced: true,
} as const;

/**
 * Name of the FogShard at a place of a layer's plan. The next revision's plan takes the same names; another object of the
 * rollout's name has others, so that neither overwrites what the other has to remember.
 */
export function shardName({ name, uid }: { name: string; uid: string }, layer: Layer, index: number): string {
  return `fgs-${name}-${layer}-${index}-${uid.slice(0, 8)}`;
}

/** The field manager under which everything of ours is written. */
export const FIELD_MANAGER = 'fog-rollouts';

/** Holds the value of what a revision says no longer and others may have: nobody writes under it twice. */
export const HANDOVER_MANAGER = 'fog-rollouts-handover';

/** Holds the fields of a release that was left behind and is ours no longer. */
export const ORPHAN_MANAGER = 'fog-rollouts-orphaned';

/** Keeps a FogRollout until its releases are removed. */
export const FINALIZER = 'fog-rollouts.paguos.io/cleanup';

/** The garbage collector's own, on an object that was deleted with `--cascade=orphan`, while it takes the owner off what is left behind. */
export const ORPHAN_FINALIZER = 'orphan';

export const LABELS = {
  /** Selects the pods of a rollout; the seed's label, so it must not change. */
  rollout: 'fog-rollout',
  managedBy: 'app.kubernetes.io/managed-by',
  /** The namespace of the FogRollout a release belongs to. */
  ownerNamespace: 'fog-rollouts.paguos.io/namespace',
  /** `true` on a Secret that gates may use: whoever may write FogRollouts need not be somebody who may read Secrets. */
  gates: 'fog-rollouts.paguos.io/gates',
} as const;

export const MANAGED_BY = 'fog-rollouts';

/** Selects every release of ours, whatever its rollout. */
export const RELEASE_SELECTOR = `${LABELS.managedBy}=${MANAGED_BY}`;

export const ANNOTATIONS = {
  /** uid of the FogRollout that was last applied here. */
  uid: 'fog-rollouts.paguos.io/uid',
  /** creationTimestamp of that FogRollout: tells which of two objects of one name is the newer. */
  created: 'fog-rollouts.paguos.io/created',
  generation: 'fog-rollouts.paguos.io/generation',
  /** Tells decisions within a generation apart; left out, the first. */
  attempt: 'fog-rollouts.paguos.io/attempt',
  /** Hash of what the site was given: it is ready with that, or it is not. */
  content: 'fog-rollouts.paguos.io/content',
  /** Hash of the revision's content. */
  revision: 'fog-rollouts.paguos.io/revision',
  version: 'fog-rollouts.paguos.io/version',
  /** Of a FogRollout: the user who last changed its spec; kept true by the admission policies. */
  changedBy: 'fog-rollouts.paguos.io/changed-by',
  /** Of pods: when they were last made anew by a FogAction. */
  restartedAt: 'fog-rollouts.paguos.io/restarted-at',
  /** Of what a gate runs: which asking it answers. */
  token: 'fog-rollouts.paguos.io/token',
  /** The object as it was applied, in JSON, where nobody who watches it has the revision's content: beyond the hub. */
  applied: 'fog-rollouts.paguos.io/applied',
  /** Set to `true` by a person: what carries a later order than the FogRollout is to be taken over all the same. */
  adopt: 'fog-rollouts.paguos.io/adopt',
} as const;

/** Name of the Job that an asking runs. @param hash - names the asking, at least ten letters and digits */
export function gateJobName(rollout: string, hash: string): string {
  return `${rollout.slice(0, 40)}-gate-${hash.slice(0, 10)}`;
}

/** Id of the workflow that an asking runs. */
export function gateWorkflowId({ namespace, name }: { namespace: string; name: string }, token: string): string {
  return `fogrollout-gate/${namespace}/${name}/${token}`;
}

/** Begins the annotations of a kept revision that say how a run went; the rest is the run's id. */
export const RUN_ANNOTATION = 'fog-rollouts.paguos.io/run-';

/** The queue of the hub: workflows, and all that its own API server is asked for. */
export const HUB_QUEUE = 'fog-rollouts';

/** The queue of sites on other clusters that the hub can reach itself: one that does not answer holds up no report, and no workflow. */
export const HUB_SITES_QUEUE = 'fog-rollouts/sites';

/** The Lease of the watcher that leads, in the namespace of Fog Rollouts. */
export const WATCHER_LEASE = 'fog-rollouts-watcher';

/** Begins the names of the ConfigMaps, in the namespace of Fog Rollouts, that remember what sinks were told. */
export const NOTIFICATIONS_RECORD = 'fog-rollouts-notifications';

export const WORKFLOW_TYPE = 'rolloutWorkflow';

/** One open run per FogRollout, ever: this id is the lock. */
export function workflowId(namespace: string, name: string): string {
  return `fogrollout/${namespace}/${name}`;
}

/** Selects the pods of a rollout, as the seed's Deployments and Services do. */
export function selectorOf(rollout: string): Record<string, string> {
  return { [LABELS.rollout]: rollout };
}

/** Name of the Deployment a rollout has at a site of a layer, as the seed names it. */
export function deploymentName(rollout: string, layer: Layer): string {
  return `${rollout}-${layer}`;
}

/**
 * Name of the ControllerRevision that keeps the content of one generation, or of a later attempt within it. No other
 * rollout's has that name: what follows the last hyphen tells where the rollout's ends.
 */
export function revisionName(rollout: string, { generation, attempt = 0 }: Order): string {
  return `fgr-${rollout}-${generation}${attempt === 0 ? '' : `.${attempt}`}`;
}

export const SEARCH_ATTRIBUTES = {
  namespace: 'FogNamespace',
  rollout: 'FogRollout',
  version: 'FogVersion',
  phase: 'FogPhase',
  stage: 'FogStage',
} as const;

/**
 * The uid of this namespace names a cluster, by convention: it is there from the cluster's beginning to its end.
 * https://opentelemetry.io/docs/specs/semconv/resource/k8s/ (k8s.cluster.uid).
 */
export const CLUSTER_ID_NAMESPACE = 'kube-system';
