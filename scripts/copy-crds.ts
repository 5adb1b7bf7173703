/**
 * Copies crds/ and policies/ into the chart: Helm reads no file outside a chart's folder. They are the source, what is in
 * chart/files/ is never edited; a file that was removed from the source is removed from the chart.
 *
 * Usage: node scripts/copy-crds.ts [--check]
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOrCheck } from './write-or-check.ts';

const FOLDERS = ['crds', 'policies'];

for (const source of FOLDERS) {
  const copy = join('chart/files', source);
  mkdirSync(copy, { recursive: true });
  const names = readdirSync(source).filter((name) => name.endsWith('.yaml'));
  for (const name of names) writeOrCheck(join(copy, name), readFileSync(join(source, name), 'utf8'));
  for (const name of readdirSync(copy).filter((name) => !names.includes(name))) {
    if (process.argv.includes('--check')) {
      console.error(`${join(copy, name)} has no source in ${source}/: run npm run generate, and commit the result`);
      process.exitCode = 1;
    } else {
      rmSync(join(copy, name));
    }
  }
}
