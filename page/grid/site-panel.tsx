import { useEffect, useRef, useState } from 'preact/hooks';
import type { SiteInFull } from '../../model/fleet/sites-view.ts';
import type { RolloutKey } from '../../model/types.ts';
import { SkipButton } from '../actions/offer-buttons.tsx';
import { ApiError, askJson, queryOf } from '../api/client.ts';
import { now } from '../live/now.ts';
import { ageText, phaseText } from '../text.ts';
import { LOOKS } from './looks.ts';
import { type PastRun, pastOf } from './past.ts';
import { Swatch } from './swatch.tsx';

export interface SitePanelProps {
  rollout: RolloutKey;
  site: string;
  /** Changes with what the grid knows of it: then it is asked for anew. */
  phase: string | undefined;
  labels: [string, string][];
  onClose(): void;
}

/** Beside the grid: all that is known of one site. */
export function SitePanel({ rollout, site, phase, labels, onClose }: SitePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [found, setFound] = useState<{ sites?: SiteInFull[]; error?: string }>({});
  const { namespace, name } = rollout;
  const base = `rollouts/${encodeURIComponent(name)}`;
  useEffect(() => heading.current?.focus(), []);
  // The phase is not used here, but tells when there is something new.
  useEffect(() => {
    const stop = new AbortController();
    const path = `${base}/sites/${encodeURIComponent(site)}${queryOf({ namespace })}`;
    askJson<{ sites: SiteInFull[] }>(path, { signal: stop.signal }).then(setFound, (error) => {
      if (error instanceof ApiError) setFound({ error: error.message });
    });
    return () => stop.abort();
  }, [base, namespace, site, phase]);
  return (
    <aside
      class="panel"
      aria-label={`Site ${site}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <h3 ref={heading} tabIndex={-1}>
          {site}
        </h3>
        <button type="button" class="plain" onClick={onClose} aria-label="Close">
          ✕
        </button>
      </header>
      {found.error && <p role="alert">{found.error}</p>}
      {found.sites
        ?.filter((one) => one.site === site)
        .map((one) => (
          <Facts key={`${one.cluster}/${one.namespace}/${one.wave}`} site={one} labels={labels} />
        ))}
      <Past base={base} namespace={namespace} site={site} layer={found.sites?.[0]?.layer} />
    </aside>
  );
}

function Facts({ site, labels }: { site: SiteInFull; labels: [string, string][] }) {
  const { phase, reason, message, version, generation, had, lastSeen } = site;
  const facts: [string, string | undefined][] = [
    ['Runs', version && `${version} (generation ${generation})`],
    ['Had before', had && had.generation !== generation ? `${had.version} (generation ${had.generation})` : undefined],
    ['Layer', site.layer],
    ['Wave', site.wave],
    ['Parent', site.parent],
    ['Namespace', site.namespace],
    ['Cluster', site.cluster],
    ['Queue', site.queue],
    ['Last seen', lastSeen && `${ageText(lastSeen, now.value)} ago`],
    ...labels,
  ];
  return (
    <>
      <p class="panel-phase">
        <Swatch phase={phase} /> <b>{phaseText(phase)}</b> <span class="hint">{LOOKS[phase]?.means}</span>
      </p>
      {(reason || message) && (
        <p class={`why${phase === 'Failed' ? ' is-bad' : ''}`}>
          {reason && <b>{reason}</b>} {message}
        </p>
      )}
      {holdsUp(site) && (
        <p>
          <SkipButton what={{ layer: site.layer, site: site.site }} label={`Skip ${site.site}`} />
        </p>
      )}
      <dl>
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  );
}

/** Its wave waits for it now; one without a wave is its layer, which is passed over as a whole. */
function holdsUp({ phase, wave, reason }: SiteInFull): boolean {
  const waits = phase === 'InFlight' || phase === 'Blocked' || (phase === 'Waiting' && reason !== undefined);
  return waits && wave !== undefined;
}

interface PastProps {
  base: string;
  namespace: string;
  site: string;
  layer: string | undefined;
}

/** How the site went in the rollout's runs; where that is not known of it alone, how its layer went. */
function Past({ base, namespace, site, layer }: PastProps) {
  const [past, setPast] = useState<PastRun[]>([]);
  useEffect(() => {
    if (!layer) return undefined;
    const stop = new AbortController();
    const path = `${base}/history${queryOf({ namespace, limit: 5 })}`;
    askJson<Parameters<typeof pastOf>[0]>(path, { signal: stop.signal }).then(
      (history) => setPast(pastOf(history, { layer, site })),
      () => {}, // the rollout's own history says why
    );
    return () => stop.abort();
  }, [base, namespace, site, layer]);
  if (past.length === 0) return null;
  return (
    <>
      <h4>Last runs</h4>
      <ul class="past">
        {past.map(({ key, version, site: own, ready, total, at }) => (
          <li key={key}>
            <b>{version}</b> {typeof own === 'object' && <span class="is-bad">failed: {own.failed}</span>}
            {own === 'ready' && 'ready'}
            {own === 'unknown' && `${ready} of ${total} sites of the ${layer} ready`}{' '}
            <span class="hint">{ageText(at, now.value)} ago</span>
          </li>
        ))}
      </ul>
    </>
  );
}
