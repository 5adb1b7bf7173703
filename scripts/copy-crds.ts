/**
 * Copies crds/ into the chart: Helm reads no file outside a chart's folder. crds/ is the source, chart/files/crds/ is
 * never edited; a CRD that was removed from the source is removed from the chart.
 *
 * Usage: node scripts/copy-crds.ts [--check]
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOrCheck } from './write-or-check.ts';

const SOURCE = 'crds';
const COPY = 'chart/files/crds';

mkdirSync(COPY, { recursive: true });
const names = readdirSync(SOURCE).filter((name) => name.endsWith('.yaml'));
for (const name of names) writeOrCheck(join(COPY, name), readFileSync(join(SOURCE, name), 'utf8'));

for (const name of readdirSync(COPY).filter((name) => !names.includes(name))) {
  if (process.argv.includes('--check')) {
    console.error(`${join(COPY, name)} has no source in ${SOURCE}/: run npm run generate, and commit the result`);
    process.exitCode = 1;
  } else {
    rmSync(join(COPY, name));
  }
}
