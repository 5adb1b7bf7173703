/** The end of a FogRollout, however it comes: its releases go, the edge's first, and nothing is left. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { LAYERS } from '../../model/layers.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, NEVER_READY, SLOW } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-removal';
const world = e2eFile().world(stack(), NAMESPACE);
/** Places of runs on the move, few of them: that others wait for theirs must not depend on how fast the machine is. */
const PLACES = 5;
beforeAll(() => world.open({ env: { FOG_ROLLOUTS_BEGUN_AT_ONCE: `${PLACES}` } }));

const stripped = ({ metadata }: FogRollout) =>
  world.client.patch(FOG_ROLLOUTS, metadata, { type: 'merge', body: { metadata: { finalizers: [] } } });

describe('a deleted FogRollout', () => {
  it.concurrent('says that it is being removed, as long as somebody else holds it', async () => {
    const rollout = await world.succeeded(await world.apply(aRollout('going')));
    const held = [{ op: 'add', path: '/metadata/finalizers/-', value: 'e2e.example.com/hold' }];
    await world.client.patch(FOG_ROLLOUTS, rollout.metadata, { type: 'json', body: held });
    await world.delete(rollout);
    const told = ({ status }: FogRollout) => status?.phase === 'Removing';
    await world.untilRollout(`${NAMESPACE}/going`, 'to say so', (live) => live !== undefined && told(live));
    await stripped(rollout);
    await world.gone(rollout);
  });

  it.concurrent.each(LAYERS)('goes while its %s is waited for', async (layer) => {
    const name = `midway-${layer}`;
    const rollout = await world.apply(aRollout(name, { images: { [layer]: SLOW } }));
    await world.untilDeployment(layer, name, 'to be there', () => true);
    await world.delete(rollout);
    await world.gone(rollout);
  });

  it.concurrent('goes at once, before anything was done for it', async () => {
    const rollout = await world.apply(aRollout('brief'));
    await world.delete(rollout);
    await world.gone(rollout);
    // Whatever was under way when it went has ended too: a new one of its name is not disturbed.
    await world.succeeded(await world.apply(aRollout('brief', { version: 'v2' })));
  });

  it.concurrent('goes when it had failed', async () => {
    const rollout = await world.apply(aRollout('failed', { images: { fog: NEVER_READY }, progressDeadlineSeconds: 2 }));
    await world.settled(rollout);
    await world.delete(rollout);
    await world.gone(rollout);
  });

  it.concurrent('takes its kept revisions along', async () => {
    const rollout = await world.succeeded(await world.apply(aRollout('kept')));
    expect(await world.must(['get', 'controllerrevisions', '-n', NAMESPACE, '-o', 'name'])).toContain('fgr-kept-1');
    await world.must(['delete', '-n', NAMESPACE, 'fgr/kept', '--cascade=foreground', '--timeout=60s']);
    await world.gone(rollout);
    // By the garbage collector, which has them last.
    const name = 'controllerrevision/fgr-kept-1';
    await world.must(['wait', '--for=delete', name, '-n', NAMESPACE, '--timeout=50s']);
  });
});

describe('one that comes back at once', () => {
  it.concurrent('rolls out anew after the old one has gone', async () => {
    const old = await world.succeeded(await world.apply(aRollout('again')));
    await world.delete(old);
    const fresh = await world.createWhenFree(aRollout('again', { version: 'v2' }));
    const { status, metadata } = await world.succeeded(fresh);
    expect(status?.version).toBe('v2');
    for (const layer of LAYERS) {
      expect(world.deployment(layer, 'again')?.metadata.annotations?.['fog-rollouts.paguos.io/uid']).toBe(metadata.uid);
    }
  });

  it.concurrent('by kubectl replace --force while it was waited for', async () => {
    await world.apply(aRollout('forced', { images: { fog: SLOW } }));
    await world.untilDeployment('fog', 'forced', 'to be there', () => true);
    const manifest = aRollout('forced', { version: 'v2' });
    await world.must(['replace', '--force', '-n', NAMESPACE, '-f', '-'], manifest);
    const fresh = await world.untilRollout(
      `${NAMESPACE}/forced`,
      'to be the new one',
      (live) => live?.spec.version === 'v2',
    );
    await world.succeeded(fresh);
  });

  it.concurrent('again and again', async () => {
    let rollout = await world.apply(aRollout('often', { version: 'v1' }));
    for (let at = 2; at <= 4; at++) {
      await world.delete(rollout);
      rollout = await world.createWhenFree(aRollout('often', { version: `v${at}` }));
    }
    const { status } = await world.succeeded(rollout);
    expect(status?.version).toBe('v4');
    await world.delete(rollout);
    await world.gone(rollout);
  });
});

describe('what went without a word', () => {
  it.concurrent('because its finalizer was taken off by hand, is cleaned up after', async () => {
    const rollout = await world.succeeded(await world.apply(aRollout('stripped')));
    await stripped(rollout);
    await world.delete(rollout);
    await world.gone(rollout);
  });

  it.concurrent('in the middle of its run, is cleaned up after', async () => {
    const rollout = await world.apply(aRollout('vanished', { images: { fog: SLOW } }));
    await world.untilDeployment('fog', 'vanished', 'to be there', () => true);
    await world.untilRollout(`${NAMESPACE}/vanished`, 'to be held', (live) => live?.metadata.finalizers?.length === 1);
    await stripped(rollout);
    await world.delete(rollout);
    await world.gone(rollout);
  });

  it.concurrent('with its namespace, is cleaned up after', async () => {
    await world.createNamespace('e2e-doomed');
    const rollout = await world.succeeded(await world.apply(aRollout('doomed'), 'e2e-doomed'));
    await world.must(['delete', 'namespace', 'e2e-doomed', '--timeout=60s']);
    await world.gone(rollout);
  });
});

describe('many FogRollouts that are stuck', () => {
  /** So many that the last of them has its turn after half a minute only. */
  const STUCK = 10 * PLACES;
  const signalled = () =>
    world.product.log.flatMap(({ msg, rollout }) => (msg === 'Signalled' ? [String(rollout)] : []));
  const ofStuck = (keys: string[]) => keys.filter((key) => key.startsWith(`${NAMESPACE}/stuck-`)).length;

  it('keep the removal of another waiting for none of those that wait for their turn', async () => {
    const other = await world.succeeded(await world.apply(aRollout('other', { layers: ['cloud'] })));
    const names = Array.from({ length: STUCK }, (_, at) => `stuck-${at}`);
    const wishes = { layers: ['cloud'], images: { cloud: NEVER_READY } } as const;
    const stuck = await Promise.all(names.map((name) => world.apply(aRollout(name, wishes))));
    const before = signalled().length;
    await world.delete(other);
    await world.gone(other);
    const since = signalled().slice(before);
    expect(since).toContain(`${NAMESPACE}/other`);
    expect(
      ofStuck([...signalled().slice(0, before), ...since.slice(0, since.indexOf(`${NAMESPACE}/other`))]),
    ).toBeLessThan(STUCK);
    await Promise.all(stuck.map((rollout) => world.delete(rollout)));
    await Promise.all(stuck.map((rollout) => world.gone(rollout)));
  });
});
