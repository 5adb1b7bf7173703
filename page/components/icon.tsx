/** Signs that stand beside words: shapes tell phases apart where colours do not. */

const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  dots: 'M3 8h.01M8 8h.01M13 8h.01',
  pause: 'M5.5 4v8M10.5 4v8',
  hand: 'M8 3.5v5M8 12.2v.01',
  back: 'M6 4L3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H8',
  ring: 'M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9z',
  minus: 'M4 8h8',
  arrow: 'M4 8h8M9 5l3 3-3 3',
  search: 'M7 3a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM10 10l3.5 3.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6z',
  screen: 'M2.5 3.5h11v7.5h-11zM6 13.5h4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
