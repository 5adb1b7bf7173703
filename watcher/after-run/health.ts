import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { RecordedLayer } from '../../model/fleet/behind.ts';
import { type LayerHealth, withHealth } from '../../model/status.ts';
import type { FogRollout } from '../../model/types.ts';
import type { Releases } from '../releases.ts';
import { reportHealth } from '../status-writer.ts';
import type { Again } from './deps.ts';
import type { Books } from './ledgers.ts';

export interface HealthDeps {
  client: KubeClient;
  releases: Pick<Releases, 'health'>;
  clock: Clock;
}

/** Between two reports of how many sites are how, in ms: they go and come one by one. */
const COUNTS_GAP_MS = 5_000;
/** How long after a stage, in ms, its last record may be on its way to us. */
const GRACE_MS = 2_000;

/** Keeps the status of rollouts true whose run has ended: the one writer of what their layers are now. */
export class Health {
  private readonly deps: HealthDeps;
  private readonly again: Again;
  /** When the status of a rollout was last written. */
  private readonly written = new Map<string, number>();

  constructor(deps: HealthDeps, again: Again) {
    this.deps = deps;
    this.again = again;
  }

  /** How all layers are now, whatever their sites, as far as that is known; requests nothing. `nextMs`: when to ask again. */
  of(rollout: FogRollout, { own }: Books): { layers: LayerHealth[]; nextMs?: number } {
    const now = this.deps.clock.date().getTime();
    const waits: number[] = [];
    const fleets = own.flatMap(({ layer, ledger }) => {
      const grace = graceOf(layer, now);
      if (grace > 0) waits.push(grace);
      if (grace > 0 || layer.status?.phase === 'Progressing') return [];
      const seen = ledger.health(now);
      if (seen?.expires !== undefined) waits.push(Math.max(1, seen.expires - now));
      return seen ? [seen.health] : [];
    });
    const layers = [...this.deps.releases.health(rollout), ...fleets];
    return { layers, ...(waits.length > 0 && { nextMs: Math.min(...waits) }) };
  }

  async report(key: string, rollout: FogRollout, books: Books): Promise<void> {
    const { client, releases, clock } = this.deps;
    const { layers, nextMs } = this.of(rollout, books);
    if (nextMs !== undefined) this.again(key, nextMs);
    const now = clock.date().toISOString();
    const { status } = rollout;
    const changed = status && withHealth(status, layers, now);
    if (!changed) return;
    const isOnlyCounts = !withHealth(status, releases.health(rollout), now);
    const last = isOnlyCounts ? this.written.get(key) : undefined;
    const wait = last === undefined ? 0 : last + COUNTS_GAP_MS - clock.now();
    if (wait > 0) return this.again(key, wait);
    this.written.set(key, clock.now());
    await reportHealth(client, rollout, layers, changed);
  }

  forget(key: string): void {
    this.written.delete(key);
  }
}

/** ms until the record of a layer can be believed to be whole. */
export function graceOf({ status }: RecordedLayer, now: number): number {
  const ended = Date.parse(status?.finishedAt ?? '');
  return Number.isNaN(ended) ? 0 : Math.min(GRACE_MS, Math.max(0, ended + GRACE_MS - now));
}
