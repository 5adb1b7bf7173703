/** What a stage begins with: its waves and shards, and where each site stands. Pure. */
import { FINALIZER, LABELS, shardName } from '../names.ts';
import type { LoadedShard, PlannedRelease, PlannedShard, PlannedStage, PlanStageInput } from '../shards.ts';
import { implicitSite, placeOf } from '../site.ts';
import type { FogShard, FogSite, SiteFailure } from '../types.ts';
import { type Begun, begun } from './beginning.ts';
import { carriedIn, type Leaving, leavingIn } from './leaving.ts';
import { membersOf } from './members.ts';
import { LEAVING, NOT_GIVEN, type Recorded, readyIn, recordsIn, siteIn } from './records.ts';
import { PHASE_LETTERS, reportOf } from './report.ts';
import { type Member, wavesOf } from './waves.ts';

export interface PlanSizes {
  /**
   * Sites of one shard: few enough that its workflow stays far below Temporal's limits and its record below etcd's, many
   * enough that what a shard costs besides its sites is little.
   */
  shardSize: number;
  /** A plan of so many sites, or fewer, is worked by the run itself. */
  inlineSites: number;
}

const SIZES: PlanSizes = { shardSize: 200, inlineSites: 20 };

/** Failures that a plan tells by itself. */
const TOLD_FAILURES = 20;

/** The label that finds a rollout's FogShards again, with {@link LABELS}.rollout. */
export const LAYER_LABEL = 'fog-rollouts.paguos.io/layer';

/** Name of the wave of those that lose what they have. */
const LEAVING_WAVE = 'leaving';

/** What planning knows. */
export interface PlanFacts {
  /** Every FogSite, or all that the siteSelector takes and that these depend on. */
  sites: FogSite[];
  /** The layer's FogShards as they are, of whatever object. */
  former: FogShard[];
  /** Those of the layer that the sites wait for. */
  above: FogShard[];
  /** Names of the sites that have a window; left out, none matters. */
  windowed?: ReadonlySet<string>;
}

export interface Plan {
  stage: PlannedStage;
  /** All FogShards that the layer is to have from now on. */
  shards: FogShard[];
  /**
   * To be written before those, and to be deleted after them: what stands in a FogShard that another takes the place of, and
   * in that one no more. Whoever dies between two of these writes leaves nothing that no record names.
   */
  carry: FogShard[];
}

/**
 * Takes the snapshot of a stage's sites. Asked again with the same facts it gives the same plan. Whatever the record says
 * was given somewhere stays on record.
 *
 * @throws RangeError for a strategy whose sizes are no amounts
 */
export function planOf(input: PlanStageInput, facts: PlanFacts, sizes: Partial<PlanSizes> = {}): Plan {
  const { shardSize, inlineSites } = { ...SIZES, ...sizes };
  const { stage, shards, own } = planBy(input, facts, shardSize);
  const carry = carried(input, { own, shards, shardSize });
  if (stage.total > inlineSites) return { stage, shards, carry };
  const byIndex = new Map(shards.map((shard) => [shard.spec.index, shard]));
  const loaded = stage.shards.map((shard) => ({ ...shard, loaded: loadedOf(byIndex.get(shard.index)!) }));
  return { stage: { ...stage, shards: loaded }, shards, carry };
}

type Planned = Pick<Plan, 'stage' | 'shards'>;

function planBy(input: PlanStageInput, facts: PlanFacts, shardSize: number): Planned & { own: FogShard[] } {
  const own = facts.former.filter(({ spec }) => spec.uid === input.owner.uid).sort(byIndex);
  const records = recordsIn(input.layer, own);
  const plan = input.release
    ? planOfRelease(input, input.release, { ...facts, records, shardSize })
    : planOfRemoval(input, { ...facts, records, own, shardSize });
  return { ...plan, own };
}

function carried(
  input: PlanStageInput,
  { own, shards, shardSize }: { own: FogShard[]; shards: FogShard[]; shardSize: number },
): FogShard[] {
  const carry = carriedIn(input.layer, own, shards);
  const from = Math.max(...[...own, ...shards].map(({ spec }) => spec.index), -1) + 1;
  return leavingShards(input, carry, { from, shardSize });
}

