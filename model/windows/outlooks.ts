import type { FogWindow } from '../types.ts';
import { type Outlook, outlookOf } from './evaluate.ts';
import { stateAt, type Timetable, transitionsOf } from './timetable.ts';
import { inlineKey, type WindowRules } from './told.ts';

/** What is known of a FogWindow now. */
export interface KnownWindow {
  /** How it is now. */
  outlook: Outlook;
  /** What runs are told: worked out some time ago, and good for as long as {@link mark} says. */
  told: Outlook;
  /** Names what runs are told: another one means that they are to be told again. */
  mark: string;
  /** When it is to be looked at again, ms since the epoch. */
  dueAt: number;
}

interface Kept extends KnownWindow {
  generation: number;
  /** From when on runs are to be told more. */
  renewAt: number;
}

/** With fewer transitions left than this, runs are told more. */
const FEWEST_LEFT = 3;
/** However often it opens and closes, runs are not told again sooner than this, in ms. */
const MIN_TOLD_MS = 60_000;
/** So many windows that stand inline are kept. */
const MAX_INLINE = 10_000;

/** FogWindows worked out: once for all rollouts, and again where a window opens or closes. */
export class Outlooks {
  private readonly now: () => number;
  private readonly known = new Map<string, Kept>();
  /** The keys of those that stand inline, in the order they were asked for: nobody says when they are gone. */
  private readonly inline = new Set<string>();

  /** @param now - ms since the epoch */
  constructor(now: () => number) {
    this.now = now;
  }

  of({ metadata, spec }: FogWindow): KnownWindow {
    return this.keep(metadata, spec);
  }

  /** Of a window that stands inline, wherever else the same does. */
  ofInline(rules: WindowRules): KnownWindow {
    const uid = inlineKey(rules);
    const known = this.keep({ uid, generation: 0 }, rules);
    this.inline.delete(uid);
    this.inline.add(uid);
    const [oldest] = this.inline;
    if (this.inline.size > MAX_INLINE) {
      this.inline.delete(oldest!);
      this.known.delete(oldest!);
    }
    return known;
  }

  private keep({ uid, generation }: { uid: string; generation: number }, spec: WindowRules): KnownWindow {
    const now = this.now();
    const before = this.known.get(uid);
    if (before?.generation === generation && now < before.dueAt) return before;
    const outlook = outlookOf(spec, now);
    const isNews = before?.generation !== generation || now >= before.renewAt;
    const told = isNews
      ? { told: outlook, mark: `${uid}/${generation}/${now}`, renewAt: renewalOf(outlook.timetable, now) }
      : { told: before.told, mark: before.mark, renewAt: before.renewAt };
    const { until } = stateAt(outlook.timetable, new Date(now).toISOString());
    const dueAt = Math.min(told.renewAt, until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until));
    const known = { generation, outlook, ...told, dueAt };
    this.known.set(uid, known);
    return known;
  }

  forget({ metadata }: FogWindow): void {
    this.known.delete(metadata.uid);
  }
}

function renewalOf(timetable: Timetable, now: number): number {
  if (timetable.knownUntil === undefined) return Number.POSITIVE_INFINITY;
  const last = transitionsOf(timetable).at(-FEWEST_LEFT);
  const half = (now + Date.parse(timetable.knownUntil)) / 2;
  return Math.max(now + MIN_TOLD_MS, last === undefined ? half : Date.parse(last));
}
