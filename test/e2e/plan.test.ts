/** What would become of a FogRollout, by the command and by the API, and approvals that are bound to it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RolloutPlan, StagePlan } from '../../model/plan/rollout-plan.ts';
import * as support from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { fogIn } from '../support/fog.ts';
import { aRollout, type RolloutManifest } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { makeWindow } from '../support/windows.ts';

const NAMESPACE = 'e2e-plan';
const world = e2eFile().world(stack(), NAMESPACE);
const { run: fog, given: fogGiven } = fogIn(stack, NAMESPACE);
const dir = mkdtempSync(join(tmpdir(), 'plans-'));
/** May get FogRollouts and act on them; may do neither; may apply whatever a rollout makes. */
const tokens = { rita: '', otto: '', pia: '' };

beforeAll(async () => {
  await world.open({ env: { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes' } });
  for (const name of ['rita', 'otto', 'pia'] as const) {
    await world.must(['create', 'serviceaccount', name, '-n', NAMESPACE]);
    tokens[name] = (await world.must(['create', 'token', name, '-n', NAMESPACE])).trim();
  }
  await world.must(['create', 'role', 'reading', '-n', NAMESPACE, '--verb=get', '--resource=fogrollouts.paguos.io']);
  await world.must(['create', 'role', 'acting', '-n', NAMESPACE, '--verb=create', '--resource=fogactions.paguos.io']);
  const applying = ['--verb=get,create,patch', '--resource=fogrollouts.paguos.io,deployments.apps,services'];
  await world.must(['create', 'clusterrole', 'e2e-plan-applying', ...applying]);
  const pia = `--serviceaccount=${NAMESPACE}:pia`;
  await world.must(['create', 'clusterrolebinding', 'e2e-plan-applying', '--clusterrole=e2e-plan-applying', pia]);
  const who = `--serviceaccount=${NAMESPACE}:rita`;
  const whoElse = ['--user=alice', '--user=bob'];
  await world.must(['create', 'rolebinding', 'reading', '-n', NAMESPACE, '--role=reading', who]);
  await world.must(['create', 'rolebinding', 'acting', '-n', NAMESPACE, '--role=acting', who, ...whoElse]);
});

async function post(path: string, body: unknown, token: string | undefined = tokens.rita) {
  const answer = await fetch(`${await world.product.address()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const said = (await answer.json()) as Partial<RolloutPlan> & { detail?: string; state?: string; unknown?: string[] };
  return { status: answer.status, headers: answer.headers, body: said };
}

const inNamespace = (manifest: RolloutManifest) => ({
  ...manifest,
  metadata: { ...manifest.metadata, namespace: NAMESPACE },
});

/** Waits for two people before the edge. */
const gated = (name: string, strategy: NonNullable<RolloutManifest['spec']['strategy']> = {}) => {
  const before = [{ name: 'shop', approval: { required: 2 } }];
  return aRollout(name, { strategy: { ...strategy, layers: { edge: { before } } } });
};

async function hashOf(manifest: RolloutManifest): Promise<string> {
  const file = join(dir, `${manifest.metadata.name}-${Math.random()}`);
  const { code, err } = await fogGiven(manifest, 'plan', '-f', '-', '--out', file);
  expect({ code, err }).toMatchObject({ code: 0 });
  return readFileSync(file, 'utf8').split(' ')[1]!.trim();
}

describe('Nobody plans by the API', () => {
  const manifest = aRollout('never-applied');

  it.concurrent('without a token', async () => {
    const { status, headers } = await post('/plan', manifest, '');
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="fog-rollouts"']);
  });

  it.concurrent('with a token that has another’s signature', async () => {
    const forged = `${tokens.rita.split('.').slice(0, 2).join('.')}.c2lnbmF0dXJl`;
    expect((await post('/plan', manifest, forged)).status).toBe(401);
  });

  it.concurrent('without the right to get FogRollouts there', async () => {
    const words = (who: string, where: string) =>
      `system:serviceaccount:${NAMESPACE}:${who} may not get fogrollouts.paguos.io in the namespace ${where}`;
    const { status, body } = await post('/plan', inNamespace(manifest), tokens.otto);
    expect([status, body.detail]).toEqual([403, words('otto', NAMESPACE)]);
    expect((await post('/plan', manifest)).body.detail).toBe(words('rita', 'default'));
  });
});

describe('A plan', () => {
  it.concurrent('is the same by the API and by the command, and changes nothing', async () => {
    const manifest = gated('never-applied', { rollbackWindowSeconds: 5 } as object);
    manifest.spec.strategy!.layers!.fog = {
      soakSeconds: 5,
      after: [{ http: { url: 'https://board.example' } }, { window: { ref: 'nights' } }],
      offline: {},
      rampUp: {},
      before: [{ metric: { prometheus: { url: 'https://p.example', query: 'up' }, success: 'result[0] == 1.0' } }],
    };
    const byApi = await post('/plan', inNamespace(manifest), tokens.pia);
    expect(byApi.status).toBe(200);
    const { code, out, err } = await fogGiven(manifest, 'plan', '-f', '-', '-o', 'json');
    expect([code, err]).toEqual([0, '']);
    const [byCommand] = JSON.parse(out);
    expect(byApi.body).toEqual(byCommand);
    expect(byApi.body).toMatchObject({ change: 'new', name: 'never-applied', refusals: [], unknown: [] });
    expect(world.rollout(`${NAMESPACE}/never-applied`)).toBeUndefined();
    expect(world.deployment('cloud', 'never-applied')).toBeUndefined();
  });

  it.concurrent('says what the API server would make of what is live at the sites', async () => {
    await world.succeeded(await world.apply(aRollout('compared-at-sites', { layers: ['cloud'] })));
    await world.must(['scale', 'deployment', 'compared-at-sites-cloud', '-n', 'cloud', '--replicas=1']);
    const next = aRollout('compared-at-sites', { version: 'v2', layers: ['cloud'], replicas: 3 });
    const { code, out } = await fogGiven(next, 'plan', '-f', '-');
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        `${NAMESPACE}/compared-at-sites v1 → v2: begins a run`,
        '└─ cloud: 1 site',
        '   └─ Deployment compared-at-sites-cloud: changes',
        '      ├─ ~ replicas: 1 → 3',
        '      └─ ~ template.spec.containers[web].image: nginx:v1 → nginx:v2',
        expect.stringMatching(/^about \d+ s, as the last time; plan [0-9a-f]{32}$/),
        '',
      ],
    ]);
    expect((await fogGiven(next, 'plan', '-f', '-', '--no-diff')).out).not.toContain('Deployment');
    next.spec.deployments.cloud!.containers[0]!.volumeMounts = [{ name: 'none', mountPath: '/none' }];
    const bad = await fogGiven(next, 'plan', '-f', '-');
    expect([bad.code, bad.out]).toEqual([1, expect.stringMatching(/✖ it would fail: cloud: .*volumeMounts/)]);
  });

  it.concurrent('says by the API what the API server says to whoever plans, and what they may not ask', async () => {
    await world.succeeded(await world.apply(aRollout('asked-by-api', { layers: ['cloud'] })));
    await world.must(['scale', 'deployment', 'asked-by-api-cloud', '-n', 'cloud', '--replicas=1']);
    const next = aRollout('asked-by-api', { version: 'v2', layers: ['cloud'], replicas: 3 });
    const { body } = await post('/plan', inNamespace(next), tokens.pia);
    expect(body).toMatchObject({ change: 'content', refusals: [], unknown: [] });
    expect((body.steps![0] as StagePlan).diff).toMatchObject([
      { kind: 'Deployment', changes: [{ path: 'replicas', before: 1, after: 3 }, { after: 'nginx:v2' }] },
      { kind: 'Service', effect: 'same' },
    ]);
    const cannot = (what: string) =>
      expect.stringMatching(new RegExp(`^${what} is not known: .*rita" cannot \\w+ resource`));
    expect((await post('/plan', inNamespace(next))).body).toMatchObject({
      refusals: [],
      unknown: [cannot('whether the FogRollout itself is taken'), cannot('cloud: whether a server takes it')],
    });
    next.spec.deployments.cloud!.containers[0]!.volumeMounts = [{ name: 'none', mountPath: '/none' }];
    next.spec.strategy = { layers: { cloud: { waves: [{}] } } };
    expect((await post('/plan', inNamespace(next), tokens.pia)).body.refusals).toEqual([
      expect.stringMatching(/^FogRollout.paguos.io "asked-by-api" is invalid: .*waves/),
      expect.stringMatching(/^cloud: .*volumeMounts/),
    ]);
  });

  it.concurrent('says when the windows on its way open next', async () => {
    const { nextOpening } = await makeWindow(world, 'far-nights', {
      allow: [{ start: '2099-01-05T20:00', duration: 'PT8H', timeZone: 'UTC' }],
      rollouts: { names: ['no-such'] },
    });
    const layers = { edge: { before: [{ window: { ref: 'far-nights' } }] } };
    const { out } = await fogGiven(aRollout('never-in-time', { strategy: { layers } }), 'plan', '-f', '-');
    const until = nextOpening === undefined ? '' : `, and opens at ${nextOpening}`;
    expect(out).toContain(`window: waits for the FogWindow far-nights, which is closed${until}`);
  });
});

describe('An approval that is bound to a plan', () => {
  it.concurrent('counts for what has that plan, and for nothing else', async () => {
    const manifest = gated('plan-approved');
    const file = join(dir, 'plan');
    expect((await fogGiven(manifest, 'plan', '-f', '-', '--out', file)).code).toBe(0);
    const hash = readFileSync(file, 'utf8').split(' ')[1]!.trim();
    const other = await hashOf(gated('plan-approved', { progressDeadlineSeconds: 77 }));
    expect(other).not.toBe(hash);
    const applied = await world.apply(manifest);
    await world.untilPhase('plan-approved', 'WaitingForApproval');
    expect(await hashOf(manifest)).toBe(hash);

    const words = `It is about the plan ${other}, and what is under way has the plan ${hash}; plan it again`;
    expect(await fog('approve', 'plan-approved', '--plan', other)).toMatchObject({
      code: 1,
      out: `Refused: ${words}\n`,
    });
    const path = `/rollouts/plan-approved/actions?namespace=${NAMESPACE}`;
    const refused = await post(path, { action: 'Approve', plan: other });
    expect([refused.status, refused.body.detail]).toEqual([409, words]);

    expect((await post(path, { action: 'Approve', plan: hash })).body.state).toBe('Accepted');
    expect(await fog('approve', 'plan-approved', '--plan', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('The gate shop before the edge is open'),
    });
    await world.succeeded(applied);
    const { out } = await fog('history', 'plan-approved', '--revision', '1');
    expect(out).toContain(`Approve of the plan ${hash} by system:serviceaccount:${NAMESPACE}:rita`);
  });

  it.concurrent('counts no more when the strategy becomes another before the gate opens', async () => {
    const hash = await hashOf(gated('plan-adjusted'));
    await world.apply(gated('plan-adjusted'));
    const approve = (plan: string, by: string) =>
      support.asked(world, { rollout: 'plan-adjusted', action: 'Approve', plan }, by);
    await world.untilPhase('plan-adjusted', 'WaitingForApproval');
    expect((await approve(hash, 'alice')).status?.state).toBe('Accepted');

    const adjusted = gated('plan-adjusted', { progressDeadlineSeconds: 77 });
    const applied = await world.apply(adjusted);
    await world.untilRollout(
      `${NAMESPACE}/plan-adjusted`,
      'to forget the approval',
      (rollout) => rollout?.status?.revision?.generation === 2 && !rollout.status.gates?.[0]?.decisions,
    );
    expect((await approve(hash, 'bob')).status).toMatchObject({
      state: 'Refused',
      message: expect.stringContaining(`It is about the plan ${hash}`),
    });
    const present = await hashOf(adjusted);
    for (const by of ['alice', 'bob']) expect((await approve(present, by)).status?.state).toBe('Accepted');
    await world.succeeded(applied);
  });

  it.concurrent('is for an approval alone, and has to be a hash', async () => {
    const ask = (spec: object) => support.ask(world, { rollout: 'nowhere', ...spec } as never);
    expect((await ask({ action: 'Pause', plan: '0'.repeat(32) })).output).toContain('Only Approve is about a plan');
    expect((await ask({ action: 'Approve', plan: 'mine' })).output).toContain('spec.plan');
    expect(await fog('approve', 'nowhere', '--plan', join(dir, 'none'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('is neither a hash of 32 digits nor a file'),
    });
  });
});
