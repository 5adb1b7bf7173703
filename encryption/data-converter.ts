import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './codec.ts';
import type { PayloadKeys } from './keys.ts';

/** Workflow code has it in its bundle. */
export const FAILURE_CONVERTER = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));

/** For clients and workers that encrypt, or read what others have encrypted. */
export function encryptingConverter(keys: PayloadKeys): DataConverter {
  const payloadCodecs = [new EncryptionCodec(keys)];
  const failureConverterPath = failureConverterOf(keys);
  return { payloadCodecs, ...(failureConverterPath !== undefined && { failureConverterPath }) };
}

/** The module that makes payloads of failures, where these are encrypted. */
export function failureConverterOf(keys: PayloadKeys | undefined): string | undefined {
  return keys?.current === undefined ? undefined : FAILURE_CONVERTER;
}
