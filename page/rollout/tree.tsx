/** Sites below their parents, cloud to edge: open what you want to look into. */
import { useMemo, useState } from 'preact/hooks';
import { LAYERS } from '../../model/layers.ts';
import { phasesIn, type SiteCounts } from '../../model/rollout-tree.ts';
import type { RolloutKey } from '../../model/types.ts';
import { Swatch } from '../grid/swatch.tsx';
import { rolloutAddress } from '../routing.ts';
import { countText, numberText, phaseText } from '../text.ts';
import { countsText, totalOf } from './phase-counts.ts';
import { type PlacedSite, type SiteNode, treeOf } from './site-tree.ts';

/** Nothing where no site is below another that is a FogSite. */
export function SiteTree({ rollout, sites }: { rollout: RolloutKey; sites: readonly PlacedSite[] }) {
  const roots = useMemo(() => treeOf(sites), [sites]);
  if (!sites.some(({ parent }) => parent)) return null;
  return (
    <section class="site-tree" aria-labelledby="tree-title">
      <h2 id="tree-title">By parent</h2>
      <Nodes rollout={rollout} nodes={roots} isOpen={roots.length === 1} />
    </section>
  );
}

/** So many are shown below one another at first. */
const MOST = 50;

interface NodesProps {
  rollout: RolloutKey;
  nodes: SiteNode[];
  isOpen?: boolean;
}

function Nodes({ rollout, nodes, isOpen = false }: NodesProps) {
  const [shown, setShown] = useState(MOST);
  return (
    <ul>
      {nodes.slice(0, shown).map((node) => (
        <li key={node.name}>
          {node.children.length > 0 ? (
            <Branch rollout={rollout} node={node} isOpen={isOpen} />
          ) : (
            <SiteLine node={node} address={rolloutAddress(rollout, node.name)} />
          )}
        </li>
      ))}
      {nodes.length > shown && (
        <li>
          <button type="button" class="link" onClick={() => setShown(shown + MOST)}>
            and {numberText(nodes.length - shown)} more
          </button>
        </li>
      )}
    </ul>
  );
}

/** What is below it is drawn when it is opened. */
function Branch({ rollout, node, isOpen: isOpenAtFirst }: Omit<NodesProps, 'nodes'> & { node: SiteNode }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <SiteLine node={node} />
        {LAYERS.map((layer) => {
          const counts = node.below[layer];
          return counts && <Below key={layer} what={layer} counts={counts} />;
        })}
      </summary>
      {isOpen && <Nodes rollout={rollout} nodes={node.children} />}
    </details>
  );
}

/** @param address - of its panel; a summary that opens has none, as it is pressed for something else */
function SiteLine({ node: { site, name, layer }, address }: { node: SiteNode; address?: string }) {
  return (
    <span class="tree-site">
      {site && <Swatch phase={site.phase} />}
      {address ? <a href={address}>{name}</a> : <b>{name}</b>}
      {site ? (
        <span class="hint">{name === layer ? phaseText(site.phase) : `${layer}, ${phaseText(site.phase)}`}</span>
      ) : (
        <span class="hint">{layer}</span>
      )}
    </span>
  );
}

function Below({ what, counts }: { what: string; counts: SiteCounts }) {
  const total = totalOf(counts);
  return (
    <span class="below">
      <span class="strip" aria-hidden="true">
        {phasesIn(counts).map(([phase, count]) => (
          <i key={phase} class={`is-${phase}`} style={{ flexGrow: count }} />
        ))}
      </span>
      <span>
        {countText(total, `${what} site`)}: {countsText(counts)}
      </span>
    </span>
  );
}
