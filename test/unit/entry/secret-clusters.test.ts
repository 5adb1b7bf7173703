import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UnusableKubeconfig } from '../../../entry/clusters/kubeconfig.ts';
import { kubeconfigsInSecrets } from '../../../entry/clusters/secret.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { FakeKube } from '../../support/fakekube.ts';
import { aKubeconfig, SECRET } from './kubeconfigs.ts';

let hub: FakeKube;
let connection: KubeConnection;
beforeEach(async () => {
  hub = await FakeKube.start();
  connection = new KubeConnection(hub.kubeConfig());
});
afterEach(async () => {
  await connection.close();
  await hub.stop();
});

const find = (cluster: string) =>
  kubeconfigsInSecrets(new KubeClient(connection, { fieldManager: 'tester' }), {
    namespace: 'fog',
    allowedHosts: ['127.0.0.1'],
    onlyHosts: [],
  })(cluster);
const read = (cluster = 'secret/region-a/kubeconfig') => find(cluster)();

function aSecret(kubeconfig: string, { namespace = 'fog', name = 'region-a', key = 'kubeconfig' } = {}): void {
  hub.put({ metadata: { namespace, name }, data: { [key]: Buffer.from(kubeconfig).toString('base64') } } as never);
}

it('A kubeconfig that leads into our own machine says how that is allowed', async () => {
  const client = new KubeClient(connection, { fieldManager: 'tester' });
  aSecret(aKubeconfig({ cluster: { server: 'https://127.0.0.1:6443' } }));
  const find = kubeconfigsInSecrets(client, { namespace: 'fog', allowedHosts: ['k8s.example'], onlyHosts: [] });
  await expect(find('secret/region-a/kubeconfig')()).rejects.toThrow(
    'Secret fog/region-a, key kubeconfig: The kubeconfig cannot be used: the server of its cluster is a loopback address; ' +
      'FOG_ROLLOUTS_CLUSTER_HOSTS of workers and watchers lists hosts that are asked all the same (chart: sites.kubeconfigSecrets.hosts)',
  );
});

describe('With a list of all hosts that kubeconfigs may name, one', () => {
  const onlyHosts = ['k8s.example', '*.fleet.example', '10.0.0.7', 'fd00::7', '127.0.0.2'];
  const readOf = async (cluster: object) => {
    aSecret(aKubeconfig({ cluster }));
    const client = new KubeClient(connection, { fieldManager: 'tester' });
    return await kubeconfigsInSecrets(client, { namespace: 'fog', allowedHosts: ['127.0.0.1'], onlyHosts })(
      'secret/region-a/kubeconfig',
    )();
  };

  it.each([
    ['https://k8s.example:6443'],
    ['https://K8S.example'],
    ['https://berlin.fleet.example'],
    ['https://north.berlin.fleet.example'],
    ['https://10.0.0.7:6443'],
    ['https://[fd00::7]:6443'],
  ])('with the server %s is used', async (server) => {
    expect((await readOf({ server })).kubeConfig.getCurrentCluster()?.server).toBe(server);
  });

  it.each<[string, object]>([
    ['the server', { server: 'https://elsewhere.example' }],
    ['the server', { server: 'https://api.k8s.example' }],
    ['the server', { server: 'https://fleet.example' }],
    ['the server', { server: 'https://evil-fleet.example' }],
    ['the server', { server: 'https://10.0.0.70' }],
    ['the server', { server: 'https://127.0.0.1' }], // allowed, if it were listed
    ['the proxy-url', { server: 'https://k8s.example', 'proxy-url': 'http://elsewhere.example:3128' }],
  ])('of which %s is elsewhere is refused, with what lists it: %j', async (what, cluster) => {
    await expect(readOf(cluster)).rejects.toThrow(
      new UnusableKubeconfig(
        `Secret fog/region-a, key kubeconfig: The kubeconfig cannot be used: ${what} of its cluster is at a host that is not listed; ` +
          'FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS of workers and watchers lists all that are asked (chart: sites.kubeconfigSecrets.onlyHosts)',
      ),
    );
  });

  it('that leads into our own machine is refused all the same', async () => {
    await expect(readOf({ server: 'https://127.0.0.2' })).rejects.toThrow(/is a loopback address/);
  });
});

