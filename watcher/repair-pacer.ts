const MINUTE_MS = 60_000;

/** What a repair is about; each kind has a pace of its own. */
export type RepairKind =
  /** The release of a layer's implicit site is not what it was made. */
  | 'drift'
  /** Sites are behind. */
  | 'behind'
  /** Places have something that they are to lose. */
  | 'leftover'
  /** A person wants releases to be taken over that were in the rollout's way. */
  | 'takeOver'
  /** The same places, out of reach, and nobody tells when they are back. */
  | 'givenUp'
  /** An earlier object of the name has left something. */
  | 'former'
  /** The run that was at it is gone. */
  | 'rerun';

/** The first wait after a repair, in ms, and the longest; someone who fights back is met ever more rarely. */
const PACES: Record<RepairKind, { first: number; longest: number }> = {
  drift: { first: 2_000, longest: 5 * MINUTE_MS },
  behind: { first: 2_000, longest: 5 * MINUTE_MS },
  leftover: { first: 10_000, longest: 10 * MINUTE_MS },
  givenUp: { first: MINUTE_MS, longest: 4 * 60 * MINUTE_MS },
  takeOver: { first: 2_000, longest: 5 * MINUTE_MS },
  former: { first: 2_000, longest: 5 * MINUTE_MS },
  rerun: { first: 2_000, longest: 5 * MINUTE_MS },
};

export const REPAIR_KINDS = Object.keys(PACES) as RepairKind[];

interface Tried {
  at: number;
  wait: number;
  /** How many times in a row, without a quiet time between them. */
  times: number;
  cause: string;
}

/**
 * Keeps the repairs of one rollout apart, and remembers what they were for: each within a quiet time of the last doubles the
 * wait to the next, whatever its cause, since what comes back may look different each time.
 */
export class RepairPacer {
  private readonly now: () => number;
  private readonly onRepaired: (kind: RepairKind) => void;
  private readonly repairs = new Map<string, Map<RepairKind, Tried>>();

  /**
   * @param now - ms that only ever grow
   * @param onRepaired - told of each repair
   */
  constructor(now: () => number, onRepaired: (kind: RepairKind) => void = () => {}) {
    this.now = now;
    this.onRepaired = onRepaired;
  }

  /** ms until the rollout may be repaired again; 0 when it may be now. */
  waitFor(key: string, kind: RepairKind = 'drift'): number {
    const last = this.repairs.get(key)?.get(kind);
    return last ? Math.max(0, last.at + last.wait - this.now()) : 0;
  }

  /** How many times in a row that kind of repair was tried. */
  timesOf(key: string, kind: RepairKind): number {
    const last = this.repairs.get(key)?.get(kind);
    return last && !this.isQuiet(kind, last) ? last.times : 0;
  }

  /**
   * @param cause - what the repair is for, in words that are the same for the same
   * @returns whether there is anything new to tell: the first time, or for another cause than the time before
   */
  repaired(key: string, kind: RepairKind = 'drift', cause = ''): boolean {
    this.onRepaired(kind);
    return this.remember(key, kind, cause);
  }

  /** It was tried already, by whatever repair: the first of its own kind comes after a wait. */
  tried(key: string, kind: RepairKind): void {
    const last = this.repairs.get(key)?.get(kind);
    if (!last || this.isQuiet(kind, last)) this.remember(key, kind, '');
  }

  /** Something speaks for trying now: the wait is over, but for the first one after a repair. */
  hasten(key: string, kind: RepairKind): void {
    const last = this.repairs.get(key)?.get(kind);
    if (last) last.wait = Math.min(last.wait, Math.max(PACES[kind].first, this.now() - last.at));
  }

  /** Nothing of that kind is left to do. */
  over(key: string, kind: RepairKind): void {
    this.repairs.get(key)?.delete(kind);
  }

  forget(key: string): void {
    this.repairs.delete(key);
  }

  private remember(key: string, kind: RepairKind, cause: string): boolean {
    const kinds = this.repairs.get(key) ?? new Map<RepairKind, Tried>();
    const last = kinds.get(kind);
    const isFirst = !last || this.isQuiet(kind, last);
    const { first, longest } = PACES[kind];
    const times = isFirst ? 1 : last.times + 1;
    const wait = isFirst ? first : Math.min(longest, last.wait * 2);
    this.repairs.set(key, kinds.set(kind, { at: this.now(), wait, times, cause }));
    return isFirst || last.cause !== cause;
  }

  private isQuiet(kind: RepairKind, { at }: Tried): boolean {
    return this.now() - at > 2 * PACES[kind].longest;
  }
}
