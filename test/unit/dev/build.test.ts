import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildWithGo } from '../../../dev/tools/build.ts';
import { CATALOG, type GoModule, STACK_TOOLS, type Tool } from '../../../dev/tools/catalog.ts';
import { folderOf } from '../../../dev/tools/recipe.ts';

/** Says what it was asked and makes the binaries as Go would name them. */
const GO = `#!/bin/sh
echo "$*" >>"$CALLS"
env | grep -E '^(GO|CGO)' | sort >"$CALLS.env"
pwd >"$CALLS.dir"
if [ -n "$BROKEN" ]; then echo 'no space left'; exit 1; fi
while [ $# -gt 0 ]; do
  case $1 in
    -o) folder=$2; shift ;;
    -*) ;;
    */v[0-9]*) name=\${1%/*}; echo "$1" >"$folder\${name##*/}" ;;
    */*) echo "$1" >"$folder\${1##*/}" ;;
  esac
  shift
done
`;

let dir: string;
let folder: string;
let calls: string;
let linked: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'build-'));
  folder = mkdtempSync(join(dir, 'made-'));
  calls = join(dir, 'calls');
  linked = [];
  writeFileSync(join(dir, 'go'), GO, { mode: 0o755 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function build(tools: Tool[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const PATH = `${dir}:${process.env.PATH}`;
  const onBuilt = ({ name }: Tool) => void linked.push(name);
  return buildWithGo(tools, { folder, logFile: join(dir, 'log'), env: { PATH, CALLS: calls, ...env }, onBuilt });
}

describe('building with Go', () => {
  const tools = [CATALOG.etcd, CATALOG.kwok, CATALOG.kubectl, CATALOG.temporal];

  it('makes all tools in one call, so that what they share is compiled once', async () => {
    await build(tools);
    const made = readFileSync(calls, 'utf8').trim().split('\n');
    expect(made).toHaveLength(1);
    expect(made[0]).toContain(tools.map(({ pkg }) => pkg).join(' '));
    expect(readFileSync(`${calls}.dir`, 'utf8').trim()).toBe(folderOf('go'));
  });

  it('makes those of another module there', async () => {
    const others = [CATALOG['temporal-server'], CATALOG['temporal-sql-tool']];
    await build(others);
    expect(readFileSync(`${calls}.dir`, 'utf8').trim()).toBe(folderOf('go-temporal-server'));
    expect(readdirSync(folder).sort()).toEqual(others.map(({ name }) => name));
  });

  it('names each binary as its tool, also where Go names it otherwise', async () => {
    await build(tools);
    expect(readdirSync(folder).sort()).toEqual(['etcd', 'kubectl', 'kwok', 'temporal']);
    expect(readFileSync(join(folder, 'etcd'), 'utf8').trim()).toBe(CATALOG.etcd.pkg);
    expect(linked.sort()).toEqual(['etcd', 'kubectl', 'kwok', 'temporal']);
  });

  it('leaves out what the linker drops, and C', async () => {
    await build(tools);
    expect(readFileSync(calls, 'utf8')).toMatch(/ -gcflags=all=-dwarf=false( -c=1)? /);
    expect(readFileSync(`${calls}.env`, 'utf8')).toContain('CGO_ENABLED=0\n');
  });

  it('heeds nothing that was set for other builds', async () => {
    await build(tools, {
      GOFLAGS: '-mod=vendor',
      GOOS: 'plan9',
      GOARCH: 'wasm',
      GOWORK: '/w',
      GOPROXY: 'https://proxy',
    });
    const env = readFileSync(`${calls}.env`, 'utf8');
    expect(env).not.toMatch(/vendor|plan9|wasm/);
    expect(env).toContain('GOWORK=off\n');
    expect(env).toContain('GOPROXY=https://proxy\n');
  });

  it('says what Go said last when it fails, and where the rest is', async () => {
    await expect(build([CATALOG.etcd, CATALOG.kwok], { BROKEN: 'yes' })).rejects.toThrow(
      `Building etcd, kwok failed: no space left (log: ${join(dir, 'log')})`,
    );
    expect(existsSync(join(folder, 'etcd'))).toBe(false);
    expect(linked).toEqual([]);
  });
});

describe('the module of the tools', () => {
  const goMod = (module: GoModule) => readFileSync(join(folderOf(module), 'go.mod'), 'utf8');
  const text = goMod('go');
  const versionIn = (file: string, module: string) => new RegExp(`^\\s+${module} (v\\S+)`, 'm').exec(file)?.[1];

  it.each([
    ['k8s.io/kubernetes', CATALOG.kubectl],
    ['go.etcd.io/etcd/server/v3', CATALOG.etcd],
    ['sigs.k8s.io/kwok', CATALOG.kwok],
    ['github.com/temporalio/cli', CATALOG.temporal],
    ['helm.sh/helm/v4', CATALOG.helm],
    ['go.temporal.io/server', CATALOG['temporal-server']],
  ])('requires %s in the version of the catalogue', (required, { version, module = 'go' }) => {
    expect(versionIn(goMod(module), required)).toBe(`v${version}`);
  });

  it('requires the command of every tool', () => {
    for (const { pkg, module = 'go' } of Object.values(CATALOG))
      expect(goMod(module)).toMatch(new RegExp(`^\\s+${pkg}$`, 'm'));
  });

  it('is the same for all that the stack needs, and has the server that is in the CLI of Temporal', () => {
    expect(new Set(STACK_TOOLS.map((name) => CATALOG[name].module ?? 'go'))).toEqual(new Set(['go']));
    expect(versionIn(text, 'go.temporal.io/server')).toBe(`v${CATALOG['temporal-server'].version}`);
  });

  it('of the server compiles nothing that was compiled for the stack again', () => {
    const required = [...goMod('go-temporal-server').matchAll(/^\t(\S+) (v\S+)/gm)].map(([, name, version]) => [
      name!,
      version!,
    ]);
    const others = required.filter(([name, version]) => ![undefined, version].includes(versionIn(text, name!)));
    expect(required.length).toBeGreaterThan(100);
    expect(others).toEqual([]);
  });

  it("keeps all of Kubernetes' libraries at the version of Kubernetes", () => {
    const wanted = `v${CATALOG.kubectl.version.replace(/^1\./, '0.')}`;
    const required = [...text.matchAll(/^\s+(k8s\.io\/[\w-]+) v0\.\d+\.\d+ /gm)].map(([, module]) => module!);
    const replaced = [...text.matchAll(/^\s+(k8s\.io\/[\w-]+) => \S+ (v\S+)$/gm)];
    for (const [, , version] of replaced) expect(version).toBe(wanted);
    const kept = new Set(replaced.map(([, module]) => module));
    expect(required.length).toBeGreaterThan(20);
    expect(required.filter((module) => !kept.has(module))).toEqual([]);
  });
});
