/** Two Fog Rollouts on one cluster would undo each other's work: of those that have it, one stands back, and says so. */
import type { KubeClient } from '../kube/client.ts';
import { type Clock, sleep, systemClock } from '../kube/clock.ts';
import { isForbidden } from '../kube/errors.ts';
import { Informer } from '../kube/informer.ts';
import type { LeaderElector, LeadOptions } from '../kube/lease.ts';
import type { Lease } from '../kube/leaserecord.ts';
import type { Log } from '../kube/log.ts';
import { LEASES } from '../kube/resources.ts';
import { WATCHER_LEASE } from '../model/names.ts';

/** A Lease that nobody has renewed for so long, in ms, is nobody's: as the elector has it. */
const LIVE_MS = 15_000;
/** A leader renews its Lease within this, in ms. */
const RENEWED_MS = 5_000;

export interface OtherHubsOptions {
  client: KubeClient;
  /** Where this Fog Rollouts has its own Lease. */
  namespace: string;
  log: Log;
  clock?: Clock;
}

/** The Leases of other watchers: each Fog Rollouts has one of the same name in its own namespace. Nothing is written to them. */
export class OtherHubs {
  private readonly options: OtherHubsOptions;
  private readonly clock: Clock;
  /** By namespace, when the Lease was seen to change, by our own clock; of one that was there before us, nothing yet. */
  private readonly changedAt = new Map<string, number>();
  private leases: Informer<Lease> | undefined;
  private changed = Promise.withResolvers<void>();
  private refuser: string | undefined;

  constructor(options: OtherHubsOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
  }

  /** The namespace of the Fog Rollouts that has the cluster in our place; undefined while it is ours. */
  get refusedBy(): string | undefined {
    return this.refuser;
  }

  /**
   * Begins to watch, until the signal; resolves when it is known who is there. Where that may not be asked, nobody is.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { client, namespace, log } = this.options;
    const fieldSelector = `metadata.name=${WATCHER_LEASE},metadata.namespace!=${namespace}`;
    try {
      await client.list<Lease>(LEASES, { fieldSelector, limit: 1 }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (isForbidden(error)) {
        log.warn({ err: error }, 'Whether another Fog Rollouts has this cluster may not be asked');
        return;
      }
      // Whatever else it is passes, and the watch tries again.
    }
    const leases = new Informer<Lease>({ client, type: LEASES, fieldSelector, log, clock: this.clock });
    this.leases = leases;
    const changes = ({ metadata }: Lease) => {
      if (leases.hasSynced) this.changedAt.set(metadata.namespace!, this.clock.now());
      this.tell();
    };
    leases.subscribe({
      onAdd: changes,
      onUpdate: (_, lease) => changes(lease),
      onDelete: ({ metadata }) => {
        this.changedAt.delete(metadata.namespace!);
        this.tell();
      },
    });
    leases.start(signal);
    await leases.waitForSync(signal);
    // Whoever has one of those that were there before us renews it by then.
    if (this.held().length > 0) await sleep(this.clock, RENEWED_MS, signal);
  }

  /** Resolves when the cluster is nobody else's. @throws the signal's reason */
  async gone(signal: AbortSignal): Promise<void> {
    for (;;) {
      const ahead = (await this.ahead(signal))?.metadata.namespace;
      if (ahead !== undefined && ahead !== this.refuser) this.options.log.error({ namespace: ahead }, refusal(ahead));
      this.refuser = ahead;
      if (ahead === undefined) return;
      await this.next(signal);
    }
  }

  /** Resolves when the cluster is another's, though we lead. @throws the signal's reason */
  async yieldTo(signal: AbortSignal): Promise<void> {
    while (!(await this.ahead(signal))) await this.next(signal);
  }

  /**
   * Whose Lease is the oldest, has the cluster: so whoever makes a Lease of that name, in a namespace of their own, stops nobody
   * who was there before.
   */
  private async ahead(signal: AbortSignal): Promise<Lease | undefined> {
    const others = this.live();
    if (others.length === 0) return undefined;
    const own = await this.own(signal);
    return others.find((other) => !own || isBefore(other, own));
  }

  /** Undefined while there is none; asked until there is an answer. */
  private async own(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, log } = this.options;
    for (;;) {
      try {
        return await client.find<Lease>(LEASES, { namespace, name: WATCHER_LEASE }, { signal });
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ err: error }, 'Whether this cluster is another Fog Rollouts’ cannot be told now');
        await sleep(this.clock, RENEWED_MS, signal);
      }
    }
  }

  private held(): Lease[] {
    return (this.leases?.list() ?? []).filter(({ spec }) => spec?.holderIdentity);
  }

  private live(): Lease[] {
    const now = this.clock.now();
    return this.held().filter(({ metadata }) => now - (this.changedAt.get(metadata.namespace!) ?? -LIVE_MS) < LIVE_MS);
  }

  /** Until something changes, or what was live may be so no more. */
  private async next(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const isAny = this.held().length > 0;
    await Promise.race([
      this.changed.promise,
      sleep(this.clock, isAny ? RENEWED_MS : Number.POSITIVE_INFINITY, either),
    ]);
    over.abort();
    signal.throwIfAborted();
  }

  private tell(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}

/** {@link LeaderElector.run}, but that nobody of this Fog Rollouts leads while another has the cluster. */
export async function leadAlone(
  elector: Pick<LeaderElector, 'run'>,
  others: OtherHubs,
  { signal, ...options }: LeadOptions,
): Promise<void> {
  try {
    await others.start(signal);
    while (!signal.aborted) {
      await others.gone(signal);
      const yielding = new AbortController();
      const ours = AbortSignal.any([signal, yielding.signal]);
      const yielded = others.yieldTo(ours).then(
        () => yielding.abort(new Error('Another Fog Rollouts has the cluster')),
        () => undefined, // we stop, or lead no more
      );
      await elector.run({ ...options, signal: ours }).finally(() => yielding.abort());
      await yielded;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** For people: in the log, and in `/readyz`. */
export function refusal(namespace: string): string {
  return `another Fog Rollouts, in the namespace ${namespace}, has this cluster: this one does nothing until that is uninstalled`;
}

function isBefore({ metadata: other }: Lease, { metadata: own }: Lease): boolean {
  const [at, ownAt] = [Date.parse(other.creationTimestamp ?? ''), Date.parse(own.creationTimestamp ?? '')];
  return at === ownAt ? other.namespace! < own.namespace! : at < ownAt;
}
