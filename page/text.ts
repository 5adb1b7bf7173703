/** Numbers and times as people read them. Pure. */

const UNITS: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
];

/** How long ago a time is, in its largest unit: `3d`, `5h`, `12m`, `8s`. @param now - ms since the epoch */
export function ageText(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1_000));
  if (Number.isNaN(seconds)) return '–';
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** `10,000`. */
export function numberText(count: number): string {
  return count.toLocaleString('en');
}

/** `1 site`, `3 sites`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** `WaitingForApproval` as words: `Waiting for approval`. */
export function phaseText(phase: string): string {
  const words = phase.replace(/([a-z])([A-Z])/g, '$1 $2').split(' ');
  return words.map((word, at) => (at === 0 ? word : word.toLowerCase())).join(' ');
}
