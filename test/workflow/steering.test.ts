import { describe, expect, it } from '@jest/globals';
import type { FogRolloutStatus, Gate } from '../../model/types.ts';
import { eventually } from '../support/eventually.ts';
import { Gate as Barrier, NOT_READY_YET, terminal } from './support/behaviour.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 60;
const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);

const APPROVAL: Gate[] = [{ approval: {} }];
const phaseOf = ({ fake }: Rollout) => fake.status?.phase;
const messageOf = ({ fake }: Rollout) => fake.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const stands = (rollout: Rollout, phase: string) =>
  rollout.fake.until(`it is ${phase}`, () => phaseOf(rollout) === phase);
const applied = ({ fake }: Rollout) => fake.begun('applyRelease');

/** One that waits for the cloud to become ready. */
async function inTheCloud(name: string, generation = 1): Promise<{ rollout: Rollout; ready: Barrier }> {
  const rollout = new Rollout(server(), name);
  const ready = new Barrier();
  rollout.fake.next('applyRelease cloud', NOT_READY_YET);
  rollout.fake.next('awaitReady cloud', ready.hold());
  await rollout.change(generation);
  await rollout.fake.untilBegun('awaitReady cloud');
  return { rollout, ready };
}

describe('A rollout that is paused', () => {
  it.concurrent('lets what is under way come to its end, begins no other layer, and goes on when a person resumes it', async () => {
    const { rollout, ready } = await inTheCloud('paused');
    expect(await rollout.act('Pause', { reason: 'incident 7' })).toContain('It is paused');
    await stands(rollout, 'Paused');
    expect([messageOf(rollout), rollout.fake.status?.hold?.by]).toEqual(['v1 is paused by alice: incident 7', 'alice']);
    ready.open();
    await rollout.fake.until('the cloud is ready', () => rollout.fake.status?.layers?.[0]?.phase === 'Ready');
    expect(applied(rollout)).toEqual(['applyRelease cloud 1']);
    expect(await rollout.act('Resume', { by: 'bob' })).toBe('It goes on');
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1', 'applyRelease edge 1']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1 });
    expect(rollout.fake.status).not.toHaveProperty('hold');
  });

  it.concurrent('by its strategy gives nothing to anybody, and goes on when that changes: one run, adjusted', async () => {
    const rollout = new Rollout(server(), 'paused-by-strategy');
    await rollout.change(1, { paused: true });
    await stands(rollout, 'Paused');
    expect([messageOf(rollout), applied(rollout)]).toEqual(['v1 is paused by spec.strategy.paused', []]);
    expect(await rollout.act('Resume')).toContain('refused: It is paused by spec.strategy.paused');
    await rollout.change(2, { contentOf: 1 });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2 });
  });

  it.concurrent('starts no further site in the middle of a layer', async () => {
    const rollout = new Rollout(server(), 'paused-in-layer');
    rollout.fake.fleet.have('edge', 4);
    const gate = new Barrier();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 1 } });
    await gate.reached;
    await rollout.act('Pause');
    gate.open();
    await rollout.fake.until('the first is ready', () => rollout.fake.status?.layers?.[2]?.sites.ready === 1);
    await stands(rollout, 'Paused');
    expect(applied(rollout).filter((what) => what.includes('edge'))).toHaveLength(1);
    await rollout.act('Resume');
    expect((await rollout.ends()).at(-1)).toBe('Completed');
  });

  it.concurrent('by a person stays so when a newer revision supersedes it', async () => {
    const { rollout } = await inTheCloud('paused-superseded');
    await rollout.act('Pause');
    await rollout.change(2);
    await rollout.fake.until(
      'the newer is held',
      () => rollout.fake.status?.revision?.generation === 2 && phaseOf(rollout) === 'Paused',
    );
    expect(applied(rollout)).toEqual(['applyRelease cloud 1']);
    await rollout.act('Resume');
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v2' });
  });
});

