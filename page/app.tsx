/** The frame of every view: the header, the view of the address, the token's dialog. */
import { useEffect, useRef } from 'preact/hooks';
import { Header } from './components/header.tsx';
import { TokenDialog } from './components/token-dialog.tsx';
import { route } from './route.ts';
import { listAddress, type Route } from './routing.ts';
import { ListView } from './views/list.tsx';
import { RolloutView } from './views/rollout.tsx';

export function App() {
  const main = useRef<HTMLElement>(null);
  const shown = route.value;
  const key = shown.view === 'rollout' ? `${shown.namespace}/${shown.name}` : shown.view;
  const isFirst = useRef(true);
  // Another view takes the focus, so that it is read out.
  useEffect(() => {
    document.title = shown.view === 'rollout' ? `${shown.name} · Fog Rollouts` : 'Fog Rollouts';
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [key]);
  return (
    <>
      <a class="skip" href={location.hash} onClick={(event) => skipTo(event, main.current)}>
        Skip to the content
      </a>
      <Header />
      <main ref={main} tabIndex={-1}>
        <View route={shown} />
      </main>
      <TokenDialog />
    </>
  );
}

function View({ route }: { route: Route }) {
  if (route.view === 'list') return <ListView filter={route.filter} />;
  if (route.view === 'rollout') {
    const { namespace, name } = route;
    return <RolloutView key={`${namespace}/${name}`} namespace={namespace} name={name} />;
  }
  return (
    <p class="notice">
      There is no page at <code>{route.hash}</code>. <a href={listAddress()}>All rollouts</a>
    </p>
  );
}

function skipTo(event: Event, target: HTMLElement | null): void {
  event.preventDefault();
  target?.focus();
}
