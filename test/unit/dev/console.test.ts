import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { consoleOutput } from '../../../dev/console.ts';

const COLUMNS = 40;
let written: string;

beforeEach(() => {
  written = '';
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

function stream(isTTY: boolean): NodeJS.WriteStream {
  const sink = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      written += text;
      done();
    },
  });
  return Object.assign(sink, { isTTY, columns: COLUMNS }) as unknown as NodeJS.WriteStream;
}

const ESCAPE = '\x1b';
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');
const WRITTEN = new RegExp(`${ESCAPE}\\[(\\d+)A|(${ESCAPE}\\[J)|(\n)|(\r)|([^${ESCAPE}\n\r]+)`, 'g');

/** What stands on a terminal after all that was written: the cursor goes up, or to the left, or erases downwards. */
function screen(): string[] {
  let lines = [''];
  let row = 0;
  for (const [, up, erase, end, _back, text] of written.replaceAll(COLOUR, '').matchAll(WRITTEN)) {
    if (up) row -= Number(up);
    if (erase) lines = [...lines.slice(0, row), ''];
    if (end) lines[++row] ??= '';
    if (text) lines[row] += text;
    while (lines[row]!.length > COLUMNS) {
      lines[row + 1] = lines[row]!.slice(COLUMNS);
      lines[row] = lines[row]!.slice(0, COLUMNS);
      row += 1;
    }
  }
  return lines.filter(Boolean);
}

describe('steps on a terminal', () => {
  it('tick on one line each, and what ends goes above those under way', () => {
    const output = consoleOutput(stream(true));
    const [etcd, kwok] = [output.step('etcd'), output.step('kwok')];
    jest.advanceTimersByTime(2_000);
    expect(screen()).toEqual(['… etcd (2.0 s)', '… kwok (2.0 s)']);
    kwok.done('Built kwok');
    expect(screen()).toEqual(['✔ Built kwok (2.0 s)', '… etcd (2.0 s)']);
    jest.advanceTimersByTime(1_000);
    etcd.failed();
    output.line('The end');
    expect(screen()).toEqual(['✔ Built kwok (2.0 s)', '✖ etcd (3.0 s)', 'The end']);
  });

  it('leave alone what is said meanwhile', () => {
    const output = consoleOutput(stream(true));
    const step = output.step('etcd');
    output.line('A word');
    step.done();
    expect(screen()).toEqual(['A word', '✔ etcd (0.0 s)']);
  });

  it('erase all rows of a line that is longer than the terminal is wide', () => {
    const output = consoleOutput(stream(true));
    const step = output.step('x'.repeat(COLUMNS));
    jest.advanceTimersByTime(3_000);
    step.done('short');
    expect(screen()).toEqual(['✔ short (3.0 s)']);
  });
});

describe('steps elsewhere', () => {
  it('are said when they begin and when they end, and never again', () => {
    const output = consoleOutput(stream(false));
    const [etcd, kwok] = [output.step('etcd'), output.step('kwok')];
    jest.advanceTimersByTime(5_000);
    kwok.done('Built kwok');
    etcd.done();
    expect(written.split('\n')).toEqual(['… etcd', '… kwok', '✔ Built kwok (5.0 s)', '✔ etcd (5.0 s)', '']);
  });
});
