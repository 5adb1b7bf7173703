import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import type { CallOptions } from './connection.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { type KubeObject, LEASES } from './resources.ts';

/** coordination.k8s.io/v1 Lease; times are MicroTime, with exactly six digits of a second's fraction. */
export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

export type LeaseClient = Pick<KubeClient, 'get' | 'create' | 'replace'>;

export interface LeaseRecordOptions {
  client: LeaseClient;
  namespace: string;
  name: string;
  identity: string;
  durationSeconds: number;
  clock: Clock;
}

/**
 * The Lease object as one candidate sees it: what was seen last, when by our own clock, and the writes to it. The times in
 * the record are for people: other machines' clocks decide nothing. Every write carries the resourceVersion that was read,
 * so of two that write at once the API server lets one through.
 */
export class LeaseRecord {
  readonly #options: LeaseRecordOptions;
  #seen: Lease | undefined;
  /** When what we saw last differed from what we saw before. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Whether the record we saw last is certainly ours to write on: no need to read it first. */
  #current = false;

  constructor(options: LeaseRecordOptions) {
    this.#options = options;
  }

  /** Who held the lease when we last looked; empty for nobody. */
  get holder(): string {
    return this.#seen?.spec?.holderIdentity ?? '';
  }

  get isOurs(): boolean {
    return this.holder === this.#options.identity;
  }

  /** When the request that last made or kept the lease ours was sent: nobody can have seen it earlier. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /**
   * Takes the lease if it is free, ran out or is ours, for another term.
   * @returns whether we hold it now; false when another does, or wrote first ({@link holder} then names it)
   * @throws what the client throws: then nothing is known
   */
  async hold(call: CallOptions): Promise<boolean> {
    try {
      if (!this.#current) await this.#read(call);
      if (!this.isOurs && this.holder !== '' && !this.#ranOut()) return false;
      return await this.#write(this.#seen, this.#ourSpec(), call);
    } catch (error) {
      this.#current = false;
      if (isNotFound(error)) return this.#create(call);
      if (!isConflict(error)) throw error;
      await this.#read(call);
      return false;
    }
  }

  /** Gives the lease back, so that another need not wait until it runs out. */
  async release(call: CallOptions): Promise<void> {
    if (!this.isOurs) return;
    const now = microTime(this.#options.clock.date());
    const transitions = this.#seen?.spec?.leaseTransitions ?? 0;
    // A duration of zero is not valid; one second is client-go's value.
    const spec = {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: transitions,
    };
    await this.#write(this.#seen, spec, call);
  }

  async #create(call: CallOptions): Promise<boolean> {
    this.#seen = undefined;
    try {
      return await this.#write(undefined, this.#ourSpec(), call);
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  async #read(call: CallOptions): Promise<void> {
    const { client, namespace, name } = this.#options;
    this.#see(await client.get<Lease>(LEASES, { namespace, name }, call));
    this.#current = this.isOurs;
  }

  async #write(from: Lease | undefined, spec: LeaseSpec, call: CallOptions): Promise<true> {
    const { client, namespace, name, clock } = this.#options;
    const sentAt = clock.now();
    const written = from
      ? await client.replace<Lease>(LEASES, { ...from, spec }, call)
      : await client.create<Lease>(LEASES, { metadata: { namespace, name }, spec }, call);
    this.#see(written);
    this.#renewedAt = sentAt;
    this.#current = this.isOurs;
    return true;
  }

  #see(lease: Lease): void {
    if (JSON.stringify(lease.spec) !== JSON.stringify(this.#seen?.spec)) this.#changedAt = this.#options.clock.now();
    this.#seen = lease;
  }

  /** The holder showed no life for a whole term since we saw it change. */
  #ranOut(): boolean {
    const term = (this.#seen?.spec?.leaseDurationSeconds ?? this.#options.durationSeconds) * 1000;
    return this.#options.clock.now() >= this.#changedAt + term;
  }

  #ourSpec(): LeaseSpec {
    const { identity, durationSeconds, clock } = this.#options;
    const before = this.#seen?.spec;
    const now = microTime(clock.date());
    const taken = before !== undefined && !this.isOurs;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: durationSeconds,
      acquireTime: this.isOurs ? (before?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (taken ? 1 : 0),
    };
  }
}

function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
