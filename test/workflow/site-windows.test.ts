/** Sites whose windows are closed: the stage goes on without them, and they have their turn when they open. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, aFleet as fleetOn, layerOf, phasesOf } from './support/fleets.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 80;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);
const EDGES = { fleet: ['edge' as const] };

/** @param inline - the run itself works its sites */
function aFleet(name: string, edges: number, inline: boolean): Rollout {
  const rollout = fleetOn(server(), `${name}-${inline ? 'inline' : 'shards'}`, edges);
  rollout.fake.fleet.inlineSites = inline ? 20 : 0;
  return rollout;
}
const edges = (rollout: Rollout, generation = 1) =>
  appliedTo(rollout, generation).filter((site) => site.startsWith('edge-'));
const says = (rollout: Rollout, words: string) =>
  rollout.fake.until(`the edge says ${words}`, () => layerOf(rollout)?.message?.includes(words) === true);
const noted = (rollout: Rollout) => [...rollout.fake.fleet.records.values()].flatMap(({ notes }) => notes);

/** Three sites are through by then, one after the other, also on a busy machine. */
const OTHERS_MS = 12_000;

describe.each([
  ['in the run', true],
  ['in shards of their own', false],
])('Sites %s', (_, inline) => {
  it.concurrent('begin when their windows open, by a timer, after the others had their slots', async () => {
    const rollout = aFleet('opens', 5, inline);
    rollout.fake.fleet.shuts('edge-0', OTHERS_MS);
    rollout.fake.fleet.shuts('edge-3', OTHERS_MS);
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(edges(rollout)).toEqual(['edge-1', 'edge-2', 'edge-4', 'edge-0', 'edge-3']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 5, failed: 0 });
    expect([noted(rollout), rollout.fake.status?.failures]).toEqual([[], undefined]);
  });

  it.concurrent('wait without an end until the run is told to look, and without a timer', async () => {
    const rollout = aFleet('told', 3, inline);
    rollout.fake.fleet.shuts('edge-1');
    await rollout.change(1, EDGES);
    await says(rollout, '1 waiting for its window');
    await rollout.fake.until('it is recorded', () => noted(rollout).length > 0);
    expect(noted(rollout)).toEqual([{ site: 'edge-1', reason: 'WindowClosed', message: 'FogWindow line is closed' }]);
    rollout.fake.fleet.windows.set('edge-1', { open: false, text: 'FogWindow line is closed (stocktaking)' });
    await rollout.look('edge', ['edge-1']);
    await rollout.fake.until('why is another', () => noted(rollout)[0]?.message.includes('stocktaking') === true);
    expect(edges(rollout).sort()).toEqual(['edge-0', 'edge-2']);
    rollout.fake.fleet.windows.delete('edge-1');
    await rollout.look('edge', ['edge-1']);
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 3 });
  });

  it.concurrent('that are under way when their window closes finish', async () => {
    const rollout = aFleet('finishes', 2, inline);
    rollout.fake.fleet.windows.set('edge-0', { open: true });
    const barrier = new Gate();
    rollout.fake.next('applyRelease edge-0', barrier.hold());
    await rollout.change(1, EDGES);
    await rollout.fake.untilBegun('applyRelease edge-0');
    rollout.fake.fleet.shuts('edge-0');
    await rollout.look('edge', ['edge-0']);
    barrier.open();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2 });
  });

  it.concurrent('wait on in the run that goes on when the history has become long', async () => {
    const rollout = aFleet('long', 3, inline);
    rollout.fake.fleet.shuts('edge-2');
    await rollout.change(1, EDGES);
    await says(rollout, '1 waiting for its window');
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.change(1, EDGES);
    await rollout.caughtUp();
    expect(edges(rollout).sort()).toEqual(['edge-0', 'edge-1']);
    rollout.fake.fleet.windows.set('edge-2', { open: true });
    await rollout.look('edge', ['edge-2']);
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(edges(rollout).sort()).toEqual(['edge-0', 'edge-1', 'edge-2']);
  });

  it.concurrent('do not keep the others from failing the stage, and say nothing of windows then', async () => {
    const rollout = aFleet('fails', 3, inline);
    rollout.fake.fleet.shuts('edge-0');
    rollout.fake.next('applyRelease edge-1', terminal(FAILURE.invalid, 'edge edge-1: image is required'));
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    expect((await rollout.ends()).at(-1)).toBe('Failed');
    expect(phasesOf(rollout)).toEqual(['wfw']);
    expect(noted(rollout).map(({ site }) => site)).toEqual(['edge-1']);
  });

  it.concurrent('hold up no rollback and no repair', async () => {
    const rollout = aFleet('back', 2, inline);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.shuts('edge-1');
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: ['edge-1'] }]);
    await rollout.ends();
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1', 'edge-1']);
    rollout.fake.next('applyRelease edge-0 2', terminal(FAILURE.progressDeadlineExceeded, 'its pods crash'));
    await rollout.change(2, { ...EDGES, control: { onFailure: 'Rollback' } });
    await rollout.ends();
    expect(rollout.fake.status).toMatchObject({ version: 'v1' });
    expect(edges(rollout, 2)).toEqual(['edge-0']);
  });
});
