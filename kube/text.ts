/** What breaks lines, and what tells a terminal to do something. */
const NOT_PRINTED = /[\s\p{Cc}]+/gu;

/** Text in one line and of a bounded length, for messages that quote what others said. */
export function oneLine(text: string, most = 300): string {
  const line = text.replace(NOT_PRINTED, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** What a text says as JSON; undefined where it is none: the parser's own words quote the text, which may be a secret. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with fields, as parsers give them. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
