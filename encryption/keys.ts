import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a key of AES-256. */
const KEY_BYTES = 32;
/** As a key of a Secret may be called. */
const ID = /^[-._a-zA-Z0-9]+$/;

/** What payloads are encrypted with. The keys never leave the process, and no message repeats one. */
export interface PayloadKeys {
  /** Of the key that what is new is encrypted with; undefined: it is not encrypted, and what is can be read. */
  current: string | undefined;
  /** All that there are, by their ids: what was encrypted with an earlier one is read with that. */
  byId: ReadonlyMap<string, Buffer>;
}

/**
 * Reads the keys of a folder, as a Secret is mounted: a file for each, its name the key's id, 32 bytes in base64.
 *
 * @throws Error that names the file, for what is no such key
 */
export function readKeys(folder: string, current: string | undefined): PayloadKeys {
  let names: string[];
  try {
    // A mounted Secret has folders beside its files, which begin with two dots.
    names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch (error) {
    throw new Error(`The folder ${folder} of payload keys cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const byId = new Map(names.map((name) => [name, readKey(join(folder, name), name)]));
  if (current === undefined || byId.has(current)) return { current, byId };
  const others = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
  throw new Error(`The folder ${folder} has no payload key ${current}: ${others}`);
}

function readKey(path: string, id: string): Buffer {
  if (!ID.test(id)) throw new Error(`${path} can be no id of a payload key`);
  const text = readFileSync(path, 'utf8').trim();
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES && /^[A-Za-z0-9+/]+=*$/.test(text)) return key;
  throw new Error(
    `${path} is no payload key: ${KEY_BYTES} random bytes in base64 are, e.g. of openssl rand -base64 ${KEY_BYTES}`,
  );
}
