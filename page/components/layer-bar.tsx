import type { LayerSummary } from '../../model/rollout-summary.ts';
import { type Share, shareOf, shareText } from '../list/layer-share.ts';
import { numberText } from '../text.ts';

const PARTS = ['ready', 'before', 'underWay', 'failed', 'away'] as const satisfies readonly (keyof Share)[];

/** How far a layer is: its sites as one bar, and ready of all in figures. */
export function LayerBar({ layer, wanted }: { layer: LayerSummary; wanted: string }) {
  const share = shareOf(layer, wanted);
  const { total } = share;
  return (
    <span class="layer" title={`${layer.layer}: ${shareText(share)}`}>
      <span class={`bar is-${layer.phase.toLowerCase()}`} role="img" aria-label={shareText(share)}>
        {PARTS.map(
          (part) => share[part] > 0 && <i key={part} class={`is-${part}`} style={{ flexGrow: share[part] }} />,
        )}
        <i
          class="is-rest"
          style={{ flexGrow: Math.max(0, total - PARTS.reduce((sum, part) => sum + share[part], 0)) }}
        />
      </span>
      <span class="figures" aria-hidden="true">
        {numberText(share.ready + share.before)}/{numberText(total)}
      </span>
    </span>
  );
}
