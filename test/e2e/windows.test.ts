/** When rollouts may begin: FogWindows on a real API server, and what rollouts say that wait for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import type { FogRollout, FogWindowSpec } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { aWindowManifest, makeWindow, windowSaid } from '../support/windows.ts';

const NAMESPACE = 'e2e-windows';
/** Where the stack's Fog Rollouts itself is. */
const HOME = 'default';
const world = e2eFile().world(stack(), NAMESPACE);

beforeAll(() => world.open());

const make = (name: string, spec: FogWindowSpec, namespace?: string) => makeWindow(world, name, spec, namespace);
const said = (name: string) => windowSaid(world, name);
const remove = (name: string, namespace = NAMESPACE) => world.must(['delete', 'fogwindow', name, '-n', namespace]);
const messageOf = ({ status }: FogRollout) => status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const waits = (name: string, words: string) =>
  world.untilRollout(
    `${NAMESPACE}/${name}`,
    `to wait: ${words}`,
    (rollout) => rollout !== undefined && (messageOf(rollout)?.includes(words) ?? false),
  );

describe('A rollout that comes while its window is closed', () => {
  it.concurrent('waits with nothing given to anybody, says why, and goes on when the window is deleted', async () => {
    await make('freeze', { deny: [{}], reason: 'incident 7', rollouts: { names: ['windowed-freeze'] } });
    expect(await said('freeze')).toMatchObject({ open: false, message: 'Closed: deny[0]' });
    const applied = await world.apply(aRollout('windowed-freeze'));
    const waiting = await waits('windowed-freeze', 'v1 waits: FogWindow freeze is closed (incident 7)');
    expect([waiting.status?.phase, world.deployment('cloud', 'windowed-freeze')]).toEqual(['Paused', undefined]);
    const next = await world.apply(aRollout('windowed-freeze', { version: 'v2' }));
    await waits('windowed-freeze', 'v2 waits: FogWindow freeze is closed (incident 7)');
    await remove('freeze');
    const { status } = await world.succeeded(next);
    expect([applied.metadata.generation, status?.version]).toEqual([1, 'v2']);
  });

  it.concurrent('goes on by itself when that opens, and not before', async () => {
    const opens = new Date(Math.ceil(Date.now() / 1000) * 1000 + 10_000).toISOString().slice(0, 19);
    await make('soon', {
      allow: [{ start: opens, duration: 'PT1H', timeZone: 'UTC' }],
      rollouts: { names: ['windowed-soon'] },
    });
    const applied = await world.apply(aRollout('windowed-soon'));
    await waits('windowed-soon', `FogWindow soon is closed, and opens at ${opens}Z`);
    await world.succeeded(applied);
    const { creationTimestamp } = world.deployment('cloud', 'windowed-soon')!.metadata;
    expect(Date.parse(creationTimestamp!)).toBeGreaterThanOrEqual(Date.parse(`${opens}Z`));
    expect(await said('soon')).toMatchObject({ open: true, nextClosing: expect.any(String) });
  });

  it.concurrent('of another namespace waits for one in the namespace of Fog Rollouts that is for all', async () => {
    const rollouts = { names: ['windowed-everywhere'] };
    await make('windowed-everywhere', { deny: [{}], allNamespaces: true, rollouts }, HOME);
    try {
      await world.apply(aRollout('windowed-everywhere'));
      await waits('windowed-everywhere', `FogWindow ${HOME}/windowed-everywhere is closed`);
    } finally {
      await remove('windowed-everywhere', HOME);
    }
    await world.succeeded(world.rollout(`${NAMESPACE}/windowed-everywhere`)!);
  });

  it.concurrent('says what is wrong with one that cannot be read, which holds nobody else', async () => {
    const period = { start: '2026-01-05T08:00', duration: 'PT8H', timeZone: 'Europe/Nowhere' };
    await make('unreadable', { allow: [period], rollouts: { names: ['windowed-unreadable'] } });
    expect((await said('unreadable')).message).toBe(
      'Closed, as it cannot be read: allow[0]: There is no time zone Europe/Nowhere',
    );
    await world.apply(aRollout('windowed-unreadable'));
    await waits('windowed-unreadable', 'There is no time zone Europe/Nowhere');
    await world.succeeded(await world.apply(aRollout('windowed-not')));
    await make('unreadable', {
      allow: [{ ...period, rrule: 'FREQ=DAILY', duration: 'P1D', timeZone: 'Europe/Berlin' }],
      rollouts: { names: ['windowed-unreadable'] },
    });
    await world.succeeded(world.rollout(`${NAMESPACE}/windowed-unreadable`)!);
  });

  it.concurrent('can be deleted', async () => {
    await make('gone', { deny: [{}], rollouts: { names: ['windowed-gone'] } });
    const applied = await world.apply(aRollout('windowed-gone'));
    await waits('windowed-gone', 'FogWindow gone is closed');
    await world.delete(applied);
    await world.gone(applied);
  });
});

