import type { SiteViewPhase } from '../../model/fleet/site-view.ts';
import { LOOKS } from './looks.ts';

/** A cell of the grid by itself, as legends have it. */
export function Swatch({ phase }: { phase: SiteViewPhase }) {
  const { colour, shape, lines } = LOOKS[phase];
  const fill = `var(${colour})`;
  return (
    <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
      {shape === 'full' && <rect width="10" height="10" rx="1" style={{ fill }} />}
      {shape === 'half' && <rect y="5" width="10" height="5" style={{ fill }} />}
      {shape === 'small' && <rect x="3" y="3" width="4" height="4" style={{ fill }} />}
      {shape === 'hollow' && <rect x="0.75" y="0.75" width="8.5" height="8.5" style={{ fill: 'none', stroke: fill }} />}
      {lines.map(([x1, y1, x2, y2]) => (
        <line key={`${x1}-${y1}`} x1={x1} y1={y1} x2={x2} y2={y2} />
      ))}
    </svg>
  );
}
