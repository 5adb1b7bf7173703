import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FAILURE_CONVERTER } from '../encryption/data-converter.ts';
import { bundleWith, bundleWorkflows } from '../workers/bundle.ts';

/** Writes the workflow bundles that production loads, with and without encryption and tracing: `node scripts/bundle.ts dist/workflow-bundle.cjs`. */
const [path] = process.argv.slice(2);
if (!path) {
  process.stderr.write('Usage: node scripts/bundle.ts FILE\n');
  process.exit(2);
}
await mkdir(dirname(path), { recursive: true });
const bundles = [undefined, FAILURE_CONVERTER].flatMap((failureConverterPath) =>
  [false, true].map((tracing) => {
    const parts = { failureConverterPath, tracing };
    return { to: bundleWith(path, parts), bundling: bundleWorkflows(parts) };
  }),
);
for (const { to, bundling } of bundles) {
  const { code } = await bundling;
  await writeFile(to, code);
  process.stdout.write(`${to}: ${(code.length / 1e6).toFixed(1)} MB\n`);
}
