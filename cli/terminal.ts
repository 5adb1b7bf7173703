import { coloured, type Paint, plain } from './paint.ts';

/** Colours for a terminal, none for a pipe or where `NO_COLOR` is set (https://no-color.org). */
export function paint(): Paint {
  return process.stdout.isTTY && !process.env.NO_COLOR ? coloured : plain;
}

export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** In place of what a terminal shows, as much as it has room for; in a pipe, after what is there. */
export function printAnew(lines: readonly string[]): void {
  const { isTTY, rows } = process.stdout;
  if (!isTTY) {
    print([...lines, '']);
    return;
  }
  const room = Math.max(1, rows - 2);
  const more = lines.length - room;
  print(['\u001b[H\u001b[J', ...(more > 0 ? [...lines.slice(0, room - 1), `… ${more + 1} more lines`] : lines)]);
}

/** Aborted by Ctrl-C. */
export function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}

/** RFC 3339. */
export function now(): string {
  return new Date().toISOString();
}
