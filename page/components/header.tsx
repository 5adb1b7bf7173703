import { token } from '../api/client.ts';
import { connection, dataAge, OLD_SECONDS } from '../live/store.ts';
import { listAddress } from '../routing.ts';
import { nextTheme, type Theme, theme } from '../theme.ts';
import { Icon, type IconName } from './icon.tsx';

const THEME_ICONS: Record<Theme, IconName> = { system: 'screen', light: 'sun', dark: 'moon' };

export function Header() {
  const { isLive, why } = connection.value;
  const isOld = isLive && dataAge.value > OLD_SECONDS;
  const text = isOld ? `Kubernetes is out of reach: this is of ${Math.round(dataAge.value / 60)} minutes ago` : 'Live';
  return (
    <header class="top">
      <a class="brand" href={listAddress()}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path class="a" d="M2 2h12v3H2z" />
          <path class="b" d="M2 6.5h9v3H2z" />
          <path class="c" d="M2 11h6v3H2z" />
        </svg>
        Fog Rollouts
      </a>
      <span class={isLive && !isOld ? 'live' : 'live is-lost'} role="status">
        {isLive ? text : why}
      </span>
      <nav aria-label="More">
        <a href="docs">API</a>
        {token.value && (
          <button type="button" class="plain" onClick={forgetToken}>
            Forget token
          </button>
        )}
        <button
          type="button"
          class="plain"
          aria-label={`Colours: ${theme.value}`}
          title={`Colours: ${theme.value}`}
          onClick={nextTheme}
        >
          <Icon name={THEME_ICONS[theme.value]} />
        </button>
      </nav>
    </header>
  );
}

function forgetToken(): void {
  token.value = '';
}
