/** What files say of other files: names that lead nowhere cost a reader more than a name that is missing. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const missing = (paths: string[]) => paths.filter((path) => !existsSync(join(ROOT, path)));
/** First cells of a table's rows, each with one or more names in backquotes. */
const named = (text: string) =>
  [...text.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([\w/.-]+)`/g)].map((it) => it[1]!),
  );

const isFolder = (path: string) => statSync(join(ROOT, path)).isDirectory();
const sourcesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|mjs)$/.test(file))
    .map((file) => join(folder, file));

function sources(): string[] {
  const { include } = JSON.parse(read('tsconfig.json')) as { include: string[] };
  return missing(include).length > 0 ? [] : include.flatMap(sourcesIn);
}

describe('what is named is there', () => {
  it('the folders that are compiled', () => {
    const { include } = JSON.parse(read('tsconfig.json')) as { include: string[] };
    expect(missing(include)).toEqual([]);
  });

  it('the folders that CONTRIBUTING.md explains', () => {
    const text = read('CONTRIBUTING.md');
    expect(named(text)).toContain('workflows/');
    expect(missing(named(text))).toEqual([]);
  });

  it('the documents that comments point to', () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(100);
    const pointing = files.filter((file) => /\(DESIGN\b/.test(read(file)));
    expect(pointing.filter((file) => !file.endsWith('repository.test.ts'))).toEqual([]);
  });
});

describe('The image', () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  /** What each stage takes from the repository. */
  const copied = stages.map((stage) =>
    [...stage.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' ')),
  );
  const [forBundles, forPage, forRunning] = copied as [string[], string[], string[]];

  it('gets what the Dockerfile copies: .dockerignore lets that in, and nothing else', () => {
    const letIn = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!);
    const covered = (path: string, by: string[]) => by.some((one) => path === one || path.startsWith(`${one}/`));
    expect(copied.flat().filter((path) => !covered(path, letIn))).toEqual([]);
    expect(letIn.filter((path) => !covered(path, copied.flat()))).toEqual([]);
  });

  it.each([
    ['runs', forRunning],
    ['makes its bundles from', forBundles],
    ['makes the page from', forPage],
  ])('has what the sources it %s import', (_, paths) => {
    const files = paths.flatMap((path) => (path.endsWith('.ts') ? [path] : isFolder(path) ? sourcesIn(path) : []));
    expect(files.length).toBeGreaterThan(30);
    const imported = files.flatMap((file) =>
      [...read(file).matchAll(/^(?!import type).* from '(\.\.?\/[^']+)';$/gm)].map(([, to]) =>
        join(dirname(file), to!),
      ),
    );
    const isThere = (file: string) => paths.some((path) => file === path || file.startsWith(`${path}/`));
    expect([...new Set(imported.filter((file) => !isThere(file)))]).toEqual([]);
  });
});

const LONGEST_LINE = 120;

describe('Prose', () => {
  const inDocs = readdirSync(join(ROOT, 'docs')).filter((file) => file.endsWith('.md'));
  const pages = ['README.md', ...inDocs.map((file) => `docs/${file}`)];

  it.each(pages)('of %s has lines that a diff shows whole', (page) => {
    // Neither code, nor the rows of tables, nor pictures can be wrapped.
    const text = read(page).replace(/^ *```[\s\S]*?^ *```$/gm, (code) => '\n'.repeat(code.split('\n').length - 1));
    const prose = text.split('\n').map((line, at) => ({ at: at + 1, line }));
    const long = prose.filter(({ line }) => line.length > LONGEST_LINE && !/^\s*(\||!\[|<)/.test(line));
    expect(long).toEqual([]);
  });
});

describe('Hosted CI', () => {
  it('has what .ci/run installs, without which tests are skipped', () => {
    const packages = [...read('.ci/run').matchAll(/missing\+=\((\w+)\)/g)].map(([, name]) => name!);
    expect(packages).toContain('prometheus');
    const [before] = read('.github/workflows/ci.yaml').split('- run: make test\n');
    expect(packages.filter((name) => !before!.includes(` ${name}`))).toEqual([]);
  });
});

describe('CHANGELOG.md', () => {
  it('says each addition of a version once', () => {
    const versions = read('CHANGELOG.md').split(/^## /m).slice(1);
    for (const version of versions) {
      const added = [...version.matchAll(/^- `(\w+)`/gm)].map(([, name]) => name);
      expect(added).toEqual([...new Set(added)]);
    }
  });
});
