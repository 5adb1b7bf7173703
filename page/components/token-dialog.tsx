import { useEffect, useRef } from 'preact/hooks';
import { asksForToken, token } from '../api/client.ts';

/** Opens when the API asks who we are. The token stays in this tab. */
export function TokenDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const why = asksForToken.value;
  useEffect(() => {
    if (why !== undefined && !dialog.current?.open) dialog.current?.showModal();
    if (why === undefined) dialog.current?.close();
  }, [why]);
  const take = (event: Event) => {
    event.preventDefault();
    const given = input.current?.value.trim() ?? '';
    if (!given) return;
    asksForToken.value = undefined;
    if (input.current) input.current.value = '';
    token.value = given;
  };
  return (
    <dialog ref={dialog} aria-labelledby="token-title">
      <form onSubmit={take}>
        <h2 id="token-title">Who are you?</h2>
        <p>{why}</p>
        <label>
          Token
          <input ref={input} type="password" autocomplete="off" spellcheck={false} />
        </label>
        <p class="hint">
          For example of <code>kubectl create token NAME</code>. It is kept in this tab only.
        </p>
        <button type="submit" class="primary">
          Use it
        </button>
      </form>
    </dialog>
  );
}
