import type { DataConverter, PayloadCodec } from '@temporalio/common';
import type { WorkerInterceptors } from '@temporalio/worker';
import { encryptingConverter } from '../encryption/data-converter.ts';
import { SigningCodec, VerifyingCodec } from '../signing/codec.ts';
import { onlySigned } from '../signing/only-signed.ts';
import { type Config, ConfigError } from './config.ts';

/** What becomes of payloads on their way to Temporal and back; left out, nothing. */
export interface Payloads {
  dataConverter?: DataConverter;
  /** Of workers. */
  interceptors?: WorkerInterceptors;
}

/** What the hub says it signs, and whoever has keys encrypts it. */
export function payloadsOfHub({ payloadKeys, signingKey }: Pick<Config, 'payloadKeys' | 'signingKey'>): Payloads {
  return converting(payloadKeys, ...(signingKey ? [new SigningCodec(signingKey)] : []));
}

/**
 * The same of its workers, which do nothing else than what was signed with one of the public keys that they were given.
 *
 * @throws ConfigError where that would not be what the hub itself says
 */
export function payloadsOfHubWorkers(config: Pick<Config, 'payloadKeys' | 'signingKey' | 'trustedKeys'>): Payloads {
  const { payloadKeys, signingKey, trustedKeys } = config;
  if (!trustedKeys) return payloadsOfHub(config);
  if (!signingKey || !trustedKeys.has(signingKey.id)) {
    throw new ConfigError(
      `FOG_ROLLOUTS_TRUSTED_KEYS: the hub's workers would refuse what the hub itself says, ${
        signingKey
          ? `whose key ${signingKey.id} is none of ${[...trustedKeys.keys()].join(', ')}; put its public key there`
          : 'which is not signed; set FOG_ROLLOUTS_SIGNING_KEY too'
      }`,
    );
  }
  return refusing(converting(payloadKeys, new SigningCodec(signingKey), new VerifyingCodec(trustedKeys)));
}

/** A region that was given the public keys of hubs does nothing else than what those have signed. */
export function payloadsOfRegion({ payloadKeys, trustedKeys }: Pick<Config, 'payloadKeys' | 'trustedKeys'>): Payloads {
  if (!trustedKeys) return converting(payloadKeys);
  return refusing(converting(payloadKeys, new VerifyingCodec(trustedKeys)));
}

/** What is marked is refused: by activities here, by workflows in their bundle. */
function refusing(payloads: Payloads): Payloads {
  return { ...payloads, interceptors: { activity: [onlySigned] } };
}

/** One after the other: who comes first sees what the others make of a piece of work. */
export function joined(...all: (WorkerInterceptors | undefined)[]): WorkerInterceptors {
  return { activity: all.flatMap((one) => one?.activity ?? []) };
}

/** The signature is of what is readable, and is encrypted with it. */
function converting(payloadKeys: Config['payloadKeys'], ...signing: PayloadCodec[]): Pick<Payloads, 'dataConverter'> {
  if (!payloadKeys && signing.length === 0) return {};
  const encrypting = payloadKeys ? encryptingConverter(payloadKeys) : {};
  const payloadCodecs = [...signing, ...(encrypting.payloadCodecs ?? [])];
  return { dataConverter: { ...encrypting, payloadCodecs } };
}
