import { describe, expect, it } from '@jest/globals';
import { KubeconfigRefusedError, loadForeignKubeconfig } from '../../../kube/kubeconfig-rules.ts';

const PEM = Buffer.from('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n').toString('base64');
const SECRET = 'hunter2';

function aKubeconfig({ cluster = {}, user = {}, root = {} }: { cluster?: object; user?: object; root?: object } = {}) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'berlin', user: 'me' } }],
    clusters: [
      { name: 'berlin', cluster: { server: 'https://berlin:6443/', 'certificate-authority-data': PEM, ...cluster } },
    ],
    users: [{ name: 'me', user: { token: SECRET, ...user } }],
    ...root,
  });
}

describe('A kubeconfig from elsewhere is read', () => {
  it('with a token', () => {
    const kubeConfig = loadForeignKubeconfig(aKubeconfig());
    expect(kubeConfig.getCurrentCluster()).toEqual({
      name: 'berlin',
      server: 'https://berlin:6443',
      caData: PEM,
      skipTLSVerify: false,
    });
    expect(kubeConfig.getCurrentUser()).toEqual({ name: 'me', token: SECRET });
  });

  it('with a client certificate, behind a proxy', () => {
    const certificate = { token: '', 'client-certificate-data': PEM, 'client-key-data': PEM };
    const cluster = {
      'proxy-url': 'http://proxy:3128',
      'tls-server-name': 'kubernetes',
      'insecure-skip-tls-verify': true,
    };
    const kubeConfig = loadForeignKubeconfig(aKubeconfig({ cluster, user: certificate }));
    expect(kubeConfig.getCurrentUser()).toEqual({ name: 'me', certData: PEM, keyData: PEM });
    expect(kubeConfig.getCurrentCluster()).toMatchObject({
      proxyUrl: 'http://proxy:3128',
      tlsServerName: 'kubernetes',
      skipTLSVerify: true,
    });
  });

  it('that asks to be taken for another, behind a SOCKS proxy', () => {
    const user = { as: 'jane', 'as-uid': 'u', 'as-groups': ['a'], 'as-user-extra': { scopes: ['b'] } };
    const kubeConfig = loadForeignKubeconfig(aKubeconfig({ cluster: { 'proxy-url': 'socks5://10.0.0.1' }, user }));
    expect(kubeConfig.getCurrentUser()).toEqual({
      name: 'me',
      token: SECRET,
      impersonateUser: 'jane',
      impersonateUid: 'u',
      impersonateGroups: ['a'],
      impersonateExtra: { scopes: ['b'] },
    });
    expect(kubeConfig.getCurrentCluster()?.proxyUrl).toBe('socks5://10.0.0.1');
  });

  it('as YAML, whatever its other contexts have', () => {
    const text = `
current-context: main
contexts:
- {name: main, context: {cluster: berlin, user: me, namespace: edge}}
- {name: other, context: {cluster: berlin, user: other}}
clusters:
- {name: berlin, cluster: {server: "https://berlin:6443", extensions: [{name: x}]}}
users:
- {name: me, user: {username: me, password: ${SECRET}}}
- {name: other, user: {exec: {command: rm}, token-file: /etc/shadow}}
`;
    expect(loadForeignKubeconfig(text).users).toEqual([{ name: 'me', username: 'me', password: SECRET }]);
  });
});

