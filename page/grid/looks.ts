/** How a site's phase looks: a colour, and a shape for who does not see it. Pure. */
import type { SiteViewPhase } from '../../model/fleet/site-view.ts';

export interface Look {
  /** The colour's name in styles/theme.css. */
  colour: string;
  /** How much of its cell it takes. */
  shape: 'full' | 'half' | 'small' | 'hollow';
  /** Drawn on it, from (x, y) to (x, y) where a cell is 10 by 10. */
  lines: [number, number, number, number][];
  /** For people. */
  means: string;
}

/** Worst first, as a person has to look at them. */
export const LOOKS: Record<SiteViewPhase, Look> = {
  Failed: {
    colour: '--site-failed',
    shape: 'full',
    lines: [
      [2.5, 2.5, 7.5, 7.5],
      [7.5, 2.5, 2.5, 7.5],
    ],
    means: 'It did not become ready',
  },
  Drifted: {
    colour: '--site-drifted',
    shape: 'full',
    lines: [[2.5, 7.5, 7.5, 2.5]],
    means: 'Somebody has changed its release',
  },
  Unknown: {
    colour: '--site-unknown',
    shape: 'full',
    lines: [[5, 2.5, 5, 7.5]],
    means: 'It was ready, and is out of reach',
  },
  InFlight: {
    colour: '--site-in-flight',
    shape: 'full',
    lines: [[2.5, 5, 7.5, 5]],
    means: 'It is under way',
  },
  Deferred: { colour: '--site-unknown', shape: 'half', lines: [], means: 'It is left for later' },
  Held: { colour: '--site-held', shape: 'half', lines: [], means: 'Nothing is changed there' },
  Blocked: { colour: '--site-held', shape: 'hollow', lines: [], means: 'It waits for its parent' },
  Waiting: { colour: '--site-waiting', shape: 'full', lines: [], means: 'Its turn has not come' },
  Skipped: { colour: '--site-held', shape: 'small', lines: [], means: 'It was passed over' },
  Removed: { colour: '--site-removed', shape: 'full', lines: [], means: 'What it had was taken away' },
  Ready: { colour: '--site-ready', shape: 'full', lines: [], means: 'It runs the revision' },
};

export const PHASES = Object.keys(LOOKS) as SiteViewPhase[];

/** Worst first. */
export function rankOf(phase: SiteViewPhase): number {
  return PHASES.indexOf(phase);
}
