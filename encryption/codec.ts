/** Payloads of Temporal, unreadable without a key: AES-256-GCM, in the form that Temporal's own samples have. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKeys } from './keys.ts';

const CIPHER = 'aes-256-gcm';
/** https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ENCODING = 'binary/encrypted';
/** Metadata of a payload, which anybody can read. */
const KEY_ID = 'encryption-key-id';

const { Payload: Proto } = proto.temporal.api.common.v1;

/**
 * Encrypts all payloads with the current key, and decrypts them with the one that they name. What is not encrypted is handed
 * on as it is, so that runs go on that were begun before.
 *
 * @throws Error on decoding what no key here fits, or somebody has changed; it names the key, and nothing of the content
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly keys: PayloadKeys;

  constructor(keys: PayloadKeys) {
    this.keys = keys;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { current } = this.keys;
    return current === undefined ? payloads : payloads.map((payload) => this.encrypted(payload, current));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.decrypted(payload) : payload));
  }

  private encrypted(payload: Payload, current: string): Payload {
    const { byId } = this.keys;
    const iv = randomBytes(IV_BYTES);
    const id = Buffer.from(current);
    const cipher = createCipheriv(CIPHER, byId.get(current)!, iv).setAAD(id);
    const data = Buffer.concat([
      iv,
      cipher.update(Proto.encode(payload).finish()),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: id }, data };
  }

  private decrypted({ metadata, data }: Payload): Payload {
    const id = Buffer.from(metadata?.[KEY_ID] ?? []);
    const key = this.keys.byId.get(id.toString());
    if (!key) {
      throw new Error(
        `A payload is encrypted with the key ${id.toString() || 'of no name'}, which is not among the payload keys here`,
      );
    }
    try {
      const bytes = Buffer.from(data ?? []);
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(id).setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return Proto.decode(plain);
    } catch {
      throw new Error(
        `A payload cannot be decrypted with the key ${id}: that is another key of the same id, or the payload was changed`,
      );
    }
  }
}

function isEncrypted({ metadata }: Payload): boolean {
  return Buffer.from(metadata?.encoding ?? []).toString() === ENCODING;
}
