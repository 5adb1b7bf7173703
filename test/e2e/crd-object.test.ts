/** A stored FogRollout, as kubectl shows and changes it. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';
import { kubectl as kubectlAnywhere, mustKubectl } from '../support/kubectl.ts';
import { example, type Manifest } from '../support/manifests.ts';

const NAMESPACE = 'crd-test';
const kubectl = (args: string[]) => kubectlAnywhere([...args, '--namespace', NAMESPACE]);
const must = (args: string[], input?: unknown) => mustKubectl([...args, '--namespace', NAMESPACE], input);

const read = async (name: string): Promise<Manifest & { metadata: { generation: number } }> =>
  JSON.parse(await must(['get', 'fgr', name, '-o', 'json']));

beforeAll(() => must(['create', 'namespace', NAMESPACE]));
afterAll(() => must(['delete', 'namespace', NAMESPACE, '--wait=false']));

describe('a stored FogRollout', () => {
  const name = 'stored';
  const condition = {
    type: 'Ready',
    status: 'False',
    observedGeneration: 1,
    reason: 'Progressing',
    message: 'Waiting for fog',
  };
  const sites = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
  const status = {
    phase: 'Progressing',
    layers: [
      { name: 'cloud', phase: 'Ready', readySites: '1/1', sites },
      { name: 'fog', phase: 'Progressing', readySites: '0/1', sites: { ...sites, ready: 0 } },
    ],
    conditions: [{ ...condition, lastTransitionTime: '2026-11-22T10:00:00Z' }],
  };
  const patch = (value: object, ...args: string[]) =>
    kubectl(['patch', 'fgr', name, '--type=merge', '-p', JSON.stringify(value), ...args]);

  beforeAll(() => must(['apply', '-f', '-'], { ...example('nginx-rollout.yml'), metadata: { name } }));
  afterAll(() => must(['delete', 'fgr', name]));

  it('was seen by nobody at first', async () => {
    expect((await read(name)).status).toEqual({ observedGeneration: -1, phase: 'Pending' });
  });

  it('keeps what is written to its status, and says it in columns', async () => {
    expect(await patch({ status }, '--subresource=status')).toMatchObject({ ok: true });
    expect((await read(name)).status).toEqual({ observedGeneration: -1, ...status });
    const [header, row] = (await must(['get', 'fgr', name])).split('\n').map((line) => line.split(/\s+/));
    expect(header).toEqual(['NAME', 'VERSION', 'PHASE', 'CLOUD', 'FOG', 'EDGE', 'READY', 'AGE']);
    expect(row?.slice(0, 6)).toEqual([name, 'v1.0.0', 'Progressing', '1/1', '0/1', 'False']);
  });

  it.each([
    ['an unknown phase', { phase: 'Dreaming' }, 'status.phase'],
    ['an unknown layer', { layers: [{ name: 'sky', phase: 'Ready', sites }] }, 'status.layers[0].name'],
    [
      'two conditions of a type',
      { conditions: [...status.conditions, ...status.conditions] },
      'status.conditions[1]: Duplicate',
    ],
  ])('refuses a status with %s', async (_, wrong, field) => {
    const { ok, output } = await patch({ status: wrong }, '--subresource=status');
    expect({ ok, output }).toEqual({ ok: false, output: expect.stringContaining(field) });
  });

  it('may have conditions of types that are still to come', async () => {
    const [ready] = status.conditions;
    const more = { conditions: [ready, { ...ready, type: 'paguos.io/Quiet' }] };
    expect(await patch({ status: more }, '--subresource=status', '--dry-run=server')).toMatchObject({ ok: true });
  });

  it.each([
    ['fgr.spec.strategy.layers.edge.waves.size', 'How many sites, a number or a percentage'],
    ['fgr.spec.deployments.cloud.volumes', 'kubectl explain pod.spec.volumes'],
    ['fogshards', 'Internal: Fog Rollouts writes it for itself'],
  ])('is explained by kubectl, e.g. %s', async (field, words) => {
    expect((await must(['explain', field])).replace(/\s+/g, ' ')).toContain(words);
  });

  it('takes no status by the way of its spec', async () => {
    await patch({ status: { phase: 'Succeeded' } });
    expect((await read(name)).status?.phase).not.toBe('Succeeded');
  });

  it('has a new generation after a change of its spec, and of nothing else', async () => {
    const { generation } = (await read(name)).metadata;
    await must(['label', 'fgr', name, 'a=b']);
    await must(['annotate', 'fgr', name, 'a=b']);
    await patch({ status: { message: '', version: 'v1' } }, '--subresource=status');
    expect((await read(name)).metadata.generation).toBe(generation);
    await patch({ spec: { version: 'v2' } });
    expect((await read(name)).metadata.generation).toBe(generation + 1);
  });

  it.each(['fgr', 'fog-rollouts', 'fogrollout', 'fogrollouts.paguos.io', 'all'])(
    'is listed by "kubectl get %s"',
    async (words) => {
      expect(await must(['get', words, '-o', 'name'])).toContain(`fogrollout.paguos.io/${name}`);
    },
  );
});

describe('the definition', () => {
  it('is small enough for a client-side apply', async () => {
    await must(['apply', '--dry-run=server', '-f', join(ROOT, 'crds/fogrollouts.yaml')]);
  });

  it('explains its fields', async () => {
    expect(await must(['explain', 'fgr.spec.strategy'])).toContain('progressDeadlineSeconds');
  });
});
