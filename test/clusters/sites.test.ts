/** FogSites as people see them: kubectl, and what the watcher says of each. On a cluster of its own, which it fills with sites. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';
import { type KubeObject, NAMESPACES } from '../../kube/resources.ts';
import { FOG_SITES } from '../../model/names.ts';
import type { FogSite, SiteCondition } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { type LogLine, Product } from '../support/product.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

type LiveSite = FogSite & KubeObject;

const LONG_AGO = '2026-01-01T00:00:00Z';
const CRD = join(ROOT, 'crds/fogsites.yaml');
const file = e2eFile();
let stack: StackHandle;
let world: World;

beforeAll(async () => {
  stack = await file.startStack({ nodes: 1 });
  world = file.world(stack, 'e2e-sites');
  await world.must(['delete', '-f', CRD, '--wait']);
  await world.open({ role: 'watcher' });
});

const read = (name: string) => world.client.get<LiveSite>(FOG_SITES, { name });
const apply = (name: string, spec?: object) => world.must(['apply', '-f', '-'], aSiteManifest(name, spec));
const remove = (name: string) => world.must(['delete', 'fsite', name]);
const conditionOf = ({ status }: FogSite, type: string) => status?.conditions?.find((one) => one.type === type);

/** The Ready condition of a site once it has this reason. */
async function judged(name: string, reason: string): Promise<SiteCondition> {
  return await eventually<SiteCondition>(`site ${name} to be ${reason}`, async () => {
    const ready = conditionOf(await read(name), 'Ready');
    return ready?.reason === reason ? ready : { not: ready };
  });
}

/** Puts what may have been written lately into the past: times have seconds. */
async function backdate(name: string): Promise<SiteCondition> {
  const site = await read(name);
  const conditions = site.status!.conditions!.map((one) => ({ ...one, lastTransitionTime: LONG_AGO }));
  await patchStatus(name, { conditions });
  return conditions[0]!;
}

async function patchStatus(name: string, status: object): Promise<void> {
  await world.client.patch(FOG_SITES, { name }, { type: 'merge', body: { status }, subresource: 'status' });
}

const kubeconfigOfHub = () => world.must(['config', 'view', '--raw', '--flatten', '-o', 'json']);

async function aSecret(name: string, content: string): Promise<void> {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    stringData: { kubeconfig: content },
  };
  await world.must(['apply', '-f', '-'], secret);
}

describe('Without the FogSite CRD', () => {
  it('the watcher is ready, and sees sites soon after an upgrade brings it', async () => {
    const isAbsence = ({ msg, type }: LogLine) => msg.startsWith('The type is not') && type === 'fogsites.paguos.io';
    await world.product.logged('the absence', isAbsence);
    await world.must(['apply', '--server-side', '-f', CRD]);
    await world.must(['wait', '--for=condition=Established', 'crd/fogsites.paguos.io', '--timeout=30s']);
    await apply('hq', { layer: 'cloud' });
    await eventually(
      'the first site to be judged',
      async () => conditionOf(await read('hq'), 'Ready') ?? { not: 'judged' },
      120_000,
    );
    await apply('north', { layer: 'fog', parent: 'hq' });
    await judged('north', 'Usable');
    expect(world.product.log.filter(isAbsence)).toHaveLength(1);
  });
});

