/** Light or dark: as the system has it, until the user says otherwise. */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEPT_AS = 'fog-rollouts-theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>(kept());

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
}

/** Begins to show it; call it once. */
export function startTheme(): void {
  effect(() => {
    const { value } = theme;
    const root = document.documentElement;
    if (value === 'system') delete root.dataset.theme;
    else root.dataset.theme = value;
    localStorage.setItem(KEPT_AS, value);
  });
}

function kept(): Theme {
  const value = localStorage.getItem(KEPT_AS) as Theme;
  return THEMES.includes(value) ? value : 'system';
}
