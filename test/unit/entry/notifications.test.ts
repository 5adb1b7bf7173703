import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { readNotifications } from '../../../entry/notifications.ts';
import type { Kind } from '../../../model/notifications/kinds.ts';
import { sampleOf } from '../../../watcher/notifications/samples.ts';
import { aRollout } from '../model/builders.ts';

const SIGNING = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const URL_WITH_SECRET = 'https://hooks.example/services/T0/B0/private';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notifications-'));
  mkdirSync(join(folder, 'secrets/hooks'), { recursive: true });
  const secrets = {
    signing: `${SIGNING}\n`,
    url: URL_WITH_SECRET,
    token: 'private-token',
    short: 'whsec_private',
    empty: '',
    line: 'private\nline',
  };
  for (const [key, value] of Object.entries(secrets)) writeFileSync(join(folder, 'secrets/hooks', key), value);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secret = (key: string) => ({ secret: 'hooks', key });
const ofFile = (text: string) => {
  writeFileSync(join(folder, 'notifications.yaml'), text);
  return readNotifications(join(folder, 'notifications.yaml'));
};
const read = (config: object) => ofFile(stringify(config));
const sink = (more: object = {}) => ({ name: 'audit', url: 'https://audit.example/hooks', ...more });
const readSink = (more: object, others: object = {}) => read({ ...others, sinks: [sink(more)] }).sinks[0]!;

describe('A sink', () => {
  it('has what is in the file, and in the Secrets beside it', () => {
    const { source, sinks } = read({
      source: 'https://hub.example/',
      sinks: [
        sink({
          url: secret('url'),
          signing: [secret('signing')],
          bearer: secret('token'),
          headers: { 'x-team': 'web' },
        }),
      ],
    });
    expect(source).toBe('https://hub.example');
    expect(sinks).toMatchObject([
      {
        name: 'audit',
        url: URL_WITH_SECRET,
        headers: { 'x-team': 'web', authorization: 'Bearer private-token' },
        secrets: [Buffer.alloc(24, 1)],
        timeoutMs: 10_000,
        giveUpMs: 86_400_000,
      },
    ]);
  });

  it.each<[string, object, string[], string[]]>([
    ['all', {}, ['layer.ready', 'rollout.failed'], []],
    ['a type', { types: ['layer.ready'] }, ['layer.ready'], ['layer.failed', 'rollout.failed']],
    ['types by a star', { types: ['*.failed'] }, ['layer.failed', 'rollout.failed'], ['layer.ready']],
    ['a whole type', { types: ['io.paguos.fogrollouts.rollout.*.v1'] }, ['rollout.failed'], ['layer.failed']],
    [
      'what CEL says',
      { when: 'event.data.generation == 1 && event.type.contains(".layer.")', types: ['layer.*', 'rollout.started'] },
      ['layer.ready'],
      ['rollout.started'],
    ],
  ])('hears of %s', (_, more, wanted, others) => {
    const { hears, wants } = readSink(more);
    const heard = ([...wanted, ...others] as Kind[]).filter((kind) => hears(kind) && wants(sampleOf(kind)));
    expect(heard).toEqual(wanted);
  });

  it.each<[string, object, object, boolean]>([
    ['of all', {}, {}, true],
    ['of its namespace', { namespaces: ['shop'] }, {}, true],
    ['of others not', { namespaces: ['depot'] }, {}, false],
    ['with its labels', { selector: 'team=web,tier in (gold)' }, { team: 'web', tier: 'gold' }, true],
    ['with others not', { selector: 'team=web' }, { team: 'depot' }, false],
  ])('is told of rollouts %s', (_, more, labels, expected) => {
    const { metadata } = aRollout();
    expect(readSink(more).takes({ metadata: { ...metadata, labels } as typeof metadata })).toBe(expected);
  });

  it('is sent what its template gives', () => {
    const template =
      '{"n": event.data.generation, "text": event.data.message.escaped() + " & " + string(event.data.generation), "of": [event.data.name, 2]}';
    const { bodyOf, contentType } = readSink({ template, types: ['layer.*'] });
    const event = sampleOf('layer.ready');
    event.data.message = '<!channel>';
    expect(bodyOf(event)).toBe('{"n":1,"text":"&lt;!channel&gt; & 1","of":["web",2]}');
    expect(contentType).toContain('application/json');
  });
});

