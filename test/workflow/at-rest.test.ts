/** What is said to a run or a shard that has come to rest, and is yet to go on in another: its last report is under way. */
import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { eventually } from '../support/eventually.ts';
import { Gate } from './support/behaviour.ts';
import { aFleet, appliedTo, layerOf } from './support/fleets.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

/** More than a shard of two sites comes to by itself. */
const SUGGEST_AT = 160;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);
const EDGES = { fleet: ['edge' as const] };

/** A rollout of two sites; of the shard they are in, `edge-1` has yet to begin. */
function withShard(name: string): Rollout {
  const rollout = aFleet(server(), name, 2);
  rollout.fake.fleet.inlineSites = 0;
  return rollout;
}

/** Says so much to it that it comes to rest. */
async function makeLong(handle: WorkflowHandle, say: () => Promise<void>): Promise<void> {
  const { runId } = await handle.describe();
  for (;;) {
    const now = await handle.describe();
    if (now.runId !== runId || now.historyLength > SUGGEST_AT) return;
    await say();
  }
}

/** The shard's run of now; a later shard of another run has the same name. */
async function shardOf(rollout: Rollout): Promise<WorkflowHandle> {
  const { workflowId, runId } = await rollout.shard('edge', 0).describe();
  return server().client.workflow.getHandle(workflowId, runId);
}

/** Resolves when its run has been told to stop, which it need not have taken in. */
async function untilToldToStop(shard: WorkflowHandle): Promise<void> {
  await eventually('it to be told to stop', async () => {
    const { events } = await shard.fetchHistory();
    const told = (events ?? []).some((event) => event.workflowExecutionCancelRequestedEventAttributes);
    return told || { not: events?.length };
  });
}

const endOf = async (shard: WorkflowHandle) => (await shard.describe()).status.name;
const opens = (rollout: Rollout) => rollout.fake.fleet.windows.set('edge-1', { open: true });
const edges = (rollout: Rollout) => appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'));

