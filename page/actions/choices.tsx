/** What is to be said of some actions besides their name. */
import type { Layer } from '../../model/layers.ts';
import type { RolloutView } from '../../model/view.ts';
import { now } from '../live/now.ts';
import { type Run, revisionsToGoBackTo } from '../rollout/run-times.ts';
import { ageText } from '../text.ts';
import type { Asking } from './effects.ts';
import { layersToPass } from './offers.ts';

interface LayerChoiceProps {
  view: RolloutView;
  layer: Layer | undefined;
  onChoose(layer: Layer): void;
}

export function LayerChoice({ view, layer, onChoose }: LayerChoiceProps) {
  return (
    <fieldset class="choices">
      <legend>Layer</legend>
      {layersToPass(view).map((one) => (
        <label key={one}>
          <input type="radio" name="layer" required checked={one === layer} onChange={() => onChoose(one)} />
          {one}
        </label>
      ))}
    </fieldset>
  );
}

interface RevisionChoiceProps {
  view: RolloutView;
  runs: readonly Run[];
  to: Asking['to'];
  onChoose(to: Asking['to']): void;
}

export function RevisionChoice({ view, runs, to, onChoose }: RevisionChoiceProps) {
  const past = revisionsToGoBackTo(runs, view.revision?.generation);
  const choose = (generation: string) => {
    const run = past.find((one) => `${one.generation}` === generation);
    onChoose(run && toOf(run));
  };
  return (
    <label>
      To
      <select value={to ? `${to.generation}` : ''} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">the revision that succeeded before</option>
        {past.map(({ generation, version, startTime }) => (
          <option key={generation} value={`${generation}`}>
            {version ?? 'unknown'}, generation {generation}, {ageText(startTime, now.value)} ago
          </option>
        ))}
      </select>
    </label>
  );
}

function toOf({ generation, version }: Run): NonNullable<Asking['to']> {
  return { generation, ...(version !== undefined && { version }) };
}

/** The generation with whose content what is shown is compared: what it goes back to, or what succeeded last. */
export function baseOf({ to }: Asking, { revision }: RolloutView, runs: readonly Run[]): number | undefined {
  return to?.generation ?? revisionsToGoBackTo(runs, revision?.generation)[0]?.generation;
}
