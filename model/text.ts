/**
 * Cuts a text so that it takes at most `max` bytes as JSON, ending in `…` where it was cut.
 * Counts by hand: workflow code, which uses this, has no Buffer.
 */
export function boundText(text: string, max: number): string {
  let bytes = 0;
  let fits = 0;
  for (const character of text) {
    bytes += jsonBytes(character);
    if (bytes > max) return `${text.slice(0, fits)}…`;
    if (bytes <= max - ELLIPSIS_BYTES) fits += character.length;
  }
  return text;
}

const ELLIPSIS_BYTES = 3;

function jsonBytes(character: string): number {
  const code = character.codePointAt(0)!;
  if ('"\\\b\t\n\f\r'.includes(character)) return 2;
  if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) return 6;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** What breaks lines or pads, and what tells a terminal to do something. */
const NOT_PRINTED = /[\s\p{Cc}]+/gu;

/** One line of nothing but what is printed: whatever else there is becomes one space. */
export function oneLineOf(text: string): string {
  return text.replace(NOT_PRINTED, ' ').trim();
}

/** The same, cut as {@link boundText} does. */
export function boundLine(text: string, max: number): string {
  return boundText(oneLineOf(text), max);
}

export function firstLineOf(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** e.g. `1 site`, `3 sites`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A time in RFC 3339, to the second. */
export function secondText(time: string): string {
  return time.replace(/\.\d+/, '');
}

/** e.g. `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How old something is, roughly, as lists show it: `42 s`, `3 min`, `5 h`, `12 d`. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min`;
  return whole < 172_800 ? `${Math.floor(whole / 3600)} h` : `${Math.floor(whole / 86_400)} d`;
}
