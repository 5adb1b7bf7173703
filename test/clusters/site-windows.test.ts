/** When sites may be changed: windows of real FogSites, on a cluster of its own: FogSites are everybody's. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FOG_SITES } from '../../model/names.ts';
import type { RolloutPlan } from '../../model/plan/rollout-plan.ts';
import type { FogRollout, FogSite, LayerStatus, LayerStrategy } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { type Fog, fogIn } from '../support/fog.ts';
import { aRollout, type RolloutManifest } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import { makeWindow } from '../support/windows.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-site-windows';
/** Where the stack's Fog Rollouts itself is. */
const HOME = 'default';
const SITES = ['edge-0', 'edge-1', 'edge-2'];

const file = e2eFile();
let stack: StackHandle;
let world: World;
let fog: Fog;
beforeAll(async () => {
  stack = await file.startStack({ nodes: 1 });
  world = await file.world(stack, NAMESPACE).open({ env: { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes' } });
  fog = fogIn(() => stack, NAMESPACE);
  for (const name of SITES) {
    await world.createNamespace(name);
    await haveSite(name);
  }
});

const haveSite = (name: string, spec: object = {}) => {
  const site = aSiteManifest(name, { namespace: name, ...spec });
  return world.must(['apply', '--server-side', '-f', '-'], {
    ...site,
    metadata: { name, labels: { line: name === 'edge-1' ? 'busy' : 'idle' } },
  });
};
const versionAt = (site: string, name: string) =>
  world.recorder.get('Deployment', `${site}/${name}-edge`)?.metadata.annotations?.['fog-rollouts.paguos.io/version'];
const edgeOf = ({ status }: FogRollout): LayerStatus | undefined => status?.layers?.find(({ name }) => name === 'edge');
const edgeSays = (name: string, words: string, ready: number) =>
  world.untilRollout(`${NAMESPACE}/${name}`, `to have ${ready} sites ready, and to say: ${words}`, (rollout) => {
    const { message = '', sites } = (rollout && edgeOf(rollout)) ?? {};
    return message.includes(words) && sites?.ready === ready;
  });
const aFleet = (name: string, edge: LayerStrategy = {}, version = 'v1') =>
  aRollout(name, { version, strategy: { progressDeadlineSeconds: 5, layers: { edge } } });

/** Both plans say why edge-1 is to wait. */
async function plansSay(manifest: RolloutManifest, because: string): Promise<void> {
  const closed = [{ because, total: 1, first: ['edge-1'] }];
  const { out } = await fog.given(manifest, 'plan', '-f', '-', '-o', 'json');
  expect(JSON.parse(out)[0].steps.at(-1)).toMatchObject({ total: 3, closed });
  await world.must([
    'create',
    'clusterrolebinding',
    'planner',
    '--clusterrole=cluster-admin',
    `--serviceaccount=${NAMESPACE}:default`,
  ]);
  const token = (await world.must(['create', 'token', 'default', '-n', NAMESPACE])).trim();
  const answer = await fetch(`${await world.product.address()}/plan`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, namespace: NAMESPACE } }),
  });
  const { steps, unknown } = (await answer.json()) as RolloutPlan & { unknown: string[] };
  expect([unknown, steps.at(-1)]).toMatchObject([[], { total: 3, closed }]);
}

