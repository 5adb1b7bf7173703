import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { kubeconfigsInFolder } from '../../../entry/clusters/folder.ts';
import { UnusableKubeconfig } from '../../../entry/clusters/kubeconfig.ts';
import { aKubeconfig, SECRET } from './kubeconfigs.ts';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'folder-clusters-'));
  folder = join(parent, 'kubeconfigs');
  mkdirSync(folder);
});
afterEach(() => rmSync(parent, { recursive: true }));

const find = (cluster: string) => kubeconfigsInFolder(folder)(cluster);
const read = (cluster: string) => find(cluster)();
const file = (name: string, content: string) => writeFileSync(join(folder, name), content);
const serverOf = async (cluster: string) => (await read(cluster)).kubeConfig.getCurrentCluster()?.server;

describe('A cluster whose kubeconfig is in a folder', () => {
  it.each(['mill', 'mill.yaml', 'mill.yml', 'mill.kubeconfig'])('mill is read from %s', async (name) => {
    file(name, aKubeconfig({ server: `https://${name}.example` }));
    expect(await serverOf('mill')).toBe(`https://${name}.example`);
  });

  it('is the file of just its name before any other, and never a folder', async () => {
    file('mill.yaml', aKubeconfig({ server: 'https://second.example' }));
    mkdirSync(join(folder, 'port'));
    file('port.yml', aKubeconfig({ server: 'https://port.example' }));
    file('mill', aKubeconfig({ server: 'https://first.example' }));
    expect(await serverOf('mill')).toBe('https://first.example');
    expect(await serverOf('mill.yaml')).toBe('https://second.example');
    expect(await serverOf('port')).toBe('https://port.example');
  });

  it('may be a link out of the folder, as a mounted Secret is', async () => {
    writeFileSync(join(parent, 'real'), aKubeconfig({ server: 'https://linked.example' }));
    symlinkSync(join(parent, 'real'), join(folder, 'mill'));
    expect(await serverOf('mill')).toBe('https://linked.example');
  });

  it('may name files, relative to the folder, and programs: the operator put it there', async () => {
    const user = { exec: { command: './login' }, tokenFile: 'token', 'client-key': 'key' };
    file('mill', aKubeconfig({ cluster: { 'certificate-authority': 'ca.crt' }, user }));
    const { kubeConfig } = await read('mill');
    expect(kubeConfig.getCurrentCluster()?.caFile).toBe(join(folder, 'ca.crt'));
    expect(kubeConfig.getCurrentUser()).toMatchObject({
      exec: { command: join(folder, 'login') },
      tokenFile: join(folder, 'token'),
      keyFile: join(folder, 'key'),
    });
  });

  it('has a version that changes with its content only', async () => {
    file('mill', aKubeconfig());
    const before = await read('mill');
    file('mill', aKubeconfig());
    expect((await read('mill')).version).toBe(before.version);
    file('mill', aKubeconfig({ user: { token: 'another' } }));
    expect((await read('mill')).version).not.toBe(before.version);
  });

  it.each([
    '../outside',
    '..',
    '.',
    '',
    '/etc/passwd',
    'a/b',
    'a\\b',
    '.hidden',
    'mill/',
    'secret/a/kubeconfig',
    'a\0b',
    'a\n',
  ])('is never called %j', (cluster) => {
    writeFileSync(join(parent, 'outside'), aKubeconfig());
    expect(() => find(cluster)).toThrow(/can be no name of a cluster in /);
  });

  it('that is not there is said to be missing, with what was looked for', async () => {
    const message = `There is no kubeconfig of cluster mill: ${folder} has none of mill, mill.yaml, mill.yml, mill.kubeconfig`;
    await expect(read('mill')).rejects.toThrow(new UnusableKubeconfig(message));
  });

  it.each<[string, string, RegExp]>([
    ['no YAML', `a: b\n{{${SECRET}`, /it is not YAML, line 2$/],
    ['empty', '', /it has no current-context$/],
    ['a word', SECRET, /it is not a kubeconfig$/],
    ['null', 'null', /it is not a kubeconfig$/],
    [
      'of a context that is not there',
      aKubeconfig({ currentContext: SECRET }),
      /its current-context is not among its contexts$/,
    ],
    ['without an address', aKubeconfig({ server: '' }), /clusters\[0\]\.cluster\.server is missing$/],
    ['of an address that is none', aKubeconfig({ server: SECRET }), /the server of its cluster is no address$/],
  ])('that is %s is refused in words that do not repeat it', async (_name, text, words) => {
    file('mill', text);
    const error = await read('mill').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableKubeconfig);
    const { message } = error as Error;
    expect(message).toMatch(words);
    expect(message).toContain(`The kubeconfig ${join(folder, 'mill')} is not usable: `);
    expect(message).not.toContain(SECRET);
  });
});
