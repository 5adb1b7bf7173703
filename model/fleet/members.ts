/** Who is part of a stage, and what earlier stages of the rollout have left of them. Pure. */
import type { PlanStageInput } from '../shards.ts';
import { type Site, siteOf } from '../site.ts';
import type { FogShard, FogSite, ShardNote, ShardSite } from '../types.ts';
import { awayOf } from './reachable.ts';
import { PHASE_LETTERS } from './report.ts';
import { usableSites } from './topology.ts';
import type { Member } from './waves.ts';

/** What the record says of a site. */
export interface Known {
  /** How it ended with the very generation that is planned; left out, it did not. */
  letter?: string;
  note?: ShardNote;
  /** As it was recorded: where that was. */
  recorded: ShardSite;
  /** What it runs, as far as the record knows. */
  had?: NonNullable<ShardSite['had']>;
}

/**
 * What each site runs and how it ended, by the last plan.
 *
 * @param own - the layer's FogShards of the same FogRollout
 */
export function knownIn(own: FogShard[], { revision }: PlanStageInput): Map<string, Known> {
  const known = new Map<string, Known>();
  const generation = revision?.generation ?? 0;
  for (const { spec, status } of own) {
    const notes = new Map(status?.notes?.map((note) => [note.site, note]));
    spec.sites.forEach((recorded, at) => {
      const letter = status?.phases[at];
      const note = notes.get(recorded.name);
      const had = hadBy(recorded, letter, spec);
      known.set(recorded.name, {
        recorded,
        ...(spec.generation === generation && letter !== undefined && { letter }),
        ...(note && { note }),
        ...(had && { had }),
      });
    });
  }
  return known;
}

/** What became ready is what it runs; what became ready in a removal runs nothing. */
function hadBy(recorded: ShardSite, letter: string | undefined, { generation, version }: FogShard['spec']) {
  if (letter !== PHASE_LETTERS.ready) return recorded.had;
  return generation > 0 ? { version, generation } : undefined;
}

/**
 * The members a stage chooses its waves from.
 *
 * @param former - the layer's FogShards, of whatever object of the name
 */
export function membersOf(
  { revision, layer }: PlanStageInput,
  { sites, former }: { sites: FogSite[]; former: FogShard[] },
): Member[] {
  return revision ? (usableSites(sites).get(layer) ?? []) : removable(sites, former, layer);
}

/** Letters of sites that were never given anything. */
const UNTOUCHED: readonly string[] = [
  PHASE_LETTERS.waiting,
  PHASE_LETTERS.held,
  PHASE_LETTERS.skipped,
  PHASE_LETTERS.blocked,
];

/** Who may have something to remove: whom a plan has reached, or where no plan is kept any more, every site. */
function removable(sites: FogSite[], former: FogShard[], layer: PlanStageInput['layer']): Member[] {
  const ofLayer = sites.filter(({ spec }) => spec.layer === layer);
  const away = new Map(ofLayer.map((site) => [site.metadata.name, awayOf(site)]));
  const reached = former.flatMap(({ spec, status }) =>
    spec.sites
      .filter(({ had }, at) => had || spec.generation === 0 || !UNTOUCHED.includes(status?.phases[at] ?? ''))
      .map((recorded) => siteIn(layer, recorded)),
  );
  const members = former.length > 0 ? reached : ofLayer.map(siteOf);
  return members.map((site) => ({ site, ...(away.get(site.name) !== undefined && { away: away.get(site.name)! }) }));
}

/** Names of the sites that are recorded ready. */
export function readyIn(shards: FogShard[]): Set<string> {
  return new Set(
    shards.flatMap(({ spec, status }) =>
      spec.sites.flatMap(({ name }, at) => (status?.phases[at] === PHASE_LETTERS.ready ? [name] : [])),
    ),
  );
}

/** The site that a FogShard's entry describes. */
export function siteIn(layer: PlanStageInput['layer'], { name, namespace, cluster, queue }: ShardSite): Site {
  return { name, layer, namespace, cluster, ...(queue !== undefined && { queue }) };
}
