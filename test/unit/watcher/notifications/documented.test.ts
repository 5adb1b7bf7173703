/** What docs/notifications.md shows, held against what there is. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Webhook } from 'standardwebhooks';
import { parse } from 'yaml';
import { ROOT } from '../../../../dev/home.ts';
import { readNotifications } from '../../../../entry/notifications.ts';
import type { CloudEvent } from '../../../../model/notifications/cloud-event.ts';
import { KINDS, typeOf } from '../../../../model/notifications/kinds.ts';
import { samples } from '../../../../watcher/notifications/samples.ts';
import { signatureOf } from '../../../../watcher/notifications/signature.ts';

const page = readFileSync(join(ROOT, 'docs/notifications.md'), 'utf8');
const schema = JSON.parse(readFileSync(join(ROOT, 'docs/notifications.schema.json'), 'utf8')) as object;
const SIGNING = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** The blocks of code of a language, in a section or before all of them. */
function blocks(language: string, section = ''): string[] {
  const [, text = page] = section === '' ? [] : page.split(`\n## ${section}\n`);
  const [own] = text.split('\n## ');
  return [...(section === '' ? page : own!).matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(
    ([, code]) => code!,
  );
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'documented-'));
  mkdirSync(join(folder, 'secrets/webhooks'), { recursive: true });
  for (const key of ['slack', 'teams']) writeFileSync(join(folder, 'secrets/webhooks', key), `https://${key}.example`);
  writeFileSync(join(folder, 'secrets/webhooks/signing'), SIGNING);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sinksOf(config: unknown) {
  const file = join(folder, 'notifications.json');
  writeFileSync(file, JSON.stringify(config));
  return readNotifications(file).sinks;
}

/** A schema that lets nothing pass that it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const all = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one)]));
  return 'properties' in all ? { additionalProperties: false, ...all } : all;
}

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
const isData = ajv.compile(closed(schema) as object);
const shown = blocks('json').map((text) => JSON.parse(text) as CloudEvent & Record<string, unknown>);
const [event] = shown;

describe('The page of notifications', () => {
  it('shows values that are taken, and the event as the schema has it', () => {
    const values = parse(blocks('yaml')[0]!) as { notifications: object };
    expect(sinksOf(values.notifications).map(({ name }) => name)).toEqual(['audit', 'chat']);
    const [id, seconds, signature] = ['id', 'timestamp', 'signature'].map(
      (name) => new RegExp(`^webhook-${name}: (.*)$`, 'm').exec(page)![1]!,
    );
    const signed = { id: id!, body: JSON.stringify(event), seconds: Number(seconds) };
    expect(signatureOf([Buffer.alloc(32, 7)], signed)['webhook-signature']).toBe(signature);
    for (const { data } of [event!, ...samples()]) {
      isData(data);
      expect(isData.errors).toBeNull();
    }
  });

  it('lists all that is told, in order', () => {
    const listed = [...page.matchAll(/^\| `((?:rollout|layer)\.\w+)` \|/gm)].map(([, kind]) => kind);
    expect(listed).toEqual([...KINDS]);
  });

  it.each([['Slack'], ['Microsoft Teams']])('has a recipe for %s, and what that makes of the event', (name) => {
    const [recipe] = blocks('yaml', name);
    const [sink] = sinksOf({ sinks: parse(recipe!) });
    const data = { ...event!.data, message: 'v1 is ready in cloud, fog, edge' };
    expect(sink!.hears('rollout.succeeded')).toBe(true);
    expect(JSON.parse(sink!.bodyOf({ ...event!, type: typeOf('rollout.succeeded'), data }))).toEqual(
      JSON.parse(blocks('json', name)[0]!),
    );
  });
});

describe('A signature', () => {
  const body = '{"grüße":1}';
  const secrets = [Buffer.alloc(32, 9), Buffer.alloc(32, 7)];
  const headers = signatureOf(secrets, { id: 'a', body, seconds: Date.now() / 1000 });
  const python = whyNoPython();

  it('is what the library of Standard Webhooks takes, by any of the secrets', () => {
    expect(new Webhook(SIGNING).verify(body, headers)).toEqual({ grüße: 1 });
    expect(() => new Webhook(SIGNING).verify(`${body} `, headers)).toThrow('No matching signature');
  });

  it('is taken by the lines for Node, and no other', async () => {
    const file = join(folder, 'verify.mjs');
    writeFileSync(file, blocks('js', 'Signatures')[0]!);
    const { verify } = (await import(file)) as { verify(...given: [string, object, string]): boolean };
    expect([verify(SIGNING, headers, body), verify(SIGNING, headers, `${body} `)]).toEqual([true, false]);
    expect(verify(SIGNING, { ...headers, 'webhook-timestamp': '1' }, body)).toBe(false);
  });

  (python ? it.skip : it)(`is taken by the lines for Python, and no other${python ? ` (${python})` : ''}`, () => {
    const given = JSON.stringify([SIGNING, headers, body]);
    const tries =
      'secret, headers, body = json.load(sys.stdin); print(verify(secret, headers, body), verify(secret, headers, body + " "))';
    const code = `${blocks('python', 'Signatures')[0]}\nimport json, sys\n${tries}`;
    expect(execFileSync('python3', ['-c', code], { input: given, encoding: 'utf8' })).toBe('True False\n');
  });

  it('is left out without a secret, and its time is in whole seconds', () => {
    expect(signatureOf([], { id: 'a', body, seconds: 1.9 })).toEqual({ 'webhook-id': 'a', 'webhook-timestamp': '1' });
  });
});

function whyNoPython(): string | undefined {
  try {
    execFileSync('python3', ['--version']);
    return undefined;
  } catch {
    return 'there is no python3';
  }
}
