import { type LayerBehind, repairOf } from '../../model/fleet/behind.ts';
import type { Hindrance } from '../../model/hindrance.ts';
import { orderIn } from '../../model/order.ts';
import { ownerOf } from '../../model/revision.ts';
import type { LayerRepair } from '../../model/signals.ts';
import type { Site } from '../../model/site.ts';
import { isLeaving } from '../../model/terminating.ts';
import type { FogRollout } from '../../model/types.ts';
import { placesGivenUp, repairFails } from '../hindrance-words.ts';
import type { RepairKind } from '../repair-pacer.ts';
import { Turns } from '../turns.ts';
import { type AfterRunDeps, type Again, NO_HELP } from './deps.ts';
import { graceOf } from './health.ts';
import { type Books, NO_BOOKS } from './ledgers.ts';

/** Between two repairs of different rollouts, in ms: a region that is back may concern them all. */
const TURN_MS = 100;

/** One layer that is not as it should be. */
interface Found {
  kind: RepairKind;
  repair: LayerRepair;
  /** In words that are the same for the same. */
  cause: string;
  /** Somebody else has changed it. */
  isFight: boolean;
  /** Places of which nobody tells when they are back. */
  givenUp?: Site[];
  /** For the log. */
  what: object;
}

/** Finds what of a settled rollout is behind, has drifted or is left over, and has it put right: one signal for all layers. */
export class Behind {
  private readonly deps: AfterRunDeps;
  private readonly again: Again;
  private readonly turns: Turns;

  constructor(deps: AfterRunDeps, again: Again) {
    this.deps = deps;
    this.again = again;
    this.turns = new Turns(() => deps.clock.now(), TURN_MS);
  }

  /** @returns what is put right again and again to no effect */
  async putRight(key: string, rollout: FogRollout, books: Books): Promise<Hindrance | undefined> {
    const { repairs, signaller, log } = this.deps;
    const found = [...(await this.drifted(rollout)), ...this.behindIn(key, books)];
    const givenUp = found.flatMap((one) => one.givenUp ?? []);
    if (givenUp.length > 0) repairs.tried(key, 'givenUp');
    else if (this.isWhole(books)) repairs.over(key, 'givenUp');
    if (found.length === 0) {
      this.turns.done(key);
      return undefined;
    }
    const hindrance = this.hindranceIn(key, rollout, found, givenUp);
    const due = found.filter(({ kind }) => repairs.waitFor(key, kind) === 0);
    const wait = due.length > 0 ? this.turns.waitFor(key) : 0;
    if (due.length > 0 && wait === 0) {
      const { generation } = rollout.metadata;
      const layers = due.map(({ repair }) => repair);
      await this.deps.send(key, () => signaller.repair({ owner: ownerOf(rollout), generation, layers }));
      this.turns.done(key);
      this.remember(key, due, log);
    }
    // A signal that found a run open was not heard.
    const waits = found.map(({ kind }) => repairs.waitFor(key, kind));
    this.again(key, wait > 0 ? wait : Math.min(...waits));
    return hindrance;
  }

  forget(key: string): void {
    this.turns.done(key);
  }

  /** What somebody fights about matters more than what nobody reaches. */
  private hindranceIn(key: string, rollout: FogRollout, found: Found[], givenUp: Site[]): Hindrance | undefined {
    const { repairs } = this.deps;
    const fights = found.filter(({ kind, isFight }) => isFight && repairs.timesOf(key, kind) >= NO_HELP);
    if (fights.length > 0) return repairFails(causeOf(fights));
    return givenUp.length > 0 ? placesGivenUp(rollout, givenUp) : undefined;
  }

  /** Whether all that there is to know is in the books. */
  private isWhole(books: Books): boolean {
    const now = this.deps.clock.date().getTime();
    return books !== NO_BOOKS && books.own.every(({ layer }) => graceOf(layer, now) === 0);
  }

  private remember(key: string, due: Found[], log: AfterRunDeps['log']): void {
    const kinds = Map.groupBy(due, ({ kind }) => kind);
    const news = [...kinds].filter(([kind, all]) => this.deps.repairs.repaired(key, kind, causeOf(all)));
    if (news.length === 0) return;
    const found = news.flatMap(([, all]) => all.map(({ what }) => what));
    const tell = news.some(([, all]) => all.some(({ isFight }) => isFight)) ? log.warn : log.info;
    tell.call(log, { rollout: key, found }, 'A settled rollout is not what it was made; putting it right');
  }

  private async drifted(rollout: FogRollout): Promise<Found[]> {
    const drifted = await this.deps.releases.drifted(rollout);
    // Nothing that is written before it is gone would last. That it is gone is an event.
    const lasting = drifted.filter(({ drift }) => !isLeaving(drift));
    return lasting.map(({ layer, generation, attempt, drift }) => ({
      kind: 'drift',
      repair: { layer, ...orderIn({ generation, attempt }) },
      cause: `${layer}: ${drift}`,
      isFight: true,
      what: { layer, drift },
    }));
  }

  private behindIn(key: string, { own }: Books): Found[] {
    const now = this.deps.clock.date().getTime();
    return own.flatMap(({ layer, ledger }) => {
      const grace = graceOf(layer, now);
      if (grace > 0) this.again(key, grace);
      const behind = grace > 0 ? undefined : ledger.behind();
      return behind ? foundIn(behind) : [];
    });
  }
}

/** Of a layer where all that is left over is out of reach, that has a pace of its own. */
function foundIn(behind: LayerBehind): Found[] {
  const { leaves, count } = behind;
  const { givenUp = [] } = leaves ?? {};
  if (!leaves || givenUp.length === 0 || givenUp.length < leaves.count) return [foundOf(behind)];
  const { generation: _, ...rest } = behind;
  const away = { ...foundOf({ ...rest, count: 0, reasons: {}, drifted: [] }), kind: 'givenUp' as const, givenUp };
  const { leaves: __, ...others } = behind;
  return count > 0 ? [foundOf(others), away] : [away];
}

function foundOf(behind: LayerBehind): Found {
  const { layer, count, reasons, leaves } = behind;
  const words = [...Object.keys(reasons).sort(), ...(leaves ? ['left over'] : [])];
  const isDrifted = reasons.drifted !== undefined;
  return {
    kind: count > 0 ? 'behind' : 'leftover',
    repair: repairOf(behind),
    cause: isDrifted
      ? `${layer}: sites have a release that somebody changed or deleted`
      : `${layer}: ${words.join(', ')}`,
    isFight: isDrifted,
    what: { layer, count, ...reasons, ...(leaves && { leftOver: leaves.count }) },
  };
}

function causeOf(found: Found[]): string {
  return found.map(({ cause }) => cause).join('; ');
}