it.concurrent('A rollout under way is held by a freeze that says Stop, and waits at a gate for a window', async () => {
  const gates = { before: [{ window: { ref: 'shop-hours' } }] };
  const applied = await world.apply(aRollout('windowed-gate', { strategy: { layers: { edge: gates } } }));
  await waits('windowed-gate', 'the gate window waits for the FogWindow shop-hours, which does not exist');
  expect(world.deployment('fog', 'windowed-gate')).toBeDefined();
  await make('stop', { deny: [{}], overrun: 'Stop', rollouts: { names: ['windowed-gate'] } });
  await make('shop-hours', { rollouts: { names: ['nobody'] } });
  await waits('windowed-gate', 'v1 waits: FogWindow stop is closed');
  expect(world.deployment('edge', 'windowed-gate')).toBeUndefined();
  await remove('stop');
  const { status } = await world.succeeded(applied);
  expect(status?.gates).toMatchObject([{ name: 'window', state: 'Open' }]);
});

describe('The API server', () => {
  const dryRun = (spec: FogWindowSpec) =>
    world.kubectl(['create', '--dry-run=server', '-f', '-'], aWindowManifest('tried', spec, NAMESPACE));
  const start = '2026-01-05T08:00';
  const whole = { start, duration: 'PT8H', timeZone: 'UTC' };

  it('takes the example', async () => {
    const example = parse(readFileSync(join(ROOT, 'examples/window.yml'), 'utf8'));
    expect(await world.must(['create', '--dry-run=server', '-n', NAMESPACE, '-f', '-'], example)).toContain('created');
  });

  it.each<[string, FogWindowSpec, string]>([
    ['a start of no zone', { deny: [{ start }] }, 'A start is of a timeZone, and the other way round'],
    ['a duration of no start', { deny: [{ duration: 'PT1H' }] }, 'A duration begins at a start'],
    ['what is allowed without an end', { allow: [{ start, timeZone: 'UTC' }] }, 'has a start and a duration'],
    [
      'what comes again without an end',
      { deny: [{ start, timeZone: 'UTC', rrule: 'FREQ=DAILY' }] },
      'What comes again',
    ],
    ['every second', { deny: [{ ...whole, rrule: 'FREQ=SECONDLY' }] }, 'A rule has a FREQ of DAILY'],
    ['a start in a zone of its own', { deny: [{ ...whole, start: '2026-01-05T08:00:00Z' }] }, 'spec.deny[0].start'],
    ['a duration in other words', { deny: [{ ...whole, duration: '8h' }] }, 'spec.deny[0].duration'],
    ['rules of several lines', { deny: [{ ...whole, rrule: 'FREQ=DAILY\nEXDATE:1' }] }, 'spec.deny[0].rrule'],
    ['nothing that allows', { allow: [] }, 'spec.allow'],
  ])('refuses %s', async (_name, spec, words) => {
    expect(await dryRun(spec)).toEqual({ ok: false, output: expect.stringContaining(words) });
  });
});
