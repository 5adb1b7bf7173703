/** What is found out before the first write, on the real API server; without Temporal and our processes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLayers } from '../../activities/check-layers.ts';
import type { LiveDeployment } from '../../activities/clusters.ts';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { DEPLOYMENTS } from '../../kube/resources.ts';
import { FIELD_MANAGER } from '../../model/names.ts';
import type { FogSite, LayerContent } from '../../model/types.ts';
import { stack } from '../support/stack.ts';
import { aSite } from '../unit/model/fleet/sites.ts';

let connection: KubeConnection;
let client: KubeClient;
beforeAll(() => {
  connection = new KubeConnection(loadKubeConfig({ kubeconfig: stack().kubeconfig }));
  client = new KubeClient(connection, { fieldManager: FIELD_MANAGER });
});
afterAll(() => connection?.close());

const web = { name: 'web', image: 'nginx:v1', ports: [{ containerPort: 80 }] };
const withWeb = (more: object): LayerContent => ({ containers: [{ ...web, ...more }] }) as LayerContent;

/** What the edge would refuse of the content, where these are its sites. */
async function refusals(content: LayerContent, sites: FogSite[]) {
  const strategy = { revision: { generation: 1, version: 'v1', hash: '1' }, progressDeadlineSeconds: 600 };
  const owner = { namespace: 'shop', name: 'checked', uid: 'uid', created: '2026-11-22T10:00:00Z' };
  const layers = [{ layer: 'edge' as const, content, hash: 'h', isFleet: sites.length > 0, strategy: {} }];
  const deployments = new Informer<LiveDeployment>({ client, type: DEPLOYMENTS });
  const asked: string[] = [];
  const clusters = async (name: string) => {
    asked.push(name);
    return { client, deployments };
  };
  const deps = { clusters, sites: () => sites, signal: AbortSignal.timeout(10_000) };
  const found = await checkLayers({ owner, ...strategy, layers }, deps);
  const { refusals: refused, beyond } = found;
  return {
    asked,
    found: refused.map(({ site, reason, message }) => `${site} ${reason} ${message}`),
    beyond: beyond.map(({ name }) => name),
  };
}

describe('A layer whose sites the hub does not reach', () => {
  const sites = [aSite('north', { taskQueue: 'north' }), aSite('south', { taskQueue: 'south' })];

  it("is judged by the hub's own API server, of what is invalid everywhere", async () => {
    const { asked, found, beyond } = await refusals(withWeb({ image: undefined }), sites);
    expect(asked).toEqual(['hub']);
    expect(beyond).toEqual([]);
    expect(found).toEqual([expect.stringMatching(/^north Invalid edge north: .*image: Required value$/)]);
  });

  it.each<[string, LayerContent]>([
    ['is in order', withWeb({})],
    ['another version of Kubernetes may know', withWeb({ imagePullPolicy: 'Later' })],
  ])('is not refused what %s', async (_, content) => {
    // What only a site's own server can tell, its worker is to be asked.
    expect(await refusals(content, sites)).toEqual({ asked: ['hub'], found: [], beyond: ['north'] });
  });

  it('is asked nothing where all its sites are held', async () => {
    const held = sites.map((site) => ({ ...site, spec: { ...site.spec, hold: { reason: 'harvest' } } }));
    expect(await refusals(withWeb({ image: undefined }), held)).toEqual({ asked: [], found: [], beyond: [] });
  });
});

describe('A layer of which the hub reaches a site', () => {
  it('is judged by that', async () => {
    const sites = [aSite('north', { taskQueue: 'north' }), aSite('near')];
    const { found, beyond } = await refusals(withWeb({ image: undefined }), sites);
    expect(beyond).toEqual([]);
    expect(found).toEqual([expect.stringMatching(/^near Invalid edge near: .*image: Required value$/)]);
  });
});
