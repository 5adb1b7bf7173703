/** What the FogShards of a rollout say was given where: the record. Pure. */
import type { Layer } from '../layers.ts';
import { compareOrder } from '../order.ts';
import { placeOf, type Site } from '../site.ts';
import type { FogShard, ShardNote, ShardRelease, ShardSite } from '../types.ts';
import { isOpen, PHASE_LETTERS } from './report.ts';

/** What the record says of one place. */
export interface Recorded {
  site: Site;
  entry: ShardSite;
  /** How it ended, with what its shard gives: that has this hash. */
  letter: string | undefined;
  hash?: string;
  note?: ShardNote;
  /** What is there, or may be; left out, nothing is. Its hash is there where the site was ready with it. */
  has?: ShardRelease;
  /** Its shard takes away what is there. */
  isLeaving: boolean;
}

/** The generation of a shard whose sites are to lose what they have. */
export const LEAVING = 0;

/** Letters of sites whose part has ended without anything being given in it, where the record does not say. */
const UNTOUCHED: readonly string[] = [
  PHASE_LETTERS.waiting,
  PHASE_LETTERS.held,
  PHASE_LETTERS.skipped,
  PHASE_LETTERS.blocked,
  PHASE_LETTERS.deferred,
];

/**
 * By its place, what is known of each; of a place that stands in several shards what the newest says.
 *
 * @param shards - the layer's, of one object
 */
export function recordsIn(layer: Layer, shards: readonly FogShard[]): Map<string, Recorded> {
  const records = new Map<string, Recorded>();
  // What leaves was put there by the plan that gave the others something newer.
  for (const shard of shards.toSorted((a, b) => compareOrder(a.spec, b.spec))) {
    const notes = new Map(shard.status?.notes?.map((note) => [note.site, note]));
    shard.spec.sites.forEach((entry, at) => {
      const record = recordedAt(layer, shard, at, notes.get(entry.name));
      records.set(placeOf(record.site), record);
    });
  }
  return records;
}

/** What a FogShard says of one of its places. */
export function recordedAt(layer: Layer, shard: FogShard, at: number, note: ShardNote | undefined): Recorded {
  const { spec, status } = shard;
  const entry = spec.sites[at]!;
  const has = hadBy(shard, entry, at);
  return {
    site: siteIn(layer, entry),
    entry,
    letter: status?.phases[at],
    isLeaving: spec.generation === LEAVING,
    ...(spec.hash !== undefined && { hash: spec.hash }),
    ...(note && { note }),
    ...(has && { has }),
  };
}

/** Whether some of its sites have not come to an end, or nothing was recorded of them yet. */
export function hasOpenSites({ spec, status }: FogShard): boolean {
  const { phases = '' } = status ?? {};
  return phases.length < spec.sites.length || [...phases].some(isOpen);
}

/** Why one of its places ended as it did, where that matters later: it failed, was skipped, or could not be taken away. */
export function noteAt({ spec, status }: FogShard, at: number): ShardNote | undefined {
  const { name } = spec.sites[at]!;
  const letter = status?.phases[at];
  const isOfGiving = letter === PHASE_LETTERS.failed || letter === PHASE_LETTERS.skipped;
  const matters = spec.generation === LEAVING ? letter !== PHASE_LETTERS.ready : isOfGiving;
  return matters ? status?.notes?.find(({ site }) => site === name) : undefined;
}

/** The site that a FogShard's entry describes. */
export function siteIn(layer: Layer, { name, namespace, cluster, queue }: ShardSite): Site {
  return { name, layer, namespace, cluster, ...(queue !== undefined && { queue }) };
}

/** What a site of a shard has, by its record; @see Recorded.has */
export function releaseAt(shard: FogShard, at: number): ShardRelease | undefined {
  return hadBy(shard, shard.spec.sites[at]!, at);
}

function hadBy({ spec, status }: FogShard, { had }: ShardSite, at: number): ShardRelease | undefined {
  const letter = status?.phases[at] ?? PHASE_LETTERS.waiting;
  const { generation, version, hash } = spec;
  if (generation === LEAVING) return letter === PHASE_LETTERS.ready ? undefined : had;
  if (letter === PHASE_LETTERS.ready) return { version, generation, ...(hash !== undefined && { hash }) };
  const isGiven = status?.given ? status.given[at] === GIVEN : !UNTOUCHED.includes(letter);
  return isGiven ? { version, generation } : had;
}

/** How FogShard.status.given says that a site may have been given something, and that it was not. */
export const GIVEN = 'y';
export const NOT_GIVEN = 'n';

/** Names of the sites that are recorded ready with what their layer is given now. */
export function readyIn(shards: readonly FogShard[]): Set<string> {
  return new Set(
    shards.flatMap(({ spec, status }) =>
      spec.generation === LEAVING
        ? []
        : spec.sites.flatMap(({ name }, at) => (status?.phases[at] === PHASE_LETTERS.ready ? [name] : [])),
    ),
  );
}
