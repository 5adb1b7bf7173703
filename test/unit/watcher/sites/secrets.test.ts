import { beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeClient } from '../../../../kube/client.ts';
import { KubeConnectionError, KubeError } from '../../../../kube/errors.ts';
import type { FogSite } from '../../../../model/types.ts';
import { KubeconfigSecrets } from '../../../../watcher/sites/secrets.ts';
import { FakeClock } from '../../kube/fakeclock.ts';
import { aSite } from '../../model/fleet/sites.ts';

const SECONDS = 1_000;
const GOOD = JSON.stringify({
  'current-context': 'c',
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  clusters: [{ name: 'c', cluster: { server: 'https://berlin' } }],
  users: [{ name: 'u', user: { token: 't' } }],
});
const onSecret = (name: string, key?: string): FogSite =>
  aSite(`site-${name}`, { cluster: { kubeconfigSecretRef: { name, ...(key !== undefined && { key }) } } });

let secrets: Record<string, Record<string, string> | Error>;
let reads: string[];
let clock: FakeClock;
let subject: KubeconfigSecrets;

beforeEach(() => {
  secrets = {};
  reads = [];
  clock = new FakeClock();
  const client = {
    async get(_type: unknown, { namespace, name }: { namespace: string; name: string }) {
      reads.push(`${namespace}/${name}`);
      const secret = secrets[name] ?? answered(404);
      if (secret instanceof Error) throw secret;
      const data = Object.entries(secret).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
      return { metadata: { namespace, name }, data: Object.fromEntries(data) };
    },
  };
  subject = new KubeconfigSecrets(
    client as unknown as KubeClient,
    { namespace: 'fog', allowedHosts: [], onlyHosts: [] },
    clock,
  );
});

const answered = (code: number) =>
  new KubeError({ request: 'GET secrets fog/berlin', code, status: { message: 'no' } });
const faultsOf = (...sites: FogSite[]) => subject.faults(sites, new AbortController().signal);

describe('The Secret of a site', () => {
  it.each<[string, Record<string, string> | Error | undefined, [string, string] | undefined]>([
    ['is in order', { kubeconfig: GOOD }, undefined],
    [
      'is missing',
      undefined,
      ['SecretMissing', 'Secret fog/berlin does not exist; create it with a kubeconfig under the key kubeconfig'],
    ],
    ['has no such key', { config: GOOD }, ['SecretMissing', 'Secret fog/berlin has no key kubeconfig']],
    ['is empty', {}, ['SecretMissing', 'Secret fog/berlin has no key kubeconfig']],
    [
      'has garbage',
      { kubeconfig: 'hunter2' },
      ['KubeconfigInvalid', 'Secret fog/berlin, key kubeconfig: The kubeconfig cannot be used: it is not a kubeconfig'],
    ],
    [
      'may not be read',
      answered(403),
      [
        'SecretUnreadable',
        'Secret fog/berlin cannot be read: GET secrets fog/berlin: no; the value sites.kubeconfigSecrets.enabled of the chart allows it',
      ],
    ],
  ])('%s', async (_, secret, fault) => {
    if (secret) secrets.berlin = secret;
    const found = await faultsOf(onSecret('berlin'), aSite('x'));
    expect([...found]).toEqual(fault ? [['secret/berlin/kubeconfig', { reason: fault[0], message: fault[1] }]] : []);
    expect(reads).toEqual(['fog/berlin']);
  });

  it('is known by its key too', async () => {
    secrets.all = { berlin: GOOD, paris: 'x' };
    const found = await faultsOf(onSecret('all', 'berlin'), onSecret('all', 'paris'));
    expect([...found.keys()]).toEqual(['secret/all/paris']);
  });

  it('is read again after half a minute with a fault, after five minutes without', async () => {
    secrets.good = { kubeconfig: GOOD };
    const sites = [onSecret('good'), onSecret('bad')];
    expect(subject.nextMs).toBeUndefined();
    await faultsOf(...sites);
    expect(subject.nextMs).toBe(30 * SECONDS);
    await clock.advance(29 * SECONDS);
    await faultsOf(...sites);
    expect(reads).toEqual(['fog/good', 'fog/bad']);
    await clock.advance(1 * SECONDS);
    secrets.bad = { kubeconfig: GOOD };
    expect((await faultsOf(...sites)).size).toBe(0);
    expect(reads.slice(2)).toEqual(['fog/bad']);
    expect(subject.nextMs).toBe(270 * SECONDS);
    await clock.advance(270 * SECONDS);
    await faultsOf(...sites);
    expect(reads.slice(3)).toEqual(['fog/good']);
  });

  it('is read again when its site was changed', async () => {
    await faultsOf(onSecret('bad'));
    subject.forget(onSecret('bad'));
    await faultsOf(onSecret('bad'));
    expect(reads).toHaveLength(2);
  });

  it('is forgotten with its last site', async () => {
    await faultsOf(onSecret('bad'));
    expect(await faultsOf(aSite('x'))).toEqual(new Map());
    expect(subject.nextMs).toBeUndefined();
  });

  it('is no fault of the Secret when the API server cannot be reached', async () => {
    secrets.berlin = new KubeConnectionError('GET secrets fog/berlin', 'refused');
    await expect(faultsOf(onSecret('berlin'))).rejects.toThrow('refused');
  });

  it.each([1, 7, 8, 9, 40])('of each of %d sites is read once', async (count) => {
    await faultsOf(...Array.from({ length: count }, (_, at) => onSecret(`s${at}`)));
    expect(new Set(reads).size).toBe(count);
    expect(reads).toHaveLength(count);
  });
});
