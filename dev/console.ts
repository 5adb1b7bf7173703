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
  /** Any number of steps may be under way at a time. */
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
  return stream.isTTY ? onTerminal(stream) : inPlainText(stream);
}

/** Everything one after the other, each line once: for files, pipes and CI. */
function inPlainText(stream: NodeJS.WriteStream): Output {
  let drawn: string[] = [];
  const line = (text: string) => {
    drawn = [];
    stream.write(`${text}\n`);
  };
  return {
    line,
    step: (label) => plainStep(label, line, stream),
    redraw: (lines) => {
      for (const [at, text] of lines.entries()) if (drawn[at] !== text) stream.write(`${text}\n`);
      drawn = lines;
    },
  };
}

function onTerminal(stream: NodeJS.WriteStream): Output {
  const steps = new StepBoard(stream);
  let drawn: string[] = [];
  return {
    line: (text) => {
      drawn = [];
      steps.say(text);
    },
    step: (label) => steps.start(label),
    redraw: (lines) => {
      const before = drawn.length ? `\x1b[${rowsOf(drawn, stream.columns)}A\x1b[J` : '';
      stream.write(`${before}${lines.map((text) => `${text}\n`).join('')}`);
      drawn = lines;
    },
  };
}

/**
 * The steps under way on a terminal: one ticking line each, below everything else. Any number at a time; what ends, or is
 * said meanwhile, goes above them.
 */
class StepBoard {
  readonly #stream: NodeJS.WriteStream;
  readonly #running = new Set<{ label: string; started: number }>();
  #shown: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(label: string): Step {
    const step = { label, started: Date.now() };
    this.#running.add(step);
    this.#timer ??= setInterval(() => this.say(), TICK_MS).unref();
    this.say();
    const end = (mark: string) => (text?: string) => {
      if (!this.#running.delete(step)) return;
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
      this.say(timed(mark, text ?? label, step.started));
    };
    return { done: end(paint('green', '✔', this.#stream)), failed: end(paint('red', '✖', this.#stream)) };
  }

  /** Prints a line for good, if there is one, and the steps under it as they are now. */
  say(text?: string): void {
    const rows = rowsOf(this.#shown, this.#stream.columns);
    const erase = this.#shown.length === 0 ? '' : `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[J`;
    this.#shown = [...this.#running].map(({ label, started }) => timed('…', label, started));
    this.#stream.write(`${erase}${text === undefined ? '' : `${text}\n`}${this.#shown.join('\n')}`);
  }
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
  const end = (mark: string) => (text?: string) => line(timed(mark, text ?? label, started));
  line(`… ${label}`);
  return { done: end(paint('green', '✔', stream)), failed: end(paint('red', '✖', stream)) };
}

const timed = (mark: string, text: string, started: number) => `${mark} ${text} (${duration(Date.now() - started)})`;
