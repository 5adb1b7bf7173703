import { parentNotReady } from '../model/fleet/parent-note.ts';
import { GIVEN, NOT_GIVEN } from '../model/fleet/records.ts';
import { SKIPPED, WINDOW_CLOSED } from '../model/fleet/report.ts';
import type { ContinuedShard, LoadedShard } from '../model/shards.ts';
import type { Site } from '../model/site.ts';
import { MAX_MESSAGE } from '../model/status-size.ts';
import { boundText } from '../model/text.ts';
import type { ShardNote, SiteFailure } from '../model/types.ts';
import type { Ended } from './site-work.ts';

/** Failures that a shard hands on to the object's status at a time, the newest first. */
const TOLD_FAILURES = 20;

const TAKEN_OUT = { reason: SKIPPED, message: 'It was taken out of the stage' };

/** What there is to say of a shard's sites besides their phases: what they were given, why they are not ready, who holds them. */
export class SiteNotes {
  private readonly sites: readonly Site[];
  private readonly parents: (string | undefined)[] = [];
  private readonly givens: string[];
  private readonly notes: Map<string, ShardNote>;
  /** Sites that were given the release and are not ready with it yet. */
  private readonly appliedOnly = new Set<string>();
  /** Who holds the releases of sites that are under way, by the site. */
  private readonly holders = new Map<string, string>();
  private untold: SiteFailure[] = [];

  constructor({ sites, notes, parents = {} }: LoadedShard, state?: ContinuedShard) {
    this.sites = sites;
    this.givens = [...(state?.given ?? NOT_GIVEN.repeat(sites.length))];
    this.notes = new Map((state?.notes ?? notes).map((note) => [note.site, note]));
    for (const [parent, places] of Object.entries(parents)) for (const at of places) this.parents[at] = parent;
  }

  give(at: number): void {
    this.givens[at] = GIVEN;
  }

  /** @param next - sites that may be given it before this is asked again */
  givenWith(next: readonly number[]): string {
    const given = [...this.givens];
    for (const at of next) given[at] = GIVEN;
    return given.join('');
  }

  applied(at: number): void {
    this.appliedOnly.add(this.nameOf(at));
  }

  /** @param message - who holds it; empty when that is over */
  held(at: number, message: string): void {
    if (message === '') this.holders.delete(this.nameOf(at));
    else this.holders.set(this.nameOf(at), boundText(message, MAX_MESSAGE));
  }

  parentLost(at: number): void {
    const { name, layer } = this.sites[at]!;
    this.note(parentNotReady(name, layer, this.parents[at]));
  }

  skipped(at: number): void {
    this.note({ site: this.nameOf(at), ...TAKEN_OUT });
  }

  /**
   * A site waits for its window, or does not any more.
   *
   * @param text - why; left out, it does not
   * @returns whether that is news
   */
  shut(at: number, text: string | undefined): boolean {
    const name = this.nameOf(at);
    const before = this.notes.get(name);
    if (text === undefined) return before?.reason === WINDOW_CLOSED && this.notes.delete(name);
    if (before?.message === text) return false;
    this.note({ site: name, reason: WINDOW_CLOSED, message: text });
    return true;
  }

  settled(at: number, { phase, failure }: Ended): void {
    const name = this.nameOf(at);
    this.appliedOnly.delete(name);
    this.holders.delete(name);
    this.notes.delete(name);
    if (!failure) return;
    this.note({ site: failure.site, reason: failure.reason, message: failure.message });
    if (phase !== 'failed') return;
    const told = { ...failure, message: boundText(failure.message, MAX_MESSAGE) };
    this.untold = [told, ...this.untold].slice(0, TOLD_FAILURES);
  }

  /** How many sites were given the release and are not ready with it yet. */
  get unready(): number {
    return this.appliedOnly.size;
  }

  get holder(): string | undefined {
    const [first] = this.holders.values();
    return first;
  }

  get all(): ShardNote[] {
    return [...this.notes.values()];
  }

  /** Failures that were not told yet, newest first; each is told once. */
  takeUntold(): SiteFailure[] {
    const untold = this.untold;
    this.untold = [];
    return untold;
  }

  /** Why these sites have failed, the newest first, as many as are told. */
  failuresOf(failed: readonly number[]): SiteFailure[] {
    const names = new Set(failed.map((at) => this.nameOf(at)));
    const [first] = this.sites;
    const newest = this.all.reverse().filter(({ site }) => names.has(site));
    return newest.slice(0, TOLD_FAILURES).map((note) => ({ ...note, layer: first!.layer }));
  }

  private note(note: ShardNote): void {
    this.notes.delete(note.site);
    this.notes.set(note.site, { ...note, message: boundText(note.message, MAX_MESSAGE) });
  }

  private nameOf(at: number): string {
    return this.sites[at]!.name;
  }
}
