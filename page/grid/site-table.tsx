import { useEffect, useState } from 'preact/hooks';
import { numberText, phaseText } from '../text.ts';
import { worstFirst } from './filter.ts';
import type { Sites } from './sites.ts';
import { Swatch } from './swatch.tsx';

export interface SiteTableProps {
  sites: Sites;
  matching: readonly number[];
  onSelect(site: number): void;
}

const PAGE = 50;

/** The same sites as a table, worst first: for who reads rather than looks. */
export function SiteTable({ sites, matching, onSelect }: SiteTableProps) {
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(matching.length / PAGE));
  useEffect(() => {
    if (page >= pages) setPage(pages - 1);
  }, [page, pages]);
  const from = Math.min(page, pages - 1) * PAGE;
  const rows = worstFirst(sites, matching).slice(from, from + PAGE);
  return (
    <>
      <table class="sites">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Phase</th>
            <th scope="col">Layer</th>
            <th scope="col">Wave</th>
            <th scope="col">Parent</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((at) => (
            <tr key={at}>
              <th scope="row">
                <button type="button" class="link" onClick={() => onSelect(at)}>
                  {sites.names[at]}
                </button>
              </th>
              <td>
                <Swatch phase={sites.phases[at]!} /> {phaseText(sites.phases[at]!)}
              </td>
              <td>{sites.layers[at]}</td>
              <td>{sites.waves[at] ?? '–'}</td>
              <td>{sites.parents[at] || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <nav class="pager" aria-label="Pages of sites">
          <button type="button" disabled={from === 0} onClick={() => setPage(page - 1)}>
            Back
          </button>
          <span aria-live="polite">
            {numberText(from + 1)}–{numberText(from + rows.length)} of {numberText(matching.length)}
          </span>
          <button type="button" disabled={from + PAGE >= matching.length} onClick={() => setPage(page + 1)}>
            Next
          </button>
        </nav>
      )}
    </>
  );
}
