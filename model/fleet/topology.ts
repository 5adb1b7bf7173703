import { LAYERS, type Layer } from '../layers.ts';
import { HUB_CLUSTER, implicitSite, isSamePlace, placeOf, type Site, siteOf } from '../site.ts';
import type { FogSite, SiteCondition } from '../types.ts';
import { Cycles } from './cycles.ts';
import { awayOf, current } from './reachable.ts';
import type { Member } from './waves.ts';

/** Why a site is Ready, or not: the reason of its condition. */
export type SiteReason =
  /** Ready. */
  | 'Usable'
  /** Ready, and nothing is changed there for now. */
  | 'Held'
  /** Ready, and its window counts as closed, since it cannot be read. */
  | 'WindowUnreadable'
  | 'BeingDeleted'
  | 'ParentMissing'
  | 'ParentOfWrongLayer'
  /** It is its own ancestor. */
  | 'ParentCycle'
  | 'PlaceTaken'
  | SecretReason;

export type SecretReason = 'SecretMissing' | 'SecretUnreadable' | 'KubeconfigInvalid';

/** What is wrong with the kubeconfig Secret of a site. The message is a sentence without a full stop. */
export interface SecretFault {
  reason: SecretReason;
  message: string;
}

export interface Verdict {
  ready: boolean;
  reason: SiteReason;
  /** For people. */
  message: string;
}

export interface Facts {
  /**
   * Faults of kubeconfig Secrets, by the name of the cluster ({@link Site.cluster}) they lead to; none for a Secret that is
   * in order. Left out, each site's own Ready condition is asked.
   */
  secrets?: ReadonlyMap<string, SecretFault>;
  /** Which cluster a site is on, as its status has it, by the site's name. Left out, its own status is asked. */
  clusters?: ReadonlyMap<string, string>;
  /** What cannot be read of a site's own window, by the site's name. */
  windows?: ReadonlyMap<string, string>;
}

/**
 * Judges all sites of a fleet against each other. Of two sites of one place the older keeps it, whether it is ready or not,
 * by creationTimestamp and then by name; a place is a namespace of a cluster, however that is reached. The namespace that a
 * layer has on the hub without FogSites is no place for a site of another layer.
 *
 * @param sites - all there are, or all that those depend on whose verdicts are wanted
 * @returns by the site's name
 */
export function judge(sites: readonly FogSite[], facts: Facts = {}): Map<string, Verdict> {
  const candidates = sites.map((site) => candidateOf(site, facts));
  const byName = new Map(sites.map((site) => [site.metadata.name, site]));
  const fleet: Fleet = {
    byName,
    holders: holdersOf(candidates),
    facts,
    cycles: new Cycles(byName),
  };
  return new Map(candidates.map((candidate) => [candidate.site.name, verdictOn(candidate, fleet)]));
}

/**
 * The sites that may take part in rollouts, which are those that are Ready, by layer and in the order given. A member's
 * parent exists and is of the layer above, but need not be usable itself. A layer without usable sites is left out, whether
 * it has no FogSite or only unusable ones.
 */
export function usableSites(sites: readonly FogSite[], facts: Facts = {}): Map<Layer, Member[]> {
  const verdicts = judge(sites, facts);
  return Map.groupBy(
    sites.filter(({ metadata }) => verdicts.get(metadata.name)?.ready).map(memberOf),
    ({ site }) => site.layer,
  );
}

/** A site that is usable, as a stage finds it. */
export function memberOf(site: FogSite): Member {
  const { metadata, spec } = site;
  const away = awayOf(site);
  return {
    site: siteOf(site),
    ...(spec.parent !== undefined && { parent: spec.parent }),
    ...(metadata.labels && { labels: metadata.labels }),
    ...(spec.hold && { hold: spec.hold.reason }),
    ...(away !== undefined && { away }),
  };
}

interface Candidate {
  object: FogSite;
  site: Site;
  /** Which cluster it is on; undefined while that is not known. */
  cluster: string | undefined;
  /** As it is called, and as it is known to be. */
  places: string[];
}

interface Fleet {
  byName: ReadonlyMap<string, FogSite>;
  /** By place, the site that has it. */
  holders: ReadonlyMap<string, FogSite>;
  facts: Facts;
  cycles: Cycles;
}

/** One cluster may be called by several names: a Secret each, the queue of a region, the hub's own. */
function candidateOf(object: FogSite, facts: Facts): Candidate {
  const site = siteOf(object);
  const cluster = clusterOf(object, site, facts);
  const known = cluster === undefined ? [] : [JSON.stringify([cluster, site.namespace])];
  return { object, site, cluster, places: [placeOf(site), ...known] };
}

function clusterOf(object: FogSite, site: Site, { clusters }: Facts): string | undefined {
  if (site.queue === undefined && site.cluster === HUB_CLUSTER) return HUB_CLUSTER;
  return clusters?.get(site.name) ?? recordedCluster(object);
}

/** What was last found out of it; of an older generation it may be another. */
export function recordedCluster({ metadata, status }: FogSite): string | undefined {
  return current(readyCondition(status?.conditions), metadata) && status?.cluster;
}

