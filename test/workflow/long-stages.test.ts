/** Stages over so many sites, or so long, that no history could hold them. */
import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { FAILURE } from '../../model/activities.ts';
import { sitesOf } from '../../model/fleet/sites-view.ts';
import { SHARD_SIGNALS } from '../../model/shards.ts';
import { aRollout } from '../unit/model/builders.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, appliesAt, aFleet as fleetOn, layerOf, mostAtOnce, phasesOf } from './support/fleets.ts';
import { anOwner } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer('limit.historyCount.suggestContinueAsNew=80');
const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

type Options = NonNullable<Parameters<ReturnType<typeof aFleet>['change']>[1]>;

const EDGES = { fleet: ['edge' as const] };
const STAYS = { stays: 'yes' };
const DESELECTED: Options = { ...EDGES, strategy: { siteSelector: { matchLabels: STAYS } } };

describe('A shard whose history grows long', () => {
  it.concurrent('goes on in a fresh run: each site has its turn, no more at once than may, and failures stay counted', async () => {
    const rollout = aFleet('long-shard', 40);
    rollout.fake.fleet.shardSize = 40;
    rollout.fake.next('applyRelease edge-0 ', terminal(FAILURE.invalid, 'edge edge-0: no such image'));
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 2, maxFailures: 1 } });
    await rollout.ends();
    const runs = await rollout.shardRuns('edge', 0);
    expect(runs.length).toBeGreaterThan(1);
    expect(new Set(appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'))).size).toBe(40);
    expect(mostAtOnce(appliesAt(rollout.fake.calls, 'edge-'))).toBeLessThanOrEqual(2);
    expect(phasesOf(rollout)).toEqual([`f${'r'.repeat(39)}`]);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 40, ready: 39, failed: 1 });
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', failures: [{ site: 'edge-0' }] });
  });
});

describe.each([
  ['A run', 20],
  ['A shard', 0],
])('%s whose history has grown long as it is paused', (_, inlineSites) => {
  it.concurrent('says how far it is, and goes on when it may', async () => {
    const rollout = aFleet(`long-paused-${inlineSites}`, 2);
    Object.assign(rollout.fake.fleet, { inlineSites });
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0 ', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await gate.reached;
    await rollout.act('Pause');
    for (let said = 0; said < 40; said++) await rollout.look('edge', ['edge-0', 'edge-1']);
    gate.open();
    await rollout.fake.until('one is counted', () => layerOf(rollout)?.sites?.ready === 1);
    await rollout.act('Resume');
    const runs = await rollout.runs();
    const shards = inlineSites === 0 ? await rollout.shardRuns('edge', 0) : [];
    expect([...runs, ...shards].map(({ end }) => end)).toContain('ContinuedAsNew');
    expect(runs.at(-1)?.end).toBe('Completed');
    expect(appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'))).toEqual(['edge-0', 'edge-1']);
  });
});

describe('A run whose history grows long in the middle of a stage', () => {
  it.concurrent('goes on in a fresh run with the plan it had: what is ready is not begun again', async () => {
    const rollout = aFleet('long-stage', 60);
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 3 } });
    const ends = await rollout.ends();
    expect(ends.length).toBeGreaterThan(1);
    expect(ends.at(-1)).toBe('Completed');
    const applied = appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'));
    expect(new Set(applied).size).toBe(60);
    expect(applied.length).toBeLessThan(60 + 4 * ends.length);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 60, ready: 60 });
  });
});

describe('A run whose history grows long again and again while it hears of sites', () => {
  it.concurrent('has told their shards each word when it goes on in a fresh run', async () => {
    const rollout = aFleet('many-words', 2);
    rollout.fake.fleet.inlineSites = 0;
    rollout.fake.fleet.shuts('edge-1');
    await rollout.change(1, EDGES);
    await rollout.fake.until('one waits', () => layerOf(rollout)?.message?.includes('waiting for its window') === true);
    const many = Array.from({ length: 600 }, (_, at) => `one-of-many-${at}`); // more than go along
    const names = Array.from({ length: 300 }, (_, at) => `nobody-${at}`);
    for (const [at, name] of names.entries()) await rollout.look('edge', at % 60 === 59 ? many : [name]);
    await rollout.caughtUp();
    rollout.fake.fleet.windows.set('edge-1', { open: true });
    await rollout.look('edge', ['edge-1']);
    const ends = await rollout.ends();
    expect(ends).toContain('ContinuedAsNew');
    const runs = await rollout.shardRuns('edge', 0);
    const heard = new Set(runs.flatMap(({ history }) => wordsIn<string[]>(history, SHARD_SIGNALS.look)).flat());
    const told = [...many, ...names.filter((_, at) => at % 60 !== 59)];
    expect(told.filter((name) => !heard.has(name))).toEqual([]);
  });
});