describe('A site is judged', () => {
  it('by its parent, and again when that appears and goes', async () => {
    await apply('lone', { parent: 'south', namespace: 'lone' });
    expect(await judged('lone', 'ParentMissing')).toMatchObject({
      status: 'False',
      observedGeneration: 1,
      message: 'Its parent south does not exist; create that FogSite, or name another',
    });
    await backdate('lone');
    await apply('south', { layer: 'fog', parent: 'hq', namespace: 'south' });
    const ready = await judged('lone', 'Usable');
    expect(ready).toMatchObject({ status: 'True', message: 'Takes part in rollouts, in namespace lone of the hub' });
    expect(ready.lastTransitionTime).not.toBe(LONG_AGO);
    await remove('south');
    await judged('lone', 'ParentMissing');
  });

  it('by the layer of its parent', async () => {
    await apply('skipper', { parent: 'hq', namespace: 'skipper' });
    expect((await judged('skipper', 'ParentOfWrongLayer')).message).toBe(
      'Its parent hq is of the layer cloud; the parent of a site of the edge must be of the fog',
    );
    await apply('skipper', { parent: 'north', namespace: 'skipper' });
    expect(await judged('skipper', 'Usable')).toMatchObject({ observedGeneration: 2 });
  });

  it('with parents in a cycle, each of them, and who hangs below says so', async () => {
    await apply('one', { parent: 'two', namespace: 'one' });
    await apply('two', { parent: 'three', namespace: 'two', layer: 'fog' });
    await apply('below', { parent: 'two', namespace: 'below' });
    await apply('three', { parent: 'one', namespace: 'three' });
    const cycle = (names: string) => expect.stringContaining(`he parents form a cycle: ${names}`);
    expect((await judged('one', 'ParentCycle')).message).toEqual(cycle('two → three → one → two'));
    expect((await judged('two', 'ParentOfWrongLayer')).message).toEqual(cycle('three → one → two → three'));
    expect((await judged('three', 'ParentOfWrongLayer')).message).toEqual(cycle('one → two → three → one'));
    expect((await judged('below', 'Usable')).message).toContain('; its parent two cannot be used: its parent three is');
  });

  it('by its place: the later of two is refused, until the first goes', async () => {
    await apply('first', { namespace: 'shared', layer: 'fog' });
    await judged('first', 'Usable');
    await apply('second', { namespace: 'shared' });
    expect(await judged('second', 'PlaceTaken')).toMatchObject({
      status: 'False',
      message: 'FogSite first has namespace shared of the hub already; give this one a place of its own',
    });
    expect(conditionOf(await read('first'), 'Ready')?.status).toBe('True');
    await remove('first');
    await judged('second', 'Usable');
  });

  it('by its Secret: missing, without the key, garbage, running programs, and in order', async () => {
    const site = (reason: string) => ({
      namespace: 'far',
      cluster: { kubeconfigSecretRef: { name: 'far' } },
      hold: { reason },
    });
    await apply('far', site('1'));
    expect((await judged('far', 'SecretMissing')).message).toContain(
      'Secret default/far does not exist; create it with a kubeconfig under the key kubeconfig',
    );
    const kubeconfig = JSON.parse(await kubeconfigOfHub());
    await aSecret('far', 'hunter2');
    await apply('far', site('2')); // a changed site has its Secret read at once
    const { message } = await judged('far', 'KubeconfigInvalid');
    expect(message).toBe(
      'Secret default/far, key kubeconfig: The kubeconfig cannot be used: it is not a kubeconfig. It is also held: 2',
    );
    await aSecret(
      'far',
      JSON.stringify({
        ...kubeconfig,
        users: kubeconfig.users.map(({ name }: { name: string }) => ({ name, user: { exec: { command: 'hunter2' } } })),
      }),
    );
    await apply('far', site('3'));
    await eventually('the program to be refused', async () => {
      const ready = conditionOf(await read('far'), 'Ready');
      return ready?.message.includes('its user has exec, which runs a program to log in') ? true : { not: ready };
    });
    await aSecret('far', JSON.stringify(kubeconfig));
    await apply('far', site('4'));
    expect(await judged('far', 'Held')).toMatchObject({ status: 'True' });
    await eventually('its cluster to answer', async () => {
      const { status } = await read('far');
      const reachable = conditionOf({ status } as FogSite, 'Reachable');
      return reachable?.reason === 'Answering' && status?.releases === 0 ? true : { not: status };
    });
    expect(JSON.stringify(world.product.log)).not.toContain('hunter2');
  });

  it('by where its Secret leads: to the hub itself, where others are', async () => {
    await aSecret('home', await kubeconfigOfHub());
    const atHome = (namespace: string) => ({ namespace, cluster: { kubeconfigSecretRef: { name: 'home' } } });
    await apply('older', { namespace: 'twice' });
    await judged('older', 'Usable');
    await apply('younger', atHome('twice'));
    await apply('in-the-cloud', atHome('cloud'));
    expect((await judged('younger', 'PlaceTaken')).message).toBe(
      'FogSite older has namespace twice of the cluster of Secret home (key kubeconfig) already, as namespace twice of ' +
        'the hub: it is the same cluster; give this one a place of its own',
    );
    expect((await judged('in-the-cloud', 'PlaceTaken')).message).toContain('which is the hub, is where the cloud runs');
    await remove('older');
    await judged('younger', 'Usable');
    await remove('younger');
    await remove('in-the-cloud');
  });

  it('as held, with the reason, and nothing else moves', async () => {
    await apply('barn', { namespace: 'barn' });
    await judged('barn', 'Usable');
    await backdate('barn');
    await apply('barn', { namespace: 'barn', hold: { reason: 'harvest until Friday' } });
    expect(await judged('barn', 'Held')).toEqual({
      type: 'Ready',
      status: 'True',
      observedGeneration: 2,
      lastTransitionTime: LONG_AGO,
      reason: 'Held',
      message: 'Held, so nothing is changed here: harvest until Friday',
    });
    await apply('barn', { namespace: 'barn' });
    expect(await judged('barn', 'Usable')).toMatchObject({ observedGeneration: 3, lastTransitionTime: LONG_AGO });
  });
});