describe('A run at rest', () => {
  /** @returns `goOn` lets its last report come through */
  async function atRest(rollout: Rollout) {
    const report = new Gate();
    rollout.fake.next('reportStatus', report.hold());
    await rollout.change(1, EDGES);
    await report.reached;
    await makeLong(rollout.handle, () => rollout.change(1, EDGES));
    await rollout.caughtUp();
    return { goOn: report.open };
  }

  /** Its shard waits for the window of `edge-1`. */
  async function waiting(name: string) {
    const rollout = withShard(`at-rest-${name}`);
    rollout.fake.fleet.shuts('edge-1');
    const { goOn } = await atRest(rollout);
    return { rollout, shard: await shardOf(rollout), goOn };
  }

  it.concurrent('hears the last word of a shard', async () => {
    const rollout = withShard('at-rest-last-word');
    const last = new Gate();
    rollout.fake.next('applyRelease edge-1 ', last.hold());
    const { goOn } = await atRest(rollout);
    last.open();
    await rollout.shard('edge', 0).result();
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2 });
  });

  it.concurrent('hands on what is said of sites, and takes no shard that speaks for one that belongs to nobody', async () => {
    const { rollout, shard, goOn } = await waiting('look');
    opens(rollout);
    await rollout.look('edge', ['edge-1']);
    await rollout.fake.until(
      'the shard has looked',
      () => rollout.fake.begun('findSites').at(-1) === 'findSites edge-1',
    );
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1']);
    expect(await endOf(shard)).toBe('COMPLETED');
  });

  it.concurrent('leaves on the object what its shard waits for', async () => {
    const { rollout, goOn } = await waiting('words');
    goOn();
    const reports = () => rollout.fake.calls.filter(({ what, outcome }) => what.startsWith('reportStatus') && outcome);
    await rollout.fake.until('the next run has reported', () => reports().length >= 2);
    expect(layerOf(rollout)?.message).toMatch('1 waiting for its window');
    opens(rollout);
    await rollout.look('edge', ['edge-1']);
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
  });

  it.concurrent('looks again at sites of its own, of which it has not heard by then', async () => {
    const rollout = withShard('at-rest-inline');
    rollout.fake.fleet.inlineSites = 20;
    rollout.fake.fleet.shuts('edge-1');
    await rollout.change(1, EDGES);
    await rollout.fake.until(
      'it waits',
      () => layerOf(rollout)?.message?.includes('1 waiting for its window') === true,
    );
    const answer = new Gate();
    // Each: one that is not answered within its task is asked again by the queue.
    rollout.fake.always('findSites edge-1', answer.hold());
    opens(rollout);
    await rollout.look('edge', ['edge-1']);
    await answer.reached;
    await makeLong(rollout.handle, () => rollout.change(1, EDGES));
    await rollout.caughtUp();
    answer.open();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1']);
  });

  it.concurrent('gives way to a newer change, and leaves no shard at work', async () => {
    const { rollout, shard, goOn } = await waiting('change');
    await rollout.change(2);
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).slice(-2)).toEqual(['ContinuedAsNew', 'Completed']);
    expect([edges(rollout), appliedTo(rollout, 2)]).toEqual([['edge-0'], ['cloud', 'fog', 'edge']]);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', revision: { generation: 2 } });
    expect(await endOf(shard)).toBe('CANCELLED');
  });

  it.concurrent('gives way to a removal', async () => {
    const { rollout, shard, goOn } = await waiting('removal');
    await rollout.remove(1, ['edge']);
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.begun('removeRelease').map((one) => one.split(' ')[1])).toContain('edge-0');
    expect(rollout.fake.begun('releaseFinalizer')).toHaveLength(1);
    expect(await endOf(shard)).toBe('CANCELLED');
  });

  it.concurrent('stops when a person cancels it, and says so', async () => {
    const { rollout, shard, goOn } = await waiting('cancelled');
    await rollout.handle.cancel();
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).at(-1)).toBe('Canceled');
    const ready = rollout.fake.status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ reason: 'Cancelled' });
    expect(await endOf(shard)).toBe('CANCELLED');
  });
});

describe('A shard at rest', () => {
  /** It waits for the window of `edge-1`. @returns `goOn` lets its last record come through */
  async function atRest(name: string) {
    const rollout = withShard(`shard-at-rest-${name}`);
    const { fake } = rollout;
    fake.fleet.shuts('edge-1');
    await rollout.change(1, EDGES);
    await fake.until('it is recorded', () => [...fake.fleet.records.values()].some(({ notes }) => notes.length > 0));
    const record = new Gate();
    fake.next('reportShard', record.hold());
    const shard = await shardOf(rollout);
    await makeLong(shard, () => shard.signal('look', []));
    await record.reached;
    return { rollout, shard, goOn: record.open };
  }

  it.concurrent('stops when it is to be, and does not go on in another run', async () => {
    const { rollout, shard, goOn } = await atRest('cancelled');
    await rollout.change(2);
    await untilToldToStop(shard);
    await shard.query('__temporal_workflow_metadata');
    goOn();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(await endOf(shard)).toBe('CANCELLED');
  });

  it.concurrent('hands on what is said of its sites', async () => {
    const { rollout, shard, goOn } = await atRest('look');
    opens(rollout);
    await rollout.look('edge', ['edge-1']);
    await rollout.caughtUp();
    goOn();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1']);
    expect(await endOf(shard)).toBe('CONTINUED_AS_NEW');
  });

  it.concurrent('looks again at what it has not heard of by then', async () => {
    const { rollout, shard, goOn } = await atRest('looks-again');
    const answer = new Gate();
    rollout.fake.next('findSites edge-1', answer.hold());
    opens(rollout);
    await rollout.look('edge', ['edge-1']);
    await answer.reached;
    goOn();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    answer.open();
    expect(edges(rollout)).toEqual(['edge-0', 'edge-1']);
    expect(await endOf(shard)).toBe('CONTINUED_AS_NEW');
  });
});
