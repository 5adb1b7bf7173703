import type { Hindrance } from '../../model/hindrance.ts';
import type { FogRollout, Owner } from '../../model/types.ts';
import { leftoverOf } from '../hindrance-words.ts';
import { type AfterRunDeps, type Again, NO_HELP } from './deps.ts';
import type { Books } from './ledgers.ts';

/** What has just come to be called an earlier object's may be a later one's, of which we hear in a moment. */
const GRACE_MS = 5_000;
/** After the removal of leftovers was asked for, the releases themselves are looked at in this many ms. */
const BESIDE_MS = 1_000;

export interface Leftover {
  isSignalled?: boolean;
  hindrance?: Hindrance | undefined;
}

/** Takes away what an earlier object of a settled rollout's name has left: it was replaced while nobody looked. */
export class Leftovers {
  private readonly deps: AfterRunDeps;
  private readonly again: Again;
  /** When leftovers known by their record alone were first seen, by rollout and uid. */
  private readonly since = new Map<string, Map<string, number>>();

  constructor(deps: AfterRunDeps, again: Again) {
    this.deps = deps;
    this.again = again;
  }

  async take(key: string, rollout: FogRollout, books: Books): Promise<Leftover> {
    const { repairs, signaller, ledgers, log } = this.deps;
    const before = this.formerOwner(key, rollout, books);
    if (!before) return {};
    const hindrance = repairs.timesOf(key, 'former') >= NO_HELP ? leftoverOf(rollout, before) : undefined;
    const wait = repairs.waitFor(key, 'former');
    if (wait > 0) {
      this.again(key, wait);
      return { hindrance };
    }
    await this.deps.send(key, () => signaller.remove({ owner: before, fleet: ledgers.layersOf(before) }));
    if (repairs.repaired(key, 'former', before.uid)) {
      const what = { rollout: key, uid: before.uid };
      log.warn(what, 'Releases of an earlier object of this name are left; removing them');
    }
    this.again(key, BESIDE_MS);
    return { isSignalled: true, hindrance };
  }

  forget(key: string): void {
    this.since.delete(key);
  }

  private formerOwner(key: string, rollout: FogRollout, books: Books): Owner | undefined {
    const { releases, ledgers } = this.deps;
    const known = ledgers.ownersIn(rollout.metadata).filter((owner) => isBefore(owner, rollout));
    const seen = this.since.get(key);
    for (const uid of seen?.keys() ?? []) if (!known.some((owner) => owner.uid === uid)) seen?.delete(uid);
    const atHub = releases.ownersIn(rollout.metadata).find((owner) => isBefore(owner, rollout));
    return atHub ?? known.find((owner) => this.isLongSeen(key, owner) && canBeTaken(owner, books));
  }

  private isLongSeen(key: string, { uid }: Owner): boolean {
    const seen = this.since.get(key) ?? new Map<string, number>();
    this.since.set(key, seen);
    const now = this.deps.clock.now();
    const since = seen.get(uid) ?? now;
    seen.set(uid, since);
    const left = since + GRACE_MS - now;
    if (left > 0) this.again(key, left);
    return left <= 0;
  }
}

function isBefore({ uid, created }: Owner, { metadata }: FogRollout): boolean {
  return uid !== metadata.uid && created <= metadata.creationTimestamp;
}

/** What is out of reach is left until it is back: the run that takes it away would keep the rollout from all else. */
function canBeTaken({ uid }: Owner, { earlier }: Books): boolean {
  return earlier.get(uid)?.some(({ ledger }) => ledger.behind() !== undefined) ?? false;
}
