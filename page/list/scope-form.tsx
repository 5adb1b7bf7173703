import { useRef } from 'preact/hooks';
import { scope } from '../live/store.ts';

/** For who may not list all rollouts: those of one namespace they may. */
export function ScopeForm({ why }: { why: string | undefined }) {
  const input = useRef<HTMLInputElement>(null);
  const take = (event: Event) => {
    event.preventDefault();
    const namespace = input.current?.value.trim();
    if (namespace) scope.value = namespace;
  };
  return (
    <form class="notice" onSubmit={take}>
      <p role="alert">{why}</p>
      <label>
        Show those of namespace{' '}
        <input ref={input} defaultValue={scope.value} autocapitalize="off" autocomplete="off" spellcheck={false} />
      </label>{' '}
      <button type="submit">Show</button>
    </form>
  );
}
