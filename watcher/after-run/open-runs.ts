import { conditionOf } from '../../model/conditions.ts';
import { recordedLayers, wasPromoted } from '../../model/fleet/behind.ts';
import { HINDRANCES } from '../../model/hindrance.ts';
import { orderIn } from '../../model/order.ts';
import { ownerOf } from '../../model/revision.ts';
import type { LayerRepair } from '../../model/signals.ts';
import type { FogRollout } from '../../model/types.ts';
import { type Decision, fingerprint, isTakenUp } from '../decide.ts';
import { hindranceOfRun } from '../hindrance-words.ts';
import { Turns } from '../turns.ts';
import type { AfterRunDeps, Again } from './deps.ts';
import { shardsAtWork } from './shards-at-work.ts';

/** Between two questions about runs, in ms: after a takeover, or when Temporal is back, there may be thousands. */
const LOOK_GAP_MS = 5;
/** What a run has not taken up after this long, in ms, it is told again. */
const RESIGNAL_MS = 10 * 60_000;

type Begun = Exclude<Decision, { kind: 'nothing' }>;

/** Sees to it that there is a run for what was begun, and that it goes on. */
export class OpenRuns {
  private readonly deps: AfterRunDeps;
  private readonly again: Again;
  private readonly turns: Turns;

  constructor(deps: AfterRunDeps, again: Again) {
    this.deps = deps;
    this.again = again;
    this.turns = new Turns(() => deps.clock.now(), LOOK_GAP_MS);
  }

  /** Whether somebody is at it, or was: its status says so, or the record of its sites. */
  isOpen(decision: Begun): boolean {
    return isTakenUp(decision) || (decision.kind === 'inspect' && this.deps.ledgers.isBusy(decision.rollout));
  }

  async look(key: string, decision: Begun): Promise<void> {
    const { underWay, hindrances, runs } = this.deps;
    const due = underWay.dueIn(key);
    if (due > 0) return this.again(key, due);
    const below = this.below(key, decision);
    const wait = this.turns.waitFor(key, 1 + below.length);
    if (wait > 0) return this.again(key, wait);
    this.turns.done(key);
    if (hindrances.isAway) return; // all are looked at when it is back
    const mark = fingerprint(decision);
    const [namespace, name] = key.split('/') as [string, string];
    const state = await runs.look({ namespace, name }, below);
    const since = this.deps.decide(key);
    if (!underWay.has(key, mark) || fingerprint(since) !== mark) return this.again(key, 0);
    if (decision.kind === 'inspect' && !this.isOpen(since as Begun)) return; // the repair has ended meanwhile
    if (state.kind === 'open') {
      hindrances.run(key, state.trouble && hindranceOfRun(state.trouble, key));
      const isTroubled = state.trouble !== undefined;
      if (isTakenUp(decision)) underWay.seen(key, { isTroubled });
      else underWay.seen(key, { isTroubled, within: await this.tellAgain(key, decision) });
      return this.again(key, underWay.dueIn(key));
    }
    hindrances.run(key, undefined);
    if (state.kind === 'ended' && !underWay.hasEnded(key, state.runId)) return this.again(key, underWay.dueIn(key));
    await this.runAgain(key, decision, state.kind);
  }

  forget(key: string): void {
    this.turns.done(key);
  }

  /**
   * What is looked at with a run. Not at first, when there may be thousands of runs and whether they are open is what matters;
   * unless the object says that one does not go on, which is not to be taken back for that.
   */
  private below(key: string, decision: Begun): string[] {
    const { underWay, ledgers } = this.deps;
    if (!decision.rollout) return [];
    const { metadata, status } = decision.rollout;
    const said = conditionOf(status?.conditions, 'Ready')?.reason;
    const isTroubled = said === HINDRANCES.taskFailed || said === HINDRANCES.noWorker;
    if (!isTroubled && !underWay.isSeen(key)) return [];
    return shardsAtWork(ledgers.shardsOf(metadata), metadata);
  }

  /**
   * What was given long ago, and to no effect that anyone can see; a run that knows it takes no notice.
   *
   * @returns ms until it is given the next time
   */
  private async tellAgain(key: string, decision: Begun): Promise<number> {
    if (decision.kind === 'inspect') return RESIGNAL_MS;
    const left = RESIGNAL_MS - (this.deps.underWay.handedFor(key) ?? RESIGNAL_MS);
    if (left > 0) return left;
    await this.deps.begin(key, decision);
    return RESIGNAL_MS;
  }

  /** Nobody is at it any more: Temporal has lost the run, or a person has ended it. */
  private async runAgain(key: string, decision: Begun, how: string): Promise<void> {
    const { repairs, underWay, log, ledgers, signaller } = this.deps;
    const wait = repairs.waitFor(key, 'rerun');
    if (wait > 0) return this.again(key, wait);
    if (!this.deps.placeAgain(key)) return; // a Temporal that came back empty has lost all of them
    const mark = fingerprint(decision);
    if (decision.kind !== 'inspect') await this.deps.begin(key, decision);
    else {
      const { rollout } = decision;
      const { generation } = rollout.metadata;
      const layers = lostLayers(rollout, ledgers);
      if (layers.length === 0) return;
      await this.deps.send(key, () => signaller.repair({ owner: ownerOf(rollout), generation, layers }));
      underWay.handed(key, mark);
    }
    const isNews = repairs.repaired(key, 'rerun', mark);
    if (isNews) log.warn({ rollout: key, run: how, work: mark }, 'The run of a rollout is gone; begun again');
    this.again(key, underWay.dueIn(key));
  }
}

/** All layers that were given something, each as it was given. */
function lostLayers(rollout: FogRollout, ledgers: AfterRunDeps['ledgers']): LayerRepair[] {
  const fleets = recordedLayers(rollout, ledgers.shardsOf(rollout.metadata)).filter((layer) =>
    wasPromoted(layer, { isLost: true }),
  );
  return (rollout.status?.layers ?? []).flatMap(({ name, generation, attempt, shards, phase }): LayerRepair[] => {
    if (generation === undefined || phase === 'Removing') return [];
    const order = orderIn({ generation, attempt });
    if (shards === undefined) return [{ layer: name, ...order }];
    return fleets.some(({ layer }) => layer === name) ? [{ layer: name, ...order, fleet: true }] : [];
  });
}
