import { signal } from '@preact/signals';

/** The time, in ms since the epoch, as ages need it: renewed every few seconds. */
export const now = signal(Date.now());

const TICK_MS = 5_000;

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
