/** What a stage begins with: its waves and shards, and where each site stands. Pure. */
import { FOG_ROLLOUT_KIND, GROUP, LABELS, shardName, VERSION } from '../names.ts';
import type { LoadedShard, PlannedShard, PlannedStage, PlanStageInput } from '../shards.ts';
import { isSamePlace } from '../site.ts';
import type { FogShard, FogSite, ShardNote, ShardSite, SiteFailure } from '../types.ts';
import { type Known, knownIn, membersOf, readyIn, siteIn } from './members.ts';
import { offlineOf } from './offline.ts';
import { PARENT_NOT_READY, parentNotReady } from './parent-note.ts';
import { PHASE_LETTERS, reportOf } from './report.ts';
import { type Member, wavesOf } from './waves.ts';

/**
 * Sites of one shard: few enough that its workflow stays far below Temporal's limits and its record below etcd's, many
 * enough that what a shard costs besides its sites is little.
 */
const SHARD_SIZE = 200;

/** Failures that a plan tells by itself. */
const TOLD_FAILURES = 20;

/** The label that finds a rollout's FogShards again, with {@link LABELS}.rollout. */
export const LAYER_LABEL = 'fog-rollouts.paguos.io/layer';

/** What planning knows. */
export interface PlanFacts {
  /** Every FogSite, or all that the siteSelector takes and that these depend on. */
  sites: FogSite[];
  /** The layer's FogShards as they are, whosever plan they are of. */
  former: FogShard[];
  /** Those of the layer above. */
  above: FogShard[];
}

/** The FogShards to keep, in the order of {@link PlannedStage.shards}. */
export interface Plan {
  stage: PlannedStage;
  shards: FogShard[];
}

/**
 * Takes the snapshot of a stage's sites. Asked again with the same facts it gives the same plan.
 *
 * @throws RangeError for a strategy whose sizes are no amounts
 */
export function planOf(input: PlanStageInput, facts: PlanFacts, shardSize = SHARD_SIZE): Plan {
  const own = facts.former.filter(({ spec }) => spec.uid === input.owner.uid).sort(byIndex);
  const same = own.filter(({ spec }) => spec.generation === (input.revision?.generation ?? 0));
  if (input.former === 'continue' && same.length > 0)
    return planned(
      input,
      same.map((shard) => continued(shard, input)),
    );
  const known = knownIn(own, input);
  const members = membersOf(input, facts);
  const waves = wavesOf(members, input.strategy, { byParent: input.branches ?? false });
  const slices = waves.flatMap(({ name, members: all }) => chunks(all, shardSize).map((slice) => ({ name, slice })));
  const ready = input.former === 'repair' && input.branches ? readyIn(facts.above) : undefined;
  return planned(
    input,
    slices.map(({ name, slice }, index) => aShard(input, { index, wave: name, members: slice, known, ready })),
  );
}

function planned(input: PlanStageInput, shards: FogShard[]): Plan {
  const names = [...new Set(shards.map(({ spec }) => spec.wave))];
  const failures = shards.flatMap((shard) => failuresOf(shard, input)).slice(0, TOLD_FAILURES);
  return {
    stage: {
      total: shards.reduce((sum, { spec }) => sum + spec.sites.length, 0),
      waves: names.map((name) => ({
        name,
        count: shards.reduce((sum, { spec }) => sum + (spec.wave === name ? spec.sites.length : 0), 0),
      })),
      shards: shards.map((shard, index) => {
        const parents = Object.entries(waitingFor(shard)).map(([name, places]) => [name, places.length] as const);
        return {
          index,
          wave: names.indexOf(shard.spec.wave),
          report: reportOf(shard.status!.phases),
          ...(parents.length > 0 && { parents: Object.fromEntries(parents) }),
          ...(input.named && { sites: shard.spec.sites.map(({ name }) => name), phases: shard.status!.phases }),
        } satisfies PlannedShard;
      }),
      ...(failures.length > 0 && { failures }),
    },
    shards,
  };
}

/** By its name, the places of the sites that wait for a parent; `''` is the whole layer above, for those without one. */
export function waitingFor({ spec, status }: FogShard): Record<string, number[]> {
  const places = new Map<string, number[]>();
  spec.sites.forEach(({ parent = '' }, place) => {
    if (status?.phases[place] === PHASE_LETTERS.blocked) places.set(parent, [...(places.get(parent) ?? []), place]);
  });
  return Object.fromEntries(places);
}

/**
 * What a shard begins with, by its FogShard.
 *
 * @param isThere - whether a FogSite of the name exists: one that has left since the stage began is skipped
 */