describe('A kubeconfig from elsewhere is refused, in words without its content', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'it is not YAML'],
    ['a text', SECRET, 'it is not a kubeconfig'],
    ['a list', `[${SECRET}]`, 'it is not a kubeconfig'],
    ['broken YAML', `users: [${SECRET}`, 'it is not YAML'],
    ['another kind of object', aKubeconfig({ root: { kind: 'Secret' } }), 'its kind is not Config'],
    ['no current context', aKubeconfig({ root: { 'current-context': undefined } }), 'it has no current-context'],
    [
      'a current context that is not there',
      aKubeconfig({ root: { 'current-context': SECRET } }),
      'its current-context is not among its contexts',
    ],
    [
      'contexts that are no list',
      aKubeconfig({ root: { contexts: SECRET } }),
      'its current-context is not among its contexts',
    ],
    ['no clusters', aKubeconfig({ root: { clusters: [] } }), 'the cluster of its context is not among its clusters'],
    ['no users', aKubeconfig({ root: { users: [null, 1] } }), 'the user of its context is not among its users'],
    ['no server', aKubeconfig({ cluster: { server: '' } }), 'its cluster has no server'],
    [
      'a server that is no address',
      aKubeconfig({ cluster: { server: SECRET } }),
      'the server of its cluster is not an address',
    ],
    [
      'a server of another kind',
      aKubeconfig({ cluster: { server: `file:///${SECRET}` } }),
      'the server of its cluster is not an address',
    ],
    [
      'a server with a password',
      aKubeconfig({ cluster: { server: `https://me:${SECRET}@berlin` } }),
      'the server of its cluster is more than an address',
    ],
    [
      'a proxy that is no address',
      aKubeconfig({ cluster: { 'proxy-url': SECRET } }),
      'the proxy-url of its cluster is not an address',
    ],
    [
      'a certificate authority that is none',
      aKubeconfig({ cluster: { 'certificate-authority-data': SECRET } }),
      'the certificate-authority-data of its cluster is not PEM in base64',
    ],
    [
      'a file with the authority',
      aKubeconfig({ cluster: { 'certificate-authority': '/etc/ca' } }),
      'its cluster has certificate-authority, which names a file; give certificate-authority-data',
    ],
    [
      'a program to log in',
      aKubeconfig({ user: { exec: { command: SECRET } } }),
      'its user has exec, which runs a program to log in',
    ],
    [
      'a login plugin',
      aKubeconfig({ user: { 'auth-provider': { name: 'gcp' } } }),
      'its user has auth-provider, which needs a login plugin',
    ],
    [
      'a file with a token',
      aKubeconfig({ user: { tokenFile: '/etc/shadow' } }),
      'its user has tokenFile, which names a file; give the token itself',
    ],
    [
      "a file with a token, in client-node's word",
      aKubeconfig({ user: { 'token-file': '/etc/shadow' } }),
      'its user has token-file, which names a file',
    ],
    [
      'a file with a certificate',
      aKubeconfig({ user: { 'client-certificate': '/x' } }),
      'its user has client-certificate, which names a file; give client-certificate-data',
    ],
    [
      'a file with a key',
      aKubeconfig({ user: { 'client-key': '/x' } }),
      'its user has client-key, which names a file; give client-key-data',
    ],
    [
      'a certificate without its key',
      aKubeconfig({ user: { 'client-certificate-data': PEM } }),
      'its user has only one of client-certificate-data and client-key-data',
    ],
    [
      'groups that are none',
      aKubeconfig({ user: { 'as-groups': SECRET } }),
      'the as-groups of its user are not a list',
    ],
    [
      'more about a user that is no lists',
      aKubeconfig({ user: { 'as-user-extra': { a: SECRET } } }),
      'the as-user-extra of its user is not lists of texts by name',
    ],
    [
      'a server without TLS',
      aKubeconfig({ cluster: { server: 'http://k8s.example' } }),
      'the server of its cluster has no TLS',
    ],
    [
      'a server on our own machine',
      aKubeconfig({ cluster: { server: 'https://127.0.0.1:6443' } }),
      'the server of its cluster is a loopback address',
    ],
    [
      'a server where clouds keep their metadata',
      aKubeconfig({ cluster: { server: 'https://[fe80::1]' } }),
      'the server of its cluster is a link-local address, where clouds keep their metadata',
    ],
    [
      'a proxy where clouds keep their metadata',
      aKubeconfig({ cluster: { 'proxy-url': 'http://169.254.169.254' } }),
      'the proxy-url of its cluster is a link-local address, where clouds keep their metadata',
    ],
    [
      'a SOCKS proxy that nobody can tell where it leads',
      aKubeconfig({ cluster: { 'proxy-url': 'socks5://proxy' } }),
      'the proxy-url of its cluster is a SOCKS proxy by its name; give its address',
    ],
    ['a token that is a number', aKubeconfig({ user: { token: 123 } }), 'the token of its user is not text'],
    [
      'a field that nobody knows',
      aKubeconfig({ user: { [SECRET]: 'x' } }),
      'its user has a field that is not known here',
    ],
  ])('%s', (_, text, why) => {
    const refused = thrownBy(() => loadForeignKubeconfig(text));
    expect(refused).toBeInstanceOf(KubeconfigRefusedError);
    expect((refused as Error).message).toContain(`The kubeconfig cannot be used: ${why}`);
    expect((refused as Error).stack).not.toContain(SECRET);
  });
});

it('Hosts that are allowed need no TLS, and may be on our own machine', () => {
  for (const server of ['http://127.0.0.1:8080', 'https://[::1]:6443']) {
    const text = aKubeconfig({ cluster: { server } });
    expect(thrownBy(() => loadForeignKubeconfig(text, { isAllowed: (host) => host === 'k8s.example' }))).toBeInstanceOf(
      KubeconfigRefusedError,
    );
    const isAllowed = (host: string) => ['127.0.0.1', '::1'].includes(host);
    expect(loadForeignKubeconfig(text, { isAllowed }).getCurrentCluster()?.server).toBe(server);
  }
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
