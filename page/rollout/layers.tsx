/** The layers as a revision goes through them: a card each, with what it waits for between them. */

import type { Layer } from '../../model/layers.ts';
import { durationText } from '../../model/text.ts';
import type { GateStatus } from '../../model/types.ts';
import { othersText, type RolloutView, type StageView } from '../../model/view.ts';
import { SkipButton } from '../actions/offer-buttons.tsx';
import { Icon, type IconName } from '../components/icon.tsx';
import { LayerBar } from '../components/layer-bar.tsx';
import { PhaseBadge } from '../components/phase-badge.tsx';
import { now } from '../live/now.ts';
import { countText, numberText } from '../text.ts';
import { countsText } from './phase-counts.ts';
import { type PlacedSite, type WaveSites, wavesOf } from './site-tree.ts';

export function Layers({ view, sites }: { view: RolloutView; sites: readonly PlacedSite[] }) {
  return (
    <section aria-labelledby="layers-title">
      <h2 id="layers-title" class="unseen">
        Layers
      </h2>
      <ol class="layers">
        {view.stages.map((stage) => (
          <li key={stage.layer} class="layer-place">
            <Gates at="before" gates={view.gates.filter((gate) => isAt(gate, stage, 'before'))} />
            <LayerCard stage={stage} version={view.version} waves={wavesOf(sites, stage.layer)} />
            <Gates at="after" gates={view.gates.filter((gate) => isAt(gate, stage, 'after'))} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function isAt({ layer, at }: GateStatus, stage: StageView, where: GateStatus['at']): boolean {
  return layer === stage.layer && at === where;
}

function LayerCard({ stage, version, waves }: { stage: StageView; version: string; waves: WaveSites[] }) {
  const { layer, phase, sites, message, waits } = stage;
  const words = message ?? waits;
  const took = tookText(stage);
  return (
    <article class={`layer-card is-${phase.toLowerCase()}`} aria-labelledby={`layer-${layer}`}>
      <header>
        <h3 id={`layer-${layer}`}>{layer}</h3>
        <PhaseBadge phase={phase} />
      </header>
      <p class="layer-facts">
        <span>{stage.version ?? 'nothing yet'}</span>
        {took && <span>{took}</span>}
      </p>
      <LayerBar layer={{ ...stage, sites: { unknown: 0, ...sites } }} wanted={version} />
      <p class="layer-counts">
        {numberText(sites.ready)} of {countText(sites.total, 'site')} ready{othersText(sites)}
      </p>
      {waves.length > 0 && <Waves layer={layer} waves={waves} />}
      {words && <p class={phase === 'Failed' ? 'layer-words is-bad' : 'layer-words'}>{words}</p>}
    </article>
  );
}

/** What goes on is timed here: the API was asked some time ago. */
function tookText({ phase, startedAt, finishedAt, durationSeconds }: StageView): string | undefined {
  if (durationSeconds === undefined || startedAt === undefined) return undefined;
  if (finishedAt !== undefined || phase !== 'Progressing') return durationText(durationSeconds);
  return `since ${durationText(Math.max(0, (now.value - Date.parse(startedAt)) / 1000))}`;
}

const WAVE_STATES: Record<WaveSites['state'], { icon: IconName; words: string }> = {
  done: { icon: 'check', words: 'over' },
  now: { icon: 'arrow', words: 'has its turn' },
  next: { icon: 'dots', words: 'to come' },
};

function Waves({ layer, waves }: { layer: Layer; waves: WaveSites[] }) {
  return (
    <ol class="waves" aria-label="Waves">
      {waves.map(({ name, total, counts, state }) => {
        const { icon, words } = WAVE_STATES[state];
        return (
          <li key={name} class={`is-${state}`} {...(state === 'now' && { 'aria-current': 'step' as const })}>
            <Icon name={icon} />
            <b>{name}</b> <span class="unseen">{words}: </span>
            <span>{countText(total, 'site')}</span>
            <small>{countsText(counts)}</small>
            {state === 'now' && <SkipButton what={{ layer, wave: name }} label={`Skip ${name}`} />}
          </li>
        );
      })}
    </ol>
  );
}

const GATE_LOOKS: Record<GateStatus['state'], { icon: IconName; tone: string; words: string }> = {
  Open: { icon: 'check', tone: 'good', words: 'open' },
  Closed: { icon: 'hand', tone: 'wait', words: 'closed' },
  Failed: { icon: 'cross', tone: 'bad', words: 'failed' },
};

function Gates({ at: where, gates }: { at: GateStatus['at']; gates: GateStatus[] }) {
  if (gates.length === 0) return null;
  return (
    <ul class={`gates is-${where}`}>
      {gates.map(({ name, state, message, wave, at, layer }) => {
        const { icon, tone, words } = GATE_LOOKS[state];
        return (
          <li key={`${wave ?? ''}/${name}`} class={`badge is-${tone}`} title={message}>
            <Icon name={icon} />
            {wave === undefined ? name : `${name} after ${wave}`}
            <span class="unseen">
              : gate {at} the {layer}, {words}, {message}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
