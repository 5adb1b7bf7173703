import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleWorkflows } from '../workers/bundle.ts';

/** Writes the workflow bundle that production loads: `node scripts/bundle.ts dist/workflow-bundle.cjs`. */
const [path] = process.argv.slice(2);
if (!path) {
  process.stderr.write('Usage: node scripts/bundle.ts FILE\n');
  process.exit(2);
}
const { code } = await bundleWorkflows();
await mkdir(dirname(path), { recursive: true });
await writeFile(path, code);
process.stdout.write(`${path}: ${(code.length / 1e6).toFixed(1)} MB\n`);
