import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Authenticator } from '../../../../kube/auth/authenticator.ts';
import { PLUGIN_MS } from '../../../../kube/auth/exec.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../fakeclock.ts';
import { Workshop } from './workshop.ts';

const V1 = 'client.authentication.k8s.io/v1';
const V1BETA1 = 'client.authentication.k8s.io/v1beta1';
const REFUSED = { code: 401, reason: 'Unauthorized' };
const HOUR_MS = 3_600_000;

let workshop: Workshop;
beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const prints = (status: object, apiVersion = V1) =>
  `echo '${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}'`;
const pluginUser = (lines: string, exec: object = {}) => ({
  exec: { apiVersion: V1, interactiveMode: 'Never', command: workshop.program('plugin', lines), ...exec },
});
/** A plugin that numbers its tokens. */
const counting = (more = '') => `cd ${workshop.folder}; echo >> runs
echo '{"apiVersion": "${V1}", "kind": "ExecCredential", "status": {"token": "token-'$(wc -l < runs)'"${more}}}'`;
const saved = (name: string) => readFileSync(join(workshop.folder, name), 'utf8');

describe('An exec plugin', () => {
  it('runs once for many requests, and once more when its token is refused', async () => {
    const connection = workshop.connect({ user: pluginUser(counting()) });
    await Promise.all([1, 2, 3].map(() => workshop.get(connection)));
    workshop.fake.misbehave('get', REFUSED);
    await workshop.get(connection);
    expect(workshop.shown()).toEqual([...Array(4).fill('Bearer token-1'), 'Bearer token-2']);
    // A server that goes on refusing does not have it run again at once.
    workshop.fake.misbehave('get', REFUSED, REFUSED);
    await expect(workshop.get(connection)).rejects.toMatchObject({ code: 401 });
    expect(workshop.shown()).toHaveLength(6);
  });

  it('runs again when its token has expired, not before', async () => {
    const clock = new FakeClock();
    const until = new Date(clock.date().getTime() + HOUR_MS).toISOString();
    const user = pluginUser(counting(`, "expirationTimestamp": "${until}"`));
    const authenticator = new Authenticator(workshop.kubeconfig({ user }), { clock });
    const shown = async () => (await authenticator.credentials()).headers.authorization;
    expect(await shown()).toBe('Bearer token-1');
    await clock.advance(HOUR_MS - 1);
    expect(await shown()).toBe('Bearer token-1');
    await clock.advance(1);
    expect(await shown()).toBe('Bearer token-2');
  });

  it('that only knows what has ended is not run for each request', async () => {
    const clock = new FakeClock();
    const ended = new Date(clock.date().getTime() - HOUR_MS).toISOString();
    const user = pluginUser(counting(`, "expirationTimestamp": "${ended}"`));
    const authenticator = new Authenticator(workshop.kubeconfig({ user }), { clock });
    const shown = async () => (await authenticator.credentials()).headers.authorization;
    expect([await shown(), await shown(), await shown()]).toEqual(Array(3).fill('Bearer token-1'));
    await clock.advance(1_000);
    expect(await shown()).toBe('Bearer token-2');
  });

  it('is told what it needs, with the environment but for what is ours', async () => {
    const user = pluginUser(`env > ${workshop.folder}/env; ${prints({ token: 't' }, V1BETA1)}`, {
      apiVersion: V1BETA1,
      args: ['get', 'token'],
      env: [{ name: 'ROLE', value: 'robot' }],
      provideClusterInfo: true,
    });
    const cluster = {
      'certificate-authority-data': Buffer.from('PEM').toString('base64'),
      'tls-server-name': 'kubernetes',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
    };
    const environment = { PATH: process.env.PATH, HOME: '/home/me', TEMPORAL_API_KEY: 'x', FOG_ROLLOUTS_PORT: '1' };
    await workshop.get(workshop.connect({ user, cluster }, { environment }));
    const env = Object.fromEntries(
      saved('env')
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    expect(env).toMatchObject({ HOME: '/home/me', ROLE: 'robot' });
    expect(Object.keys(env).filter((name) => /^(TEMPORAL|FOG)_/.test(name))).toEqual([]);
    expect(JSON.parse(env.KUBERNETES_EXEC_INFO)).toEqual({
      apiVersion: V1BETA1,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: workshop.fake.url, config: { audience: 'a' }, ...without(cluster, 'extensions') },
      },
    });
  });

  it('is told nothing of the cluster unless it asks, and gets no input', async () => {
    const user = pluginUser(`cat; echo "$KUBERNETES_EXEC_INFO" > ${workshop.folder}/info; ${prints({ token: 't' })}`);
    await workshop.get(workshop.connect({ user }));
    expect(JSON.parse(saved('info'))).toEqual({ apiVersion: V1, kind: 'ExecCredential', spec: { interactive: false } });
  });

  it('may give a certificate', async () => {
    const user = pluginUser(prints({ clientCertificateData: 'CERT', clientKeyData: 'KEY' }));
    const authenticator = new Authenticator(workshop.kubeconfig({ user }));
    expect(await authenticator.credentials()).toMatchObject({ headers: {}, tls: { cert: 'CERT', key: 'KEY' } });
  });

  it('is not run where the kubeconfig has a token', async () => {
    await workshop.get(workshop.connect({ user: { token: 'mine', ...pluginUser('exit 1') } }));
    expect(workshop.shown()).toEqual(['Bearer mine']);
  });

  it.each<[string, string, object, RegExp]>([
    ['fails', 'echo "log in"; echo "log in\n first" >&2; exit 3', {}, /plugin failed with exit code 3: log in first$/],
    [
      'is not there',
      '',
      { command: 'no-such-plugin', installHint: 'Get it at\n x.example' },
      /exec plugin no-such-plugin cannot be run \(ENOENT\); Get it at x\.example$/,
    ],
    ['prints no JSON', 'echo hunter2', {}, /plugin printed no ExecCredential$/],
    ['prints something else', `echo '{"kind": "Secret"}'`, {}, /plugin printed no ExecCredential$/],
    ['answers in another version', prints({ token: 't' }, V1BETA1), {}, /answered in .*v1beta1, it was asked in .*v1$/],
    ['gives nothing', prints({}), {}, /gave neither a token nor a certificate$/],
    ['gives half a certificate', prints({ clientCertificateData: 'c' }), {}, /only one of a certificate and its key$/],
    [
      'gives no time of expiry',
      prints({ token: 't', expirationTimestamp: 'soon' }),
      {},
      /expirationTimestamp that is no time$/,
    ],
    ['prints without end', 'yes hunter2hunter2hunter2', {}, /plugin printed more than any credential has$/],
  ])('that %s is said to be the reason', async (_name, lines, exec, words) => {
    const failing = workshop.get(workshop.connect({ user: pluginUser(lines, exec) }));
    const error = await failing.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'KubeConnectionError', message: expect.stringMatching(words) });
    expect((error as Error).message).not.toContain('hunter2');
  });

  it.each<[string, object, RegExp]>([
    ['wants a terminal', { interactiveMode: 'Always' }, /plugin of the kubeconfig's user me .* wants a terminal/],
    [
      'speaks what nobody does any more',
      { apiVersion: 'client.authentication.k8s.io/v1alpha1' },
      /v1alpha1: only .*v1 and /,
    ],
    ['has no command', { command: '' }, /user me has no command$/],
  ])('that %s is refused at once', (_name, exec, words) => {
    expect(() => workshop.connect({ user: pluginUser('', exec) })).toThrow(words);
  });
});

