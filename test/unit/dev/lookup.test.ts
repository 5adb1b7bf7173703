import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CATALOG, type ToolName } from '../../../dev/tools/catalog.ts';
import { cacheFolder, cachePath, lookUp, type Surroundings, versionIn } from '../../../dev/tools/lookup.ts';
import { folderOf, ourRecipe, recipeOf } from '../../../dev/tools/recipe.ts';

let dir: string;
let around: Surroundings;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lookup-'));
  around = {
    env: { PATH: join(dir, 'path'), XDG_CACHE_HOME: join(dir, 'cache') },
    platform: { os: 'linux', arch: 'amd64' },
  };
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program that says a version, or fails. */
function program(path: string, says: string, exitCode = 0): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\nexit ${exitCode}\n`, { mode: 0o755 });
  return path;
}

const { etcd } = CATALOG;

describe('a tool is taken', () => {
  it('from the environment before everything else', async () => {
    around.env.FOG_ROLLOUTS_ETCD = program(join(dir, 'mine'), 'etcd Version: 3.6.1');
    program(join(dir, 'path', 'etcd'), 'etcd Version: 3.6.14');
    expect(await lookUp(etcd, around)).toEqual({ path: join(dir, 'mine'), where: 'environment' });
  });

  it('from PATH in a fitting version', async () => {
    const path = program(join(dir, 'path', 'etcd'), 'etcd Version: 3.6.2');
    program(cachePath(etcd, around, 'built'), '');
    expect(await lookUp(etcd, around)).toEqual({ path, where: 'PATH' });
  });

  it.each([
    ['that does not fit', 'etcd Version: 3.4.0', 0],
    ['that does not run', 'etcd Version: 3.6.14', 1],
    ['that says no version', 'hello', 0],
  ])('from the cache rather than one on PATH %s', async (_name, says, exitCode) => {
    program(join(dir, 'path', 'etcd'), says, exitCode);
    const path = program(cachePath(etcd, around, 'built'), '');
    expect(await lookUp(etcd, around)).toEqual({ path, where: 'cache' });
  });

  it('from nowhere when it is nowhere', async () => {
    expect(await lookUp(etcd, around)).toBeUndefined();
  });
});

describe('a tool named by the environment is refused', () => {
  it.each([
    ['when it is too old', 'etcd Version: 3.5.0', 0, 'names etcd 3.5.0, which does not fit: 3.6.14 is wanted'],
    ['when it does not run', 'etcd Version: 3.6.14', 1, 'which does not run or does not tell its version'],
  ])('%s', async (_name, says, exitCode, message) => {
    around.env.FOG_ROLLOUTS_ETCD = program(join(dir, 'mine'), says, exitCode);
    await expect(lookUp(etcd, around)).rejects.toThrow(message);
  });
});

describe('which versions will do', () => {
  it.each<[ToolName, string, boolean]>([
    ['kube-apiserver', '1.36.0', true],
    ['kube-apiserver', '1.35.9', false],
    ['kubectl', '1.35.2', true],
    ['kubectl', '1.34.9', false],
    ['temporal', '1.8.2', true],
    ['temporal', '1.12.0', true],
    ['temporal', '1.8.1', false],
    ['temporal', '2.0.0', false],
    ['helm', '3.16.4', true],
    ['helm', '3.9.0', false],
    ['helm', '4.2.4', true],
    ['kwokctl', '0.7.0', false],
  ])('%s %s: %s', (name, version, expected) => {
    expect(CATALOG[name].fits(version)).toBe(expected);
  });
});

describe('the version a tool says', () => {
  it.each([
    ['etcd', 'etcd Version: 3.6.14\nGit SHA: none\nGo Version: go1.26.8', '3.6.14'],
    ['kube-apiserver', 'Kubernetes v1.36.4', '1.36.4'],
    ['kubectl', 'Client Version: v1.36.4\nKustomize Version: v5.8.1', '1.36.4'],
    ['kwok', 'kwok version v0.8.0 go1.26.8 (linux/amd64)', '0.8.0'],
    ['temporal', 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)', '1.8.2'],
    ['helm', 'v4.2.4+g9a2f1c7', '4.2.4'],
    ['something else', 'no version at all', undefined],
  ])('%s', (_name, output, expected) => {
    expect(versionIn(output)).toBe(expected);
  });
});

describe('the cache', () => {
  it.each([
    ['lies where XDG says', { XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/fog-rollouts/tools'],
    ['lies in .cache otherwise', { HOME: '/h' }, '/h/.cache/fog-rollouts/tools'],
  ])('%s', (_name, env, expected) => {
    expect(cacheFolder({ ...around, env })).toBe(expected);
  });

  it("keeps a publisher's binary apart from one that was built, and builds of other libraries apart from each other", () => {
    const env = { XDG_CACHE_HOME: '/c' };
    expect(cachePath(etcd, { ...around, env }, 'release')).toBe(
      '/c/fog-rollouts/tools/etcd-3.6.14-linux-amd64-release/etcd',
    );
    expect(cachePath(etcd, { ...around, env }, 'built')).toBe(
      `/c/fog-rollouts/tools/etcd-3.6.14-linux-amd64-go-${recipeOf(folderOf())}/etcd`,
    );
    expect(ourRecipe()).toMatch(/^[0-9a-f]{8}$/);
    expect(cachePath(CATALOG['temporal-server'], { ...around, env }, 'built')).toBe(
      `/c/fog-rollouts/tools/temporal-server-1.31.2-linux-amd64-go-${ourRecipe('go-temporal-server')}/temporal-server`,
    );
    expect(ourRecipe('go-temporal-server')).not.toBe(ourRecipe());
    expect(recipeOf(aModule('require a v1'))).not.toBe(recipeOf(aModule('require a v2')));
  });

  it("gives the publisher's binary where it has both", async () => {
    const path = program(cachePath(etcd, around, 'release'), '');
    program(cachePath(etcd, around, 'built'), '');
    expect(await lookUp(etcd, around)).toEqual({ path, where: 'cache' });
  });
});

function aModule(text: string): string {
  const module = mkdtempSync(join(dir, 'module-'));
  for (const file of ['go.mod', 'go.sum']) writeFileSync(join(module, file), text);
  return module;
}
