import { compareOrder } from '../order.ts';
import type { ChangeSignal, PendingWork, RemoveSignal, RepairSignal, WindowsSignal, Work } from '../signals.ts';
import type { Owner } from '../types.ts';
import { withWindows } from './windows.ts';
import { ownerOf } from './work.ts';

/**
 * Decides what a message means for the run it reaches: ignore it, keep it for the next run, or keep it and
 * stop the present one. Pure: no workflow API, so that every order of arrival can be tested as a table.
 *
 * Rules: a newer object (by `created`) or order supersedes, unless it gives the sites the same content: then the run under
 * way is adjusted. Older ones and repeats are ignored; a removal is never stopped; a repair gives way to everything.
 */
export class Inbox {
  private current: Work | undefined;
  private nextChange: ChangeSignal | undefined;
  private nextRemove: RemoveSignal | undefined;
  private nextRepair: RepairSignal | undefined;
  private isSuperseded = false;
  private isEnded = false;

  /** @param current - what a run goes on with that had only become long */
  constructor(waiting: Omit<PendingWork, 'carried' | 'hold'> = {}, current?: Work) {
    this.current = current;
    this.nextChange = waiting.change;
    this.nextRemove = waiting.remove;
    this.nextRepair = waiting.repair;
  }

  /** What is done is done, and only its report is still under way. */
  get hasEnded(): boolean {
    return this.isEnded;
  }

  /** True once the present work should stop in favour of what is waiting. */
  get superseded(): boolean {
    return this.isSuperseded;
  }

  /** A removal keeps a later object of its name waiting. */
  get keepsLaterWaiting(): boolean {
    return this.current?.kind === 'removal' && this.nextChange !== undefined;
  }

  get hasNext(): boolean {
    return Boolean(this.nextRemove ?? this.nextChange ?? this.nextRepair);
  }

  /** What is left for the next run. */
  next(): PendingWork {
    return {
      ...(this.nextChange && { change: this.nextChange }),
      ...(this.nextRemove && { remove: this.nextRemove }),
      ...(this.nextRepair && { repair: this.nextRepair }),
    };
  }

  /** What the run is doing, with all it was adjusted to. */
  get work(): Work | undefined {
    return this.current;
  }

  /** Takes the most urgent work; a removal first, so that a new object never meets an old one's releases. */
  begin(): Work {
    if (this.nextRemove) {
      this.current = { kind: 'removal', remove: this.nextRemove };
      this.nextRemove = undefined;
    } else if (this.nextChange) {
      this.current = { kind: 'rollout', change: this.nextChange };
      this.nextChange = undefined;
      this.nextRepair = undefined; // the rollout applies every layer again
    } else if (this.nextRepair) {
      this.current = { kind: 'repair', repair: this.nextRepair };
      this.nextRepair = undefined;
    } else {
      throw new Error('Nothing to begin');
    }
    return this.current;
  }

  /** What is done is done, and only its report is still under way: nothing is adjusted any more. */
  end(): void {
    this.isEnded = true;
  }

  /** @returns what the run under way is to be adjusted to, where that is all the message means */
  change(signal: ChangeSignal): ChangeSignal | undefined {
    if (this.nextChange && !isNewer(signal, this.nextChange)) return undefined;
    if (this.nextRemove && !isLaterObject(signal.owner, this.nextRemove.owner)) return undefined;
    switch (this.current?.kind) {
      case undefined:
        break;
      case 'removal': // the object that is going away cannot come back; a new one of its name waits for the end
        if (isLaterObject(signal.owner, this.current.remove.owner)) this.nextChange = signal;
        return undefined;
      case 'rollout':
        if (!isNewer(signal, this.current.change)) return undefined;
        if (!this.isSuperseded && !this.isEnded && givesTheSame(signal, this.current.change)) {
          this.current = { kind: 'rollout', change: signal };
          return signal;
        }
        break;
      case 'repair':
        if (!isNewer(signal, this.current.repair) && !isAskedFor(signal, this.current.repair)) return undefined;
        break;
    }
    // The name is another object's now, and no removal was asked for: nobody else takes away what the old one has.
    const working = this.current && ownerOf(this.current);
    if (working && working.uid !== signal.owner.uid) this.remove({ owner: working });
    this.nextChange = signal;
    this.isSuperseded = this.current !== undefined;
    return undefined;
  }

  remove(signal: RemoveSignal): void {
    if (this.current?.kind === 'removal' && !isLaterObject(signal.owner, this.current.remove.owner)) return;
    if (this.nextRemove && !isLaterObject(signal.owner, this.nextRemove.owner)) return;
    this.nextRemove = signal;
    if (this.nextChange && !isLaterObject(this.nextChange.owner, signal.owner)) this.nextChange = undefined;
    this.nextRepair = undefined;
    const working = this.current && ownerOf(this.current);
    if (working && this.current?.kind !== 'removal' && !isLaterObject(working, signal.owner)) this.isSuperseded = true;
  }

  /** What is said last of them holds, also for a change that waits, and for an attempt that comes after the present one. */
  windows({ uid, windows }: WindowsSignal): void {
    if (this.nextChange?.owner.uid === uid) this.nextChange = withWindows(this.nextChange, windows);
    if (this.current?.kind !== 'rollout' || this.current.change.owner.uid !== uid) return;
    this.current = { kind: 'rollout', change: withWindows(this.current.change, windows) };
  }

  /** Repairs wait for nothing and stop nothing: while a revision is on its way they are the watcher's to ask again. */
  repair(signal: RepairSignal): void {
    if (this.nextChange || this.nextRemove) return;
    if (this.current && this.current.kind !== 'repair') return;
    this.nextRepair = signal;
  }
}

/** True when `a` is another object than `b` and was not created before it. */
export function isLaterObject(a: Owner, b: Owner): boolean {
  return a.uid !== b.uid && a.created >= b.created;
}

/** True when `a` supersedes `b`: a later object, or a later order of the same. */
function isNewer(a: ChangeSignal, b: ChangeSignal | RepairSignal): boolean {
  if (a.owner.uid !== b.owner.uid) return isLaterObject(a.owner, b.owner);
  return compareOrder(a.revision, 'revision' in b ? b.revision : b) > 0;
}

/** What is put right is to be rolled out anew, by a word of a person: nobody else says the same again. */
function isAskedFor(signal: ChangeSignal, repair: RepairSignal): boolean {
  const isSame = signal.owner.uid === repair.owner.uid && compareOrder(signal.revision, repair) === 0;
  return isSame && signal.action !== undefined;
}

/** Whether the sites of the same layers, of the same kinds, are given the same: then only how they are gone through differs. */
function givesTheSame(a: ChangeSignal, b: ChangeSignal): boolean {
  const sorted = ({ fleet = [] }: ChangeSignal) => fleet.toSorted().join();
  const isPlain = !a.rollback && !b.rollback; // a rollback takes the layers in another order
  return isPlain && a.owner.uid === b.owner.uid && a.revision.hash === b.revision.hash && sorted(a) === sorted(b);
}
