import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import * as errors from '../../kube/errors.ts';
import { Informer } from '../../kube/informer.ts';
import { KubeConfig } from '../../kube/kube-config.ts';
import { LeaderElector } from '../../kube/lease.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, PODS, type ResourceType, SERVICES } from '../../kube/resources.ts';
import { startAgain } from '../support/eventually.ts';
import { type StackHandle, stack, startStack } from '../support/stack.ts';

interface Deployment extends KubeObject {
  spec?: { replicas?: number; template?: { spec: { containers: { name: string; image: string }[] } } };
  status?: { availableReplicas?: number; observedGeneration?: number };
}

const QUOTAS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
};
const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const namespace = 'kube-client';
const within = (seconds: number) => AbortSignal.timeout(seconds * 1000);

let connection: KubeConnection;
let client: KubeClient;

beforeAll(async () => {
  connection = new KubeConnection(loadKubeConfig({ kubeconfig: stack().kubeconfig }));
  client = new KubeClient(connection, { fieldManager: 'tester' });
  await client.apply(NAMESPACES, { metadata: { name: namespace } });
});

afterAll(async () => {
  await client.delete(NAMESPACES, { name: namespace });
  await connection.close();
});

function aDeployment(name: string, image = 'test/app', extra = {}) {
  return {
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } },
      ...extra,
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('It did not fail'),
    (error) => error,
  );
}

