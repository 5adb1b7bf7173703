/**
 * Where a site can be in its stage. From blocked (it waits for its parent) to waiting to in flight to one of the others,
 * never back; a step may be left out.
 */
export type SitePhase = 'blocked' | 'waiting' | 'inFlight' | SettledPhase;

/** Reason of a site that a person took out of its stage. */
export const SKIPPED = 'Skipped';

/** Reason of a site that waits for its window. */
export const WINDOW_CLOSED = 'WindowClosed';

/** A phase that ends a site's part in the stage. */
export type SettledPhase = 'ready' | 'failed' | 'deferred' | 'skipped' | 'held';

/** How a phase is written where there is one for every site. */
export const PHASE_LETTERS = {
  blocked: 'b',
  waiting: 'w',
  inFlight: 'i',
  ready: 'r',
  failed: 'f',
  deferred: 'd',
  skipped: 's',
  held: 'h',
} as const satisfies Record<SitePhase, string>;

const PHASES = Object.keys(PHASE_LETTERS) as SitePhase[];

const BY_LETTER = new Map<string | undefined, SitePhase>(PHASES.map((phase) => [PHASE_LETTERS[phase], phase]));

/** The phase of a letter of {@link PHASE_LETTERS}; of an unknown one, or none, that of a site that waits. */
export function phaseOf(letter: string | undefined): SitePhase {
  return BY_LETTER.get(letter) ?? 'waiting';
}

const OPEN: readonly string[] = [PHASE_LETTERS.blocked, PHASE_LETTERS.waiting, PHASE_LETTERS.inFlight];

/** Whether the site of a letter may still come to another phase; of none, nothing was recorded yet. */
export function isOpen(letter: string | undefined): boolean {
  return letter === undefined || OPEN.includes(letter);
}

/** How many sites of a shard, or of a stage, are in each phase; together they are all of them. */
export type ShardReport = Record<SitePhase, number>;

/** The report of sites none of which was touched yet. */
export function untouched(count: number): ShardReport {
  return { blocked: 0, waiting: count, inFlight: 0, ready: 0, failed: 0, deferred: 0, skipped: 0, held: 0 };
}

/** The report of sites by their letters, as FogShard.status has them; others than {@link PHASE_LETTERS} are left out. */
export function reportOf(phases: string): ShardReport {
  const report = untouched(0);
  for (const phase of PHASES) report[phase] = phases.split(PHASE_LETTERS[phase]).length - 1;
  return report;
}

/** How many sites a report speaks of. */
export function countOf(report: ShardReport): number {
  return PHASES.reduce((sum, phase) => sum + report[phase], 0);
}

/** How many sites of a report may still come to another phase. */
export function openIn({ blocked, waiting, inFlight }: ShardReport): number {
  return blocked + waiting + inFlight;
}

/**
 * Whether a report of the same sites was made later than another. Sites only move forward, so each step leaves fewer of
 * them to take: two reports of a shard tell their order themselves.
 */
export function isLater(report: ShardReport, known: ShardReport): boolean {
  return stepsLeft(report) < stepsLeft(known);
}

function stepsLeft({ blocked, waiting, inFlight }: ShardReport): number {
  return 3 * blocked + 2 * waiting + inFlight;
}

/** The sum of reports of different sites. */
export function sumOf(reports: Iterable<ShardReport>): ShardReport {
  const sum = untouched(0);
  for (const report of reports) {
    for (const phase of PHASES) sum[phase] += report[phase];
  }
  return sum;
}
