/** What actions are called. Pure. */
import { placeText } from '../../model/run/gate-turn.ts';
import type { Asking } from './effects.ts';
import type { ActionName } from './offers.ts';

export const LABELS: Record<ActionName, string> = {
  Approve: 'Approve',
  Reject: 'Reject',
  Pause: 'Pause',
  Resume: 'Resume',
  Abort: 'Abort',
  Retry: 'Retry',
  Skip: 'Skip',
  Rollback: 'Roll back',
  Restart: 'Restart',
};

/** What ends or undoes something. */
export const DANGEROUS: ReadonlySet<ActionName> = new Set(['Reject', 'Abort', 'Rollback']);

/** e.g. `Approve the gate shop before the edge of web?`. */
export function questionOf({ action, gate, site, wave }: Asking, name: string): string {
  if (gate) return `${LABELS[action]} the gate ${gate.name} ${placeText(gate)}?`;
  if (site !== undefined) return `${LABELS[action]} the site ${site}?`;
  if (wave !== undefined) return `${LABELS[action]} what is left of the wave ${wave}?`;
  return action === 'Skip' ? `Skip a layer of ${name}?` : `${LABELS[action]} ${name}?`;
}

/** The body of a request, as the API takes it. */
export interface ActionBody {
  action: string;
  layer?: string;
  wave?: string;
  site?: string;
  gate?: string;
  revision?: number;
  reason?: string;
}

/**
 * @param present - the generation that was shown: with another under way by then, it is refused; left out, whichever is
 */
export function bodyOf(asking: Asking, reason: string, present: number | undefined): ActionBody {
  const { action, gate, layer, wave, site, to } = asking;
  const revision = action === 'Rollback' ? to?.generation : present;
  const where = gate ?? { layer, wave };
  return {
    action,
    ...(where.layer && { layer: where.layer }),
    ...(where.wave !== undefined && { wave: where.wave }),
    ...(gate && { gate: gate.name }),
    ...(site !== undefined && { site }),
    ...(revision !== undefined && { revision }),
    ...(reason !== '' && { reason }),
  };
}