describe('The status of a site', () => {
  it('is nobody else’s to write', async () => {
    await apply('shared-status', { namespace: 'shared-status' });
    const ready = await judged('shared-status', 'Usable');
    const reachable = { ...ready, type: 'Reachable', reason: 'Answered', message: 'a worker had an answer' };
    await patchStatus('shared-status', {
      ...{ lastSeen: '2026-11-22T10:00:00Z', worker: 'berlin-1' },
      conditions: [reachable, { ...ready, status: 'False', reason: 'Made', message: 'up' }],
    });
    await judged('shared-status', 'Usable');
    const { status } = await read('shared-status');
    expect(status).toEqual({ releases: 0, conditions: [expect.objectContaining({ type: 'Ready', status: 'True' })] });
  });

  it('counts the releases on the hub', async () => {
    await apply('field', { namespace: 'field' });
    await judged('field', 'Usable');
    expect((await read('field')).status?.releases).toBe(0);
    await world.client.create(NAMESPACES, { metadata: { name: 'field' } });
    const release = (name: string, labels: object) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'field', labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
      },
    });
    const ours = { 'app.kubernetes.io/managed-by': 'fog-rollouts' };
    await world.must(['apply', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'List',
      items: [release('a', ours), release('b', ours), release('c', {})],
    });
    const counted = (count: number) =>
      eventually(`${count} releases`, async () => {
        const { releases } = (await read('field')).status!;
        return releases === count ? true : { not: releases };
      });
    await counted(2);
    await world.must(['delete', 'deployment', 'a', 'b', '-n', 'field']);
    await counted(0);
  });

  it('is shown by kubectl in columns', async () => {
    await apply('shown', { parent: 'north', namespace: 'shown', taskQueue: 'berlin', hold: { reason: 'harvest' } });
    await judged('shown', 'Held');
    const table = async (...args: string[]) =>
      (await world.must(['get', 'fsite', ...args]))
        .split('\n')
        .map((line) => line.split(/ {2,}/).map((word) => word.trim()));
    const [header, row] = await table('shown');
    expect(header).toEqual(['NAME', 'LAYER', 'PARENT', 'RELEASES', 'READY', 'REACHABLE', 'LAST SEEN', 'AGE']);
    expect(row?.slice(0, 3)).toEqual(['shown', 'edge', 'north']);
    const wide = await table('shown', '-o', 'wide');
    expect(wide[0]).toEqual([
      'NAME',
      'LAYER',
      'PARENT',
      'QUEUE',
      'RELEASES',
      'READY',
      'REACHABLE',
      'LAST SEEN',
      'HOLD',
      'AGE',
    ]);
    expect(wide[1]).toEqual(expect.arrayContaining(['berlin', 'True', 'harvest']));
    expect(await world.must(['wait', '--for=condition=Ready', 'fogsites/shown', '--timeout=5s'])).toContain(
      'condition met',
    );
  });

  it('is right for many, and is not written again by the next watcher', async () => {
    const names = Array.from({ length: 200 }, (_, at) => `many-${at}`);
    const items = names.map((name) => aSiteManifest(name, { namespace: name, parent: 'north' }));
    await world.must(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
    const all = async () => (await world.client.listAll<LiveSite>(FOG_SITES)).items;
    const judgedSites = async () => {
      const sites = (await all()).filter(({ metadata }) => names.includes(metadata.name));
      const left = sites.filter((site) => conditionOf(site, 'Ready')?.status !== 'True').length;
      return left === 0 ? sites : { not: `${left} left` };
    };
    await eventually('200 sites to be judged', judgedSites);
    const before = new Map((await all()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    expect(await world.product.stop()).toBe(0);
    world.product = await new Product(stack, { role: 'watcher' }).ready();
    await apply('barrier', { namespace: 'barrier' });
    await judged('barrier', 'Usable');
    const after = (await all()).filter(({ metadata }) => before.has(metadata.name));
    expect(new Map(after.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))).toEqual(before);
  });
});
