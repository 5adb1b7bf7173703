/** Pages of long lists that change while somebody goes through them. Pure. */

export interface Row<Phase extends string> {
  /** Unique in the list, and what it is ordered by: whoever comes or goes moves no other. */
  key: string;
  phase: Phase;
}

export interface PageQuery<Phase extends string> {
  /** Left out: any. */
  phases?: ReadonlySet<Phase> | undefined;
  /** Only those behind this key. */
  after?: string | undefined;
  limit: number;
}

export interface Page<R, Phase extends string> {
  /** In the order of their keys. */
  rows: R[];
  /** Key of the last, when more match. */
  end?: string;
  /** How many match on all pages. */
  total: number;
  /** How many are in each phase, whichever were asked for. */
  counts: Record<Phase, number>;
}

/** @param all - every phase that there is */
export function pageOf<R extends Row<Phase>, Phase extends string>(
  rows: Iterable<R>,
  all: readonly Phase[],
  { phases, after, limit }: PageQuery<Phase>,
): Page<R, Phase> {
  const counts = Object.fromEntries(all.map((phase) => [phase, 0])) as Record<Phase, number>;
  const rest: R[] = [];
  let total = 0;
  for (const row of rows) {
    counts[row.phase] += 1;
    if (phases && !phases.has(row.phase)) continue;
    total += 1;
    if (after === undefined || row.key > after) rest.push(row);
  }
  rest.sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, limit);
  const end = rest.length > limit ? page.at(-1)?.key : undefined;
  return { rows: page, ...(end !== undefined && { end }), total, counts };
}
