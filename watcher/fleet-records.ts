import type { Informer } from '../kube/informer.ts';
import { type KubeObject, keyOf } from '../kube/resources.ts';
import {
  behindIn,
  type Fleet,
  fleetOf,
  isUnfinished,
  type LayerBehind,
  type RecordedLayer,
  recordedLayers,
  wasPromoted,
} from '../model/fleet/behind.ts';
import { fleetHealthIn } from '../model/fleet/fleet-health.ts';
import type { LayerHealth } from '../model/status.ts';
import type { FogRollout, FogShard, FogSite, LayerStrategy, Strategy } from '../model/types.ts';
import type { Releases } from './releases.ts';

export interface FleetInformers {
  sites: Informer<FogSite & KubeObject>;
  /** With the rollout's `<namespace>/<name>` as index `rollout`. */
  shards: Informer<FogShard & KubeObject>;
}

/** How long after a stage, in ms, its last record may be on its way to us. */
const GRACE_MS = 2_000;

/** The sites of rollouts whose run has ended: how they are, and which are behind. */
export class FleetRecords {
  readonly informers: FleetInformers;
  private readonly releases: Pick<Releases, 'kept'>;
  /** By rollout, of an earlier generation that layers of it still run; undefined when it is no longer kept. */
  private readonly earlier = new Map<string, { of: string; strategy: Strategy | undefined }>();
  private fleet: Fleet | undefined;

  constructor(informers: FleetInformers, releases: Pick<Releases, 'kept'>) {
    this.informers = informers;
    this.releases = releases;
  }

  /** FogSites have changed: what is behind is judged by them as they are now. */
  renew(): void {
    this.fleet = undefined;
  }

  forget(key: string): void {
    this.earlier.delete(key);
  }

  /** Whether the rollout has a layer that was ready, and has sites under way: a run is open, or was lost. */
  isBusy(rollout: FogRollout): boolean {
    return this.layersOf(rollout).some(isUnfinished);
  }

  /**
   * How the layers with FogSites are now, as far as that is known; requests nothing.
   *
   * @param now - ms since the epoch
   * @returns `nextMs`: when to ask again though nothing changes
   */
  health(rollout: FogRollout, now: number): { layers: LayerHealth[]; nextMs?: number } {
    const waits: number[] = [];
    const layers = this.layersOf(rollout).flatMap((layer) => {
      const grace = graceOf(layer, now);
      if (grace > 0) waits.push(grace);
      if (grace > 0 || layer.status.phase === 'Progressing') return [];
      const strategy = rollout.spec.strategy?.layers?.[layer.status.name] ?? {};
      const seen = fleetHealthIn(layer, strategy, (name) => this.informers.sites.get(undefined, name), now);
      if (seen?.expires !== undefined) waits.push(seen.expires - now);
      return seen ? [seen.health] : [];
    });
    return { layers, ...(waits.length > 0 && { nextMs: Math.max(1, Math.min(...waits)) }) };
  }

  /**
   * The layers that have sites behind what they were promoted to.
   *
   * @param isLost - @see wasPromoted
   */
  async behind(rollout: FogRollout, now: number, { isLost = false } = {}): Promise<LayerBehind[]> {
    this.fleet ??= fleetOf(this.informers.sites.list());
    const fleet = this.fleet;
    const found = this.layersOf(rollout).map(async (layer) => {
      if (graceOf(layer, now) > 0 || !wasPromoted(layer, { isLost })) return undefined;
      const strategy = await this.strategyOf(rollout, layer.status);
      return strategy && behindIn(layer, strategy, fleet);
    });
    return (await Promise.all(found)).filter((layer) => layer !== undefined);
  }

  private layersOf(rollout: FogRollout): RecordedLayer[] {
    const { namespace, name } = rollout.metadata;
    return recordedLayers(rollout, this.informers.shards.byIndex('rollout', keyOf(namespace, name)));
  }

  /** undefined when the content of that generation is no longer kept, and then nobody can give it to a site. */
  private async strategyOf(
    { metadata, spec }: FogRollout,
    { name, generation }: RecordedLayer['status'],
  ): Promise<LayerStrategy | undefined> {
    if (generation === metadata.generation) return spec.strategy?.layers?.[name] ?? {};
    const key = keyOf(metadata.namespace, metadata.name);
    const of = `${metadata.uid}/${generation}`;
    let known = this.earlier.get(key);
    if (known?.of !== of) {
      known = { of, strategy: (await this.releases.kept(metadata, generation))?.strategy };
      this.earlier.set(key, known);
    }
    return known.strategy && (known.strategy.layers?.[name] ?? {});
  }
}

/** ms until the record of a layer can be believed to be whole. */
function graceOf({ status }: RecordedLayer, now: number): number {
  const ended = Date.parse(status.finishedAt ?? '');
  return Number.isNaN(ended) ? 0 : Math.min(GRACE_MS, Math.max(0, ended + GRACE_MS - now));
}
