/** All sites of a rollout: a cell each, or a table; filters for both, and a panel for one. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { replaceAddress, route } from '../route.ts';
import { rolloutAddress } from '../routing.ts';
import { countText, numberText } from '../text.ts';
import type { Grouping } from './arrange.ts';
import type { Feed } from './feed.ts';
import { filtered, NO_FILTER, type SiteFilter } from './filter.ts';
import { GridCanvas } from './grid-canvas.tsx';
import { GridFilters, GridLegend, GroupingChoice } from './grid-filters.tsx';
import { SitePanel } from './site-panel.tsx';
import { SiteTable } from './site-table.tsx';
import type { Sites } from './sites.ts';

interface Rollout {
  namespace: string;
  name: string;
}

export interface SiteGridProps extends Rollout {
  feed: Feed;
}

export function SiteGrid({ namespace, name, feed: { sites, error } }: SiteGridProps) {
  return (
    <section class="site-grid" aria-labelledby="sites-title">
      <h2 id="sites-title">Sites</h2>
      {error && (
        <p class="notice" role="alert">
          {error.message}
        </p>
      )}
      {sites && sites.names.length > 0 && <Shown sites={sites} namespace={namespace} name={name} />}
      {sites?.names.length === 0 && <p class="notice">It has no sites now.</p>}
      {!sites && !error && <p class="notice">Loading…</p>}
    </section>
  );
}

function Shown({ sites, namespace, name }: { sites: Sites } & Rollout) {
  const [filter, setFilter] = useState<SiteFilter>(NO_FILTER);
  const [grouping, setGrouping] = useState<Grouping>('layer');
  const [isTable, setTable] = useState(false);
  const shown = route.value;
  const selected = shown.view === 'rollout' ? shown.site : undefined;
  const before = useRef<HTMLElement>(null);
  const { matching, counts, total } = useMemo(() => filtered(sites, filter), [sites, filter]);
  const at = selected === undefined ? -1 : sites.names.indexOf(selected);
  const select = (site: number) => {
    if (selected === undefined) before.current = document.activeElement as HTMLElement;
    replaceAddress(rolloutAddress({ namespace, name }, sites.names[site]));
  };
  const close = () => {
    replaceAddress(rolloutAddress({ namespace, name }));
    before.current?.focus();
  };
  const isFiltered = matching.length < sites.names.length;
  return (
    <>
      <div class="filters">
        <GridLegend filter={filter} counts={counts} onFilter={setFilter} />
      </div>
      <div class="filters">
        <p class="shown" aria-live="polite">
          {isFiltered
            ? `${numberText(matching.length)} of ${countText(sites.names.length, 'site')}`
            : countText(total, 'site')}
          {isFiltered && (
            <button type="button" class="link" onClick={() => setFilter(NO_FILTER)}>
              Show all
            </button>
          )}
        </p>
        <GridFilters sites={sites} filter={filter} onFilter={setFilter} />
        {!isTable && <GroupingChoice value={grouping} onChoose={setGrouping} />}
        <fieldset class="switch">
          <legend class="unseen">Shown as</legend>
          <button type="button" aria-pressed={!isTable} onClick={() => setTable(false)}>
            Grid
          </button>
          <button type="button" aria-pressed={isTable} onClick={() => setTable(true)}>
            Table
          </button>
        </fieldset>
      </div>
      <div class="grid-and-panel">
        <div class="grid-side">
          {isTable ? (
            <SiteTable key={keyOf(filter)} sites={sites} matching={matching} onSelect={select} />
          ) : (
            <GridCanvas {...{ sites, matching, grouping }} selected={at < 0 ? undefined : at} onSelect={select} />
          )}
        </div>
        {selected !== undefined && (
          // Of another site nothing that was found of this one is shown meanwhile.
          <SitePanel
            key={selected}
            rollout={{ namespace, name }}
            site={selected}
            phase={sites.phases[at]}
            labels={labelsOf(sites, at)}
            onClose={close}
          />
        )}
      </div>
    </>
  );
}

/** Another filter begins on the first page. */
function keyOf({ phases, ...rest }: SiteFilter): string {
  return JSON.stringify([[...phases], rest]);
}

function labelsOf({ labels }: Sites, at: number): [string, string][] {
  return labels.flatMap(({ key, of }) => (of[at] === undefined ? [] : [[key, of[at]] as [string, string]]));
}
