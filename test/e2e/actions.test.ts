/** What people ask of rollouts by FogActions: who they are, by the API server's own word, and what comes of it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { FogActionSpec, FogRollout, Gate } from '../../model/types.ts';
import * as support from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, NO_SUCH_IMAGE, withLayer } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-actions';
const world = e2eFile().world(stack(), NAMESPACE);

/** May create FogActions of the namespace, and nothing else. */
const PEOPLE = ['alice', 'bob'];

beforeAll(async () => {
  await world.open();
  await world.must(['create', 'role', 'acting', '-n', NAMESPACE, '--verb=create', '--resource=fogactions.paguos.io']);
  const users = PEOPLE.map((name) => `--user=${name}`);
  await world.must(['create', 'rolebinding', 'acting', '-n', NAMESPACE, '--role=acting', ...users]);
});

const asked = (by: string, spec: FogActionSpec) => support.asked(world, spec, by);
const ask = (by: string, spec: FogActionSpec) => support.ask(world, spec, by);

const messageOf = ({ status }: FogRollout) => status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const gated = (gates: Gate[]) => ({ strategy: { layers: { edge: { before: gates } } } });

describe('A rollout that waits for two approvals', () => {
  it.concurrent('goes on with those of two people, and says of whom it waits', async () => {
    const gates = [{ name: 'shop', approval: { required: 2, reason: 'shop floor' } }];
    const applied = await world.apply(aRollout('approved', gated(gates)));
    const waiting = await world.untilPhase('approved', 'WaitingForApproval');
    expect(messageOf(waiting)).toContain('the gate shop waits for approvals of 2 different people (shop floor)');
    expect(world.deployment('fog', 'approved')).toBeDefined();
    expect(world.deployment('edge', 'approved')).toBeUndefined();
    const first = await asked('alice', { rollout: 'approved', action: 'Approve', reason: 'looks good' });
    expect([first.spec.requestedBy, first.status?.state]).toEqual(['alice', 'Accepted']);
    const again = await asked('alice', { rollout: 'approved', action: 'Approve' });
    expect(again.status).toMatchObject({
      state: 'Refused',
      message: expect.stringContaining('alice has approved already'),
    });
    await asked('bob', { rollout: 'approved', action: 'Approve' });
    const { status } = await world.succeeded(applied);
    expect(status?.gates).toMatchObject([{ state: 'Open', message: 'approved by alice, bob' }]);
    const about = ['-n', NAMESPACE, '--field-selector', 'involvedObject.name=approved', '-o', 'json'];
    await eventually('its Events to tell the same', async () => {
      const { items } = JSON.parse(await world.must(['get', 'events', ...about])) as { items: { reason: string }[] };
      const reasons = new Set(items.map(({ reason }) => reason));
      const told = ['WaitingForApproval', 'GateOpened', 'Succeeded'].every((reason) => reasons.has(reason));
      return told || { not: [...reasons] };
    });
  });

  it.concurrent('takes no name but that of whoever asks', async () => {
    const { ok, output } = await ask('alice', { rollout: 'forged', action: 'Approve', requestedBy: 'bob' });
    expect({ ok, output }).toEqual({
      ok: false,
      output: expect.stringContaining('spec.requestedBy has to be who makes the FogAction: alice'),
    });
  });

  it.concurrent('does not let people act who may only change FogRollouts', async () => {
    const { ok, output } = await ask('carol', { rollout: 'forged', action: 'Approve' });
    expect({ ok, output }).toEqual({
      ok: false,
      output: expect.stringContaining('User "carol" cannot create resource'),
    });
  });
});

it.concurrent('A rollout that does not exist is named', async () => {
  const { status } = await asked('alice', { rollout: 'nowhere', action: 'Pause' });
  expect(status).toMatchObject({
    state: 'Refused',
    message: `There is no FogRollout nowhere in the namespace ${NAMESPACE}`,
  });
});

it.concurrent('A FogAction never changes', async () => {
  const { metadata } = await asked('alice', { rollout: 'nowhere', action: 'Pause' });
  const patch = JSON.stringify({ spec: { action: 'Abort' } });
  const { ok, output } = await world.kubectl([
    'patch',
    'fogaction',
    metadata.name,
    '-n',
    NAMESPACE,
    '--type=merge',
    '-p',
    patch,
  ]);
  expect({ ok, output }).toEqual({
    ok: false,
    output: expect.stringContaining('A FogAction never changes; create another'),
  });
});