describe('Requests to a real API server', () => {
  it('applies, applies again, and gives way to nobody unless told', async () => {
    const first = await client.apply<Deployment>(DEPLOYMENTS, aDeployment('apply'));
    expect(first).toMatchObject({ kind: 'Deployment', metadata: { generation: 1, uid: expect.any(String) } });
    const same = await client.apply<Deployment>(DEPLOYMENTS, aDeployment('apply'));
    expect(same.metadata.generation).toBe(1);
    const other = new KubeClient(connection, { fieldManager: 'other' });
    const refused = await failure(other.apply(DEPLOYMENTS, aDeployment('apply', 'test/other')));
    expect([errors.isFieldManagerConflict(refused), errors.isTransient(refused)]).toEqual([true, false]);
    expect(refused.message).toContain('PATCH deployments.apps kube-client/apply: Apply failed with 1 conflict');
    const dry = await other.apply<Deployment>(DEPLOYMENTS, aDeployment('apply', 'test/other'), {
      force: true,
      dryRun: true,
    });
    expect(dry.spec?.template?.spec.containers[0]?.image).toBe('test/other');
    const kept = await client.get<Deployment>(DEPLOYMENTS, { namespace, name: 'apply' });
    expect(kept.spec?.template?.spec.containers[0]?.image).toBe('test/app');
  });

  it.each<[string, (c: KubeClient) => Promise<unknown>, (error: unknown) => boolean, RegExp]>([
    [
      'an unknown name',
      (c) => c.get(DEPLOYMENTS, { namespace, name: 'nobody' }),
      errors.isNotFound,
      /"nobody" not found/,
    ],
    [
      'an unknown namespace',
      (c) => c.apply(DEPLOYMENTS, { ...aDeployment('x'), metadata: { name: 'x', namespace: 'nowhere' } }),
      errors.isNotFound,
      /namespaces "nowhere" not found/,
    ],
    [
      'an invalid object',
      (c) => c.apply(DEPLOYMENTS, aDeployment('bad', '')),
      errors.isInvalid,
      /image: Required value/,
    ],
    ['an unknown field', (c) => c.apply(DEPLOYMENTS, aDeployment('bad', 'i', { sice: 1 })), errors.isInvalid, /sice/],
    [
      'an unknown field, created',
      (c) => c.create(DEPLOYMENTS, aDeployment('bad', 'i', { sice: 1 })),
      errors.isInvalid,
      /sice/,
    ],
    [
      'a name that is taken',
      (c) => c.create(NAMESPACES, { metadata: { name: namespace } }),
      errors.isAlreadyExists,
      /already/,
    ],
    [
      'a version that is not the newest',
      (c) => c.replace(NAMESPACES, { metadata: { name: namespace, resourceVersion: '1' } }),
      errors.isConflict,
      /modified/,
    ],
    [
      'another object of that name',
      (c) => c.delete(NAMESPACES, { name: namespace }, { preconditions: { uid: 'other' } }),
      errors.isConflict,
      /UID in (the )?precondition/,
    ],
    ['a continue token that is none', (c) => c.list(PODS, { continue: 'nonsense' }), errors.isInvalid, /continue/],
  ])('refuses %s', async (_name, call, is, words) => {
    const error = await failure(call(client));
    expect(error.message).toMatch(words);
    expect([is(error), errors.isTransient(error)]).toEqual([true, errors.isConflict(error)]);
  });

  it('says in the API server’s words when a quota is full or the right is missing', async () => {
    await client.apply(QUOTAS, {
      metadata: { namespace, name: 'few' },
      spec: { hard: { 'count/configmaps': '0' } },
    } as KubeObject);
    const full = await failure(
      (async () => {
        // The quota counts from when its controller has looked at it.
        const deadline = within(60);
        for (let i = 0; !deadline.aborted; i++)
          await client.create(CONFIG_MAPS, { metadata: { namespace, name: `map-${i}` } });
      })(),
    );
    expect([errors.isForbidden(full), errors.isTransient(full)]).toEqual([true, false]);
    expect(full.message).toContain('exceeded quota: few');
    await client.delete(QUOTAS, { namespace, name: 'few' });

    const known = loadKubeConfig({ kubeconfig: stack().kubeconfig });
    const users = known.users.map((user) => ({ ...user, impersonateUser: 'nobody' }));
    const powerless = new KubeConnection(new KubeConfig({ ...known, users }));
    const refused = await failure(
      new KubeClient(powerless, { fieldManager: 'x' }).get(SERVICES, { namespace, name: 's' }),
    );
    expect(errors.isForbidden(refused)).toBe(true);
    expect(refused.message).toContain('User "nobody" cannot get resource "services"');
    await powerless.close();
  });

  it('lists in pages of one snapshot', async () => {
    for (let i = 0; i < 5; i++) {
      await client.apply(SERVICES, {
        metadata: { namespace, name: `page-${i}` },
        spec: { clusterIP: 'None' },
      } as KubeObject);
    }
    const first = await client.list(SERVICES, { namespace, limit: 2 });
    expect(first).toMatchObject({ continue: expect.any(String), remaining: 3 });
    const all = await client.listAll(SERVICES, { namespace, limit: 2 });
    expect(all.items.map((item) => item.metadata.name)).toEqual([0, 1, 2, 3, 4].map((i) => `page-${i}`));
    expect(all.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Service' });
  });
});

describe('Informer on a real API server', () => {
  it('follows a Deployment to ready and to its end', async () => {
    const stop = new AbortController();
    const informer = new Informer<Deployment>({ client, type: DEPLOYMENTS, namespace });
    informer.start(stop.signal);
    await client.apply<Deployment>(DEPLOYMENTS, aDeployment('follow'));
    const ready = await informer.waitFor(namespace, 'follow', readyAt(2), within(30));
    expect(ready).toBe(2);
    const uid = informer.get(namespace, 'follow')?.metadata.uid;
    await client.delete(DEPLOYMENTS, { namespace, name: 'follow' }, { preconditions: { uid: uid! } });
    await informer.waitFor(namespace, 'follow', (object) => (object ? undefined : 'gone'), within(30));
    stop.abort();
    await informer.stopped;
  });
});

describe('LeaderElector on a real API server', () => {
  it('lets one lead, and the next as soon as that one stops', async () => {
    const candidate = (identity: string) => {
      const stop = new AbortController();
      const { promise: started, resolve } = Promise.withResolvers<void>();
      const terms = { leaseDurationSeconds: 600, renewDeadlineSeconds: 300, retryPeriodSeconds: 0.2 };
      const elector = new LeaderElector({ client, namespace, name: 'leader', identity, ...terms });
      return { elector, stop, started, done: elector.run({ onStarted: () => resolve(), signal: stop.signal }) };
    };
    const a = candidate('a');
    await a.started;
    const b = candidate('b');
    expect([a.elector.leading, b.elector.leading]).toEqual([true, false]);
    a.stop.abort();
    await Promise.all([a.done, b.started]);
    expect([a.elector.leading, b.elector.leading]).toEqual([false, true]);
    b.stop.abort();
    await b.done;
  });
});

describe('When the API server is killed', () => {
  let own: StackHandle;
  beforeAll(async () => {
    own = await startStack();
  });
  afterAll(() => own?.stop());

  it('the informer goes on when it is back, and requests say that it is away', async () => {
    const ownConnection = new KubeConnection(loadKubeConfig({ kubeconfig: own.kubeconfig }));
    const mine = new KubeClient(ownConnection, { fieldManager: 'tester' });
    const stop = new AbortController();
    const informer = new Informer({ client: mine, type: NAMESPACES });
    informer.start(stop.signal);
    await informer.waitForSync(within(30));

    await own.killApiServer();
    const away = await failure(mine.get(NAMESPACES, { name: 'default' }));
    expect(away).toBeInstanceOf(errors.KubeConnectionError);
    expect(informer.get(undefined, 'default')).toBeDefined();

    await startAgain('kube-apiserver', own.startApiServer);
    await mine.apply(NAMESPACES, { metadata: { name: 'after' } });
    await informer.waitFor(undefined, 'after', (object) => object, within(60));
    stop.abort();
    await informer.stopped;
    await ownConnection.close();
  });
});

function readyAt(replicas: number) {
  return (object: Deployment | undefined) => {
    const available = object?.status?.availableReplicas;
    return available === replicas ? available : undefined;
  };
}
