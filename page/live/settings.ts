/** What is turned on in the API that the page came from. */
import { signal } from '@preact/signals';
import { askJson } from '../api/client.ts';

export interface PageSettings {
  /** People act and plan by the API. */
  actions: boolean;
  reads: 'open' | 'kubernetes';
  temporalUi?: { url: string; namespace: string };
}

/** Until it is known: nothing is. */
export const settings = signal<PageSettings>({ actions: false, reads: 'open' });

const AGAIN_MS = 10_000;

/** Call it once. It never changes while the API runs. */
export function startSettings(): void {
  askJson<PageSettings>('page.json').then(
    (known) => {
      settings.value = known;
    },
    () => setTimeout(startSettings, AGAIN_MS),
  );
}
