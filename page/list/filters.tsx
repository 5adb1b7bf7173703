import { useEffect, useRef } from 'preact/hooks';
import type { Phase } from '../../model/types.ts';
import { Icon } from '../components/icon.tsx';
import { scope } from '../live/store.ts';
import { replaceAddress } from '../route.ts';
import { type ListFilter, listAddress } from '../routing.ts';
import { numberText, phaseText } from '../text.ts';
import type { Listed } from './rows.ts';

/** They stand in the address: what one looks at can be sent to others. */
export function ListFilters({ filter, list }: { filter: ListFilter; list: Listed }) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target } = event;
      const isTyping = target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <search class="filters">
      <fieldset class="chips">
        <legend class="unseen">Phase</legend>
        <PhaseChip filter={filter} count={list.total} />
        {list.counts.map(([phase, count]) => (
          <PhaseChip key={phase} filter={filter} phase={phase} count={count} />
        ))}
      </fieldset>
      <label>
        <span class="unseen">Namespace</span>
        <select
          value={filter.namespace ?? ''}
          onChange={(event) => set(filter, 'namespace', event.currentTarget.value)}
        >
          <option value="">{scope.value ? `Only ${scope.value}` : 'All namespaces'}</option>
          {list.namespaces.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {scope.value && (
        <button
          type="button"
          onClick={() => {
            scope.value = '';
          }}
        >
          All namespaces
        </button>
      )}
      <label class="search">
        <span class="unseen">Search</span>
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          placeholder="Search  /"
          spellcheck={false}
          value={filter.text ?? ''}
          onInput={(event) => set(filter, 'text', event.currentTarget.value)}
        />
      </label>
    </search>
  );
}

function PhaseChip({ filter, phase, count }: { filter: ListFilter; phase?: Phase; count: number }) {
  const isOn = filter.phase === phase;
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={isOn}
      onClick={() => set(filter, 'phase', isOn ? '' : (phase ?? ''))}
    >
      {phase ? phaseText(phase) : 'All'} <b>{numberText(count)}</b>
    </button>
  );
}

function set(filter: ListFilter, key: keyof ListFilter, value: string): void {
  replaceAddress(listAddress({ ...filter, [key]: value }));
}