describe('An exec plugin that hangs', () => {
  const hanging = () => pluginUser(`echo $$ > ${workshop.folder}/pid; sleep 600 & wait`);
  /** Resolves once it runs, with a function that resolves when it does not any more. */
  const running = async () => {
    const pid = await eventually('the plugin to run', async () => {
      const text = saved('pid');
      return text.endsWith('\n') ? Number(text) : { not: text };
    });
    return () => eventually('the plugin to be gone', async () => (isAlive(-pid) ? { not: pid } : true));
  };

  it('holds up no request beyond its deadline or its signal', async () => {
    const connection = workshop.connect({ user: hanging() });
    await expect(workshop.get(connection, { timeoutMs: 50 })).rejects.toMatchObject({ timedOut: true });
    const stop = new AbortController();
    const waiting = workshop.get(connection, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(workshop.shown()).toEqual([]);
  });

  it('is killed, with what it started, when the connection is closed', async () => {
    const connection = workshop.connect({ user: hanging() });
    const waiting = expect(workshop.get(connection)).rejects.toThrow('The connection was closed');
    const gone = await running();
    await connection.close();
    await waiting;
    await gone();
  });

  it('is killed after its own deadline', async () => {
    const clock = new FakeClock();
    const authenticator = new Authenticator(workshop.kubeconfig({ user: hanging() }), { clock });
    const waiting = expect(authenticator.credentials()).rejects.toThrow(/plugin gave nothing within 60 s$/);
    const gone = await running();
    await clock.advance(PLUGIN_MS);
    await waiting;
    await gone();
  });
});

function without(object: object, field: string): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}

/** @param pid - negative, of a group of processes */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
