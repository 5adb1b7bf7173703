import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planServer } from '../../../api/plan-server.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { FakeKube, type Misbehaviour } from '../../support/fakekube.ts';

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web-edge', namespace: 'edge' },
  spec: { replicas: 2 },
};

let kube: FakeKube;
let connection: KubeConnection;
beforeEach(async () => {
  kube = await FakeKube.start();
  connection = new KubeConnection(kube.kubeConfig({ token: 'of-alice' }), { timeoutMs: 1_000 });
});
afterEach(async () => {
  await connection.close();
  await kube.stop();
});

const judge = () => planServer(new KubeClient(connection, { fieldManager: 'tester' })).judge('edge', [DEPLOYMENT]);

describe('What the API server says to objects that are only planned', () => {
  it('is what is live, and what it would be, by a dry run with the token of who plans', async () => {
    kube.put(DEPLOYMENT);
    const is = { kind: 'Deployment', spec: { replicas: 2 } };
    expect(await judge()).toMatchObject({ pairs: [{ before: is, after: is }] });
    const asked = kube.requests.find(({ verb }) => verb === 'patch')!;
    expect([asked.query.get('dryRun'), asked.headers.authorization]).toEqual(['All', 'Bearer of-alice']);
  });

  const lacking =
    'deployments.apps "web-edge" is forbidden: User "alice" cannot patch resource "deployments" in API group "apps"';
  it.each<[string, Misbehaviour, object]>([
    ['a rule', { code: 422, reason: 'Invalid', message: 'spec: too much' }, { refused: 'spec: too much' }],
    ['a quota', { code: 403, reason: 'Forbidden', message: 'exceeded quota' }, { refused: 'exceeded quota' }],
    ['the lack of a right', { code: 403, reason: 'Forbidden', message: lacking }, { unanswered: lacking }],
    [
      'a token that is for others',
      { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
      { unanswered: 'Unauthorized' },
    ],
    ['a server that has no time', { code: 429, reason: 'TooManyRequests', message: 'later' }, { unanswered: 'later' }],
    ['a server that hangs', 'hang', { unanswered: 'the API server does not answer' }],
    ['a broken connection', 'reset', { unanswered: 'the API server does not answer' }],
  ])('by %s', async (_, answer, verdict) => {
    kube.misbehave('patch', answer);
    expect(await judge()).toEqual(verdict);
  });
});
