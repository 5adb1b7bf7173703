/** What a rollout is at, in a few lines: the top of its page. */
import type { ComponentChildren } from 'preact';
import type { RolloutView } from '../../model/view.ts';
import { PhaseBadge } from '../components/phase-badge.tsx';
import { now } from '../live/now.ts';
import { settings } from '../live/settings.ts';
import { listAddress } from '../routing.ts';
import { ageText, phaseText } from '../text.ts';
import { temporalAddress, traceOf } from './links.ts';

export interface RolloutHeadProps {
  view: RolloutView;
  /** What it waits for is said elsewhere. */
  isTold: boolean;
  /** What one may do about it. */
  children?: ComponentChildren;
}

export function RolloutHead({ view, isTold, children }: RolloutHeadProps) {
  const { namespace, name, phase, version, completedVersion, generation, message } = view;
  return (
    <header class="rollout-head">
      <p class="trail">
        <a href={listAddress()}>Rollouts</a> / <a href={listAddress({ namespace })}>{namespace}</a>
      </p>
      <div class="rollout-title">
        <h1>{name}</h1>
        <PhaseBadge phase={phase} />
        <p class="versions">
          {completedVersion !== undefined && completedVersion !== version && (
            <>
              <span class="is-old">{completedVersion}</span>
              <span aria-hidden="true"> → </span>
              <span class="unseen"> to </span>
            </>
          )}
          <b>{version}</b>
          <span class="hint"> generation {generation}</span>
        </p>
        {children}
      </div>
      {message && !isTold && <p class="ready-message">{message}</p>}
      <RunLinks view={view} />
      <p class="unseen" role="status">
        {name} is {phaseText(phase).toLowerCase()}
      </p>
    </header>
  );
}

function RunLinks({ view }: { view: RolloutView }) {
  const { run, revision } = view;
  if (!run) return null;
  const { temporalUi } = settings.value;
  const trace = traceOf(run);
  return (
    <ul class="facts">
      <li title={run.startedAt}>Run began {ageText(run.startedAt, now.value)} ago</li>
      {temporalUi && (
        <li>
          <a href={temporalAddress(temporalUi, run)} target="_blank" rel="noreferrer">
            Run in Temporal
          </a>
        </li>
      )}
      {trace && (
        <li>
          {trace.address ? (
            <a href={trace.address} target="_blank" rel="noreferrer">
              Trace
            </a>
          ) : (
            'Trace'
          )}{' '}
          <code>{trace.id}</code>
        </li>
      )}
      {revision && (
        <li>
          Hash <code>{revision.hash.slice(0, 8)}</code>
        </li>
      )}
    </ul>
  );
}
