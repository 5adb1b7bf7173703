/** Asks once more before something is asked of a rollout: what will happen, why, and who one is. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FogRollout } from '../../model/types.ts';
import type { RolloutView } from '../../model/view.ts';
import { ApiError, asksForToken, queryOf, token } from '../api/client.ts';
import { useAnswer } from '../api/use-answer.ts';
import type { Run } from '../rollout/run-times.ts';
import { asking, newKey, said, send } from './asking.ts';
import { contentChanges, type Kept } from './changes.ts';
import { baseOf, LayerChoice, RevisionChoice } from './choices.tsx';
import { type Asking, effectsOf, type Known } from './effects.ts';
import { isUnderWay, newestOf } from './offers.ts';
import { bodyOf, DANGEROUS, LABELS, questionOf } from './words.ts';

export interface ActionDialogProps {
  view: RolloutView;
  rollout: FogRollout | undefined;
  runs: readonly Run[];
  inFlight: NonNullable<Known['inFlight']>;
}

export function ActionDialog(props: ActionDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const about = asking.value;
  useEffect(() => {
    if (about && !dialog.current?.open) dialog.current?.showModal();
    if (!about) dialog.current?.close();
  }, [about]);
  useEffect(() => close, []);
  return (
    <dialog ref={dialog} class="action-dialog" aria-labelledby="action-title" onClose={close}>
      {about && <ActionForm key={JSON.stringify(about)} about={about} {...props} />}
    </dialog>
  );
}

function close(): void {
  asking.value = undefined;
}

function ActionForm({ about, ...props }: ActionDialogProps & { about: Asking }) {
  const { view, rollout, runs, inFlight } = props;
  const [chosen, choose] = useState<Partial<Asking>>({});
  const [reason, setReason] = useState('');
  const [given, setGiven] = useState('');
  const [fault, setFault] = useState<string>();
  const [isSending, setSending] = useState(false);
  const [wantsToken, setWantsToken] = useState(token.value === '');
  const key = useRef(newKey());
  // What was shown when it was asked for is what is meant, whatever comes meanwhile.
  const present = useRef(presentOf(view));
  const asked: Asking = { ...about, ...(about.gate && { gate: newestOf(about.gate, view) }), ...chosen };
  const { action } = asked;
  const isWhole = action !== 'Skip' || asked.layer !== undefined || asked.site !== undefined;

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isSending || !isWhole) return;
    if (wantsToken && given.trim() !== '') token.value = given.trim();
    setSending(true);
    setFault(undefined);
    try {
      said.value = await send(view, bodyOf(asked, reason.trim(), present.current), key.current);
      close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) asksForToken.value = undefined; // it is asked for here
      // Another token may be good, or of somebody who may.
      if (error.status === 401 || error.status === 403) setWantsToken(true);
      setFault(error.message);
    } finally {
      setSending(false);
    }
  };

  return (
    <form onSubmit={submit}>
      <h2 id="action-title">{questionOf(about, view.name)}</h2>
      {action === 'Skip' && about.site === undefined && about.wave === undefined && (
        <LayerChoice view={view} layer={asked.layer} onChoose={(layer) => choose({ layer })} />
      )}
      {action === 'Rollback' && (
        <RevisionChoice view={view} runs={runs} to={asked.to} onChoose={(to) => choose(to ? { to } : {})} />
      )}
      <ul class="effects">
        {effectsOf(asked, { view, rollout, inFlight }).map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
      <Changes asked={asked} view={view} rollout={rollout} runs={runs} />
      <label>
        Reason
        <input
          value={reason}
          maxLength={256}
          autocomplete="off"
          placeholder="for the others, and the history"
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </label>
      {wantsToken && (
        <label>
          Token
          <input
            type="password"
            value={given}
            required
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setGiven(currentTarget.value)}
          />
          <span class="hint">
            Who you are, once: <code>kubectl create token NAME</code>. It is kept in this tab only.
          </span>
        </label>
      )}
      <p class="fault" role="alert">
        {fault}
      </p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="submit"
          class={DANGEROUS.has(action) ? 'is-danger is-main' : 'is-main'}
          aria-disabled={isSending || !isWhole}
        >
          {isSending ? 'Asking…' : LABELS[action]}
        </button>
      </div>
    </form>
  );
}

/** The generation that is shown; a rollback has another's content, and is not named by it. */
function presentOf(view: RolloutView): number | undefined {
  if (view.phase === 'RollingBack') return undefined;
  return isUnderWay(view) ? view.revision?.generation : view.generation;
}

function Changes({ asked, view, rollout, runs }: Omit<ActionDialogProps, 'inFlight'> & { asked: Asking }) {
  const { namespace, name } = view;
  const isBack = asked.action === 'Rollback';
  const base = isBack || asked.action === 'Approve' ? baseOf(asked, view, runs) : undefined;
  const path =
    base === undefined ? undefined : `rollouts/${encodeURIComponent(name)}/revisions/${base}${queryOf({ namespace })}`;
  const { value: kept } = useAnswer<Kept>(path);
  if (!rollout || !kept) return null;
  const changes = contentChanges(rollout.spec, kept, { isBack, only: asked.gate?.layer });
  if (!changes || changes.length === 0) return null;
  return (
    <details class="changes" open>
      <summary>What it changes{isBack ? '' : ` since ${kept.version}`}</summary>
      <ul>
        {changes.map(({ layer, lines }) => (
          <li key={layer}>
            <b>{layer}</b>
            {lines.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
