/** The sites that somebody has to look at, worst first, with why. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SiteView } from '../../model/fleet/site-view.ts';
import type { SitesPage } from '../../model/fleet/sites-view.ts';
import { phasesIn, type SiteCounts } from '../../model/rollout-tree.ts';
import type { RolloutKey } from '../../model/types.ts';
import { ApiError, askJson, queryOf } from '../api/client.ts';
import { Swatch } from '../grid/swatch.tsx';
import { now } from '../live/now.ts';
import { repeat } from '../live/repeat.ts';
import { rolloutAddress } from '../routing.ts';
import { ageText, countText, numberText, phaseText } from '../text.ts';
import { totalOf } from './phase-counts.ts';
import { loudIn, type PlacedSite } from './site-tree.ts';

const MOST = 8;
const PAUSE_MS = 2_000;

/** As the API has them, with why: of the worst phases first. */
async function askFor({ namespace, name }: RolloutKey, counts: SiteCounts, signal: AbortSignal): Promise<SiteView[]> {
  const sites: SiteView[] = [];
  for (const [phase] of phasesIn(counts)) {
    const limit = MOST - sites.length;
    if (limit === 0) break;
    const path = `rollouts/${encodeURIComponent(name)}/sites${queryOf({ namespace, phase, limit })}`;
    sites.push(...(await askJson<SitesPage>(path, { signal })).sites);
  }
  return sites;
}

export interface WorstSitesProps {
  rollout: RolloutKey;
  sites: readonly PlacedSite[];
}

/** Nothing where there are none; then nothing is asked for either. */
export function WorstSites({ rollout: { namespace, name }, sites: all }: WorstSitesProps) {
  const counts = useMemo(() => loudIn(all), [all]);
  const total = totalOf(counts);
  const phases = Object.keys(counts).join();
  const newest = useRef(counts);
  newest.current = counts;
  const [sites, setSites] = useState<SiteView[]>([]);
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    if (phases === '') return undefined;
    return repeat({ namespace, name }, PAUSE_MS, async (signal) => {
      try {
        setSites(await askFor({ namespace, name }, newest.current, signal));
        setFault(undefined);
      } catch (error) {
        if (error instanceof ApiError) setFault(error.message);
      }
    });
  }, [namespace, name, phases]);
  if (total === 0) return null;
  return (
    <section class="worst" aria-labelledby="worst-title">
      <h2 id="worst-title">{countText(total, 'site')} to look at</h2>
      {fault && <p class="fault">{fault}</p>}
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Phase</th>
            <th scope="col">Layer</th>
            <th scope="col">Runs</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {sites.map(({ site, layer, phase, version, reason, message, lastSeen }) => (
            <tr key={`${layer}/${site}`}>
              <th scope="row">
                <a href={rolloutAddress({ namespace, name }, site)}>{site}</a>
              </th>
              <td class="is-word">
                <Swatch phase={phase} /> {phaseText(phase)}
              </td>
              <td>{layer}</td>
              <td class="is-word">{version ?? '–'}</td>
              <td>
                {reason && <b>{reason}</b>} {message}
                {lastSeen && <span class="hint"> last seen {ageText(lastSeen, now.value)} ago</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {total > sites.length && (
        <p class="hint">and {numberText(total - sites.length)} more: the grid below shows them all</p>
      )}
    </section>
  );
}
