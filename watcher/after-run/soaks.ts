import { SOAK } from '../../model/gates/soak.ts';
import type { Layer } from '../../model/layers.ts';
import type { LayerHealth } from '../../model/status.ts';
import type { FogRollout } from '../../model/types.ts';
import type { Signaller } from '../signaller.ts';

export interface SoaksDeps {
  signaller: Pick<Signaller, 'health'>;
}

/** Layers that have to stay ready, and whether the object says that they are. */
export function soaking({ status }: FogRollout): { layer: Layer; isReady: boolean }[] {
  return (status?.gates ?? [])
    .filter(({ name, at, state }) => name === SOAK && at === 'after' && state === 'Closed')
    .map(({ layer, unready }) => ({ layer, isReady: !unready }));
}

/** Tells runs that wait for a layer to stay ready when it does not, and when it does again. */
export class Soaks {
  private readonly deps: SoaksDeps;
  /** By rollout: what its run was told last of the layer that soaks. */
  private readonly told = new Map<string, string>();
  /** Rollouts of which a release was not ready for a moment. */
  private readonly interrupted = new Set<string>();

  constructor(deps: SoaksDeps) {
    this.deps = deps;
  }

  /** A release is not ready: however soon it is again, the soak begins anew. */
  interrupt(key: string): void {
    this.interrupted.add(key);
  }

  /** @param health - how its layers are now, as far as that is known */
  async tell(key: string, rollout: FogRollout, health: LayerHealth[]): Promise<void> {
    const layers = soaking(rollout);
    if (layers.length === 0) return this.forget(key);
    for (const { layer, isReady } of layers) {
      const seen = health.find((one) => one.layer === layer);
      if (!seen) continue;
      if (seen.ready && this.interrupted.has(key)) {
        await this.send(key, rollout, { layer, ready: false, message: 'it was not ready for a moment' });
      }
      this.interrupted.delete(key);
      if (seen.ready !== isReady || this.told.has(key)) await this.send(key, rollout, seen);
    }
  }

  forget(key: string): void {
    this.told.delete(key);
    this.interrupted.delete(key);
  }

  /** What it was told last is not told again: that its object says so is on the way. */
  private async send(
    key: string,
    { metadata, status }: FogRollout,
    { layer, ready, message }: LayerHealth,
  ): Promise<void> {
    const text = JSON.stringify([status?.run?.runId, layer, ready, ready ? '' : message]);
    if (this.told.get(key) === text) return;
    await this.deps.signaller.health(metadata, { uid: metadata.uid, layer, ready, message });
    this.told.set(key, text);
  }
}