describe('A site whose window is closed', () => {
  it('waits while the others go on, says so, and is done when a FogWindow lets it', async () => {
    await makeWindow(world, 'line-stops', {
      deny: [{}],
      reason: 'the line runs',
      sites: { selector: { matchLabels: { line: 'busy' } } },
    });
    const doors = aFleet('doors', { maxConcurrency: 1 });
    await plansSay(doors, 'FogWindow line-stops is closed (the line runs)');
    const applied = await world.apply(doors);
    const waits = 'edge-1: FogWindow line-stops is closed (the line runs)';
    await edgeSays('doors', `0 under way, 1 waiting for its window; ${waits}`, 2);
    expect(SITES.map((site) => versionAt(site, 'doors'))).toEqual(['v1', undefined, 'v1']);
    const { out } = await fog.run('status', 'doors');
    expect(out).toContain(waits);
    await eventually<true>('the site to say it', async () => {
      const { out: said } = await fog.run('status', 'doors', '-o', 'json');
      return said.includes('"WindowClosed"') ? true : { not: said };
    });
    // It has waited for longer than its progress deadline.
    await makeWindow(world, 'line-stops', {
      deny: [{ start: '2026-01-05T08:00', duration: 'PT1H', timeZone: 'UTC' }],
      sites: { selector: { matchLabels: { line: 'busy' } } },
    });
    const { status } = await world.succeeded(applied);
    expect([status?.failures, edgeOf({ status } as FogRollout)?.sites.ready]).toEqual([undefined, 3]);
    await world.must(['delete', 'fgw', 'line-stops', '-n', NAMESPACE]);
  });

  it('has one of its own, which opens by the clock, and holds up no rollback', async () => {
    const opens = new Date(Math.ceil(Date.now() / 1000) * 1000 + 12_000).toISOString().slice(0, 19);
    await haveSite('edge-2', { window: { allow: [{ start: opens, duration: 'PT1H', timeZone: 'UTC' }] } });
    await whenSeen('edge-2');
    const applied = await world.apply(aFleet('shutters'));
    await edgeSays('shutters', `edge-2: its own window is closed, and opens at ${opens}Z`, 2);
    await world.succeeded(applied);
    const { creationTimestamp } = world.recorder.get('Deployment', 'edge-2/shutters-edge')!.metadata;
    expect(Date.parse(creationTimestamp!)).toBeGreaterThanOrEqual(Date.parse(`${opens}Z`));
    await haveSite('edge-2', { window: { deny: [{}] } });
    await whenSeen('edge-2');
    await world.apply(aFleet('shutters', {}, 'v2'));
    await edgeSays('shutters', 'edge-2: its own window is closed', 2);
    const { out } = await fog.run('rollback', 'shutters', '--revision', '1');
    expect(out).toContain('Accepted');
    await world.untilRollout(
      `${NAMESPACE}/shutters`,
      'to be at v1 again',
      (rollout) => rollout?.status?.phase === 'Succeeded' && rollout.status.version === 'v1',
    );
    await haveSite('edge-2');
  });

  it('says what of it cannot be read, which costs no other site anything', async () => {
    const allow = [{ start: '2026-01-05T08:00', duration: 'PT1H', timeZone: 'Europe/Nowhere' }];
    await haveSite('edge-0', { window: { allow } });
    await haveSite('edge-2', { window: { ref: 'nowhere' } });
    await whenSeen('edge-2');
    expect(await readyOf('edge-0')).toEqual(['True', expect.stringContaining('There is no time zone Europe/Nowhere')]);
    expect((await readyOf('edge-2'))[1]).toContain(`FogWindow ${HOME}/nowhere is closed, as it does not exist`);
    const applied = await world.apply(aFleet('blinds'));
    await edgeSays('blinds', '2 waiting for their windows; edge-0: its own window is closed, as it cannot be read', 1);
    expect(SITES.map((site) => versionAt(site, 'blinds'))).toEqual([undefined, 'v1', undefined]);
    await haveSite('edge-0', {
      window: { allow: [{ ...allow[0], timeZone: 'UTC', rrule: 'FREQ=DAILY', duration: 'P1D' }] },
    });
    await makeWindow(world, 'nowhere', {}, HOME);
    await world.succeeded(applied);
    expect(await readyOf('edge-2')).toEqual(['True', expect.stringContaining('Takes part in rollouts')]);
    await world.must(['delete', 'fgw', 'nowhere', '-n', HOME]);
  });
});

async function readyOf(name: string): Promise<string[]> {
  const { status } = await world.client.get<FogSite & { metadata: FogSite['metadata'] }>(FOG_SITES, { name });
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return [ready?.status ?? '', ready?.message ?? ''];
}

/** Fog Rollouts has seen the FogSite as it is now. */
const whenSeen = (name: string) =>
  eventually<true>(`${name} to be seen`, async () => {
    const { metadata, status } = await world.client.get<FogSite & { metadata: FogSite['metadata'] }>(FOG_SITES, {
      name,
    });
    const { observedGeneration } = status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
    return observedGeneration === metadata.generation ? true : { not: status };
  });

describe('The API server refuses', () => {
  it.each<[string, object, string]>([
    ['nothing at all', {}, 'A window is the ref of a FogWindow, or has allow or deny of its own'],
    ['both', { ref: 'a', deny: [{}] }, 'A window is the ref of a FogWindow'],
    ['what is allowed without an end', { allow: [{ start: '2026-01-05T08:00', timeZone: 'UTC' }] }, 'has a start and'],
    ['a start of no zone', { deny: [{ start: '2026-01-05T08:00' }] }, 'A start is of a timeZone'],
  ])('%s as a window of a site', async (_name, window, words) => {
    const site = aSiteManifest('tried', { window });
    const { ok, output } = await world.kubectl(['create', '--dry-run=server', '-f', '-'], site);
    expect([ok, output]).toEqual([false, expect.stringContaining(words)]);
  });
});
