import { signal } from '@preact/signals';
import { type Route, routeOf } from './routing.ts';

/** What the address says now. */
export const route = signal<Route>(routeOf(location.hash));

/** Begins to follow the address; call it once. */
export function startRoute(): void {
  addEventListener('hashchange', () => {
    route.value = routeOf(location.hash);
  });
}

/** In place: who goes back leaves the view, and does not go through all that was looked at in it. */
export function replaceAddress(address: string): void {
  location.replace(address);
}
