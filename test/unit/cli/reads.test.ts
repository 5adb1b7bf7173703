/** What the command asks of kubectl for a fleet of 10,000 sites: a program in its place answers, and notes what it was asked. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';
import { manySites } from './fleets.ts';

const ANSWERS = {
  '*fogrollouts*': 'rollout.json',
  '*fogshards*': 'shards.json',
  '*fogsites*': 'sites.json',
  '*deployments*': 'deployments.json',
  '*pods*': 'pods.json',
};
let dir: string;
const file = (name: string) => join(dir, name);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'reads-'));
  const { rollout, around } = manySites(10_000, (at) => (at % 31 === 0 ? 'f' : 'r'));
  const list = (items: unknown[] | undefined, more = {}) => JSON.stringify({ metadata: more, items });
  writeFileSync(file('rollout.json'), JSON.stringify(rollout));
  writeFileSync(file('shards.json'), list(around.shards));
  writeFileSync(file('sites.json'), list(around.sites));
  writeFileSync(file('deployments.json'), list(around.deployments, { continue: 'more' }));
  writeFileSync(file('pods.json'), list(around.pods));
  const cases = Object.entries(ANSWERS).map(([words, answer]) => `${words}) cat ${file(answer)} ;;`);
  const script = `#!/bin/sh\necho "$*" >> ${file('asked')}\ncase "$*" in\n${cases.join('\n')}\nesac\n`;
  writeFileSync(file('kubectl'), script, { mode: 0o755 });
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('is one list a kind, and the tree a few lines', () => {
  const env = { ...process.env, KUBECTL: file('kubectl') };
  const command = [join(ROOT, 'cli/kubectl-fog.ts'), '-n', 'shop', 'status', 'web'];
  const { stdout, status } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout.split('\n').length).toBeLessThan(60);
  expect(stdout).toMatch(/wave rest: 8,995 sites, 290 failed.*8,\d+ ready\n/);
  expect(stdout).toMatch(/not shown: deployments beyond the first 500\n$/);
  const asked = readFileSync(file('asked'), 'utf8').trim().split('\n').sort();
  const releases = encodeURIComponent('fog-rollout=web,fog-rollouts.paguos.io/namespace=shop');
  expect(asked).toEqual([
    '--namespace shop get --raw /api/v1/pods?labelSelector=fog-rollout%3Dweb&limit=1000',
    `--namespace shop get --raw /apis/apps/v1/deployments?labelSelector=${releases}&limit=500`,
    '--namespace shop get --raw /apis/paguos.io/v1alpha1/fogsites',
    '--namespace shop get --raw /apis/paguos.io/v1alpha1/namespaces/shop/fogshards?labelSelector=fog-rollout%3Dweb',
    '--namespace shop get fogrollouts.paguos.io web -o json',
  ]);
});