type Known = PlanFacts & { records: Map<string, Recorded>; shardSize: number };

function planOfRelease(input: PlanStageInput, release: PlannedRelease, known: Known): Planned {
  const { layer, strategy } = input;
  const { sites, records, shardSize, above, windowed } = known;
  if (release.implicit) records.set(...implicitRecord(layer, release.implicit, records));
  const members = membersOf(layer, sites, release.above).map(
    (member): Member => (windowed?.has(member.site.name) ? { ...member, window: true } : member),
  );
  const waves = wavesOf(members, strategy, { byParent: release.above !== undefined });
  const ready = release.mode === 'repair' && release.above !== undefined ? readyIn(above) : undefined;
  const entries = waves.flatMap(({ name, members: all }) =>
    chunks(all, shardSize).map((slice) => ({
      wave: name,
      begun: slice.map((member) => begun(member, release, strategy, records.get(placeOf(member.site)), ready)),
    })),
  );
  const shards = entries.map(({ wave, begun: all }, index) => aShard(input, { index, wave, entries: all, release }));
  const wanted = new Set(waves.flatMap(({ members: all }) => all.map(({ site }) => placeOf(site))));
  const leaving = leavingIn(records, { sites, strategy, isWanted: (place) => wanted.has(place) });
  const rest = leavingShards(input, leaving, { from: shards.length, shardSize });
  const leftovers = leaving.filter(({ letter }) => letter !== PHASE_LETTERS.skipped).length;
  const places = new Map(waves.flatMap(({ name, at }) => (at === undefined ? [] : [[name, at] as const])));
  return {
    stage: { ...planned(input, shards, places), ...(leftovers > 0 && { leftovers }) },
    shards: [...shards, ...rest],
  };
}

function implicitRecord(
  layer: PlanStageInput['layer'],
  has: NonNullable<Recorded['has']>,
  records: Known['records'],
): [string, Recorded] {
  const site = implicitSite(layer);
  const place = placeOf(site);
  const { layer: _, ...entry } = site;
  return [place, records.get(place) ?? { site, entry, letter: undefined, has, isLeaving: true }];
}

function planOfRemoval(
  input: PlanStageInput,
  { sites, records, own, shardSize }: Known & { own: FogShard[] },
): Planned {
  const { leaves, strategy, orphan = false, keep = [] } = input;
  const kept = new Set(keep.map(placeOf));
  const stays = leaves === 'leftovers' ? own.filter(({ spec }) => spec.generation !== LEAVING) : [];
  const ready = readyIn(stays);
  const staying = new Set(stays.flatMap(({ spec }) => spec.sites.map((entry) => placeOf(siteIn(input.layer, entry)))));
  const leaving =
    leaves === 'leftovers'
      ? leavingIn(records, {
          sites,
          strategy,
          isWanted: (place) => staying.has(place) || kept.has(place),
          isReady: (name) => ready.has(name),
        })
      : leavingIn(records, {
          sites,
          orphan,
          isWanted: (place) => kept.has(place),
          // A layer that goes on without FogSites has a strategy still; one that is left out, or removed, has none.
          ...(kept.size > 0 && strategy.prune === false && { strategy }),
        });
  const from = Math.max(-1, ...stays.map(({ spec }) => spec.index)) + 1;
  const shards = leavingShards(input, leaving, { from, shardSize });
  const implicit = placeOf(implicitSite(input.layer));
  const hasImplicit = leaving.some(({ entry }) => placeOf(siteIn(input.layer, entry)) === implicit);
  return { stage: { ...planned(input, shards), ...(hasImplicit && { hasImplicit }) }, shards: [...stays, ...shards] };
}

function leavingShards(
  input: PlanStageInput,
  leaving: Leaving[],
  { from, shardSize }: { from: number; shardSize: number },
): FogShard[] {
  return chunks(leaving, shardSize).map((entries, at) =>
    aShard(input, { index: from + at, wave: LEAVING_WAVE, entries, release: undefined }),
  );
}

