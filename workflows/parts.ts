import type { Layer } from '../model/layers.ts';
import type { Step } from '../model/run/steps.ts';
import type { ShardProgress, ShardWork } from '../model/shards.ts';
import type { Work } from '../model/signals.ts';
import type { SiteFailure } from '../model/types.ts';

/** A part of a run that begins and ends: a step, a wave of a stage, a site. */
export interface Part {
  /** Names it among the parts of the run that are under way. */
  key: string;
  /** What it is, the same for all of its kind in a layer: `stage edge`. */
  name: string;
  /** Key of the part that it is in, or of the shard; left out, it is the run's. */
  within?: string;
  /** What tells it from others of its kind. */
  layer?: Layer;
  wave?: string;
  site?: string;
}

/** What came of a part, where there is more to say than that it is over. */
export interface PartEnd {
  /** As the site's phase is afterwards. */
  phase?: string;
  /** Why it has failed. */
  failure?: SiteFailure;
}

/** Is told what a run is made of. It changes nothing, and hears all of it again when a history is replayed. */
export interface Follower {
  /** @param work - what the run is doing, with all it was adjusted to */
  run(work: () => Work): void;
  /** Says nothing of a part that is under way already: one that the run before has begun. */
  began(part: Part): void;
  /** With the parts in it. Says nothing of one that is not under way. */
  ended(key: string, end?: PartEnd): void;
  /** What a shard does, in whichever workflow, is within that part. */
  holds(part: string, shard: string): void;
}

let follower: Follower | undefined;

/** Tells them from now on; each run has modules of its own. */
export function followedBy(one: Follower): void {
  follower = one;
}

/** Tells who follows the run, if anybody does: whatever becomes of that, the run goes on. */
export function tell(news: (follower: Follower) => void): void {
  if (!follower) return;
  try {
    news(follower);
  } catch {
    // who follows has lost the thread, which is nobody else's affair
  }
}

/** Of a step, and of what it does to its sites. */
export function stepKey(step: Pick<Step, 'kind'> & { layer?: Layer }): string {
  const { kind, layer } = step;
  return kind === 'stage' || kind === 'drop' ? `${kind} ${layer}` : kind;
}

export function stepOf({ kind }: Pick<ShardWork, 'kind'>, layer: Layer): string {
  return stepKey({ kind: kind === 'release' ? 'stage' : 'drop', layer });
}

export function waveKey(step: string, wave: number): string {
  return `${step} wave ${wave}`;
}

export function shardKey({ layer, run, index }: Pick<ShardProgress, 'layer' | 'run' | 'index'>): string {
  return `shard ${layer} ${run} ${index}`;
}

export function siteKey({ layer, name }: { layer: Layer; name: string }): string {
  return `site ${layer} ${name}`;
}
