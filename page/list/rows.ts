/** Which rollouts the list shows, and in what order. Pure. */
import type { RolloutSummary } from '../../model/rollout-summary.ts';
import type { Phase } from '../../model/types.ts';
import type { ListFilter } from '../routing.ts';

/** What a person has to look at stands first. */
const PHASES_BY_URGENCY: readonly Phase[] = [
  'Failed',
  'WaitingForApproval',
  'Paused',
  'RollingBack',
  'Progressing',
  'Removing',
  'Pending',
  'Succeeded',
];

export interface Listed {
  /** Those that the filter lets through, what is urgent first. */
  rows: RolloutSummary[];
  /** Of those that match all but the phase. */
  counts: [Phase, number][];
  total: number;
  /** All there are, by name. */
  namespaces: string[];
}

export function listed(rollouts: Iterable<RolloutSummary>, { phase, namespace, text }: ListFilter): Listed {
  const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const namespaces = new Set<string>();
  const counts = new Map<Phase, number>();
  const rows: RolloutSummary[] = [];
  let total = 0;
  for (const one of rollouts) {
    namespaces.add(one.namespace);
    if (namespace && one.namespace !== namespace) continue;
    if (!words.every((word) => textOf(one).includes(word))) continue;
    total += 1;
    counts.set(one.phase, (counts.get(one.phase) ?? 0) + 1);
    if (!phase || one.phase === phase) rows.push(one);
  }
  rows.sort(byUrgency);
  return {
    rows,
    counts: PHASES_BY_URGENCY.flatMap((of) => (counts.has(of) ? [[of, counts.get(of)!] as [Phase, number]] : [])),
    total,
    namespaces: [...namespaces].sort(),
  };
}

/** What is searched: where it is, what it is to run, and why it does not go on. */
function textOf({ namespace, name, version, waitsFor }: RolloutSummary): string {
  return `${namespace}/${name} ${version} ${waitsFor.map(({ message }) => message).join(' ')}`.toLowerCase();
}

function byUrgency(a: RolloutSummary, b: RolloutSummary): number {
  return rankOf(a) - rankOf(b) || compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

/** What has ended well, but is not ready any more, comes behind what failed. */
function rankOf(rollout: RolloutSummary): number {
  const { phase, ready, waitsFor } = rollout;
  if (phase === 'Succeeded' && !ready) return 0.5;
  const rank = PHASES_BY_URGENCY.indexOf(phase);
  return waitsFor.length > 0 && rank > 2 ? rank - 0.5 : rank;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
