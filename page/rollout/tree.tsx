/** Sites below their parents, cloud to edge: open what you want to look into. */
import { useMemo, useState } from 'preact/hooks';
import { LAYERS } from '../../model/layers.ts';
import { phasesIn, type SiteCounts } from '../../model/rollout-tree.ts';
import { Swatch } from '../grid/swatch.tsx';
import { countText, numberText, phaseText } from '../text.ts';
import { countsText, totalOf } from './phase-counts.ts';
import { type PlacedSite, type SiteNode, treeOf } from './site-tree.ts';

/** Nothing where no site is below another that is a FogSite. */
export function SiteTree({ sites }: { sites: readonly PlacedSite[] }) {
  const roots = useMemo(() => treeOf(sites), [sites]);
  if (!sites.some(({ parent }) => parent)) return null;
  return (
    <section class="site-tree" aria-labelledby="tree-title">
      <h2 id="tree-title">By parent</h2>
      <Nodes nodes={roots} isOpen={roots.length === 1} />
    </section>
  );
}

/** So many are shown below one another at first. */
const MOST = 50;

function Nodes({ nodes, isOpen = false }: { nodes: SiteNode[]; isOpen?: boolean }) {
  const [shown, setShown] = useState(MOST);
  return (
    <ul>
      {nodes.slice(0, shown).map((node) => (
        <li key={node.name}>
          {node.children.length > 0 ? <Branch node={node} isOpen={isOpen} /> : <SiteLine node={node} />}
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
function Branch({ node, isOpen: isOpenAtFirst }: { node: SiteNode; isOpen: boolean }) {
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
      {isOpen && <Nodes nodes={node.children} />}
    </details>
  );
}

function SiteLine({ node: { site, name, layer } }: { node: SiteNode }) {
  return (
    <span class="tree-site">
      {site && <Swatch phase={site.phase} />}
      <b>{name}</b>
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
