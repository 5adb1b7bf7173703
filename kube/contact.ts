import type { Clock } from './clock.ts';

/**
 * When a watch last heard of its server. Two things are told apart: how old what it knows may be, which grows to about a
 * minute (the time between two bookmarks) while an open watch has nothing to say, and whether it is cut off, which an open
 * watch is not: one that goes silent for longer than a server would is closed by its reader.
 */
export class Contact {
  readonly #clock: Clock;
  #heardAt: number | undefined;
  #heardBefore: number | undefined;
  #isOpen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There was a list, an event, a bookmark, or the server accepted the watch. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  opened(): void {
    this.#heardBefore = this.#heardAt;
    this.#isOpen = true;
    this.heard();
  }

  /** @param wasGood - false where the watch broke at once and told nothing: then it need not have been Kubernetes that opened it */
  closed({ wasGood }: { wasGood: boolean }): void {
    this.#isOpen = false;
    if (!wasGood) this.#heardAt = this.#heardBefore;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Milliseconds since it last heard anything; undefined when it never did. */
  get ageMs(): number | undefined {
    return this.#heardAt === undefined ? undefined : this.#clock.now() - this.#heardAt;
  }

  /** Milliseconds that it has been cut off for: since it last heard anything, and 0 while it is open. */
  get cutOffMs(): number {
    return this.#isOpen ? 0 : (this.ageMs ?? 0);
  }
}
