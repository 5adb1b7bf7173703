import { defineSignal } from '@temporalio/workflow';
import type { ShardLimits } from '../model/fleet/shard.ts';
import type { ShardTerms } from '../model/fleet/terms.ts';
import { isListOf } from '../model/run/shape.ts';
import { SHARD_SIGNALS, type ShardProgress, type Skip } from '../model/shards.ts';

/** False for what somebody sent by hand: an error over it would hold the workflow for ever. */
export function isProgress(said: ShardProgress): boolean {
  const { index, run, counts, heard, applied, failures, shut, phases = '' } = (said ?? {}) as Partial<ShardProgress>;
  const { seq = 0, sites = 0, text = '' } = shut ?? {};
  return (
    typeof text === 'string' &&
    [index, heard, applied, seq, sites, ...Object.values(counts ?? {})].every(Number.isInteger) &&
    typeof run === 'string' &&
    isListOf(failures, (failure) => typeof failure === 'object' && failure !== null) &&
    typeof phases === 'string'
  );
}

/** @see isProgress */
export function isLimits(said: ShardLimits): boolean {
  const { seq, slots, failuresLeft, terms, opened = [], lost = [], skip = [] } = (said ?? {}) as Partial<ShardLimits>;
  return (
    [seq, slots, failuresLeft].every(Number.isInteger) &&
    [opened, lost].every((names) => isListOf(names, (name) => typeof name === 'string')) &&
    isListOf(skip, Number.isInteger) &&
    isTerms(terms)
  );
}

function isTerms(terms: ShardTerms | null | undefined): boolean {
  const { paceMs = 0, site } = terms ?? {};
  const numbers = site ? [paceMs, site.progressDeadlineSeconds, site.offline?.afterSeconds] : [paceMs];
  return numbers.every(Number.isInteger);
}

/** @see isProgress */
export function isSkip(said: Skip): boolean {
  const { site = '', by, reason = '' } = (said ?? {}) as Partial<Skip>;
  return [site, by, reason].every((text) => typeof text === 'string');
}

/** From a stage to its shard: what it may do from now on. */
export const limitsSignal = defineSignal<[ShardLimits]>(SHARD_SIGNALS.limits);
/** From a stage to its shard: start no further site. */
export const haltSignal = defineSignal(SHARD_SIGNALS.halt);
/** From a stage to its shard: something has become of these sites, look. */
export const lookSignal = defineSignal<[string[]]>(SHARD_SIGNALS.look);
/** From a stage to its shard: a person takes these sites out. */
export const skipSignal = defineSignal<[Skip]>(SHARD_SIGNALS.skip);
/** From a shard to its stage. */
export const progressSignal = defineSignal<[ShardProgress]>(SHARD_SIGNALS.progress);
