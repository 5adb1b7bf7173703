import { FAILURE } from '../../model/activities.ts';
import { fence, isToAdopt, type Labelled } from '../../model/fence.ts';
import { isToBeTakenOver } from '../../model/fleet/standing.ts';
import { ANNOTATIONS } from '../../model/names.ts';
import { ownerOf } from '../../model/revision.ts';
import type { FogRollout } from '../../model/types.ts';
import type { AfterRunDeps, Again } from './deps.ts';

/** For what a rollout was begun again. */
interface Tried {
  /** The run whose end that was to follow: while the object names it still, nobody has heard the signal. */
  run: string | undefined;
  what: ReadonlySet<string>;
}

type TakeOversDeps = Pick<
  AfterRunDeps,
  'releases' | 'sites' | 'repairs' | 'clock' | 'log' | 'beginAgain' | 'placeAgain'
>;

/**
 * Begins a rollout again that failed because sites carry something later (`Stale`), once a person says of one that it is to be
 * taken over: once for each such word, since a run that stopped before that site leaves the word where it is.
 */
export class TakeOvers {
  private readonly deps: TakeOversDeps;
  private readonly again: Again;
  private readonly tried = new Map<string, Tried>();

  constructor(deps: TakeOversDeps, again: Again) {
    this.deps = deps;
    this.again = again;
  }

  /** @returns whether the rollout was begun again, or is about to be */
  async take(key: string, rollout: FogRollout): Promise<boolean> {
    const { repairs, log, beginAgain, placeAgain } = this.deps;
    const before = this.tried.get(key);
    if (!before && !isStale(rollout)) return false;
    const said = this.saidOf(key, rollout);
    const run = rollout.status?.run?.runId;
    const isHeard = before !== undefined && before.run !== run;
    const news = said.filter((one) => !isHeard || !before.what.has(one));
    // What is not said any more may be said again.
    if (before) this.keep(key, { run: before.run, what: new Set(said.filter((one) => before.what.has(one))) });
    if (news.length === 0 || !isStale(rollout)) return false;
    const wait = repairs.waitFor(key, 'takeOver');
    if (wait > 0) this.again(key, wait);
    if (wait > 0 || !placeAgain(key)) return true;
    await beginAgain(key, rollout);
    this.keep(key, { run, what: new Set(said) });
    const isNews = repairs.repaired(key, 'takeOver', said.join());
    if (isNews)
      log.warn({ rollout: key, takeOver: news }, 'Releases are to be taken over; beginning the rollout again');
    this.again(key, repairs.waitFor(key, 'takeOver'));
    return true;
  }

  forget(key: string): void {
    this.tried.delete(key);
  }

  private keep(key: string, tried: Tried): void {
    if (tried.what.size > 0) this.tried.set(key, tried);
    else this.tried.delete(key);
  }

  /** What is to be taken over for it, on the hub by our own watch, elsewhere by what those say who watch it. */
  private saidOf(key: string, rollout: FogRollout): string[] {
    const { releases, sites } = this.deps;
    const onHub = releases.ofOwner(key).filter((live) => isTakenOver(live, rollout));
    const elsewhere = sites.list().filter((site) => isToBeTakenOver(site, rollout.metadata));
    return [
      ...onHub.map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.uid}`),
      ...elsewhere.map(({ metadata }) => `FogSite ${metadata.name} ${metadata.uid}`),
    ];
  }
}

/** Whether a rollout has ended because a site carries something later, which a person can put right. */
function isStale({ status }: FogRollout): boolean {
  const reasons = [...(status?.conditions ?? []), ...(status?.failures ?? [])].map(({ reason }) => reason);
  return status?.phase === 'Failed' && reasons.includes(FAILURE.stale);
}

/** Whether an object was in a rollout's way, and is no longer by the word of a person. */
function isTakenOver(live: Labelled, rollout: FogRollout): boolean {
  if (!isToAdopt(live)) return false;
  const { [ANNOTATIONS.adopt]: _, ...annotations } = live.metadata?.annotations ?? {};
  const unsaid = { metadata: { ...live.metadata, annotations } };
  return fence(unsaid, { owner: ownerOf(rollout), generation: rollout.metadata.generation }) === 'stale';
}
