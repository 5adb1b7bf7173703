/** When the sites of a shard may be begun: what is known of their windows, as times. Pure: workflow code imports this file. */

/** How all windows of a site are together, for one rollout. */
export interface SiteWindow {
  open: boolean;
  /** Until when that holds, RFC 3339; left out, until something else is heard. */
  until?: string;
  /** Why it is closed, for people. */
  text?: string;
}

/**
 * Of each site that has one, by its index. `unseen`: it has one, and nobody has looked at it yet. `begun`: it was begun before
 * the shard went on elsewhere, and finishes.
 */
export type SiteWindowsState = Record<number, SiteWindow | 'unseen' | 'begun'>;

/** Sites without a window are not in here: they are open. */
export class SiteWindows {
  private readonly known: Map<number, SiteWindow | 'unseen' | 'begun'>;

  constructor(state: SiteWindowsState) {
    this.known = new Map(Object.entries(state).map(([at, window]) => [Number(at), window]));
  }

  get state(): SiteWindowsState {
    return Object.fromEntries(this.known);
  }

  get isEmpty(): boolean {
    return this.known.size === 0;
  }

  /** The sites that have one. */
  get indexes(): Iterable<number> {
    return this.known.keys();
  }

  has(index: number): boolean {
    return this.known.has(index);
  }

  /** @param window - left out, it has none */
  tell(index: number, window: SiteWindow | undefined): void {
    if (this.known.get(index) === 'begun') return;
    if (window) this.known.set(index, window);
    else this.known.delete(index);
  }

  /** What was open is to be looked at again: somebody may have closed it. */
  doubt(): void {
    for (const [index, window] of this.known) {
      if (typeof window === 'object' && window.open) this.known.set(index, 'unseen');
    }
  }

  /** The site finishes, whatever becomes of its window. */
  begun(index: number): void {
    if (this.known.has(index)) this.known.set(index, 'begun');
  }

  /** @param now - ms since the epoch, as below */
  isOpen(index: number, now: number): boolean {
    const window = this.known.get(index);
    if (window === undefined || window === 'begun') return true;
    return this.at(index, now)?.open === true;
  }

  /** What is known of it now, if it is closed. */
  shutAt(index: number, now: number): SiteWindow | undefined {
    const window = this.at(index, now);
    return window && !window.open ? window : undefined;
  }

  /** It has a window, and how that is now nobody knows. */
  isUnseen(index: number, now: number): boolean {
    const window = this.known.get(index);
    return window !== undefined && window !== 'begun' && this.at(index, now) === undefined;
  }

  private at(index: number, now: number): SiteWindow | undefined {
    const window = this.known.get(index);
    if (typeof window !== 'object') return undefined;
    return window.until === undefined || now < Date.parse(window.until) ? window : undefined;
  }
}
