import { useRef } from 'preact/hooks';
import type { LayerSummary, RolloutSummary } from '../../model/rollout-summary.ts';
import { LayerBar } from '../components/layer-bar.tsx';
import { PhaseBadge } from '../components/phase-badge.tsx';
import { useWindowed } from '../components/windowed.ts';
import { ListFilters } from '../list/filters.tsx';
import { type Listed, listed } from '../list/rows.ts';
import { ScopeForm } from '../list/scope-form.tsx';
import { standingText } from '../list/standing.ts';
import { now } from '../live/now.ts';
import { connection, known } from '../live/store.ts';
import { type ListFilter, rolloutAddress } from '../routing.ts';
import { ageText, countText } from '../text.ts';

/** As styles/list.css has it. */
const ROW_PX = 44;

/** As model/layers.ts has them, which is more than the page needs. */
const LAYERS = ['cloud', 'fog', 'edge'] as const;

export function ListView({ filter }: { filter: ListFilter }) {
  const { rollouts, isWhole } = known.value;
  const list = listed(rollouts.values(), filter);
  return (
    <>
      <h1>Rollouts</h1>
      <ListFilters filter={filter} list={list} />
      {list.rows.length > 0 ? <Rows list={list} isWhole={isWhole} /> : <Empty list={list} isWhole={isWhole} />}
    </>
  );
}

function Rows({ list: { rows }, isWhole }: { list: Listed; isWhole: boolean }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useWindowed(body, rows.length, ROW_PX);
  return (
    <table class="rollouts" aria-rowcount={rows.length + 1} aria-busy={!isWhole}>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">Rollout</th>
          <th scope="col">Version</th>
          <th scope="col">Phase</th>
          {LAYERS.map((layer) => (
            <th scope="col" key={layer}>
              {layer}
            </th>
          ))}
          <th scope="col">Waits for</th>
          <th scope="col" class="is-number">
            Age
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap rows={from} />
        {rows.slice(from, to).map((one, at) => (
          <Row key={`${one.namespace}/${one.name}`} rollout={one} index={from + at + 2} />
        ))}
        <Gap rows={rows.length - to} />
      </tbody>
    </table>
  );
}

/** Stands for rows that are out of sight. */
function Gap({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: no row can have the focus
    <tr aria-hidden="true" class="gap">
      <td colSpan={8} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function Row({ rollout, index }: { rollout: RolloutSummary; index: number }) {
  const { namespace, name, version, completedVersion, phase, layers, createdAt } = rollout;
  const standing = standingText(rollout);
  return (
    <tr aria-rowindex={index} class={phase === 'Failed' ? 'is-bad' : undefined}>
      <th scope="row">
        <a href={rolloutAddress(rollout)} title={`${namespace}/${name}`}>
          {name}
        </a>
        <small>{namespace}</small>
      </th>
      <td title={version}>
        {version}
        {completedVersion !== undefined && completedVersion !== version && <small>from {completedVersion}</small>}
      </td>
      <td>
        <PhaseBadge phase={phase} />
      </td>
      {LAYERS.map((name) => (
        <LayerCell key={name} layer={layers.find(({ layer }) => layer === name)} wanted={version} />
      ))}
      <td class="standing" title={standing}>
        <span>{standing}</span>
      </td>
      <td class="is-number" title={createdAt}>
        {ageText(createdAt, now.value)}
      </td>
    </tr>
  );
}

function LayerCell({ layer, wanted }: { layer: LayerSummary | undefined; wanted: string }) {
  return <td>{layer ? <LayerBar layer={layer} wanted={wanted} /> : <span class="none">–</span>}</td>;
}

function Empty({ list: { total }, isWhole }: { list: Listed; isWhole: boolean }) {
  const { isLive, why, isForbidden } = connection.value;
  if (!isWhole && isForbidden) return <ScopeForm why={why} />;
  if (!isWhole) return <p class="notice">{isLive ? 'Loading…' : why}</p>;
  if (total > 0 || known.value.rollouts.size > 0) {
    return <p class="notice">None of {countText(known.value.rollouts.size, 'rollout')} matches.</p>;
  }
  return (
    <p class="notice">
      There are no FogRollouts yet: <code>kubectl apply -f examples/nginx-rollout.yml</code> makes one.
    </p>
  );
}