describe('A run whose history grows long before it takes away what has no part any more', () => {
  const cases: [string, Options, string, string][] = [
    ['a layer that is left out', { layers: ['cloud', 'fog'] }, 'applyRelease cloud 2', 'edge'],
    ['a site that was deselected', DESELECTED, 'applyRelease edge-0 2', 'edge-1'],
  ];
  it.concurrent.each(cases)('goes on in a fresh run, and takes it from %s', async (what, options, heldAt, leaving) => {
    const rollout = aFleet(`leaves-${what.split(' ').at(-1)}`, 2);
    const { fleet = [] } = options;
    rollout.fake.fleet.inlineSites = 20;
    await rollout.change(1, { fleet });
    await rollout.ends();
    rollout.fake.fleet.site('edge-0').metadata.labels = STAYS;
    const gate = new Gate();
    rollout.fake.next(heldAt, gate.hold());
    await rollout.change(2, options);
    await gate.reached;
    for (let said = 0; said < 40; said++) await rollout.look('fog', ['nobody']);
    await rollout.caughtUp();
    gate.open();
    const ends = await rollout.ends();
    expect([ends[0], ends.at(-1)]).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease').map((removal) => removal.split(' ')[1])).toEqual([leaving]);
  });
});

describe.each([
  ['in the run itself', 20, 20],
  ['by shards', 0, 60],
])('A run that was adjusted, and whose history grows long, while sites are worked %s', (_, inlineSites, edges) => {
  it.concurrent('goes on in a fresh run by the new strategy, and tells where each site is', async () => {
    const rollout = aFleet(`adjusted-long-${inlineSites}`, edges);
    Object.assign(rollout.fake.fleet, { inlineSites });
    const first = new Gate();
    const last = new Gate();
    rollout.fake.next('applyRelease edge-0 ', first.hold());
    rollout.fake.next(`applyRelease edge-${edges === 20 ? 9 : 59} `, last.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await first.reached;
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 2 }, progressDeadlineSeconds: 9, contentOf: 1 });
    for (let said = 0; said < 40; said++) await rollout.look('fog', ['nobody']);
    await rollout.caughtUp();
    first.open();
    await last.reached;
    await rollout.fake.until('the others are recorded', () => readyIn(phasesOf(rollout)) === edges - 1);
    const { fleet } = rollout.fake;
    const isPlannedBy = (runId: string) => fleet.shardsOf('edge').every(({ spec }) => spec.run.startsWith(runId));
    await rollout.fake.until('the run that goes on reports', () => !isPlannedBy(rollout.fake.status!.run!.runId));
    const { status } = rollout.fake;
    expect(status?.revision?.generation).toBe(2);
    const facts = { siteOf: (name: string) => fleet.site(name), now: Date.now() };
    const object = { ...aRollout({}, status), metadata: { ...aRollout().metadata, ...anOwner(rollout.name) } };
    const { counts } = sitesOf(object, fleet.shardsOf('edge'), facts, { limit: edges });
    expect(counts).toMatchObject({ Ready: edges - 1 + 2, InFlight: 1, Waiting: 0 });
    last.open();
    const ends = await rollout.ends();
    expect([ends[0], ends.at(-1)]).toEqual(['ContinuedAsNew', 'Completed']);
    const applies = appliesAt(rollout.fake.calls, 'edge-');
    expect(mostAtOnce(applies)).toBe(2);
    const given = applies.map(({ input }) => 'progressDeadlineSeconds' in input && input.progressDeadlineSeconds);
    expect(given).toEqual([60, ...new Array(edges - 1).fill(9)]);
  });
});

/** What it was told by signals of a name. */
function wordsIn<T>({ events }: Awaited<ReturnType<WorkflowHandle['fetchHistory']>>, name: string): T[] {
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === name ? [defaultPayloadConverter.fromPayload<T>(signal.input!.payloads![0]!)] : [],
  );
}

function readyIn(phases: string[]): number {
  return [...phases.join('')].filter((letter) => letter === 'r').length;
}
