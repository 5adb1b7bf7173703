/** Where a site can be in its stage. From waiting to in flight to one of the others, never back. */
export type SitePhase = 'waiting' | 'inFlight' | 'ready' | 'failed' | 'deferred' | 'skipped' | 'held';

/** A phase that ends a site's part in the stage. */
export type SettledPhase = Exclude<SitePhase, 'waiting' | 'inFlight'>;

/** How a phase is written where there is one for every site. */
export const PHASE_LETTERS = {
  waiting: 'w',
  inFlight: 'i',
  ready: 'r',
  failed: 'f',
  deferred: 'd',
  skipped: 's',
  held: 'h',
} as const satisfies Record<SitePhase, string>;

/** How many sites of a shard, or of a stage, are in each phase; together they are all of them. */
export type ShardReport = Record<SitePhase, number>;

/** The report of sites none of which was touched yet. */
export function untouched(count: number): ShardReport {
  return { waiting: count, inFlight: 0, ready: 0, failed: 0, deferred: 0, skipped: 0, held: 0 };
}

/** How many sites a report speaks of. */
export function countOf({ waiting, inFlight, ready, failed, deferred, skipped, held }: ShardReport): number {
  return waiting + inFlight + ready + failed + deferred + skipped + held;
}

/**
 * Whether a report of the same sites was made later than another. Sites only move forward, so each step makes fewer
 * waiting or, with those the same, fewer in flight: two reports of a shard tell their order themselves.
 */
export function isLater(report: ShardReport, known: ShardReport): boolean {
  return 2 * report.waiting + report.inFlight < 2 * known.waiting + known.inFlight;
}

/** The sum of reports of different sites. */
export function sumOf(reports: Iterable<ShardReport>): ShardReport {
  const sum = untouched(0);
  for (const report of reports) {
    for (const phase of Object.keys(sum) as SitePhase[]) sum[phase] += report[phase];
  }
  return sum;
}
