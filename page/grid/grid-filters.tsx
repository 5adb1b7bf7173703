import { numberText, phaseText } from '../text.ts';
import type { Grouping } from './arrange.ts';
import { type Filtered, type SiteFilter, toggled } from './filter.ts';
import { LOOKS } from './looks.ts';
import type { Sites } from './sites.ts';
import { Swatch } from './swatch.tsx';

export interface GridFiltersProps {
  sites: Sites;
  filter: SiteFilter;
  counts: Filtered['counts'];
  onFilter(filter: SiteFilter): void;
}

/** The legend, which is the filter by phase too: how many are in each, whatever else is filtered by. */
export function GridLegend({ filter, counts, onFilter }: Omit<GridFiltersProps, 'sites'>) {
  return (
    <fieldset class="chips">
      <legend class="unseen">Phases of sites</legend>
      {counts.map(([phase, count]) => (
        <button
          key={phase}
          type="button"
          class="chip"
          title={LOOKS[phase].means}
          aria-pressed={filter.phases.has(phase)}
          onClick={() => onFilter({ ...filter, phases: toggled(filter.phases, phase) })}
        >
          <Swatch phase={phase} />
          {phaseText(phase)} <b>{numberText(count)}</b>
        </button>
      ))}
    </fieldset>
  );
}

/** By what else one can choose: only what there is to choose from. */
export function GridFilters({ sites, filter, onFilter }: Omit<GridFiltersProps, 'counts'>) {
  const layers = [...new Set(sites.layers)];
  const parents = [...new Set(sites.parents)].filter(Boolean).sort();
  const set = (part: Partial<SiteFilter>) => onFilter({ ...filter, ...part });
  return (
    <>
      {layers.length > 1 && (
        <Choice
          label="Layer"
          all="All layers"
          value={filter.layer}
          values={layers}
          onChoose={(layer) => set({ layer })}
        />
      )}
      {parents.length > 1 && (
        <Choice
          label="Parent"
          all="All parents"
          value={filter.parent}
          values={parents}
          onChoose={(parent) => set({ parent })}
        />
      )}
      {sites.labels.length > 0 && (
        <label>
          <span class="unseen">Label</span>
          <select value={filter.label ?? ''} onChange={(event) => set({ label: event.currentTarget.value })}>
            <option value="">All labels</option>
            {sites.labels.map(({ key, values, of }) => (
              <optgroup key={key} label={key}>
                {values.map((value) => (
                  <option key={value} value={`${key}=${value}`}>
                    {value}
                  </option>
                ))}
                {of.includes(undefined) && <option value={`${key}=`}>without {key}</option>}
              </optgroup>
            ))}
          </select>
        </label>
      )}
      <label>
        <span class="unseen">Name of a site</span>
        <input
          type="search"
          class="site-search"
          placeholder="Name"
          spellcheck={false}
          value={filter.text ?? ''}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string | undefined;
  values: readonly string[];
  onChoose(value: string): void;
}

function Choice({ label, all, value = '', values, onChoose }: ChoiceProps) {
  return (
    <label>
      <span class="unseen">{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

const GROUPINGS: [Grouping, string][] = [
  ['layer', 'By layer'],
  ['wave', 'By wave'],
  ['parent', 'By parent'],
];

export function GroupingChoice({ value, onChoose }: { value: Grouping; onChoose(grouping: Grouping): void }) {
  return (
    <label>
      <span class="unseen">Grouped</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value as Grouping)}>
        {GROUPINGS.map(([grouping, text]) => (
          <option key={grouping} value={grouping}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
