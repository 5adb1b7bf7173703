/** The sites that somebody has to look at, worst first, with why. */
import { useEffect, useState } from 'preact/hooks';
import type { SiteView, SiteViewPhase } from '../../model/fleet/site-view.ts';
import type { SitesPage } from '../../model/fleet/sites-view.ts';
import type { RolloutKey } from '../../model/types.ts';
import { ApiError, askJson, queryOf } from '../api/client.ts';
import { Swatch } from '../grid/swatch.tsx';
import { now } from '../live/now.ts';
import { repeat } from '../live/repeat.ts';
import { ageText, countText, numberText, phaseText } from '../text.ts';

const LOUD: readonly SiteViewPhase[] = ['Failed', 'Drifted', 'Unknown', 'Deferred', 'Held'];
const MOST = 8;
const PAUSE_MS = 1_000;

interface Worst {
  sites: SiteView[];
  /** How many there are. */
  total: number;
}

async function askForWorst({ namespace, name }: RolloutKey, signal: AbortSignal): Promise<Worst> {
  const path = (phase: string, limit: number) =>
    `rollouts/${encodeURIComponent(name)}/sites${queryOf({ namespace, phase, limit })}`;
  const ask = (phase: string, limit: number) => askJson<SitesPage>(path(phase, limit), { signal });
  const { counts } = await ask(LOUD[0]!, 1);
  const sites: SiteView[] = [];
  for (const phase of LOUD) {
    const room = MOST - sites.length;
    if (counts[phase] > 0 && room > 0) sites.push(...(await ask(phase, room)).sites);
  }
  return { sites, total: LOUD.reduce((sum, phase) => sum + counts[phase], 0) };
}

export function WorstSites({ namespace, name }: RolloutKey) {
  const [worst, setWorst] = useState<Worst>();
  const [fault, setFault] = useState<string>();
  useEffect(
    () =>
      repeat({ namespace, name }, PAUSE_MS, async (signal) => {
        try {
          setWorst(await askForWorst({ namespace, name }, signal));
          setFault(undefined);
        } catch (error) {
          if (error instanceof ApiError) setFault(error.message);
        }
      }),
    [namespace, name],
  );
  if (!worst || worst.total === 0) return null;
  const { sites, total } = worst;
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
              <th scope="row">{site}</th>
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
