import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { orphanObject } from '../../../activities/release-orphaner.ts';
import { type Removal, removeObject } from '../../../activities/release-remover.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { DEPLOYMENTS, type KubeObject } from '../../../kube/resources.ts';
import { FIELD_MANAGER } from '../../../model/names.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite } from '../../../model/site.ts';
import { FakeKube, type Misbehaviour } from '../../support/fakekube.ts';
import { content, owner, revision } from '../model/builders.ts';

let fake: FakeKube;
let connection: KubeConnection;
beforeEach(async () => {
  fake = await FakeKube.start();
  connection = new KubeConnection(fake.kubeConfig());
});
afterEach(async () => {
  await connection.close();
  await fake.stop();
});

const site = implicitSite('edge');
const { deployment } = renderRelease({ owner, site, revision, hash: 'h', content, progressDeadlineSeconds: 600 });

const removal = (): Removal => ({
  client: new KubeClient(connection, { fieldManager: FIELD_MANAGER }),
  type: DEPLOYMENTS,
  namespace: site.namespace,
  name: deployment.metadata.name,
  owner,
  signal: AbortSignal.timeout(5_000),
});

describe.each([
  ['removed', removeObject],
  ['let go', orphanObject],
])('An object that is to be %s', (_, act) => {
  it.each<[string, Misbehaviour]>([
    ["a proxy's page", { code: 404, text: '<h1>404 Not Found</h1>' }],
    ['something that knows no Deployments', { code: 404, text: '404 page not found' }],
  ])('does not count as gone for %s', async (__, misbehaviour) => {
    fake.put(deployment as unknown as KubeObject);
    fake.misbehave('get', misbehaviour);
    await expect(act(removal())).rejects.toThrow('404');
    expect(fake.objects()).toHaveLength(1);
  });

  it('counts as gone when the API server says so', async () => {
    await act(removal());
    expect(fake.seen('get')).toHaveLength(1);
  });
});
