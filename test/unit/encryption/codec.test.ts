import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { EncryptionCodec } from '../../../encryption/codec.ts';
import { readKeys } from '../../../encryption/keys.ts';

const [OLD, NEW] = [randomBytes(32), randomBytes(32)];
const codecOf = (current: string, keys: Record<string, Buffer>) =>
  new EncryptionCodec({ current, byId: new Map(Object.entries(keys)) });
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const textOf = (payload: Payload) => Buffer.from(payload.data!).toString();
const SECRET = 'hunter2-is-my-password';

describe('Encrypted payloads', () => {
  const codec = codecOf('new', { old: OLD, new: NEW });

  it('are what they were, when they are decrypted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const payload = payloadOf(value);
        const [decoded] = await codec.decode(await codec.encode([payload]));
        expect(defaultPayloadConverter.fromPayload(decoded!)).toEqual(defaultPayloadConverter.fromPayload(payload));
      }),
      { numRuns: 50 },
    );
  });

  it('say nothing of what is in them, and are others each time', async () => {
    const [first, second] = await codec.encode([payloadOf({ value: SECRET }), payloadOf({ value: SECRET })]);
    for (const payload of [first!, second!]) {
      expect(JSON.stringify({ ...payload, data: textOf(payload) })).not.toContain('hunter2');
      const metadata = Object.entries(payload.metadata!).map(([name, value]) => `${name}: ${Buffer.from(value)}`);
      expect(metadata).toEqual(['encoding: binary/encrypted', 'encryption-key-id: new']);
    }
    expect(textOf(first!)).not.toBe(textOf(second!));
  });

  it('are readable after a rotation as long as their key is there', async () => {
    const before = await codecOf('old', { old: OLD }).encode([payloadOf(SECRET)]);
    expect(textOf((await codec.decode(before))[0]!)).toContain(SECRET);
    await expect(codecOf('new', { new: NEW }).decode(before)).rejects.toThrow(
      'A payload is encrypted with the key old, which is not among the payload keys here',
    );
  });

  it('are read, and none are made, where no key is the current one', async () => {
    const reading = new EncryptionCodec({ current: undefined, byId: new Map([['new', NEW]]) });
    const plain = payloadOf(SECRET);
    expect(await reading.encode([plain])).toEqual([plain]);
    expect(textOf((await reading.decode(await codec.encode([plain])))[0]!)).toContain(SECRET);
  });

  it('of before there was encryption are handed on as they are', async () => {
    const plain = payloadOf(SECRET);
    expect(await codec.decode([plain])).toEqual([plain]);
  });

  it.each<[string, (payload: Payload) => Payload]>([
    ['changed', ({ data, ...rest }) => ({ ...rest, data: Buffer.from(data!).fill(7, 14, 15) })],
    ['cut off', ({ data, ...rest }) => ({ ...rest, data: Buffer.from(data!).subarray(0, 20) })],
    ['empty', (payload) => ({ ...payload, data: Buffer.alloc(0) })],
    ['without data', ({ metadata }) => ({ metadata: metadata! })],
  ])('that are %s are refused', async (_, change) => {
    const [payload] = await codec.encode([payloadOf(SECRET)]);
    await expect(codec.decode([change(payload!)])).rejects.toThrow('A payload cannot be decrypted with the key new');
  });

  it('are refused with another key of the same id', async () => {
    const [payload] = await codec.encode([payloadOf(SECRET)]);
    await expect(codecOf('new', { new: OLD }).decode([payload!])).rejects.toThrow('another key of the same id');
  });
});

describe('The folder of keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'payload-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

  it('has each under its id', () => {
    put('2026-11', `${OLD.toString('base64')}\n`);
    put('2026-12', NEW.toString('base64'));
    put('..data', 'of the mount');
    const { current, byId } = readKeys(folder, '2026-12');
    expect([current, [...byId.keys()].sort(), byId.get('2026-11')]).toEqual(['2026-12', ['2026-11', '2026-12'], OLD]);
  });

  it.each([
    ['that is not there', '2027-01', /has no payload key 2027-01: there are 2026-11, 2026-12$/],
    ['in a folder that is not there', undefined, /^The folder .*nowhere of payload keys cannot be read: ENOENT$/],
  ])('has none %s', (_, current, words) => {
    const read = () => (current ? readKeys(folder, current) : readKeys(join(folder, 'nowhere'), 'a'));
    expect(read).toThrow(words);
  });

  it.each([
    ['too short', randomBytes(16).toString('base64')],
    ['no base64', SECRET],
    ['empty', ''],
  ])('has none that is %s, and no message repeats it', (_, text) => {
    put('bad', text);
    try {
      expect(() => readKeys(folder, '2026-12')).toThrow(/bad is no payload key: 32 random bytes in base64/);
      if (text !== '') expect(() => readKeys(folder, '2026-12')).not.toThrow(text);
    } finally {
      rmSync(join(folder, 'bad'));
    }
  });
});
