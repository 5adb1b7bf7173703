import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Authenticator } from '../../../../kube/auth/authenticator.ts';
import { FILES_FRESH_MS } from '../../../../kube/auth/files.ts';
import { KubeClient } from '../../../../kube/client.ts';
import { DEPLOYMENTS } from '../../../../kube/resources.ts';
import { FakeClock } from '../fakeclock.ts';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const REFUSED = { code: 401, reason: 'Unauthorized' };

describe('A token in a file', () => {
  it.each(['tokenFile', 'token-file'])('is shown, by %s', async (field) => {
    workshop.file('token', 'one\n');
    await workshop.get(workshop.connect({ user: { [field]: 'token' } }));
    expect(workshop.shown()).toEqual(['Bearer one']);
  });

  it('counts before a token beside it, which is as old as the kubeconfig', async () => {
    workshop.file('token', 'one');
    await workshop.get(workshop.connect({ user: { token: 'old', tokenFile: 'token' } }));
    expect(workshop.shown()).toEqual(['Bearer one']);
  });

  it('gives way to a token beside it until it can be read', async () => {
    const connection = workshop.connect({ user: { token: 'given', tokenFile: 'token' } });
    await workshop.get(connection);
    workshop.file('token', 'one');
    workshop.fake.misbehave('get', REFUSED);
    await workshop.get(connection);
    expect(workshop.shown()).toEqual(['Bearer given', 'Bearer given', 'Bearer one']);
  });

  it('is read again when it is refused, and the request is repeated once', async () => {
    workshop.file('token', 'one');
    const connection = workshop.connect({ user: { tokenFile: 'token' } });
    await workshop.get(connection);
    workshop.file('token', 'two');
    workshop.fake.misbehave('get', REFUSED);
    await workshop.get(connection);
    expect(workshop.shown()).toEqual(['Bearer one', 'Bearer one', 'Bearer two']);
  });

  it('is read again after a while, and the last that could be read is used meanwhile', async () => {
    const clock = new FakeClock();
    const token = workshop.file('token', 'one');
    const authenticator = new Authenticator(workshop.kubeconfig({ user: { tokenFile: 'token' } }), { clock });
    const shown = async () => (await authenticator.credentials()).headers;
    expect(await shown()).toEqual({ authorization: 'Bearer one' });
    workshop.file('token', 'two');
    await clock.advance(FILES_FRESH_MS - 1);
    expect(await shown()).toEqual({ authorization: 'Bearer one' });
    await clock.advance(1);
    expect(await shown()).toEqual({ authorization: 'Bearer two' });
    rmSync(token);
    await clock.advance(FILES_FRESH_MS);
    expect(await shown()).toEqual({ authorization: 'Bearer two' });
    workshop.file('token', '');
    await clock.advance(FILES_FRESH_MS);
    expect(await shown()).toEqual({ authorization: 'Bearer two' });
    workshop.file('token', 'three');
    await clock.advance(FILES_FRESH_MS);
    expect(await shown()).toEqual({ authorization: 'Bearer three' });
  });

  it.each<[string, () => void, RegExp]>([
    ['is not there', () => {}, /^GET deployments.apps edge\/web: .*: Cannot read the token file .*token: ENOENT$/],
    ['is empty', () => workshop.file('token', ' \n'), /The token file .*token is empty$/],
  ])('that %s is said to be the reason, and used once it is', async (_name, prepare, words) => {
    prepare();
    const connection = workshop.connect({ user: { tokenFile: 'token' } });
    await expect(workshop.get(connection)).rejects.toThrow(words);
    workshop.file('token', 'one');
    await workshop.get(connection);
    expect(workshop.shown()).toEqual(['Bearer one']);
  });
});

describe('Certificates in files', () => {
  const user = { 'client-certificate': 'cert', 'client-key': 'key' };
  const cluster = { 'certificate-authority': 'ca' };

  it('are read again after a while, and after there was no answer', async () => {
    const clock = new FakeClock();
    for (const name of ['cert', 'key', 'ca']) workshop.file(name, `${name} 1`);
    const authenticator = new Authenticator(workshop.kubeconfig({ user, cluster }), { clock });
    const first = await authenticator.credentials();
    expect(first.tls).toEqual({ cert: 'cert 1', key: 'key 1', ca: 'ca 1' });
    workshop.file('cert', 'cert 2');
    workshop.file('key', 'key 2');
    await clock.advance(FILES_FRESH_MS);
    const second = await authenticator.credentials();
    expect(second.tls).toEqual({ cert: 'cert 2', key: 'key 2', ca: 'ca 1' });
    expect(second.tlsId).not.toBe(first.tlsId);
    workshop.file('ca', 'ca 2');
    expect(await authenticator.credentials()).toBe(second);
    authenticator.unanswered();
    expect((await authenticator.credentials()).tls).toMatchObject({ ca: 'ca 2' });
  });

  it('inside the kubeconfig count before files, and are never read again', () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    const authenticator = new Authenticator(
      workshop.kubeconfig({
        user: { ...user, 'client-certificate-data': data('c'), 'client-key-data': data('k') },
        cluster: { ...cluster, 'certificate-authority-data': data('a') },
      }),
      { clock: new FakeClock() },
    );
    return expect(authenticator.credentials()).resolves.toMatchObject({ tls: { cert: 'c', key: 'k', ca: 'a' } });
  });

  it('that change leave a watch that is open alone, until the connection is closed', async () => {
    const { fake } = workshop;
    for (const name of ['cert', 'key']) workshop.file(name, 'one');
    const connection = workshop.connect({ user });
    const client = new KubeClient(connection, { fieldManager: 'tester' });
    const watch = client.watch(DEPLOYMENTS, { resourceVersion: '100' }, { signal: new AbortController().signal });
    expect((await watch.next()).value).toMatchObject({ type: 'ADDED' });
    for (const name of ['cert', 'key']) workshop.file(name, 'two');
    fake.misbehave('get', REFUSED);
    await workshop.get(connection);
    expect([fake.watches.size, fake.accepted]).toEqual([1, 3]); // of the watch, the first certificate's, the second's
    const ended = expect(watch.next()).rejects.toThrow(/^WATCH deployments.apps|^GET deployments.apps/);
    await connection.close();
    await ended;
    await fake.when(() => fake.watches.size === 0);
  });

  it('that cannot be read are named', async () => {
    for (const name of ['cert', 'key']) workshop.file(name, name);
    const connection = workshop.connect({ user, cluster });
    await expect(workshop.get(connection)).rejects.toThrow(/Cannot read the certificate authority .*ca: ENOENT/);
  });
});
