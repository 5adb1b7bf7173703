import type { Site } from '../site.ts';
import type { LayerStrategy, WaveStrategy } from '../types.ts';
import { amountOf } from './budget.ts';
import { labelOf, selects } from './selector.ts';

/** A site as the stage found it when it started. */
export interface Member {
  site: Site;
  /** The site of the layer above that it hangs on. */
  parent?: string;
  labels?: Record<string, string>;
  /** Why nothing may be changed at it. */
  hold?: string;
  /** Why it is known to be out of reach. */
  away?: string;
  /** It has a window. */
  window?: true;
}

/** A part of a stage's sites, in the order they are started. */
export interface Wave {
  name: string;
  /** Its place among the strategy's waves; left out of the rest. */
  at?: number;
  members: Member[];
}

/**
 * Who of the layer takes part and when: the members the strategy selects, in order, each in exactly one wave. Each wave
 * of the strategy takes from what those before it left; what is left in the end is a wave of its own. None is empty.
 *
 * @param byParent - sites of one parent are together where nothing else orders them
 * @throws RangeError for a size that is no amount
 */
export function wavesOf(members: Member[], strategy: LayerStrategy, { byParent = false } = {}): Wave[] {
  let left = inOrder(selectedOf(members, strategy), strategy.order, byParent);
  const total = left.length;
  const waves: Wave[] = [];
  for (const [index, wave] of (strategy.waves ?? []).entries()) {
    const taken = new Set(takenBy(wave, left, total));
    if (taken.size > 0)
      waves.push({ name: unique(wave.name ?? `wave ${index + 1}`, waves), at: index, members: [...taken] });
    left = left.filter((member) => !taken.has(member));
  }
  if (left.length > 0) waves.push({ name: unique(waves.length > 0 ? 'rest' : 'all', waves), members: left });
  return waves;
}

/** A wave is known by its name: of two that a strategy calls the same, the later one gets a number. */
function unique(name: string, waves: Wave[]): string {
  const isTaken = (candidate: string) => waves.some((wave) => wave.name === candidate);
  let candidate = name;
  for (let number = 2; isTaken(candidate); number++) candidate = `${name} (${number})`;
  return candidate;
}

/** The members that the strategy's siteSelector takes, in the order given. */
export function selectedOf(members: Member[], { siteSelector }: LayerStrategy): Member[] {
  return members.filter(({ labels }) => selects(siteSelector, labels));
}

/**
 * By the value of a label: numbers as numbers, before words; those without it last. Ties, and all where there is no such
 * label, by the site's name, its parent's before it where that is asked for. Compares code units, so that the order is
 * the same on every machine.
 */
export function inOrder(members: Member[], label?: string, byParent = false): Member[] {
  const valueIn = (member: Member) => (label === undefined ? undefined : labelOf(member.labels, label));
  return members.toSorted(
    (one, other) =>
      compareValues(valueIn(one), valueIn(other)) ||
      (byParent ? compare(one.parent ?? '', other.parent ?? '') : 0) ||
      compare(one.site.name, other.site.name),
  );
}

function takenBy({ size, siteSelector }: WaveStrategy, left: Member[], total: number): Member[] {
  const fitting = left.filter(({ labels }) => selects(siteSelector, labels));
  return size === undefined ? fitting : fitting.slice(0, Math.max(1, amountOf(size, total, 'up')));
}

function compareValues(one: string | undefined, other: string | undefined): number {
  const [rank, otherRank] = [rankOf(one), rankOf(other)];
  if (rank !== otherRank || one === undefined || other === undefined) return rank - otherRank;
  return rank === NUMBERS ? Number(one) - Number(other) : compare(one, other);
}

const NUMBERS = 0;
const WORDS = 1;
const WITHOUT = 2;

function rankOf(value: string | undefined): number {
  if (value === undefined) return WITHOUT;
  return /^\d+(\.\d+)?$/.test(value) ? NUMBERS : WORDS;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
