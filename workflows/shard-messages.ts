import { defineSignal } from '@temporalio/workflow';
import type { ShardLimits } from '../model/fleet/shard.ts';
import type { ShardTerms } from '../model/fleet/terms.ts';
import { SHARD_SIGNALS, type ShardProgress } from '../model/shards.ts';

/** False for what somebody sent by hand: an error over it would hold the workflow for ever. */
export function isProgress({
  index,
  run,
  counts,
  heard,
  applied,
  failures,
  phases = '',
}: Partial<ShardProgress> = {}): boolean {
  return (
    [index, heard, applied, ...Object.values(counts ?? {})].every(Number.isInteger) &&
    typeof run === 'string' &&
    Array.isArray(failures) &&
    typeof phases === 'string'
  );
}

/** @see isProgress */
export function isLimits({
  seq,
  slots,
  failuresLeft,
  terms = {},
  opened = [],
  lost = [],
  skip = [],
}: Partial<ShardLimits> = {}): boolean {
  const isWhole = [seq, slots, failuresLeft].every(Number.isInteger) && [opened, lost, skip].every(Array.isArray);
  return isWhole && isTerms(terms);
}

function isTerms(terms: ShardTerms | null): boolean {
  const { paceMs = 0, site } = terms ?? {};
  const numbers = site ? [paceMs, site.progressDeadlineSeconds, site.offline?.afterSeconds] : [paceMs];
  return numbers.every(Number.isInteger);
}

/** From a stage to its shard: what it may do from now on. */
export const limitsSignal = defineSignal<[ShardLimits]>(SHARD_SIGNALS.limits);
/** From a stage to its shard: start no further site. */
export const haltSignal = defineSignal(SHARD_SIGNALS.halt);
/** From a stage to its shard: something has become of these sites, look. */
export const lookSignal = defineSignal<[string[]]>(SHARD_SIGNALS.look);
/** From a shard to its stage. */
export const progressSignal = defineSignal<[ShardProgress]>(SHARD_SIGNALS.progress);
