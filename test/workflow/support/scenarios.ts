import { setTimeout as delay } from 'node:timers/promises';
import { FAILURE } from '../../../model/activities.ts';
import { andThen, Gate, NOT_READY_YET, returns, terminal } from './behaviour.ts';
import { aWindow, type Rollout } from './rollout.ts';

/** From how many events on the server that records the histories suggests a new run. */
export const SUGGEST_AT = 100;

/** What the committed histories are recordings of: each leaves a chain of runs that has ended. */
export const SCENARIOS: Record<string, (rollout: Rollout) => Promise<void>> = {
  async success(rollout) {
    await rollout.change(1);
  },

  /** Its layers take longer than the gaps of its reports: the second and the third go out with the end of a layer. */
  async reported(rollout) {
    takesLong(rollout);
    await rollout.change(1);
  },

  /** The same among many: reported once. */
  async 'one-of-many'(rollout) {
    takesLong(rollout);
    await rollout.change(1, { isOneOfMany: true });
  },

  /** The report that goes out with the end of a layer is answered after what its sites' record is, and goes before it. */
  async 'reported-together'(rollout) {
    rollout.fake.fleet.inlineSites = 20;
    rollout.fake.fleet.have('fog', 1);
    rollout.fake.always(
      'applyRelease fog',
      andThen(() => delay(1_300)),
    );
    rollout.fake.next(
      'openRun',
      andThen(() => delay(300)),
    );
    await rollout.change(1, { fleet: ['fog'] });
  },

  /** Paused by its strategy, then by a person; waits for two approvals, of which one comes before a change of the gate. */
  async steered(rollout) {
    const gate = (required: number) => ({ edge: { before: [{ name: 'shop', approval: { required } }] } });
    const is = (phase: string) => rollout.fake.until(phase, () => rollout.fake.status?.phase === phase);
    await rollout.change(1, { gates: gate(3), paused: true });
    await is('Paused');
    await rollout.act('Pause');
    await rollout.change(2, { contentOf: 1, gates: gate(3) });
    await rollout.act('Resume');
    await is('WaitingForApproval');
    await rollout.act('Approve');
    await rollout.change(3, { contentOf: 1, gates: gate(2) });
    await rollout.act('Approve', { by: 'bob' });
  },

  /** Its cloud has to stay ready for a while, and does not at first. */
  async soaked(rollout) {
    await rollout.change(1, { gates: { cloud: { soakSeconds: 2 } } });
    await rollout.fake.until('it soaks', () => rollout.fake.status?.gates?.[0]?.state === 'Closed');
    await rollout.health('cloud', false);
    await rollout.fake.until('it is said', () => rollout.fake.status?.gates?.[0]?.unready === true);
    await rollout.health('cloud', true);
  },

  /** Others are asked before its fog, whom it asks otherwise meanwhile, and beside people after it. */
  async asked(rollout) {
    const board = (url: string) => ({ name: 'board', http: { url, deadlineSeconds: 600 } });
    const gates = (url: string) => ({ fog: { before: [board(url)], after: [{ approval: {} }, board(url)] } });
    const never = new Gate();
    rollout.fake.next('askGate board 1', never.hold());
    await rollout.change(1, { gates: gates('https://old.example') });
    await never.reached;
    await rollout.change(2, { contentOf: 1, gates: gates('https://new.example') });
    await rollout.fake.until('it waits', () => rollout.fake.status?.phase === 'WaitingForApproval');
    await rollout.act('Approve');
    never.open();
  },

  /** Others say no. */
  async 'asked-refused'(rollout) {
    rollout.fake.next('askGate', () => ({ state: 'Failed', reason: 'GateRefused', message: 'no ticket' }));
    await rollout.change(1, { gates: { fog: { before: [{ http: { url: 'https://board.example' } }] } } });
  },

  /** Superseded while others are asked. */
  async 'asked-superseded'(rollout) {
    const gates = { fog: { before: [{ http: { url: 'https://board.example' } }] } };
    const never = new Gate();
    rollout.fake.next('askGate http 1', never.hold());
    await rollout.change(1, { gates });
    await never.reached;
    await rollout.change(2, { gates });
    await rollout.ends();
    never.open();
  },

  /** A Job that is under way when it is aborted. */
  async 'asked-withdrawn'(rollout) {
    const never = new Gate();
    rollout.fake.next('askGate', never.hold());
    await rollout.change(1, { gates: { fog: { before: [{ job: { cronJob: 'smoke' } }] } } });
    await never.reached;
    await rollout.act('Abort');
  },

  /** The same: its Job is taken away while whoever follows it has yet to hear of that. */
  async 'asked-withdrawn-at-once'(rollout) {
    const ended = new Gate();
    rollout.fake.next('askGate', ended.holdDeaf());
    rollout.fake.next('withdrawGate', () => ended.open());
    await rollout.change(1, { gates: { fog: { before: [{ job: { cronJob: 'smoke' } }] } } });
    await ended.reached;
    await rollout.act('Abort');
  },

  /** Others say neither yes nor no, which is shown, and then yes. */
  async 'asked-and-heard'(rollout) {
    rollout.fake.next('askGate', () => ({ state: 'Closed', message: 'https://board.example answered 503' }));
    await rollout.change(1, { gates: { fog: { before: [{ http: { url: 'https://board.example' } }] } } });
  },

  /** An approval that is waited for in vain, and then aborted. */
  async expired(rollout) {
    await rollout.change(1, { gates: { fog: { before: [{ approval: { expiresAfterSeconds: 1 } }] } } });
    await rollout.fake.until('it has expired', () => rollout.fake.status?.phase === 'Paused');
    await rollout.act('Abort', { reason: 'nobody answers' });
  },

  /** Its fog is passed over in the middle, and its edge at a gate. */
  async 'passed-over'(rollout) {
    rollout.fake.fleet.inlineSites = 20;
    rollout.fake.fleet.have('fog', 2);
    const first = new Gate();
    rollout.fake.next('applyRelease fog-0', first.hold());
    await rollout.change(1, {
      fleet: ['fog'],
      strategy: { maxConcurrency: 1 },
      gates: { edge: { before: [{ approval: {} }] } },
    });
    await first.reached;
    await rollout.act('Skip', { layer: 'fog', reason: 'on fire' });
    first.open();
    await rollout.fake.until('it waits', () => rollout.fake.status?.phase === 'WaitingForApproval');
    await rollout.act('Skip', { layer: 'edge' });
  },

  /** Its edge fails, and all layers go back to what has succeeded. */
  async 'rolled-back'(rollout) {
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.next('applyRelease edge 2', terminal(FAILURE.progressDeadlineExceeded, 'its pods crash'));
    await rollout.change(2, { control: { onFailure: 'Rollback' } });
  },

  /** A person sends it back while it is paused. */
  async 'sent-back'(rollout) {
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2, { paused: true });
    await rollout.fake.until('it is paused', () => rollout.fake.status?.phase === 'Paused');
    await rollout.act('Rollback', { to: rollout.fake.revisions.get('generation 1')! });
  },

  async 'slow-path'(rollout) {
    rollout.fake.always('applyRelease', NOT_READY_YET);
    await rollout.change(1);
  },

  async 'dropped-layers'(rollout) {
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2, { layers: ['cloud'] });
  },

  async failure(rollout) {
    rollout.fake.next('applyRelease fog', NOT_READY_YET);
    rollout.fake.next('awaitReady fog', terminal(FAILURE.progressDeadlineExceeded, 'fog: ImagePullBackOff'));
    await rollout.change(1);
  },

  async lost(rollout) {
    rollout.fake.next('applyRelease cloud', NOT_READY_YET, NOT_READY_YET, NOT_READY_YET);
    rollout.fake.next(
      'awaitReady cloud',
      () => ({ outcome: 'lost' }),
      () => ({ outcome: 'lost' }),
    );
    await rollout.change(1);
  },

  async supersede(rollout) {
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog 1');
    await rollout.change(2);
  },

  async removal(rollout) {
    const gate = new Gate();
    rollout.fake.next('removeRelease fog', gate.holdDeaf());
    await rollout.remove(1);
    await gate.reached;
    await rollout.change(1, { incarnation: 2 });
    gate.open();
  },

  async vanished(rollout) {
    rollout.fake.gone.add(`${rollout.name}-1`);
    rollout.fake.next('applyRelease cloud', new Gate().hold());
    await rollout.change(1);
  },

  async repair(rollout) {
    await rollout.change(1);
    await rollout.ends();
    await rollout.repair(1, [{ layer: 'fog', generation: 1 }]);
  },

  async adjusted(rollout) {
    rollout.fake.fleet.have('edge', 4);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 1 } });
    await gate.reached;
    await rollout.change(2, { fleet: ['edge'], strategy: { maxConcurrency: 4 }, contentOf: 1 });
    await rollout.caughtUp();
    gate.open();
  },

  async replanned(rollout) {
    rollout.fake.fleet.have('edge', 5);
    rollout.fake.fleet.shardSize = 5;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 1 } });
    await gate.reached;
    const strategy = { maxConcurrency: '100%', maxSitesPerMinute: 6_000, waves: [{ name: 'canary', size: 2 }] };
    await rollout.change(2, { fleet: ['edge'], strategy, progressDeadlineSeconds: 30, contentOf: 1 });
    await rollout.caughtUp();
    gate.open();
  },

  /** What waits between waves is given another name meanwhile, and waits again. */
  async 'renamed-wave'(rollout) {
    const strategy = (name: string) => ({ waves: [{ name, size: 1, after: [{ approval: {} }] }] });
    const waitsAfter = (wave: string) =>
      rollout.fake.until(`it waits after ${wave}`, () => {
        const gate = rollout.fake.status?.gates?.[0];
        return gate?.state === 'Closed' && gate.wave === wave;
      });
    rollout.fake.fleet.have('edge', 3);
    await rollout.change(1, { fleet: ['edge'], strategy: strategy('canary') });
    await waitsAfter('canary');
    await rollout.change(2, { contentOf: 1, fleet: ['edge'], strategy: strategy('pilot') });
    await waitsAfter('pilot');
    await rollout.act('Approve');
  },

  /** Whoever is asked between its waves says no at first; the next run finds the first wave ready. */
  async 'asked-at-once'(rollout) {
    const waves = [{ name: 'canary', size: 1, after: [{ http: { url: 'https://board.example' } }] }];
    rollout.fake.fleet.have('edge', 3);
    rollout.fake.next('askGate', returns({ state: 'Failed', reason: 'GateRefused', message: 'no ticket' }));
    await rollout.change(1, { fleet: ['edge'], strategy: { waves } });
    await rollout.ends();
    await rollout.change(2, { contentOf: 1, fleet: ['edge'], strategy: { waves, maxConcurrency: 2 } });
  },

  /** Goes by branches from a gate on that is taken away: the fog is over, and tells nobody of its sites. */
  async 'branches-after-gate'(rollout) {
    const fleet = ['fog' as const, 'edge' as const];
    rollout.fake.fleet.have('fog', 2);
    rollout.fake.fleet.have('edge', 4, (at) => `fog-${at % 2}`);
    await rollout.change(1, { fleet, gates: { edge: { before: [{ approval: {} }] } } });
    await rollout.fake.until('it waits', () => rollout.fake.status?.phase === 'WaitingForApproval');
    await rollout.change(2, { fleet, promotion: 'Branch', contentOf: 1 });
  },

  async windowed(rollout) {
    const gates = { edge: { before: [{ window: { ref: 'night' } }] } };
    await rollout.change(1, { gates, windows: [aWindow(1_500), aWindow(undefined, { name: 'night', holds: false })] });
    await rollout.fake.until('it waits at the gate', () => rollout.fake.status?.gates?.[0]?.state === 'Closed');
    await rollout.windows(aWindow(0, { name: 'freeze', overrun: 'Stop' }), aWindow(0, { name: 'night' }));
  },

  async inline(rollout) {
    rollout.fake.fleet.inlineSites = 20;
    rollout.fake.fleet.have('edge', 5);
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 2 } });
    await rollout.ends();
    rollout.fake.fleet.leaves('edge-1');
    rollout.fake.fleet.site('edge-2').spec.namespace = 'moved';
    await rollout.change(2, { fleet: ['edge'], strategy: { maxConcurrency: 2 } });
  },

  async unlike(rollout) {
    await rollout.change(1, { images: { edge: 'nginx:small' } });
  },

  async cancelled(rollout) {
    rollout.fake.next('applyRelease fog', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('applyRelease fog');
    await rollout.handle.cancel();
  },

  async fleet(rollout) {
    rollout.fake.fleet.have('edge', 7);
    rollout.fake.next('applyRelease edge-2', NOT_READY_YET);
    rollout.fake.next('applyRelease edge-3', terminal(FAILURE.invalid, 'edge edge-3: image is required'));
    const strategy = { maxConcurrency: 2, maxFailures: 1, waves: [{ name: 'canary', size: 1 }] };
    await rollout.change(1, { fleet: ['edge'], strategy });
  },

  /** Sites whose windows are closed: of a shard of its own, and in the run itself. */
  async 'fleet-windows'(rollout) {
    rollout.fake.fleet.inlineSites = 3;
    rollout.fake.fleet.have('fog', 3);
    rollout.fake.fleet.have('edge', 5);
    for (const name of ['fog-0', 'edge-1']) rollout.fake.fleet.shuts(name, 3_000);
    rollout.fake.fleet.shuts('edge-4');
    await rollout.change(1, { fleet: ['fog', 'edge'], strategy: { maxConcurrency: 1 } });
    const notes = () => [...rollout.fake.fleet.records.values()].flatMap((record) => record.notes);
    await rollout.fake.until('one is waited for', () => notes().some(({ site }) => site === 'edge-4'));
    rollout.fake.fleet.windows.delete('edge-4');
    await rollout.look('edge', ['edge-4']);
  },

  /** Said of sites to a shard of its own: with an answer that comes late, and as the run goes on in others. */
  async 'fleet-words'(rollout) {
    const busy = new Gate();
    const late = new Gate();
    rollout.fake.fleet.have('edge', 2);
    rollout.fake.fleet.shuts('edge-1');
    rollout.fake.next('applyRelease edge-0', busy.hold());
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 1 } });
    await busy.reached;
    rollout.fake.next('findSites edge-1', late.holdAnswer());
    await rollout.look('edge', ['edge-1']);
    await late.reached;
    rollout.fake.fleet.windows.delete('edge-1');
    await rollout.look('edge', ['edge-1']);
    const finds = () => rollout.fake.calls.filter(({ what }) => what === 'findSites edge-1');
    await rollout.fake.until('the newer answer is there', () => finds().at(-1)?.ended !== undefined);
    late.open();
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.look('edge', ['nobody']);
    busy.open();
  },

  async 'fleet-superseded'(rollout) {
    rollout.fake.fleet.have('edge', 2);
    rollout.fake.next('applyRelease edge-1 1', new Gate().hold());
    await rollout.change(1, { fleet: ['edge'] });
    await rollout.fake.untilBegun('applyRelease edge-1 1');
    await rollout.change(2, { fleet: ['edge'] });
  },

  async 'fleet-branches'(rollout) {
    rollout.fake.fleet.have('fog', 3);
    rollout.fake.fleet.have('edge', 6, (at) => `fog-${at % 3}`);
    rollout.fake.next('applyRelease fog-1', terminal(FAILURE.invalid, 'fog fog-1: image is required'));
    const strategy = { maxConcurrency: '100%', maxFailures: 1 };
    await rollout.change(1, { fleet: ['fog', 'edge'], promotion: 'Branch', strategy });
  },

  async 'fleet-catch-up'(rollout) {
    rollout.fake.fleet.have('edge', 4);
    rollout.fake.fleet.isReachable('edge-1', false);
    await rollout.change(1, { fleet: ['edge'] });
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-1', true);
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: ['edge-2'] }]);
  },

  async 'fleet-long'(rollout) {
    rollout.fake.fleet.shardSize = 40;
    rollout.fake.fleet.have('edge', 60);
    rollout.fake.next('applyRelease edge-0 ', terminal(FAILURE.unreachable, 'edge edge-0: no answer since noon'));
    await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 2 } });
  },

  async 'long-history'(rollout) {
    const gate = new Gate();
    rollout.fake.always('applyRelease fog', NOT_READY_YET);
    rollout.fake.always('awaitReady fog', gate.hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog');
    for (let at = 0; at < SUGGEST_AT; at++) await rollout.change(1);
    gate.open();
  },
};

function takesLong({ fake }: Rollout): void {
  fake.next(
    'applyRelease cloud',
    andThen(() => delay(1_300)),
  );
  fake.next(
    'applyRelease fog',
    andThen(() => delay(3_300)),
  );
}
