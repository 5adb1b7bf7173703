/** Where each site of a plan begins. Pure. */
import type { PlannedRelease, PlanStageInput } from '../shards.ts';
import type { ShardNote, ShardSite } from '../types.ts';
import { offlineOf } from './offline.ts';
import { parentNotReady } from './parent-note.ts';
import type { Recorded } from './records.ts';
import { PHASE_LETTERS, SKIPPED } from './report.ts';
import type { Member } from './waves.ts';

interface Beginning {
  /** As FogShard.status has it. */
  letter: string;
  /** Why, where that needs a word. */
  note?: ShardNote;
}

/** A site of a plan as its FogShard has it, and where it begins. */
export interface Begun extends Beginning {
  entry: ShardSite;
}

/** A member as the stage begins, with what it has. */
export function begun(
  member: Member,
  release: PlannedRelease,
  strategy: PlanStageInput['strategy'],
  known: Recorded | undefined,
  ready: Set<string> | undefined,
): Begun {
  const { layer: _, ...place } = member.site;
  const entry: ShardSite = {
    ...place,
    ...(member.parent !== undefined && { parent: member.parent }),
    ...(member.hold !== undefined && { hold: member.hold }),
    ...(member.window && { window: true }),
    ...(known?.has && { had: known.has }),
  };
  return { entry, ...beginning(member, release, strategy, known, ready) };
}

/**
 * Where a site stands as the stage begins.
 *
 * @param ready - names of the sites above that are ready; left out, that cannot be known yet
 */
export function beginning(
  { site, parent, hold, away }: Member,
  { hash, mode, drifted, above }: Pick<PlannedRelease, 'hash' | 'mode' | 'drifted' | 'above'>,
  strategy: PlanStageInput['strategy'],
  known: Recorded | undefined,
  ready: Set<string> | undefined,
): Beginning {
  const isReady = known?.letter === PHASE_LETTERS.ready && !known.isLeaving && known.hash === hash;
  if (isReady && !drifted?.includes(site.name)) return { letter: PHASE_LETTERS.ready };
  if (hold !== undefined) return { letter: PHASE_LETTERS.held };
  const hasFailed = known?.letter === PHASE_LETTERS.failed && !known.isLeaving && known.hash === hash;
  if (hasFailed && mode !== 'promote') return ended(PHASE_LETTERS.failed, known.note);
  const isPassedOver =
    known?.letter === PHASE_LETTERS.skipped &&
    known.note?.reason === SKIPPED &&
    !known.isLeaving &&
    known.hash === hash;
  if (isPassedOver && mode !== 'promote') return ended(PHASE_LETTERS.skipped, known.note);
  const { policy } = offlineOf(strategy);
  if (away !== undefined && policy !== 'Wait') {
    const letter = policy === 'Fail' ? PHASE_LETTERS.failed : PHASE_LETTERS.deferred;
    return ended(letter, { site: site.name, reason: 'Unreachable', message: `${site.layer} ${site.name}: ${away}` });
  }
  if (above === undefined) return { letter: PHASE_LETTERS.waiting };
  if (!ready) return { letter: PHASE_LETTERS.blocked };
  if (parent === undefined || ready.has(parent)) return { letter: PHASE_LETTERS.waiting };
  return ended(PHASE_LETTERS.deferred, parentNotReady(site.name, site.layer, parent));
}

function ended(letter: string, note: ShardNote | undefined): Beginning {
  return { letter, ...(note && { note }) };
}
