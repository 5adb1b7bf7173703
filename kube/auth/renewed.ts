import type { Clock } from '../clock.ts';
import type { CredentialSource, Grant } from './source.ts';

/** What was got from elsewhere, and how long it holds. */
export interface Renewal {
  grant: Grant;
  /** Ms since the epoch; undefined when nothing is said of it. */
  expiresAt?: number | undefined;
}

/** What failed is not tried again before so long after, in milliseconds, however many requests ask. */
const FAILED_MS = 1_000;
/** What was got holds for so long at least, in milliseconds, though it says that it has ended: the other's clock may be behind. */
const LEAST_MS = 1_000;
/** Nor is it got anew for a 401 when it was for another so lately: a server that refuses all would have it got all the time. */
const REFUSED_MS = 10_000;

/** A source that has to run a program or to ask somebody: once for all who wait, and again when what it got has ended. */
export class RenewedSource implements CredentialSource {
  readonly #renew: () => Promise<Renewal>;
  readonly #clock: Clock;
  #given: Renewal | undefined;
  #givenAt = Number.NEGATIVE_INFINITY;
  #renewing: Promise<Renewal> | undefined;
  #failed: { error: unknown; at: number } | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;

  /** @param given - what there is already */
  constructor(renew: () => Promise<Renewal>, clock: Clock, given?: Renewal) {
    this.#renew = renew;
    this.#clock = clock;
    this.#given = given;
  }

  get isFresh(): boolean {
    if (!this.#given) return false;
    const { expiresAt = Number.POSITIVE_INFINITY } = this.#given;
    return this.#clock.date().getTime() < expiresAt || this.#clock.now() - this.#givenAt < LEAST_MS;
  }

  async get(): Promise<Grant> {
    return (this.#given && this.isFresh ? this.#given : await this.#renewed()).grant;
  }

  refused(): boolean {
    const now = this.#clock.now();
    if (now - this.#refusedAt < REFUSED_MS) return false;
    this.#refusedAt = now;
    this.#given = undefined;
    return true;
  }

  unanswered(): void {}

  #renewed(): Promise<Renewal> {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewNow(): Promise<Renewal> {
    if (this.#failed && this.#clock.now() - this.#failed.at < FAILED_MS) throw this.#failed.error;
    try {
      this.#given = await this.#renew();
      this.#givenAt = this.#clock.now();
      this.#failed = undefined;
      return this.#given;
    } catch (error) {
      this.#failed = { error, at: this.#clock.now() };
      throw error;
    }
  }
}
