import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');

/** Which of our folders the files of a folder may import, besides their own. */
const ALLOWED: Record<string, string[]> = {
  model: [],
  kube: [],
  observed: ['model', 'kube'],
  workflows: ['model'],
  activities: ['model', 'kube', 'observed'],
  watcher: ['model', 'kube', 'observed'],
  api: ['model', 'kube'],
  cli: ['model', 'kube'],
  page: ['model'],
  encryption: [],
  signing: ['model'],
  tracing: ['model', 'workflows'],
  workers: ['model', 'kube', 'workflows', 'activities'],
  entry: [
    'model',
    'kube',
    'observed',
    'encryption',
    'signing',
    'tracing',
    'workflows',
    'activities',
    'watcher',
    'api',
    'workers',
    'package.json',
  ],
};

/** Workflow code runs in Temporal's sandbox: nothing else works there, and everything costs bundle size. */
const PACKAGES_OF_WORKFLOWS = [
  '@temporalio/workflow',
  '@temporalio/common', // which that one is made of, and does not hand on the whole of
];

const PACKAGES_OF_THE_PAGE = /^(preact(\/.+)?|@preact\/signals)$/;

describe('imports point one way', () => {
  const folders = Object.keys(ALLOWED).filter((folder) => filesOf(folder).length > 0);

  it.each(folders)('%s imports only what it may', (folder) => {
    const wrong = ownImports(folder).filter(({ to }) => to !== folder && !ALLOWED[folder]!.includes(to));
    expect(wrong).toEqual([]);
  });

  it('workflows import no package but the workflow SDK', () => {
    const packages = filesOf('workflows').flatMap((file) => importsOf(file).filter((name) => !name.startsWith('.')));
    expect(packages.filter((name) => !PACKAGES_OF_WORKFLOWS.includes(name))).toEqual([]);
  });

  it('nobody loads OpenTelemetry who does not send traces', () => {
    const loads = /^import (?!type\b)[^;]*?'(\.\.\/)+tracing\/(tracing|activities|trouble)\.ts'/m;
    const others = folders.filter((folder) => folder !== 'tracing').flatMap(filesOf);
    expect(others.filter((file) => loads.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
    expect(loads.test("import { startTracing } from '../tracing/tracing.ts';")).toBe(true);
  });

  it('the page imports no package but what is small enough for a browser', () => {
    const packages = filesOf('page').flatMap((file) => importsOf(file).filter((name) => !name.startsWith('.')));
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((name) => !PACKAGES_OF_THE_PAGE.test(name))).toEqual([]);
  });

  it.each([
    ['a plain import', "import { a } from './a.ts';", ['./a.ts']],
    ['an import over several lines', "import {\n  a,\n  b,\n} from '../model/a.ts';", ['../model/a.ts']],
    ['an import for its effect', "import './a.ts';", ['./a.ts']],
    ['a type', "import type { A } from '../kube/a.ts';", ['../kube/a.ts']],
    ['an export of another module', "export * from '../api/a.ts';", ['../api/a.ts']],
    ['an import at run time', "const a = await import('../api/a.ts');", ['../api/a.ts']],
    ['no import', "const from = 'from';", []],
  ])('sees %s', (_name, text, expected) => {
    expect(importedBy(text)).toEqual(expected);
  });
});

function ownImports(folder: string): { file: string; to: string }[] {
  return filesOf(folder).flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => ({ file, to: relative(ROOT, resolve(ROOT, file, '..', name)).split('/')[0]! })),
  );
}

function importsOf(file: string): string[] {
  return importedBy(readFileSync(join(ROOT, file), 'utf8'));
}

function importedBy(text: string): string[] {
  const statements = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statements)].map(([, named, atRunTime]) => (named ?? atRunTime)!);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => join(folder, file));
  } catch {
    return []; // not written yet
  }
}