function verdictOn({ object, site, cluster, places }: Candidate, fleet: Fleet): Verdict {
  const { holders, facts } = fleet;
  const holder = places.map((place) => holders.get(place)).find((one) => one && one.metadata.name !== site.name);
  const hold = object.spec.hold?.reason;
  const fault =
    deletionOf(object) ??
    parentFault(object, fleet) ??
    layerFault(site, cluster) ??
    placeFault(site, holder) ??
    (facts.secrets ? facts.secrets.get(site.cluster) : recordedFault(object));
  if (fault && hold) return { ready: false, ...fault, message: `${fault.message}. It is also held: ${hold}` };
  if (fault) return { ready: false, ...fault };
  const note = parentNote(object, fleet);
  if (hold) return { ready: true, reason: 'Held', message: `Held, so nothing is changed here: ${hold}${note}` };
  const unread = facts.windows?.get(site.name);
  if (unread !== undefined) {
    const message = `No rollout is begun here, as its window cannot be read: ${unread}${note}`;
    return { ready: true, reason: 'WindowUnreadable', message };
  }
  return { ready: true, reason: 'Usable', message: `Takes part in rollouts, in ${placeText(site)}${note}` };
}

type Fault = Pick<Verdict, 'reason' | 'message'>;

function deletionOf({ metadata }: FogSite): Fault | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  return { reason: 'BeingDeleted', message: 'The site is being deleted' };
}

function parentFault({ metadata, spec }: FogSite, { byName, cycles }: Fleet): Fault | undefined {
  if (spec.parent === undefined) return undefined;
  const above = LAYERS[LAYERS.indexOf(spec.layer) - 1];
  const parent = byName.get(spec.parent);
  if (!parent) {
    const message = `Its parent ${spec.parent} does not exist; create that FogSite, or name another`;
    return { reason: 'ParentMissing', message };
  }
  const cycle = cycles.textOf(spec.parent);
  const ofCycle = cycle === undefined ? '' : `the parents form a cycle: ${cycle}`;
  if (parent.spec.layer === above) {
    if (!cycles.has(metadata.name)) return undefined;
    return { reason: 'ParentCycle', message: capitalized(`${ofCycle}; give one of them another parent, or none`) };
  }
  const words = [
    `Its parent ${spec.parent} is of the layer ${parent.spec.layer}`,
    above
      ? `the parent of a site of the ${spec.layer} must be of the ${above}`
      : `a site of the ${spec.layer} has none`,
    ...(cycle === undefined ? [] : [ofCycle]),
  ];
  return { reason: 'ParentOfWrongLayer', message: words.join('; ') };
}

/** A site that is in order says so where its parent is refused for its own parent: that does not pass by itself. */
function parentNote({ spec }: FogSite, fleet: Fleet): string {
  const parent = spec.parent === undefined ? undefined : fleet.byName.get(spec.parent);
  const fault = parent && parentFault(parent, fleet);
  return fault ? `; its parent ${spec.parent} cannot be used: ${uncapitalized(fault.message)}` : '';
}

function holdersOf(candidates: readonly Candidate[]): Map<string, FogSite> {
  const holders = new Map<string, FogSite>();
  for (const { object, site, cluster, places } of candidates) {
    if (layerFault(site, cluster)) continue; // it cannot have that place, so it keeps nobody from it
    for (const place of places) {
      const holder = holders.get(place);
      if (!holder || isOlder(object, holder)) holders.set(place, object);
    }
  }
  return holders;
}

function isOlder(a: FogSite, b: FogSite): boolean {
  const [first, second] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return first === second ? a.metadata.name < b.metadata.name : first < second;
}

/** Whatever has FogSites, each rollout has its release of another layer there as soon as that has none. */
function layerFault(site: Site, cluster: string | undefined): Fault | undefined {
  if (cluster !== HUB_CLUSTER) return undefined;
  const owner = LAYERS.find((layer) => layer !== site.layer && site.namespace === implicitSite(layer).namespace);
  if (!owner) return undefined;
  const there = capitalized(placeText(site)) + (site.cluster === HUB_CLUSTER ? '' : ', which is the hub,');
  const message = `${there} is where the ${owner} runs without FogSites of its own; give this one another namespace`;
  return { reason: 'PlaceTaken', message };
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function uncapitalized(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function placeFault(site: Site, holder: FogSite | undefined): Fault | undefined {
  if (!holder) return undefined;
  const theirs = siteOf(holder);
  const also = isSamePlace(site, theirs) ? '' : `, as ${placeText(theirs)}: it is the same cluster`;
  const message = `FogSite ${holder.metadata.name} has ${placeText(site)} already${also}; give this one a place of its own`;
  return { reason: 'PlaceTaken', message };
}

/** What the watcher found of the site's Secret when it last looked; of an older generation it may be another Secret. */
function recordedFault({ metadata, spec, status }: FogSite): SecretFault | undefined {
  if (!spec.cluster?.kubeconfigSecretRef) return undefined;
  const ready = current(readyCondition(status?.conditions), metadata);
  if (ready?.status !== 'False') return undefined;
  return isSecretReason(ready.reason) ? { reason: ready.reason, message: ready.message } : undefined;
}

export function readyCondition(conditions: readonly SiteCondition[] | undefined): SiteCondition | undefined {
  return conditions?.find(({ type }) => type === 'Ready');
}

const SECRET_REASONS: readonly string[] = [
  'SecretMissing',
  'SecretUnreadable',
  'KubeconfigInvalid',
] satisfies SecretReason[];

function isSecretReason(reason: string): reason is SecretReason {
  return SECRET_REASONS.includes(reason);
}

function placeText({ namespace, cluster, queue }: Site): string {
  return `namespace ${namespace} of ${clusterText(cluster, queue)}`;
}

function clusterText(cluster: string, queue: string | undefined): string {
  if (queue !== undefined) return `cluster ${cluster} of the task queue ${queue}`;
  if (cluster === HUB_CLUSTER) return 'the hub';
  const [, secret, key] = cluster.split('/');
  return `the cluster of Secret ${secret} (key ${key})`;
}