it.concurrent('A pause holds a rollout, over a newer revision too, until somebody resumes it', async () => {
  await world.apply(aRollout('paused', { strategy: { paused: true } }));
  const held = await world.untilPhase('paused', 'Paused');
  expect(messageOf(held)).toBe('v1 is paused by spec.strategy.paused');
  expect((await asked('alice', { rollout: 'paused', action: 'Pause', reason: 'incident 7' })).status?.state).toBe(
    'Accepted',
  );
  const next = await world.apply(aRollout('paused', { version: 'v2' }));
  const still = await world.untilPhase('paused', 'Paused', ({ status }) => status?.revision?.version === 'v2');
  expect([messageOf(still), world.deployment('cloud', 'paused')]).toEqual([
    'v2 is paused by alice: incident 7',
    undefined,
  ]);
  expect((await asked('bob', { rollout: 'paused', action: 'Resume' })).status).toMatchObject({ message: 'It goes on' });
  await world.succeeded(next);
});

it.concurrent('What failed has all its time again when a person asks, though its Deployment was given up', async () => {
  const wishes = { layers: ['cloud'], progressDeadlineSeconds: 10 } as const;
  await world.succeeded(await world.apply(aRollout('mended', wishes)));
  const nodeSelector = { 'e2e-mended': 'true' }; // of no node yet
  const failing = withLayer(aRollout('mended', { ...wishes, version: 'v2' }), 'cloud', { nodeSelector });
  const failed = await world.settled(await world.apply(failing), 120_000);
  expect(messageOf(failed)).toContain('made no progress');
  await asked('alice', { rollout: 'mended', action: 'Retry', reason: 'a node is on its way' });
  await world.must(['label', 'nodes', '--all', 'e2e-mended=true']);
  const again = await world.untilRollout(`${NAMESPACE}/mended`, 'to end again', (rollout) => {
    const { phase = '', run } = rollout?.status ?? {};
    return run?.runId !== failed.status?.run?.runId && ['Succeeded', 'Failed'].includes(phase);
  });
  expect(messageOf(again)).toBe('v2 is ready in cloud');
});

it.concurrent('What failed is tried again when a person asks, and what waits in vain is aborted', async () => {
  const failing = aRollout('retried', { images: { fog: NO_SUCH_IMAGE }, progressDeadlineSeconds: 5 });
  const { status: failed } = await world.settled(await world.apply(failing), 120_000);
  expect(failed?.phase).toBe('Failed');
  expect((await asked('alice', { rollout: 'retried', action: 'Retry' })).status).toMatchObject({
    state: 'Accepted',
    message: 'v1 is rolled out again',
  });
  const again = await world.untilPhase(
    'retried',
    'Progressing',
    ({ status }) => status?.run?.runId !== failed?.run?.runId,
  );
  expect(again.status?.revision).toEqual(failed?.revision);
  expect((await asked('bob', { rollout: 'retried', action: 'Abort', reason: 'no such image' })).status?.state).toBe(
    'Accepted',
  );
  const aborted = await world.untilPhase(
    'retried',
    'Failed',
    (rollout) => messageOf(rollout)?.includes('aborted') ?? false,
  );
  expect(messageOf(aborted)).toBe('aborted by bob: no such image');
  expect((await asked('bob', { rollout: 'retried', action: 'Resume' })).status).toMatchObject({
    state: 'Refused',
    message: 'No run is under way: v1 has failed',
  });
});

it.concurrent('A layer that has to stay ready soaks anew when its pods went for a moment', async () => {
  const strategy = { layers: { fog: { soakSeconds: 6 } } };
  const applied = await world.apply(aRollout('soaked', { layers: ['fog', 'edge'], strategy }));
  const soaks = await world.untilPhase('soaked', 'Progressing', ({ status }) => status?.gates?.[0]?.state === 'Closed');
  expect(messageOf(soaks)).toContain('the gate soak has to be ready for 6 s');
  const first = soaks.status!.gates![0]!.since;
  await world.must(['delete', 'pod', '-n', 'fog', '-l', 'fog-rollout=soaked', '--wait=false']);
  const again = await world.untilPhase('soaked', 'Progressing', ({ status }) => {
    const [gate] = status?.gates ?? [];
    return gate !== undefined && (gate.unready === true || gate.since > first);
  });
  expect(again.status?.layers?.[1]?.phase).toBe('Pending');
  expect(world.deployment('edge', 'soaked')).toBeUndefined();
  const { status } = await world.succeeded(applied);
  const [{ since, message } = { since: '', message: '' }] = status!.gates!;
  expect([since > first, message]).toEqual([true, 'was ready for 6 s']);
});
