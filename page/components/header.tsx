import { token } from '../api/client.ts';
import { connection } from '../live/store.ts';
import { listAddress } from '../routing.ts';
import { nextTheme, theme } from '../theme.ts';

export function Header() {
  const { isLive, why } = connection.value;
  return (
    <header class="top">
      <a class="brand" href={listAddress()}>
        Fog Rollouts
      </a>
      <span class={isLive ? 'live' : 'live is-lost'} role="status">
        {isLive ? 'Live' : why}
      </span>
      <nav aria-label="More">
        <a href="docs">API</a>
        {token.value && (
          <button type="button" onClick={forgetToken}>
            Forget token
          </button>
        )}
        <button type="button" onClick={nextTheme}>
          Theme: {theme.value}
        </button>
      </nav>
    </header>
  );
}

function forgetToken(): void {
  token.value = '';
}