describe('A cluster whose kubeconfig is in a Secret', () => {
  it('is read from the Secret beside Fog Rollouts, by its name and key', async () => {
    aSecret(aKubeconfig({ server: 'https://a.example' }));
    aSecret(aKubeconfig({ server: 'https://b.example' }), { name: 'region-b', key: 'b.conf' });
    aSecret(aKubeconfig({ server: 'https://elsewhere.example' }), {
      namespace: 'other',
      name: 'region-b',
      key: 'b.conf',
    });
    expect((await read()).kubeConfig.getCurrentCluster()?.server).toBe('https://a.example');
    expect((await read('secret/region-b/b.conf')).kubeConfig.getCurrentCluster()?.server).toBe('https://b.example');
  });

  it('has a version that changes with its content only', async () => {
    aSecret(aKubeconfig());
    const before = await read();
    aSecret(aKubeconfig());
    expect((await read()).version).toBe(before.version);
    aSecret(aKubeconfig({ user: { token: 'another' } }));
    expect((await read()).version).not.toBe(before.version);
  });

  it.each([
    ['hub', /^The hub's workers know no cluster hub: give the site a kubeconfigSecretRef/],
    ['own', /^The hub's workers know no cluster own: .* or the taskQueue of the region workers that do$/],
    ['region-a', /know no cluster region-a/],
    ['secret/a/b/kubeconfig', /know no cluster secret\/a\/b\/kubeconfig/],
    ['secret//kubeconfig', /can be no name of a Secret$/],
    ['secret/../kubeconfig', /^Cluster secret\/\.\.\/kubeconfig: \.\. can be no name of a Secret$/],
    ['secret/A/kubeconfig', /A can be no name of a Secret/],
    ['secret/region-a/..', /\.\. can be no key of a Secret/],
    ['secret/region-a', / can be no key of a Secret/],
  ])('is not called %s', (cluster, message) => {
    expect(() => find(cluster)).toThrow(message);
    expect(hub.requests).toEqual([]);
  });

  it('that is not there is said to be missing', async () => {
    await expect(read()).rejects.toThrow(
      new UnusableKubeconfig(
        'Secret fog/region-a does not exist; create it with a kubeconfig under the key kubeconfig',
      ),
    );
    aSecret(aKubeconfig(), { key: 'config' });
    await expect(read()).rejects.toThrow(new UnusableKubeconfig('Secret fog/region-a has no key kubeconfig'));
  });

  it.each<[string, number, RegExp]>([
    [
      'may not be read',
      403,
      /^Secret fog\/region-a cannot be read: .*; the value sites\.kubeconfigSecrets\.enabled of the chart allows it$/,
    ],
    ['cannot be read now', 503, /^Secret fog\/region-a cannot be read: .*fake/],
  ])('that %s says so, and is no verdict on the site', async (_name, code, message) => {
    hub.misbehave('get', { code, reason: 'Forbidden' });
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Error', message: expect.stringMatching(message) });
    expect(error).not.toBeInstanceOf(UnusableKubeconfig);
  });

  it.each<[string, string, RegExp]>([
    ['is garbage', `{{${SECRET}`, /not YAML/],
    ['is a word', SECRET, /not a kubeconfig/],
    ['is empty', '', /kubeconfig cannot be used/],
    ['runs a program', aKubeconfig({ user: { exec: { command: SECRET } } }), /user has exec/],
    ['asks a plugin', aKubeconfig({ user: { 'auth-provider': { name: SECRET } } }), /user has auth-provider/],
    ['names a file of a token', aKubeconfig({ user: { tokenFile: `/${SECRET}` } }), /user has tokenFile/],
    [
      'names a file of a token, as client-node has it',
      aKubeconfig({ user: { 'token-file': '/etc/hostname' } }),
      /user has token-file/,
    ],
    ['names a file of a certificate', aKubeconfig({ user: { 'client-certificate': SECRET } }), /client-certificate/],
    ['names a file of a key', aKubeconfig({ user: { token: SECRET, 'client-key': '/key' } }), /client-key/],
    [
      'names a file of an authority',
      aKubeconfig({ cluster: { 'certificate-authority': '/ca' } }),
      /certificate-authority/,
    ],
    ['is of a context that is not there', aKubeconfig({ currentContext: SECRET }), /current-context/],
  ])('that %s is refused in words that do not repeat it', async (_name, kubeconfig, words) => {
    aSecret(kubeconfig);
    const error = await read().catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(UnusableKubeconfig);
    const { message } = error as Error;
    expect(message).toMatch(/^Secret fog\/region-a, key kubeconfig: /);
    expect(message).toMatch(words);
    expect(message).not.toContain(SECRET);
  });
});