describe('What is of no use is told, with the sink', () => {
  const at = (what: string) => `FOG_ROLLOUTS_NOTIFICATIONS: sink audit: ${what}`;
  it.each<[string, object, string]>([
    ['a field that there is not', { uri: 'a' }, 'must NOT have additional properties: uri'],
    ['no URL', { url: 'audit' }, 'url is no URL of https'],
    ['neither a text nor a Secret', { url: 3 }, 'url must be a text, or {secret: …, key: …}'],
    ['a Secret without its key', { url: { secret: 'a' } }, 'url must be a text, or {secret: …, key: …}'],
    [
      'a way out of the folder',
      { bearer: { secret: '..', key: 'a' } },
      'bearer/secret must match pattern "^(?!\\.\\.?$)[-._a-zA-Z0-9]{1,253}$"',
    ],
    ['no TLS', { url: 'http://audit.example' }, 'url is without TLS: use https, or list audit.example in hosts'],
    ['a user in the URL', { url: 'https://a:private@audit.example' }, 'url has a user in it: use headers or bearer'],
    ['a short secret', { signing: [secret('short')] }, 'signing/0 is no secret: whsec_ and 24 to 64 bytes in base64'],
    ['an empty Secret', { bearer: secret('empty') }, 'bearer is empty: '],
    ['a header of ours', { headers: { 'webhook-id': 'a' } }, 'headers/webhook-id is ours to say'],
    [
      'a header of several lines',
      { headers: { a: secret('line') } },
      'headers/a has characters that no header may have',
    ],
    ['a type that there is not', { types: ['layer.gone'] }, 'types/0 "layer.gone" is none of rollout.started, '],
    ['a selector that is none', { selector: 'a b' }, 'selector "a b" is no label selector'],
    ['a condition that is no CEL', { when: 'event.' }, 'when is no expression in CEL: '],
    [
      'a condition that is no bool',
      { when: 'event.type' },
      'when `event.type` gives no bool, for io.paguos.fogrollouts.rollout.started.v1',
    ],
    ['a template that is no CEL', { template: '{"a": }' }, 'template is no expression in CEL: '],
    ['a template that gives no JSON', { template: '"text"' }, 'template gives neither an object nor a list, for io.'],
    [
      'a template of what not all events have',
      { template: '{"a": event.data.layer.name}' },
      'template gives nothing: No such key: layer, for io.paguos.fogrollouts.rollout.started.v1',
    ],
    ['a time of no length', { giveUpAfterHours: 0 }, 'giveUpAfterHours must be > 0'],
  ])('%s', (_, more, message) => {
    let said = '';
    try {
      readSink(more);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(at(message));
    expect(said).not.toContain('private');
    expect(said.split('\n')).toHaveLength(1);
  });

  it('each in a line, and what is no file, no YAML or nothing at all', () => {
    expect(() => read({ sinks: [sink({ when: '(' }), sink({ template: '(' })] })).toThrow(
      /^FOG_.*sink audit: when .*\nFOG_.*sink audit: template .*\nFOG_.*sink audit: there are several of that name$/,
    );
    expect(() => readNotifications(join(folder, 'none'))).toThrow(/none cannot be read: ENOENT/);
    expect(() => ofFile('a: [')).toThrow(/cannot be read: Flow sequence/);
    expect(() => ofFile('')).toThrow('FOG_ROLLOUTS_NOTIFICATIONS: must be object');
    expect(() => read({ sinks: [] })).toThrow('sinks must NOT have fewer than 1 items');
  });
});

it('A host that is listed may be asked without TLS', () => {
  expect(readSink({ url: 'http://[::1]:80/a' }, { hosts: ['::1'] }).url).toBe('http://[::1]:80/a');
});
