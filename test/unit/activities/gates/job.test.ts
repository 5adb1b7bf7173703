import { describe, expect, it } from '@jest/globals';
import type { V1Job, V1JobTemplateSpec } from '@kubernetes/client-node';
import { CancelledFailure } from '@temporalio/common';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { Gate } from '../../../../model/types.ts';
import { aGates, anAsking, anEnvironment, ask, surroundings, withdraw } from './askings.ts';

type Job = V1Job & KubeObject;

const around = surroundings();

/** Of an asking of long ago. */
const GATE: Gate = { job: { cronJob: 'smoke', deadlineSeconds: 10_000_000_000 } };
const deps = () => aGates(around);
const jobs = () => around.hub.objects().filter(({ metadata }) => metadata.name !== 'smoke') as Job[];
const job = () => jobs()[0]!;

function aCronJob(template: Partial<V1JobTemplateSpec> = {}): void {
  const containers = [{ name: 'smoke', image: 'smoke:1', env: [{ name: 'FOG_ROLLOUT_LAYER', value: 'mine' }] }];
  const jobTemplate = {
    spec: { backoffLimit: 0, template: { spec: { containers, restartPolicy: 'Never' } } },
    ...template,
  };
  around.hub.put({ metadata: { namespace: 'shop', name: 'smoke' }, spec: { jobTemplate } } as KubeObject);
}

/** The job ends as soon as it is waited for. */
async function ends(type: 'Complete' | 'Failed', reason?: string): Promise<void> {
  await around.hub.when(() => jobs().length > 0 && around.hub.watches.size > 0);
  const conditions = [
    { type: 'SuccessCriteriaMet', status: 'True' },
    { type, status: 'True', ...(reason && { reason, message: 'it has reached its limit' }) },
  ];
  around.hub.put({ ...job(), status: { conditions } } as KubeObject);
}

describe('A gate that runs a Job', () => {
  it('makes it of the CronJob’s template, tells it what waits, and opens when it is complete', async () => {
    aCronJob({ metadata: { labels: { team: 'qa' } } });
    const [reply] = await Promise.all([ask(GATE, deps()), ends('Complete')]);
    const { metadata, spec } = job();
    expect(reply).toEqual({ state: 'Open', message: `Job shop/${metadata.name} is complete` });
    expect(metadata).toMatchObject({
      name: expect.stringMatching(/^web-gate-[0-9a-f]{10}$/),
      labels: { team: 'qa', 'fog-rollout': 'web', 'app.kubernetes.io/managed-by': 'fog-rollouts' },
      annotations: { 'fog-rollouts.paguos.io/token': anAsking(GATE).token },
      ownerReferences: [{ kind: 'FogRollout', name: 'web', uid: 'uid-1' }],
    });
    expect(spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 604_800 });
    const env = Object.fromEntries(spec!.template.spec!.containers[0]!.env!.map(({ name, value }) => [name, value]));
    expect(env).toEqual({
      FOG_ROLLOUT: 'web',
      FOG_ROLLOUT_NAMESPACE: 'shop',
      FOG_ROLLOUT_VERSION: 'v2',
      FOG_ROLLOUT_GENERATION: '4',
      FOG_ROLLOUT_LAYER: 'mine',
      FOG_ROLLOUT_AT: 'before',
      FOG_ROLLOUT_GATE: 'change-board',
      FOG_ROLLOUT_TOKEN: anAsking(GATE).token,
    });
  });

  it('ends it with the deadline, if its template does not end it sooner', async () => {
    const template = { spec: { containers: [] } };
    aCronJob({ spec: { template, activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 5 } });
    await Promise.all([ask(GATE, deps()), ends('Complete')]);
    expect(job().spec).toMatchObject({ activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 5 });
    around.hub.remove('shop', job().metadata.name);
    aCronJob({ spec: { template } });
    await Promise.all([ask({ job: { cronJob: 'smoke' } }, deps()), ends('Complete')]);
    expect(job().spec!.activeDeadlineSeconds).toBe(1);
  });

  it('fails when it has, and says why', async () => {
    aCronJob();
    const [reply] = await Promise.all([ask(GATE, deps()), ends('Failed', 'BackoffLimitExceeded')]);
    expect(reply).toMatchObject({
      state: 'Failed',
      reason: 'GateFailed',
      message: expect.stringMatching(
        /^Job shop\/web-gate-.* has failed: BackoffLimitExceeded: it has reached its limit$/,
      ),
    });
  });

  it('asked again finds the same Job, also one that has ended meanwhile', async () => {
    aCronJob();
    const environment = anEnvironment();
    const first = ask(GATE, deps(), { environment });
    await around.hub.when(() => jobs().length > 0 && around.hub.watches.size > 0);
    environment.cancel(); // its worker goes
    await expect(first).rejects.toThrow(CancelledFailure);
    around.hub.remove('shop', 'smoke');
    around.hub.put({ ...job(), status: { conditions: [{ type: 'Complete', status: 'True' }] } } as KubeObject);
    expect(await ask(GATE, deps())).toMatchObject({ state: 'Open' });
    expect(around.hub.seen('create')).toHaveLength(1);
  });

  it('runs it again when somebody deletes it before its end', async () => {
    aCronJob();
    const lost = ask(GATE, deps());
    await around.hub.when(() => jobs().length > 0 && around.hub.watches.size > 0);
    around.hub.remove('shop', job().metadata.name);
    await expect(lost).rejects.toThrow('was deleted before its end');
    await Promise.all([ask(GATE, deps()), ends('Complete')]);
    expect(around.hub.seen('create')).toHaveLength(2);
  });

  it('touches no Job of the name that is not its own', async () => {
    aCronJob();
    await Promise.all([ask(GATE, deps()), ends('Complete')]);
    const { name } = job().metadata;
    around.hub.remove('shop', name);
    around.hub.put({ metadata: { namespace: 'shop', name } });
    expect(await ask(GATE, deps())).toEqual({
      state: 'Failed',
      reason: 'GateUnrunnable',
      message: `Job shop/${name} was there before, and is not the gate's`,
    });
    await withdraw(GATE, deps());
    expect(jobs()).toHaveLength(1);
  });

  it('that nobody waits for any more is deleted with its pods', async () => {
    aCronJob();
    await Promise.all([ask(GATE, deps()), ends('Complete')]);
    await withdraw(GATE, deps());
    await withdraw(GATE, deps()); // gone already
    expect(jobs()).toEqual([]);
    expect(JSON.parse(around.hub.seen('delete')[0]!.body)).toMatchObject({ propagationPolicy: 'Background' });
  });

  it('without its CronJob waits a minute for it', async () => {
    const why = 'There is no CronJob shop/smoke';
    await expect(ask(GATE, deps(), { ageMs: 59_000 })).rejects.toThrow(why);
    expect(await ask(GATE, deps(), { ageMs: 60_000 })).toMatchObject({
      state: 'Failed',
      reason: 'GateUnrunnable',
      message: expect.stringContaining(why),
    });
  });

  it.each(['get', 'create', 'list'] as const)(
    'that may not %s Jobs fails at once, and says what allows it',
    async (verb) => {
      aCronJob();
      around.hub.misbehave(verb, { code: 403, reason: 'Forbidden' });
      expect(await ask(GATE, deps())).toMatchObject({
        reason: 'GateUnrunnable',
        message: expect.stringContaining('gates.jobs.namespaces of the chart'),
      });
    },
  );

  it('is tried again when the API server does not answer', async () => {
    aCronJob();
    around.hub.misbehave('create', { code: 503 });
    await expect(ask(GATE, deps())).rejects.toThrow('POST jobs.batch');
  });
});
