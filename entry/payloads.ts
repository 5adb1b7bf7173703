import type { DataConverter } from '@temporalio/common';
import type { WorkerInterceptors } from '@temporalio/worker';
import { encryptingConverter } from '../encryption/data-converter.ts';
import { SigningCodec, VerifyingCodec } from '../signing/codec.ts';
import { onlySigned } from '../signing/only-signed.ts';
import type { Config } from './config.ts';

/** What becomes of payloads on their way to Temporal and back; left out, nothing. */
export interface Payloads {
  dataConverter?: DataConverter;
  /** Of workers. */
  interceptors?: WorkerInterceptors;
}

/** The hub signs what it says, and whoever has keys encrypts it. */
export function payloadsOfHub({ payloadKeys, signingKey }: Pick<Config, 'payloadKeys' | 'signingKey'>): Payloads {
  return converting(payloadKeys, signingKey && new SigningCodec(signingKey));
}

/** A region that was given the public keys of hubs does nothing else than what those have signed. */
export function payloadsOfRegion({ payloadKeys, trustedKeys }: Pick<Config, 'payloadKeys' | 'trustedKeys'>): Payloads {
  if (!trustedKeys) return converting(payloadKeys);
  return { ...converting(payloadKeys, new VerifyingCodec(trustedKeys)), interceptors: { activity: [onlySigned] } };
}

/** One after the other: who comes first sees what the others make of a piece of work. */
export function joined(...all: (WorkerInterceptors | undefined)[]): WorkerInterceptors {
  return { activity: all.flatMap((one) => one?.activity ?? []) };
}

/** The signature is of what is readable, and is encrypted with it. */
function converting(
  payloadKeys: Config['payloadKeys'],
  signing?: SigningCodec | VerifyingCodec,
): Pick<Payloads, 'dataConverter'> {
  if (!payloadKeys && !signing) return {};
  const encrypting = payloadKeys ? encryptingConverter(payloadKeys) : {};
  const payloadCodecs = [...(signing ? [signing] : []), ...(encrypting.payloadCodecs ?? [])];
  return { dataConverter: { ...encrypting, payloadCodecs } };
}
