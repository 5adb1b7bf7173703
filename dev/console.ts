/** Progress for people: one line per step with its time; colours and redrawing on a terminal only. */
import { stripVTControlCharacters, styleText } from 'node:util';

const TICK_MS = 1_000;

export interface Step {
  /** Ends the step's line; `text` replaces the label. */
  done(text?: string): void;
  failed(text?: string): void;
}

export interface Output {
  line(text: string): void;
  step(label: string): Step;
  /** Replaces what the last call drew on a terminal; elsewhere prints only lines that are new. */
  redraw(lines: string[]): void;
}

export type Style = Parameters<typeof styleText>[0];

/** Colours a text on a terminal, unless NO_COLOR is set. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream, validateStream: true });
}

export function consoleOutput(stream: NodeJS.WriteStream = process.stdout): Output {
  let drawn: string[] = [];
  const write = (text: string) => void stream.write(text);
  const line = (text: string) => {
    drawn = [];
    write(`${text}\n`);
  };
  return {
    line,
    step: (label) => (stream.isTTY ? tickingStep(label, write, stream) : plainStep(label, line, stream)),
    redraw: (lines) => {
      if (stream.isTTY)
        write(
          `${drawn.length ? `\x1b[${rowsOf(drawn, stream.columns)}A\x1b[J` : ''}${lines.map((l) => `${l}\n`).join('')}`,
        );
      else for (const [at, text] of lines.entries()) if (drawn[at] !== text) write(`${text}\n`);
      drawn = lines;
    },
  };
}

/** How many rows of the terminal lines take: a long one goes on in the next. */
function rowsOf(lines: string[], columns = Number.POSITIVE_INFINITY): number {
  return lines.reduce(
    (rows, line) => rows + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
    0,
  );
}

/** Says nothing: for tests and for callers that only want the effect. */
export const silent: Output = { line: () => {}, step: () => ({ done: () => {}, failed: () => {} }), redraw: () => {} };

/** `54 s`, `3 min 26 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function plainStep(label: string, line: (text: string) => void, stream: NodeJS.WriteStream): Step {
  const started = Date.now();
  const end = (mark: string) => (text?: string) => line(`${mark} ${text ?? label} (${duration(Date.now() - started)})`);
  line(`… ${label}`);
  return { done: end(paint('green', '✔', stream)), failed: end(paint('red', '✖', stream)) };
}

function tickingStep(label: string, write: (text: string) => void, stream: NodeJS.WriteStream): Step {
  const started = Date.now();
  const show = (mark: string, text: string) => write(`\r\x1b[2K${mark} ${text} (${duration(Date.now() - started)})`);
  const timer = setInterval(() => show('…', label), TICK_MS).unref();
  show('…', label);
  const end = (mark: string) => (text?: string) => {
    clearInterval(timer);
    show(mark, text ?? label);
    write('\n');
  };
  return { done: end(paint('green', '✔', stream)), failed: end(paint('red', '✖', stream)) };
}
