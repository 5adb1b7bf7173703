/** Layers that people pass over: how their status says so. Pure. */
import type { Layer } from './layers.ts';
import { change, passedBy } from './status.ts';
import type { FogRolloutStatus, LayerSkip, LayerStatus } from './types.ts';

/** A person passes it over: what is under way there finishes, or its turn is yet to come. Said again when that is over, it says nothing. */
export function layerSkipping(status: FogRolloutStatus, layer: Layer, skipped: LayerSkip): FogRolloutStatus {
  return change(status, layer, (before) =>
    before.phase === 'Pending' || before.phase === 'Progressing' ? { ...before, skipped } : before,
  );
}

/** Its turn is over without it. @param why - what it came to, where it had begun */
export function layerSkipped(status: FogRolloutStatus, layer: Layer, now: string, why?: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, ...before }) => ({
    ...before,
    phase: 'Skipped',
    ...(why !== undefined && { message: why }),
    finishedAt: now,
  }));
}

/** Its release is again what it was given: it is no less passed over than before. */
export function layerPutRight(status: FogRolloutStatus, layer: Layer, now: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, ...before }) => ({
    ...before,
    phase: before.skipped ? 'Skipped' : 'Ready',
    finishedAt: now,
  }));
}

/** What is said of a layer, with who passes it over. */
export function layerWords({ phase, skipped, message }: Pick<LayerStatus, 'phase' | 'skipped' | 'message'>) {
  const words = [skipped && skipText(skipped, phase), message].filter((text) => text !== undefined);
  return words.length > 0 ? words.join('; ') : undefined;
}

function skipText(skipped: LayerSkip, phase: LayerStatus['phase']): string {
  return phase === 'Pending' ? `${passedBy(skipped)}, when its turn comes` : passedBy(skipped);
}
