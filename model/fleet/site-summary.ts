/** A FogSite in a few lines, as a list of many shows it: what it is by itself, whatever rollouts do there. Pure. */
import type { Layer } from '../layers.ts';
import { siteOf } from '../site.ts';
import type { FogSite } from '../types.ts';
import { awayOf, current, reachableCondition } from './reachable.ts';
import { readyCondition } from './topology.ts';

/** What stands first is said first: a site that is out of reach may have drifted as well. */
export const FOG_SITE_PHASES = ['Removing', 'NotReady', 'Unreachable', 'Drifted', 'Ready', 'Unknown'] as const;

export type FogSitePhase = (typeof FOG_SITE_PHASES)[number];

export interface SiteSummary {
  name: string;
  layer: Layer;
  phase: FogSitePhase;
  /** Whether its cluster answers. */
  reachable: 'True' | 'False' | 'Unknown';
  /** The site of the layer above. */
  parent?: string;
  namespace: string;
  /** What the workers of its queue call it. */
  cluster: string;
  queue?: string;
  labels: Record<string, string>;
  /** Why nothing is changed there. */
  hold?: string;
  /** How many it carries, as far as known. */
  releases?: number;
  /** How many of them are not what they were made. */
  drifted: number;
  /** RFC 3339. */
  lastSeen?: string;
  /** Why it is in this phase; left out where all is well. */
  message?: string;
  /** RFC 3339. */
  createdAt: string;
}

export function siteSummaryOf(site: FogSite): SiteSummary {
  const { metadata, spec, status = {} } = site;
  const { namespace, cluster, queue } = siteOf(site);
  const phase = phaseOf(site);
  const message = messageOf(site, phase);
  return {
    name: metadata.name,
    layer: spec.layer,
    phase,
    reachable: reachableOf(site),
    ...(spec.parent !== undefined && { parent: spec.parent }),
    ...{ namespace, cluster },
    ...(queue !== undefined && { queue }),
    labels: metadata.labels ?? {},
    ...(spec.hold && { hold: spec.hold.reason }),
    ...(status.releases !== undefined && { releases: status.releases }),
    drifted: status.drifted?.length ?? 0,
    ...(status.lastSeen !== undefined && { lastSeen: status.lastSeen }),
    ...(message !== undefined && { message }),
    createdAt: metadata.creationTimestamp,
  };
}

function phaseOf(site: FogSite): FogSitePhase {
  const ready = readyOf(site)?.status ?? 'Unknown';
  if (site.metadata.deletionTimestamp) return 'Removing';
  if (ready === 'False') return 'NotReady';
  if (awayOf(site) !== undefined) return 'Unreachable';
  if (ready === 'Unknown') return 'Unknown';
  return site.status?.drifted?.length ? 'Drifted' : 'Ready';
}

function messageOf(site: FogSite, phase: FogSitePhase): string | undefined {
  if (phase === 'NotReady') return readyOf(site)!.message;
  if (phase === 'Unreachable') return awayOf(site);
  if (phase !== 'Drifted') return undefined;
  const [first, ...others] = site.status!.drifted!;
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  return `${first!.namespace}/${first!.name}: ${first!.message}${more}`;
}

function reachableOf({ metadata, status }: FogSite): SiteSummary['reachable'] {
  return current(reachableCondition(status?.conditions), metadata)?.status ?? 'Unknown';
}

function readyOf({ metadata, status }: FogSite) {
  return current(readyCondition(status?.conditions), metadata);
}
