import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Characters of a key's id. */
export const ID_LENGTH = 16;

/** What the hub signs with. The key never leaves the process. */
export interface SigningKey {
  /** Made from its public key, so that both sides have it without being told. */
  id: string;
  key: KeyObject;
}

/** Public keys of hubs whose work is done, by their ids. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

/**
 * Reads a private key of Ed25519, as PEM.
 *
 * @throws Error that names the file, and repeats nothing of it
 */
export function readSigningKey(path: string): SigningKey {
  const key = keyIn(path, createPrivateKey, 'private');
  return { id: idOf(createPublicKey(key)), key };
}

/**
 * Reads public keys of Ed25519, each a PEM file of a folder, as a ConfigMap is mounted. Several are there while one takes the
 * place of another.
 *
 * @throws Error that names the file; also where there is none, since nothing could be done then
 */
export function readTrustedKeys(folder: string): TrustedKeys {
  let names: string[];
  try {
    // A mounted ConfigMap has folders beside its files, which begin with two dots.
    names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch (error) {
    throw new Error(`the folder ${folder} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (names.length === 0) throw new Error(`the folder ${folder} has no public key of a hub`);
  const keys = names.map((name) => keyIn(join(folder, name), createPublicKey, 'public'));
  return new Map(keys.map((key) => [idOf(key), key]));
}

function keyIn(path: string, parse: (pem: string) => KeyObject, kind: 'private' | 'public'): KeyObject {
  const how = kind === 'private' ? 'openssl genpkey -algorithm ed25519' : 'openssl pkey -in signing-key.pem -pubout';
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  // From a private key a public one can be made, too: it has no business where work is only checked.
  const isMixedUp = kind === 'public' && pem.includes('PRIVATE KEY');
  try {
    const key = isMixedUp ? undefined : parse(pem);
    if (key?.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // said below, without what the file has
  }
  const what = isMixedUp ? 'has a private key, which belongs to the hub alone' : `is no ${kind} key of Ed25519 in PEM`;
  throw new Error(`${path} ${what}: one is made by ${how}`);
}

function idOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, ID_LENGTH);
}
