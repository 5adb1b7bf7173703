/** `kubectl fog` as people get it: one file that any Node runs, in an archive for npm and Krew. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { ROOT } from '../../../dev/home.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const ARCHIVE = `kubectl-fog-${version}.tgz`;
let dir: string;

interface KrewManifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    version: string;
    shortDescription: string;
    platforms: [{ uri: string; sha256: string; bin: string }];
  };
}

const packed = (file: string) => join(dir, 'package', file);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'packed-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/pack-command.ts'), dir, 'https://example.com/download']);
  execFileSync('tar', ['xzf', join(dir, ARCHIVE), '-C', dir]);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(...args: string[]): string {
  return execFileSync(packed('bin/kubectl-fog.mjs'), args, { cwd: dir, encoding: 'utf8' });
}

it('needs nothing but Node, from 20 on', () => {
  const { bin, engines, dependencies } = JSON.parse(readFileSync(packed('package.json'), 'utf8'));
  expect(engines).toEqual({ node: '>=20' });
  expect(dependencies).toBeUndefined();
  expect(Object.values(bin).filter((file) => !existsSync(packed(String(file))))).toEqual([]);
  const code = readFileSync(packed(bin['kubectl-fog']), 'utf8');
  const imported = [...code.matchAll(/^import .* from "([^"]+)"|_require\("([^"]+)"\)/gm)].map(
    ([, from, of]) => from ?? of!,
  );
  expect(imported.length).toBeGreaterThan(5);
  expect(imported.filter((name) => !isBuiltin(name))).toEqual([]);
});

it('runs away from the sources, with the schemas that it brings', () => {
  expect(run('--help')).toMatch(/^Usage: kubectl fog /);
  expect(run('lint', '--offline', '-f', join(ROOT, 'examples'))).toMatch(/\d objects, 0 errors, \d warnings\n$/);
  expect(run('__complete', 'completion', 'f')).toBe('fish\twhich one\n:4\n');
});

it('has a manifest for Krew that names this very archive', () => {
  const { apiVersion, kind, metadata, spec } = load(readFileSync(join(dir, 'fog.yaml'), 'utf8')) as KrewManifest;
  expect([apiVersion, kind, metadata.name]).toEqual(['krew.googlecontainertools.github.com/v1alpha2', 'Plugin', 'fog']);
  expect(spec.version).toBe(`v${version}`);
  expect(spec.shortDescription.length).toBeLessThanOrEqual(50);
  const [platform] = spec.platforms;
  expect(platform.uri).toBe(`https://example.com/download/${ARCHIVE}`);
  expect(platform.sha256).toBe(
    createHash('sha256')
      .update(readFileSync(join(dir, ARCHIVE)))
      .digest('hex'),
  );
  expect(existsSync(join(dir, platform.bin))).toBe(true);
  expect(readFileSync(join(dir, 'fog.yaml'), 'utf8')).not.toMatch(/VERSION|URL|SHA256/);
});
