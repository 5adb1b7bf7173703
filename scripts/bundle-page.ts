/**
 * Writes the page as it is served: index.html, and beside it, in assets/, one script and one style sheet, whose names
 * change with what is in them; and licenses.txt, of the packages that are in the script: `node scripts/bundle-page.ts dist/page`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const SOURCES = resolve(import.meta.dirname, '../page');

const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('Usage: node scripts/bundle-page.ts FOLDER\n');
  process.exit(2);
}

const { outputFiles, metafile } = await build({
  absWorkingDir: SOURCES,
  entryPoints: ['main.tsx', 'styles/main.css'],
  entryNames: '[name]-[hash]',
  outdir: 'assets',
  tsconfig: 'tsconfig.json',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'eof',
  logLevel: 'error',
  metafile: true,
  write: false,
}).catch(() => process.exit(1)); // it has said what is wrong

const assets = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
const nameOf = (ending: string) => assets.find(({ name }) => name.endsWith(ending))!.name;
const html = readFileSync(join(SOURCES, 'index.html'), 'utf8')
  .replace('%CSS%', `assets/${nameOf('.css')}`)
  .replace('%JS%', `assets/${nameOf('.js')}`);

// Whole or not at all: whoever serves the page may be reading it.
const made = `${resolve(folder)}.new`;
rmSync(made, { recursive: true, force: true });
mkdirSync(join(made, 'assets'), { recursive: true });
for (const { name, contents } of assets) writeFileSync(join(made, 'assets', name), contents);
writeFileSync(join(made, 'index.html'), html);
writeFileSync(join(made, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
if (existsSync(folder)) rmSync(folder, { recursive: true });
mkdirSync(dirname(resolve(folder)), { recursive: true });
renameSync(made, folder);

const size = [html, ...assets.map(({ contents }) => contents)].reduce((sum, one) => sum + gzipSync(one).length, 0);
process.stdout.write(`${folder}: ${(size / 1000).toFixed(0)} kB gzipped\n`);

/** What they ask for where they are handed on. @param inputs - files of packages among them, from the page's folder on */
function licensesOf(inputs: string[]): string {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  return [...new Set(folders)]
    .map(
      (folder) =>
        `${folder.replace(/^.*node_modules\//, '')}\n\n${readFileSync(join(SOURCES, folder, 'LICENSE'), 'utf8')}`,
    )
    .join('\n\n');
}
