/** Payloads of Temporal that tell who made them: the hub signs each, and a region does what the hub has signed. */
import { sign, verify } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { ID_LENGTH, type SigningKey, type TrustedKeys } from './keys.ts';
import { unsigned } from './unsigned.ts';

/** Metadata of a payload. */
const KEY_ID = 'hub-signing-key-id';
const SIGNATURE = 'hub-signature';

/** What is signed begins with it, so that no signature means anything elsewhere. */
const DOMAIN = 'fog-rollouts/payload/v1';

/** Signs all that leaves the hub with Ed25519 (https://www.rfc-editor.org/rfc/rfc8032), and believes what it gets. */
export class SigningCodec implements PayloadCodec {
  private readonly key: SigningKey;

  constructor(key: SigningKey) {
    this.key = key;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { id, key } = this.key;
    return payloads.map((payload) => {
      const signature = sign(null, signedBytes(payload), key);
      return { ...payload, metadata: { ...payload.metadata, [KEY_ID]: Buffer.from(id), [SIGNATURE]: signature } };
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  }
}

/**
 * Marks what no hub has signed whose key is trusted, as {@link unsigned} reads it: only whoever asks for a payload knows whether it
 * has to be. Signs nothing itself.
 */
export class VerifyingCodec implements PayloadCodec {
  private readonly keys: TrustedKeys;

  constructor(keys: TrustedKeys) {
    this.keys = keys;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const why = this.fault(payload);
      return why === undefined ? payload : unsigned(payload, why);
    });
  }

  private fault(payload: Payload): string | undefined {
    const { [KEY_ID]: id, [SIGNATURE]: signature } = payload.metadata ?? {};
    if (!id || !signature) return 'it is not signed';
    const name = Buffer.from(id)
      .toString()
      .replace(/[^0-9a-f]/g, '?')
      .slice(0, ID_LENGTH);
    const key = this.keys.get(name);
    if (!key) return `it is signed with the key ${name}, which is none of ${[...this.keys.keys()].join(', ')}`;
    if (verify(null, signedBytes(payload), key, signature)) return undefined;
    return `its signature with the key ${name} does not fit: it was changed since`;
  }
}

/** How it is to be read is signed with it. */
function signedBytes({ metadata, data }: Payload): Buffer {
  const encoding = Buffer.from(metadata?.encoding ?? []);
  // Where there is none, the SDK has an empty array there, or nothing.
  return Buffer.concat([
    Buffer.from(`${DOMAIN}\0${encoding.length}\0`),
    encoding,
    data?.length ? data : new Uint8Array(),
  ]);
}
