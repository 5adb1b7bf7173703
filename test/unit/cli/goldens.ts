import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';

/** Compares what the command prints with the file of that name; with `UPDATE_GOLDEN=1` it writes it anew, to be read in the diff. */
export function expectGolden(name: string, lines: readonly string[]): void {
  const file = join(import.meta.dirname, 'golden', name);
  const text = `${lines.join('\n')}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
