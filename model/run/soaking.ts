/** Layers that have to stay ready before a run goes on. Pure. */
import type { GateState } from '../gates/kind.ts';
import type { Layer } from '../layers.ts';
import type { GateTurn } from './gate-turn.ts';

/** Whether a layer is ready now, and if not, why. */
export interface LayerReadiness {
  layer: Layer;
  ready: boolean;
  message: string;
}

/** How a layer is that soaks: each time it is ready again, that begins anew. @param now - RFC 3339 */
export function takeReadiness(turns: GateTurn[], { layer, ready, message }: LayerReadiness, now: string): void {
  for (const { step, gates } of turns) {
    if (step.layer !== layer || step.at !== 'after' || step.wave !== undefined) continue;
    for (const [at, gate] of step.gates.entries()) if ('soak' in gate) soaks(gates[at]!, { ready, message }, now);
  }
}

/** What is known already changes nothing. */
function soaks(gate: GateState, { ready, message }: Pick<LayerReadiness, 'ready' | 'message'>, now: string): void {
  if (!ready) gate.unready = { since: gate.unready?.since ?? now, message };
  else if (gate.unready) {
    delete gate.unready;
    gate.since = now;
  }
}
