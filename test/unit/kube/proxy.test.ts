import { describe, expect, it } from '@jest/globals';
import { proxyFor } from '../../../kube/proxy.ts';

const PROXY = 'http://proxy:3128';
type Case = [server: string, noProxy: string, isProxied: boolean];

describe('A proxy from the environment', () => {
  it.each<Case>([
    ['https://k8s.example:6443', '', true],
    ['https://localhost:6443', '', false],
    ['https://127.8.0.1', '', false],
    ['https://[::1]:6443', '', false],
    ['https://k8s.example', '*', false],
    ['https://k8s.example', 'other.example, k8s.example', false],
    ['https://a.k8s.example', 'k8s.example', false],
    ['https://ak8s.example', 'k8s.example', true],
    ['https://a.k8s.example', '.k8s.example', false],
    ['https://k8s.example', '.k8s.example', true],
    ['https://A.K8S.example', '*.k8s.EXAMPLE', false],
    ['https://k8s.example:6443', 'k8s.example:6443', false],
    ['https://k8s.example:6443', 'k8s.example:443', true],
    ['https://k8s.example', 'k8s.example:443', false],
    ['http://k8s.example', 'k8s.example:80', false],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://11.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3:6443', '10.1.2.3', false],
    ['https://10.1.2.3:6443', '10.1.2.3:443', true],
    ['https://[fd00::5]:6443', 'fd00::/8', false],
    ['https://[fd00::5]:6443', '[fd00::5]:6443', false],
    ['https://[fd00::5]:6443', 'fd00:0::5', false],
    ['https://[fd00::5]:6443', '10.0.0.0/8, nonsense/x, /', true],
  ])('is used to %s with NO_PROXY "%s": %s', (server, noProxy, isProxied) => {
    const environment = { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: noProxy };
    expect(proxyFor(new URL(server), undefined, environment)).toBe(isProxied ? PROXY : undefined);
  });

  it.each<[string, string, Record<string, string>, string | undefined]>([
    ['by the kind of server', 'https://a', { HTTPS_PROXY: 'http://s', HTTP_PROXY: 'http://p' }, 'http://s'],
    ['by the kind of server', 'http://a', { HTTPS_PROXY: 'http://s', HTTP_PROXY: 'http://p' }, 'http://p'],
    ['in lower case', 'https://a', { https_proxy: 'http://s', no_proxy: 'b' }, 'http://s'],
    ['in lower case, exempt', 'https://b', { https_proxy: 'http://s', no_proxy: 'b' }, undefined],
    ['in upper case first', 'https://a', { HTTPS_PROXY: 'http://S', https_proxy: 'http://s' }, 'http://S'],
    ['without a scheme', 'https://a', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
    ['of the kind SOCKS', 'https://a', { HTTPS_PROXY: 'socks5h://proxy' }, 'socks5://proxy'],
    ['that is empty', 'https://a', { HTTPS_PROXY: '' }, undefined],
  ])('is taken %s', (_name, server, environment, expected) => {
    expect(proxyFor(new URL(server), undefined, environment)).toBe(expected);
  });

  it("gives way to the kubeconfig's, which counts for every server", () => {
    const environment = { HTTPS_PROXY: PROXY, NO_PROXY: '*' };
    expect(proxyFor(new URL('https://localhost'), 'http://mine', environment)).toBe('http://mine');
  });

  it.each<[string, RegExp]>([
    ['ftp://me:hunter2@proxy', /^The kubeconfig's proxy-url begins with ftp:\/\/, only http, https and socks5/],
    ['hunter2', /^The kubeconfig's proxy-url is not the URL of a proxy$/],
  ])('that is %s is refused in words that do not repeat it', (url, words) => {
    expect(() => proxyFor(new URL('https://a'), url, {})).toThrow(words);
    expect(() => proxyFor(new URL('https://a'), url, {})).not.toThrow(/hunter2/);
  });
});
