import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { EncryptionCodec } from '../../../encryption/codec.ts';
import { signedOrNot, whyUnsigned } from '../../../model/signed.ts';
import { SigningCodec, VerifyingCodec } from '../../../signing/codec.ts';
import { readSigningKey, readTrustedKeys } from '../../../signing/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'signing-'));
afterAll(() => rmSync(folder, { recursive: true }));

const privatePem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const publicPem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;

/** @returns its signing key, and the folder of those who trust it alone */
function aHub(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, privatePem(privateKey));
  const trusted = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(join(trusted, `${name}.pub`), publicPem(publicKey));
  return { path, trusted, signing: readSigningKey(path), publicKey };
}

const hub = aHub('hub');
const other = aHub('other');
const signing = new SigningCodec(hub.signing);
const verifying = new VerifyingCodec(readTrustedKeys(hub.trusted));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const WORK = { owner: { name: 'web' }, site: { name: 'boat' }, revision: { generation: 3 } };

async function received(payload: Payload, by = verifying): Promise<unknown> {
  const [decoded] = await by.decode([payload]);
  return defaultPayloadConverter.fromPayload(decoded!);
}
const signed = async (value: unknown, by = signing) => (await by.encode([payloadOf(value)]))[0]!;

describe('What a hub has signed', () => {
  it('is what it was, where its key is trusted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const got = await received(await signed(value));
        expect(got).toEqual(defaultPayloadConverter.fromPayload(payloadOf(value)));
        expect(whyUnsigned(got)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('may be encrypted with its signature', async () => {
    const encryption = new EncryptionCodec({ current: 'a', byId: new Map([['a', Buffer.alloc(32, 7)]]) });
    const encoded = await encryption.encode([await signed(WORK)]);
    expect(Object.keys(encoded[0]!.metadata!)).toEqual(['encoding', 'encryption-key-id']);
    expect(await received((await encryption.decode(encoded))[0]!)).toEqual(WORK);
  });

  it('is believed while one key takes the place of another', async () => {
    const both = mkdtempSync(join(folder, 'both-'));
    writeFileSync(join(both, 'old'), publicPem(hub.publicKey));
    writeFileSync(join(both, 'new'), publicPem(other.publicKey));
    const trusting = new VerifyingCodec(readTrustedKeys(both));
    for (const codec of [signing, new SigningCodec(other.signing)]) {
      expect(await received(await signed(WORK, codec), trusting)).toEqual(WORK);
    }
  });

  it('is read by whoever asks for no signature', async () => {
    const payload = await signed(WORK);
    expect(defaultPayloadConverter.fromPayload(payload)).toEqual(WORK);
    expect(await signing.decode([payload])).toEqual([payload]);
  });
});

describe('What no trusted hub has signed', () => {
  const forgeries: [string, () => Promise<Payload>, string][] = [
    ['is not signed', async () => payloadOf(WORK), 'it is not signed'],
    ['is signed by another', () => signed(WORK, new SigningCodec(other.signing)), `the key ${other.signing.id}`],
    [
      'was changed since',
      async () => ({ ...(await signed(WORK)), data: payloadOf({ ...WORK, site: { name: 'plant' } }).data! }),
      'it was changed since',
    ],
    [
      'is to be read in another way',
      async () => {
        const payload = await signed(WORK);
        return { ...payload, metadata: { ...payload.metadata, encoding: Buffer.from('json/protobuf') } };
      },
      'it was changed since',
    ],
    [
      'says that it is of a key of the hub',
      async () => {
        const payload = await signed(WORK, new SigningCodec(other.signing));
        const metadata = { ...payload.metadata, 'hub-signing-key-id': Buffer.from(hub.signing.id) };
        return { ...payload, metadata };
      },
      'does not fit',
    ],
    [
      'has no signature that could be one',
      async () => ({
        ...payloadOf(WORK),
        metadata: { ...(await signed(WORK)).metadata, 'hub-signature': Buffer.of(1) },
      }),
      'does not fit',
    ],
  ];
  it.each(forgeries)('is marked: what %s', async (_, forge, why) => {
    expect(whyUnsigned(await received(await forge()))).toContain(why);
  });

  it('has its value all the same, for who needs no signature', async () => {
    expect(signedOrNot(await received(payloadOf({ since: 'then' })))).toEqual({ since: 'then' });
    expect(signedOrNot(await received(await signed(WORK)))).toEqual(WORK);
    const binary = { metadata: { encoding: Buffer.from('binary/plain') }, data: Buffer.of(1, 2) };
    expect(signedOrNot(await received(binary))).toBeUndefined();
    expect(signedOrNot(undefined)).toBeUndefined();
  });

  it('is nothing that a hub could have marked itself', async () => {
    const marked = await received(payloadOf(WORK));
    expect(whyUnsigned(await received(payloadOf(marked)))).toBe('it is not signed');
  });
});

describe('Keys that are none', () => {
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it.each([
    ['no file', () => readSigningKey(join(folder, 'none.pem')), 'none.pem cannot be read: ENOENT'],
    [
      'no PEM',
      () => readSigningKey(file('a.pem', 'hunter2')),
      'a.pem is no private key of Ed25519 in PEM: one is made by openssl',
    ],
    ['of RSA', () => readSigningKey(file('b.pem', privatePem(rsa.privateKey))), 'b.pem is no private key of Ed25519'],
    ['no folder', () => readTrustedKeys(join(folder, 'none')), 'none cannot be read: ENOENT'],
    ['an empty folder', () => readTrustedKeys(mkdtempSync(join(folder, 'empty-'))), 'has no public key of a hub'],
  ])('%s', (_, read, message) => {
    expect(read).toThrow(message);
    expect(read).not.toThrow('hunter2');
  });

  it('a private key among the public ones is sent back to the hub', () => {
    const mixed = mkdtempSync(join(folder, 'mixed-'));
    writeFileSync(join(mixed, 'key.pem'), privatePem(generateKeyPairSync('ed25519').privateKey));
    expect(() => readTrustedKeys(mixed)).toThrow('has a private key, which belongs to the hub alone');
  });
});