export function loadedOf(shard: FogShard, isThere: (name: string) => boolean): LoadedShard {
  const { sites, layer } = shard.spec;
  const { phases = '', notes = [], reports = 0 } = shard.status ?? {};
  const parents = waitingFor(shard);
  const hasLeft = (letter: string, at: number) => OPEN.includes(letter) && !isThere(sites[at]!.name);
  return {
    sites: sites.map((recorded) => siteIn(layer, recorded)),
    phases: [...phases].map((letter, at) => (hasLeft(letter, at) ? PHASE_LETTERS.skipped : letter)).join(''),
    notes,
    ...(Object.keys(parents).length > 0 && { parents }),
    reports,
  };
}

/** Letters of sites whose turn has not come. */
const OPEN: readonly string[] = [PHASE_LETTERS.waiting, PHASE_LETTERS.blocked];

/** The same stage in a later run: what was under way is begun again. */
function continued({ metadata, spec, status }: FogShard, { run }: PlanStageInput): FogShard {
  const phases = (status?.phases ?? '').replaceAll(PHASE_LETTERS.inFlight, PHASE_LETTERS.waiting);
  return object({ metadata, spec: { ...spec, run }, status: { ...status, phases, reports: 0 } });
}

interface Part {
  index: number;
  wave: string;
  members: Member[];
  known: Map<string, Known>;
  /** Names of the sites above that are ready with the revision, where that decides who may begin. */
  ready: Set<string> | undefined;
}

function aShard(input: PlanStageInput, { index, wave, members, known, ready }: Part): FogShard {
  const { owner, layer, revision, run } = input;
  const begun = members.map((member) => beginning(member, input, known.get(member.site.name), ready));
  const notes = begun.flatMap(({ note }) => (note ? [note] : []));
  const sites = members.map((member): ShardSite => {
    const had = known.get(member.site.name)?.had;
    const { layer: _, ...place } = member.site;
    return {
      ...place,
      ...(member.parent !== undefined && { parent: member.parent }),
      ...(member.hold !== undefined && { hold: member.hold }),
      ...(had && { had }),
    };
  });
  return object({
    metadata: {
      name: shardName(owner.name, layer, index),
      namespace: owner.namespace,
      labels: { [LABELS.rollout]: owner.name, [LAYER_LABEL]: layer },
      ownerReferences: [
        { apiVersion: `${GROUP}/${VERSION}`, kind: FOG_ROLLOUT_KIND, name: owner.name, uid: owner.uid },
      ],
    } as FogShard['metadata'],
    spec: {
      rollout: owner.name,
      uid: owner.uid,
      layer,
      generation: revision?.generation ?? 0,
      version: revision?.version ?? '',
      run,
      index,
      wave,
      sites,
    },
    status: { phases: begun.map(({ letter }) => letter).join(''), reports: 0, ...(notes.length > 0 && { notes }) },
  });
}

interface Beginning {
  letter: string;
  note?: ShardNote;
}

/** Where a site stands as the stage begins. */
function beginning(
  { site, parent, hold, away }: Member,
  input: PlanStageInput,
  known: Known | undefined,
  ready: Set<string> | undefined,
): Beginning {
  const { revision, strategy, former, drifted, branches } = input;
  const letter = known && isSamePlace(known.recorded, site) ? known.letter : undefined;
  // A removal that is planned for the first time believes no earlier one: something may have been given since.
  const isBelieved = revision !== undefined || former === 'repair';
  if (letter === PHASE_LETTERS.ready && isBelieved && !drifted?.includes(site.name)) return { letter };
  if (hold !== undefined) return { letter: PHASE_LETTERS.held };
  if (letter === PHASE_LETTERS.failed && former === 'repair') return ended(letter, known?.note);
  const { policy } = offlineOf(strategy);
  if (away !== undefined && policy !== 'Wait') {
    const letter = policy === 'Fail' ? PHASE_LETTERS.failed : PHASE_LETTERS.deferred;
    return ended(letter, { site: site.name, reason: 'Unreachable', message: `${site.layer} ${site.name}: ${away}` });
  }
  if (!branches || !revision) return { letter: PHASE_LETTERS.waiting };
  if (!ready) return { letter: PHASE_LETTERS.blocked };
  if (parent === undefined || ready.has(parent)) return { letter: PHASE_LETTERS.waiting };
  return ended(PHASE_LETTERS.deferred, parentNotReady(site.name, site.layer, parent));
}

function ended(letter: string, note: ShardNote | undefined): Beginning {
  return { letter, ...(note && { note }) };
}

function failuresOf({ status }: FogShard, { layer }: PlanStageInput): SiteFailure[] {
  const { phases = '', notes = [] } = status ?? {};
  if (!phases.includes(PHASE_LETTERS.failed)) return [];
  return notes.filter(({ reason }) => reason !== PARENT_NOT_READY).map((note) => ({ ...note, layer }));
}

/** The object without its kind, which the client adds. */
function object(parts: Pick<FogShard, 'metadata' | 'spec' | 'status'>): FogShard {
  return parts as FogShard;
}

function byIndex(a: FogShard, b: FogShard): number {
  return a.spec.index - b.spec.index;
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
