/** How the runs went, newest first: how long each took, and the way of one through the layers. */
import { useState } from 'preact/hooks';
import { durationText } from '../../model/text.ts';
import type { Answer } from '../api/use-answer.ts';
import { now } from '../live/now.ts';
import { ageText, phaseText } from '../text.ts';
import { type Run, type RunTimes, timesOf, wayOf } from './run-times.ts';
import { WayChart } from './way-chart.tsx';

const NOTHING = '–';

export function History({ answer }: { answer: Answer<{ runs: Run[] }> }) {
  const { value, error } = answer;
  return (
    <section class="history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {error && (
        <p class="notice" role="alert">
          {error.message}
        </p>
      )}
      {value && (value.runs.length > 0 ? <Runs runs={value.runs} /> : <p class="notice">Nothing is recorded yet.</p>)}
    </section>
  );
}

function Runs({ runs }: { runs: Run[] }) {
  const [chosen, choose] = useState<string>();
  const rows = runs.map((run) => ({ run, times: timesOf(run, now.value) }));
  const shown = rows.find(({ times }) => times.key === chosen) ?? rows[0]!;
  const longest = Math.max(1, ...rows.map(({ times }) => workOf(times)));
  const way = wayOf(shown.run, now.value);
  return (
    <>
      <table class="facts-table runs">
        <thead>
          <tr>
            <th scope="col">Generation</th>
            <th scope="col">Version</th>
            <th scope="col">Outcome</th>
            <th scope="col">Began</th>
            <th scope="col">Took</th>
            <th scope="col">By</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ run, times }) => (
            <tr key={times.key} class={times.key === shown.times.key ? 'is-shown' : undefined}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  aria-pressed={times.key === shown.times.key}
                  aria-label={`Show the way of generation ${times.order}`}
                  onClick={() => choose(times.key)}
                >
                  {times.order}
                </button>
              </th>
              <td class="is-word">{run.version ?? NOTHING}</td>
              <td class="is-word">
                <Outcome run={run} />
              </td>
              <td class="is-word" title={run.startTime}>
                {ageText(run.startTime, now.value)} ago
              </td>
              <td class="took">
                <Took run={run} times={times} longest={longest} />
              </td>
              <td class="is-who">
                {times.by.length === 0 && NOTHING}
                {times.by.map((one) => (
                  <div key={one}>{one}</div>
                ))}
              </td>
              <td class="is-message">
                <div>{run.message}</div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {way && (
        <WayChart
          way={way}
          title={`Generation ${shown.times.order}${shown.run.version === undefined ? '' : `, ${shown.run.version}`}`}
        />
      )}
    </>
  );
}

const TONES: Record<string, string> = {
  Running: 'busy',
  Succeeded: 'good',
  Failed: 'bad',
  Aborted: 'bad',
  RolledBack: 'turn',
};

function Outcome({ run: { outcome, kind } }: { run: Run }) {
  return (
    <>
      <span class={`badge is-${TONES[outcome] ?? 'quiet'}`}>{phaseText(outcome)}</span>
      {kind !== undefined && kind !== 'rollout' && <small> {kind}</small>}
    </>
  );
}

/** What it worked: gates may wait for days, and would make all other bars a dot. */
function workOf({ took = 0, waited }: RunTimes): number {
  return Math.max(0, took - waited);
}

function Took({ run, times, longest }: { run: Run; times: RunTimes; longest: number }) {
  const { took, waited } = times;
  if (took === undefined) return <>{NOTHING}</>;
  const work = workOf(times);
  return (
    <>
      <svg class="took-bar" aria-hidden="true">
        <rect
          class={`is-${TONES[run.outcome] ?? 'quiet'}`}
          width={`${Math.max(1, (100 * work) / longest)}%`}
          height="10"
          rx="2"
        />
      </svg>
      <span>
        {secondsText(work)}
        {waited >= 1_000 && <small> and {secondsText(waited)} at gates</small>}
      </span>
    </>
  );
}

export function secondsText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms / 1000);
}
