import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
let world: SiteWorld;

beforeEach(() => {
  world = new SiteWorld();
});
afterEach(() => world.stop());

describe('The watcher of sites', () => {
  it('judges what is there, and writes each once', async () => {
    world.put('hq', { layer: 'cloud' });
    world.put('north', { layer: 'fog', parent: 'hq' });
    world.put('field', { parent: 'nowhere' });
    await world.start();
    expect(['hq', 'north', 'field'].map((name) => world.reason(name))).toEqual(['Usable', 'Usable', 'ParentMissing']);
    await world.clock.advance(60 * SECONDS);
    expect(world.writes.toSorted()).toEqual(['field', 'hq', 'north']);
    expect(world.clock.waiting).toBe(0);
  });

  it('judges a flock of changes together, and again those that a change concerns', async () => {
    world.put('field', { parent: 'north' });
    world.put('twin', { parent: 'north', namespace: 'field', age: 1 });
    await world.start();
    expect(world.reason('field')).toBe('ParentMissing');
    world.put('north', { layer: 'fog' });
    for (let at = 0; at < 50; at++) world.put(`other-${at}`);
    await world.clock.advance(199);
    expect(world.writes).toHaveLength(2);
    await world.clock.advance(1);
    expect([world.reason('field'), world.reason('twin'), world.reason('other-49')]).toEqual([
      'Usable',
      'PlaceTaken',
      'Usable',
    ]);
    world.remove('field');
    await world.clock.advance(200);
    expect(world.reason('twin')).toBe('Usable');
  });

  it('says of a window what of it cannot be read, and that it is all right again', async () => {
    const allow = [{ start: '2026-01-01T00:00', duration: 'PT1H', timeZone: 'Europe/Nowhere' }];
    world.put('edge-1', { window: { allow } });
    world.put('edge-2', { window: { ref: 'doors' } });
    world.put('edge-3', { window: { deny: [{}] } });
    await world.start();
    const messageOf = (name: string) => world.site(name)?.status?.conditions?.[0]?.message;
    expect(['edge-1', 'edge-2', 'edge-3'].map((name) => world.reason(name))).toEqual([
      'WindowUnreadable',
      'WindowUnreadable',
      'Usable',
    ]);
    expect(messageOf('edge-1')).toContain('There is no time zone Europe/Nowhere');
    expect(messageOf('edge-2')).toContain('FogWindow fog/doors is closed, as it does not exist');
    const metadata = { namespace: 'fog', name: 'doors', uid: 'doors', resourceVersion: '1', generation: 1 };
    world.windows.put({ apiVersion: 'v1', kind: 'FogWindow', metadata, spec: {} } as never);
    await world.clock.advance(200);
    expect(world.reason('edge-2')).toBe('Usable');
  });

  it('puts a condition right that somebody else wrote', async () => {
    world.put('field');
    await world.start();
    world.put('field', { status: { conditions: [] } });
    await world.clock.advance(0);
    expect(world.reason('field')).toBe('Usable');
  });

  it('says nothing of a site that has changed since it was judged', async () => {
    world.put('field');
    await world.start();
    world.put('field', { generation: 2, parent: 'nowhere' });
    await world.clock.advance(199);
    expect(world.reason('field')).toBe('Usable');
    await world.clock.advance(1);
    expect(world.site('field')?.status?.conditions?.[0]).toMatchObject({
      reason: 'ParentMissing',
      observedGeneration: 2,
    });
  });

  it('tries again what the API server does not take, but not what it finds outdated', async () => {
    world.put('field');
    world.refusals.push(500, 429);
    await world.start();
    expect(world.writes).toEqual([]);
    await world.clock.advance(5 * SECONDS);
    expect(world.writes).toEqual(['field']);
    world.put('other');
    world.refusals.push(422, 404);
    await world.clock.advance(60 * SECONDS);
    expect([world.writes, world.refusals]).toEqual([['field'], [404]]);
  });

  it('counts the releases of the hub, at most every 30 seconds', async () => {
    world.release('field', 'a');
    world.put('field');
    world.put('far', { namespace: 'field', taskQueue: 'berlin' });
    world.put('twin', { namespace: 'field', age: 1 });
    await world.start();
    const counts = () => ['field', 'far', 'twin'].map((name) => world.site(name)?.status?.releases);
    expect(counts()).toEqual([1, undefined, 0]);
    const before = world.writes.length;
    for (let at = 0; at < 120; at++) {
      world.release('field', `b${at}`);
      await world.clock.advance(SECONDS / 2);
    }
    expect(world.writes.slice(before)).toEqual(['field', 'field']);
    await world.clock.advance(30 * SECONDS);
    expect(counts()).toEqual([121, undefined, 0]);
    world.deployments.remove('field/a');
    world.release('elsewhere', 'c');
    await world.clock.advance(30 * SECONDS);
    expect(counts()).toEqual([120, undefined, 0]);
  });

  it('looks at Secrets again, and at none where no site has one', async () => {
    world.put('field');
    await world.start();
    await world.clock.advance(600 * SECONDS);
    expect(world.secretReads).toBe(0);
    world.put('far', { cluster: { kubeconfigSecretRef: { name: 'berlin' } } });
    await world.clock.advance(200);
    expect([world.reason('far'), world.secretReads]).toEqual(['SecretMissing', 1]);
    await world.clock.advance(95 * SECONDS);
    expect([world.writes, world.secretReads]).toEqual([['field', 'far'], 4]);
  });
});