/** @param places - of waves among the strategy's, by their names */
function planned(input: PlanStageInput, shards: FogShard[], places = new Map<string, number>()): PlannedStage {
  const names = [...new Set(shards.map(({ spec }) => spec.wave))];
  const failures = shards.flatMap((shard) => failuresOf(shard, input)).slice(0, TOLD_FAILURES);
  const total = shards.reduce((sum, { spec }) => sum + spec.sites.length, 0);
  return {
    total,
    waves: names.map((name) => ({
      name,
      ...(places.has(name) && { at: places.get(name)! }),
      count: shards.reduce((sum, { spec }) => sum + (spec.wave === name ? spec.sites.length : 0), 0),
    })),
    shards: shards.map((shard) => {
      const parents = Object.entries(waitingFor(shard)).map(([name, places]) => [name, places.length] as const);
      return {
        index: shard.spec.index,
        wave: names.indexOf(shard.spec.wave),
        report: reportOf(shard.status!.phases),
        ...(parents.length > 0 && { parents: Object.fromEntries(parents) }),
        ...(input.named && { sites: shard.spec.sites.map(({ name }) => name), phases: shard.status!.phases }),
      } satisfies PlannedShard;
    }),
    ...(failures.length > 0 && { failures }),
  };
}

/** By its name, the places of the sites that wait for a parent; `''` is the whole layer above, for those without one. */
function waitingFor({ spec, status }: FogShard): Record<string, number[]> {
  const places = new Map<string, number[]>();
  spec.sites.forEach(({ parent = '' }, place) => {
    if (status?.phases[place] === PHASE_LETTERS.blocked) places.set(parent, [...(places.get(parent) ?? []), place]);
  });
  return Object.fromEntries(places);
}

/** What a shard begins with, by its FogShard. */
export function loadedOf(shard: FogShard): LoadedShard {
  const { sites, layer } = shard.spec;
  const { phases = '', notes = [], reports = 0 } = shard.status ?? {};
  const parents = waitingFor(shard);
  const windows = sites.flatMap(({ window }, place) => (window ? [place] : []));
  return {
    sites: sites.map((recorded) => siteIn(layer, recorded)),
    phases,
    notes,
    ...(Object.keys(parents).length > 0 && { parents }),
    ...(windows.length > 0 && { windows }),
    reports,
  };
}

interface Part {
  index: number;
  wave: string;
  entries: Begun[];
  release: PlannedRelease | undefined;
}

function aShard({ owner, layer, run }: PlanStageInput, { index, wave, entries, release }: Part): FogShard {
  const notes = entries.flatMap(({ note }) => (note ? [note] : []));
  const { generation = LEAVING, version = '', attempt } = release?.revision ?? {};
  const shard: Pick<FogShard, 'metadata' | 'spec' | 'status'> = {
    metadata: {
      name: shardName(owner, layer, index),
      namespace: owner.namespace,
      labels: { [LABELS.rollout]: owner.name, [LAYER_LABEL]: layer },
      // No owner reference: the record outlives an object that goes without its releases having been taken away.
      finalizers: [FINALIZER],
    },
    spec: {
      rollout: owner.name,
      uid: owner.uid,
      created: owner.created,
      layer,
      generation,
      ...(attempt !== undefined && { attempt }),
      version,
      ...(release && { hash: release.hash }),
      run,
      index,
      wave,
      sites: entries.map(({ entry }) => entry),
    },
    status: {
      phases: entries.map(({ letter }) => letter).join(''),
      given: NOT_GIVEN.repeat(entries.length),
      reports: 0,
      ...(notes.length > 0 && { notes }),
    },
  };
  return shard as FogShard; // without its kind, which the client adds
}

/** Others have notes too: why they are deferred, or passed over. */
function failuresOf({ spec, status }: FogShard, { layer }: PlanStageInput): SiteFailure[] {
  const { phases = '', notes = [] } = status ?? {};
  if (!phases.includes(PHASE_LETTERS.failed)) return [];
  const failed = new Set(spec.sites.flatMap(({ name }, at) => (phases[at] === PHASE_LETTERS.failed ? [name] : [])));
  return notes.filter(({ site }) => failed.has(site)).map((note) => ({ ...note, layer }));
}

function byIndex(a: FogShard, b: FogShard): number {
  return a.spec.index - b.spec.index;
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