describe('A rollout that waits for approval', () => {
  it.concurrent('stands still without a timer, and goes on with the approval of as many people as are asked', async () => {
    const rollout = new Rollout(server(), 'approved');
    await rollout.change(1, { gates: { edge: { before: [{ name: 'shop', approval: { required: 2 } }] } } });
    await stands(rollout, 'WaitingForApproval');
    expect(await rollout.sleepsFor()).toEqual([]);
    await rollout.act('Approve');
    expect(await rollout.act('Approve')).toBe('refused: The gate shop before the edge: alice has approved already');
    await rollout.fake.until('one has approved', () => rollout.fake.status?.gates?.[0]?.decisions?.length === 1);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1']);
    expect(await rollout.act('Approve', { by: 'bob', layer: 'edge' })).toContain('is open: approved by alice, bob');
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      gates: [{ layer: 'edge', at: 'before', name: 'shop', state: 'Open', message: 'approved by alice, bob' }],
    });
  });

  it.concurrent('takes an action once, however often it is handed on', async () => {
    const rollout = new Rollout(server(), 'approved-twice');
    await rollout.change(1, { gates: { fog: { before: [{ approval: { required: 2 } }] } } });
    await stands(rollout, 'WaitingForApproval');
    const [uid, at] = ['uid-of-the-action', new Date().toISOString()];
    const said = [await rollout.act('Approve', { uid, at }), await rollout.act('Approve', { uid, at })];
    expect(said[1]).toBe(said[0]);
    await rollout.act('Approve', { by: 'bob' });
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('takes none of whoever last changed spec, also by a change that only adjusts it', async () => {
    const rollout = new Rollout(server(), 'approved-by-another');
    const shop = (reason: string): Gate[] => [{ name: 'shop', approval: { required: 2, reason, notAuthor: true } }];
    await rollout.change(1, { gates: { edge: { before: shop('floor') } }, author: 'alice' });
    await stands(rollout, 'WaitingForApproval');
    expect(await rollout.act('Approve')).toContain('refused: The gate shop before the edge: alice last changed spec');
    expect(await rollout.act('Approve', { by: 'bob' })).toContain('approved so far by bob');
    await rollout.change(2, { contentOf: 1, gates: { edge: { before: shop('tills') } }, author: 'bob' });
    await rollout.fake.until('it is adjusted', () => messageOf(rollout)?.includes('(tills), not by bob') ?? false);
    expect(rollout.fake.status?.gates?.[0]).not.toHaveProperty('decisions');
    expect(await rollout.act('Approve')).toContain('approved so far by alice');
    expect(await rollout.act('Approve', { by: 'carol' })).toContain('is open: approved by alice, carol');
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('waits anew when a newer revision comes: an approval was of the older one', async () => {
    const rollout = new Rollout(server(), 'approved-older');
    const gates = { fog: { before: APPROVAL } };
    await rollout.change(1, { gates });
    await stands(rollout, 'WaitingForApproval');
    await rollout.change(2, { gates });
    await rollout.fake.until(
      'the newer waits',
      () => rollout.fake.status?.revision?.generation === 2 && phaseOf(rollout) === 'WaitingForApproval',
    );
    expect(await rollout.act('Approve', { revision: 1 })).toBe(
      'refused: It is about generation 1, and generation 2 is under way',
    );
    expect(await rollout.act('Approve', { at: '2026-01-01T00:00:00Z' })).toContain('before the gate was come to');
    await rollout.act('Approve');
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(applied(rollout)).toEqual([
      'applyRelease cloud 1',
      'applyRelease cloud 2',
      'applyRelease fog 2',
      'applyRelease edge 2',
    ]);
  });

  it.concurrent('fails when a person rejects it, and leaves the layer as it is', async () => {
    const rollout = new Rollout(server(), 'rejected');
    await rollout.change(1, { gates: { fog: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Reject', { by: 'bob', reason: 'not today' });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      observedGeneration: 1,
      layers: [{ phase: 'Ready' }, { phase: 'Pending' }, { phase: 'Pending' }],
    });
    expect(messageOf(rollout)).toBe('fog: the gate approval before it: rejected by bob: not today');
  });

  it.concurrent('is held when nobody approves in time, until a person lets it wait anew', async () => {
    const rollout = new Rollout(server(), 'expired');
    await rollout.change(1, { gates: { fog: { before: [{ approval: { expiresAfterSeconds: 1 } }] } } });
    await stands(rollout, 'Paused');
    expect(messageOf(rollout)).toContain('waited 1 s for an approval in vain');
    expect(await rollout.act('Approve')).toBe('refused: Nothing waits for an approval now');
    await rollout.change(2, { contentOf: 1, gates: { fog: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Approve');
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('keeps what was approved when its history has grown long', async () => {
    const rollout = new Rollout(server(), 'approved-long');
    const gates = { fog: { before: [{ approval: { required: 2 } }] } };
    await rollout.change(1, { gates });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Approve');
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.change(1, { gates });
    // As the watcher does: a run that has only begun says so.
    await eventually('it to be taken', async () => await rollout.act('Approve', { by: 'bob', uid: 'uid-of-bob' }));
    const ends = await rollout.ends();
    expect([ends.length > 1, ends.at(-1)]).toEqual([true, 'Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1', 'applyRelease edge 1']);
  });
});

describe('A layer that has to stay ready', () => {
  it.concurrent('lets the next have its turn only then, and begins anew when it was not', async () => {
    const rollout = new Rollout(server(), 'soaked');
    await rollout.change(1, { gates: { cloud: { soakSeconds: 3 } } });
    await rollout.fake.until('it soaks', () => rollout.fake.status?.gates?.[0]?.state === 'Closed');
    await rollout.health('cloud', false);
    await rollout.fake.until('it is said', () => rollout.fake.status?.gates?.[0]?.unready === true);
    expect(messageOf(rollout)).toContain('is not ready, and has to be for 3 s: its pods crash');
    expect(applied(rollout)).toEqual(['applyRelease cloud 1']);
    const again = Date.now();
    await rollout.health('cloud', true);
    await rollout.fake.untilBegun('applyRelease fog');
    expect(Date.now() - again).toBeGreaterThanOrEqual(2_900);
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it.concurrent('and does not any more fails the run, with why', async () => {
    const rollout = new Rollout(server(), 'soaked-in-vain');
    await rollout.change(1, { gates: { cloud: { soakSeconds: 60 } }, progressDeadlineSeconds: 1 });
    await rollout.fake.until('it soaks', () => rollout.fake.status?.gates?.[0]?.state === 'Closed');
    await rollout.health('cloud', false);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(messageOf(rollout)).toBe('cloud: the gate soak after it: was not ready again within 1 s: its pods crash');
  });
});

describe('A rollout that a person aborts', () => {
  it.concurrent('ends at once as failed, and leaves its sites as they are', async () => {
    const { rollout } = await inTheCloud('aborted');
    expect(await rollout.act('Abort', { reason: 'wrong image' })).toBe('Its run is ended; sites stay as they are');
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      observedGeneration: 1,
      layers: [{ phase: 'Failed' }, {}, {}],
    });
    expect(messageOf(rollout)).toBe('aborted by alice: wrong image');
    expect(rollout.fake.begun('applyRelease', 'removeRelease')).toEqual(['applyRelease cloud 1']);
    expect(await rollout.act('Resume')).toBe('no run');
  });

  it.concurrent('ends as failed also where its history has grown long just then', async () => {
    const rollout = new Rollout(server(), 'aborted-long');
    const gates = { fog: { before: APPROVAL } };
    await rollout.change(1, { gates });
    await stands(rollout, 'WaitingForApproval');
    const uid = 'uid-of-the-abort';
    await Promise.all([
      ...Array.from({ length: SUGGEST_AT }, () => rollout.change(1, { gates })),
      // As the watcher does: Temporal says so when a run gives way to the next just then.
      eventually('the abort to be taken', async () => await rollout.act('Abort', { uid })),
      ...Array.from({ length: SUGGEST_AT }, () => rollout.change(1, { gates }).catch(() => undefined)),
    ]);
    // Those that come after its end begin it anew: what it said then has been written over.
    await rollout.fake.untilBegun('reportStatus Failed');
    const { status } = rollout.fake.last('reportStatus Failed').input as { status: FogRolloutStatus };
    expect(status.conditions?.[0]?.message).toBe('aborted by alice');
  });

  it.concurrent('while it waits for approval ends, too', async () => {
    const rollout = new Rollout(server(), 'aborted-waiting');
    await rollout.change(1, { gates: { fog: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Abort');
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(messageOf(rollout)).toBe('aborted by alice');
  });
});

describe('Actions', () => {
  it.concurrent('that are not whole, or come to a removal, are refused', async () => {
    const rollout = new Rollout(server(), 'not-whole');
    const gate = new Barrier();
    rollout.fake.next('removeRelease', gate.hold());
    await rollout.change(1, { gates: { fog: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    expect(await rollout.act('Approve', { by: 7 as never })).toBe('refused: The action is not whole');
    expect(await rollout.act('Dance' as never)).toBe('refused: The action is not whole');
    await rollout.remove(1);
    await rollout.fake.untilBegun('removeRelease');
    expect(await rollout.act('Pause')).toBe('refused: Its run is a removal, and takes no actions');
    gate.open();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
  });

  it.concurrent('find no run where the last has ended', async () => {
    const rollout = new Rollout(server(), 'ended');
    rollout.fake.next('applyRelease cloud', terminal('Invalid', 'cloud: no'));
    await rollout.change(1);
    await rollout.ends();
    expect(await rollout.act('Retry')).toBe('no run');
  });
});

describe('A rollout with a gate between two waves', () => {
  const waves = (required: number) => ({
    waves: [{ name: 'canary', size: 1, after: [{ approval: { required } }] }, {}],
  });
  const edges = (rollout: Rollout) => applied(rollout).filter((what) => what.includes('edge')).length;

  it.concurrent('gives the next wave nothing before it is open, over a change of the gate and a newer revision', async () => {
    const rollout = new Rollout(server(), 'between-waves');
    rollout.fake.fleet.have('edge', 4);
    const change = (generation: number, required: number, contentOf = generation) =>
      rollout.change(generation, { fleet: ['edge'], strategy: { ...waves(required), maxConcurrency: 4 }, contentOf });
    await change(1, 2);
    await stands(rollout, 'WaitingForApproval');
    expect([messageOf(rollout), edges(rollout)]).toEqual([
      'v1: after canary of the edge, the gate approval waits for approvals of 2 different people',
      1,
    ]);
    await rollout.act('Approve', { layer: 'edge', wave: 'canary' });
    await change(2, 1, 1);
    await rollout.fake.until('it has succeeded', () => phaseOf(rollout) === 'Succeeded');
    expect(edges(rollout)).toBe(4);
    await change(3, 1);
    await stands(rollout, 'WaitingForApproval');
    await change(4, 1);
    await rollout.fake.until(
      'the newer one waits',
      () => rollout.fake.status?.revision?.generation === 4 && phaseOf(rollout) === 'WaitingForApproval',
    );
    expect(edges(rollout)).toBe(6);
    await rollout.act('Approve');
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(edges(rollout)).toBe(9);
  });

  it.concurrent('fails where a person says no, and says so', async () => {
    const rollout = new Rollout(server(), 'rejected-between-waves');
    rollout.fake.fleet.have('edge', 3);
    await rollout.change(1, { fleet: ['edge'], strategy: waves(1) });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Reject', { reason: 'slow' });
    expect((await rollout.ends()).at(-1)).toBe('Failed');
    expect([messageOf(rollout), edges(rollout)]).toEqual([
      'edge: the gate approval after canary: rejected by alice: slow',
      1,
    ]);
  });
});

describe('A person who passes sites over', () => {
  const strategy = { waves: [{ name: 'canary', size: 1 }, {}], maxConcurrency: 2, minSuccess: 1 };

  it.concurrent.each<[string, number]>([
    ['that the run works itself', 20],
    ['of a shard of its own', 0],
  ])('lets a rollout go on without them: %s', async (_, inlineSites) => {
    const rollout = new Rollout(server(), `skipped-${inlineSites}`);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.have('edge', 4);
    const stuck = new Barrier();
    rollout.fake.always('applyRelease edge-0', stuck.hold());
    await rollout.change(1, { fleet: ['edge'], strategy });
    await stuck.reached;
    expect(await rollout.act('Skip', { site: 'edge-0', layer: 'cloud' })).toBe(
      'refused: No sites of the cloud have their turn now',
    );
    expect(await rollout.act('Skip', { wave: 'nowhere' })).toBe(
      'refused: The edge has no wave nowhere; there is canary, wave 2',
    );
    // Before its wave has begun, and in the middle of its own.
    expect(await rollout.act('Skip', { site: 'edge-2', reason: 'on fire' })).toContain(
      'The site edge-2 is passed over',
    );
    expect(await rollout.act('Skip', { site: 'edge-0' })).toContain('The site edge-0 is passed over');
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    const given = applied(rollout).filter((what) => what.includes('edge'));
    expect(given).toEqual(['applyRelease edge-0 1', 'applyRelease edge-1 1', 'applyRelease edge-3 1']);
    expect(rollout.fake.status?.layers?.[2]).toMatchObject({ phase: 'Ready', sites: { total: 4, ready: 2 } });
    const notes = rollout.fake.fleet.shardsOf('edge').flatMap(({ status }) => status?.notes ?? []);
    expect(notes).toEqual(
      expect.arrayContaining([
        { site: 'edge-2', reason: 'Skipped', message: 'edge edge-2: passed over by alice: on fire' },
      ]),
    );
  });

  it.concurrent('lets it go on without the rest of a wave', async () => {
    const rollout = new Rollout(server(), 'skipped-wave');
    rollout.fake.fleet.have('edge', 4);
    const stuck = new Barrier();
    rollout.fake.always('applyRelease edge-0', stuck.hold());
    await rollout.change(1, { fleet: ['edge'], strategy });
    await stuck.reached;
    expect(await rollout.act('Skip', { wave: 'canary' })).toBe(
      'What is left of canary is passed over, unless it has come to its end',
    );
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.status?.layers?.[2]?.sites.ready).toBe(3);
  });
});

describe('A person who passes a layer over', () => {
  const SKIPPED = { phase: 'Skipped', skipped: { by: 'alice' } };
  const ends = (rollout: Rollout, reason: string) => {
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1 });
    expect(rollout.fake.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason },
      { type: 'Stalled', status: 'True' },
    ]);
  };

  it.concurrent('before its turn gives it nothing, asks nobody at its gates, and lets the next have its turn', async () => {
    const { rollout, ready } = await inTheCloud('passed-before');
    const gated = { fog: { before: APPROVAL, after: APPROVAL, soakSeconds: 600 } };
    await rollout.change(2, { contentOf: 1, gates: gated });
    await rollout.fake.until('it is adjusted', () => rollout.fake.status?.revision?.generation === 2);
    expect(await rollout.act('Skip', { layer: 'fog', reason: 'on fire' })).toBe(
      'The fog is passed over when its turn comes, with its gates',
    );
    await rollout.fake.until('it is said', () => rollout.fake.status?.layers?.[1]?.skipped !== undefined);
    expect(rollout.fake.status?.layers?.[1]?.phase).toBe('Pending');
    ready.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', expect.stringContaining('applyRelease edge')]);
    expect(messageOf(rollout)).toBe(
      'v1 is ready in cloud, edge; fog was passed over by alice: on fire; Retry, or change spec, to roll it out there',
    );
    expect(rollout.fake.status?.layers).toMatchObject([{ phase: 'Ready' }, SKIPPED, { phase: 'Ready' }]);
    expect(rollout.fake.status).not.toHaveProperty('version');
    expect(rollout.fake.status).not.toHaveProperty('gates');
  });

  it.concurrent('that waits at its gate lets it wait no longer, also where it is the last', async () => {
    const rollout = new Rollout(server(), 'passed-at-gate');
    await rollout.change(1, { gates: { edge: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Skip', { layer: 'edge' });
    expect(await rollout.ends()).toEqual(['Completed']);
    ends(rollout, 'LayersSkipped');
    expect(rollout.fake.status?.layers).toMatchObject([{ phase: 'Ready' }, { phase: 'Ready' }, SKIPPED]);
  });

  it.concurrent.each<[string, 'fails' | 'becomes ready']>([
    ['passes over what then fails', 'fails'],
    ['takes it as ready where it becomes that all the same', 'becomes ready'],
  ])('in the middle of its one site lets that come to its end: %s', async (_, how) => {
    const rollout = new Rollout(server(), `passed-under-way-${how.replaceAll(' ', '-')}`);
    const ready = new Barrier();
    const crashes = terminal('Invalid', 'cloud: its pods crash');
    rollout.fake.next('applyRelease cloud', NOT_READY_YET);
    rollout.fake.next('awaitReady cloud', ready.hold(how === 'fails' ? crashes : undefined));
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady cloud');
    expect(await rollout.act('Skip', { layer: 'cloud' })).toContain('what is under way there finishes');
    expect(await rollout.act('Skip', { layer: 'cloud' })).toBe('refused: The cloud is passed over already, by alice');
    ready.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1', 'applyRelease edge 1']);
    if (how === 'fails') {
      ends(rollout, 'LayersSkipped');
      expect(rollout.fake.status?.layers?.[0]).toMatchObject({ ...SKIPPED, message: 'cloud: its pods crash' });
    } else {
      expect(rollout.fake.status).toMatchObject({
        phase: 'Succeeded',
        version: 'v1',
        layers: [{ phase: 'Ready' }, {}, {}],
      });
      expect(rollout.fake.status?.layers?.[0]).not.toHaveProperty('skipped');
    }
  });

  it.concurrent.each<[string, number]>([
    ['that the run works itself', 20],
    ['of shards of their own', 0],
  ])('in its middle starts no further site: %s', async (_, inlineSites) => {
    const rollout = new Rollout(server(), `passed-in-its-middle-${inlineSites}`);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.have('fog', 4);
    const stuck = new Barrier();
    rollout.fake.always('applyRelease fog-0', stuck.hold());
    const waves = [{ name: 'canary', size: 1, after: APPROVAL }, {}];
    await rollout.change(1, { fleet: ['fog'], strategy: { waves, maxConcurrency: 1 } });
    await stuck.reached;
    await rollout.act('Skip', { layer: 'fog', reason: 'on fire' });
    stuck.open();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog-0 1', 'applyRelease edge 1']);
    ends(rollout, 'LayersSkipped');
    expect(rollout.fake.status?.layers?.[1]).toMatchObject({
      ...SKIPPED,
      sites: { total: 4, updated: 1, ready: 1 },
      message: 'fog: 3 of 4 sites did not come to an end',
    });
  });

  it.concurrent('that is held by a pause is passed over at once where it is under way, and the next only when it goes on', async () => {
    const rollout = new Rollout(server(), 'passed-paused');
    rollout.fake.fleet.have('fog', 2);
    const stuck = new Barrier();
    rollout.fake.always('applyRelease fog-0', stuck.hold());
    await rollout.change(1, { fleet: ['fog'], strategy: { maxConcurrency: 1 } });
    await stuck.reached;
    await rollout.act('Pause');
    stuck.open();
    await rollout.act('Skip', { layer: 'fog' });
    await rollout.act('Skip', { layer: 'edge' });
    await rollout.fake.until('the fog is', () => rollout.fake.status?.layers?.[1]?.phase === 'Skipped');
    expect([phaseOf(rollout), rollout.fake.status?.layers?.[2]?.phase]).toEqual(['Paused', 'Pending']);
    await rollout.act('Resume');
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.status?.layers).toMatchObject([{ phase: 'Ready' }, SKIPPED, SKIPPED]);
  });

  it.concurrent('keeps it so when its history has grown long', async () => {
    const rollout = new Rollout(server(), 'passed-long');
    const gates = { fog: { before: APPROVAL } };
    await rollout.change(1, { gates });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Skip', { layer: 'edge' });
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.change(1, { gates });
    await eventually('it to be taken', async () => await rollout.act('Approve', { uid: 'uid-of-the-approval' }));
    const all = await rollout.ends();
    expect([all.length > 1, all.at(-1)]).toEqual([true, 'Completed']);
    expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1']);
    expect(rollout.fake.status?.layers?.[2]).toMatchObject(SKIPPED);
  });

  it.concurrent('gets it with the next revision, and with the same when that is tried again', async () => {
    const rollout = new Rollout(server(), 'passed-once');
    await rollout.change(1, { gates: { edge: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Skip', { layer: 'edge' });
    await rollout.ends();
    await rollout.change(1);
    await rollout.fake.until('it is ready', () => rollout.fake.status?.conditions?.[0]?.status === 'True');
    expect(applied(rollout).at(-1)).toBe('applyRelease edge 1');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v1' });
    expect(rollout.fake.status?.layers?.[2]).not.toHaveProperty('skipped');
  });

  it.concurrent('gives it nothing by a repair of another, and its own release back by one of its own', async () => {
    const rollout = new Rollout(server(), 'passed-repaired');
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2, { gates: { edge: { before: APPROVAL } } });
    await stands(rollout, 'WaitingForApproval');
    await rollout.act('Skip', { layer: 'edge' });
    await rollout.ends();
    for (const [layer, generation] of [
      ['fog', 2],
      ['edge', 1],
    ] as const) {
      await rollout.repair(2, [{ layer, generation }]);
      expect((await rollout.ends()).at(-1)).toBe('Completed');
      expect(applied(rollout).at(-1)).toBe(`applyRelease ${layer} ${generation}`);
      expect(rollout.fake.status?.layers).toMatchObject([{ phase: 'Ready' }, { phase: 'Ready' }, SKIPPED]);
      expect([phaseOf(rollout), rollout.fake.status?.conditions?.[0]?.reason]).toEqual(['Succeeded', 'LayersSkipped']);
    }
  });
});
