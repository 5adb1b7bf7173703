import type { Payload } from '@temporalio/common';
import { UNSIGNED } from '../model/signed.ts';

/** In place of a payload that is not signed: JSON that says so, with its value where that is JSON too. */
export function unsigned({ metadata, data }: Payload, why: string): Payload {
  const json = Buffer.from('json/plain');
  const isJson = json.equals(Buffer.from(metadata?.encoding ?? []));
  const value = isJson ? `,"value":${jsonIn(data)}` : '';
  return {
    metadata: { encoding: json },
    data: Buffer.from(`{${JSON.stringify(UNSIGNED)}:${JSON.stringify(why)}${value}}`),
  };
}

function jsonIn(data: Uint8Array | null | undefined): string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(data ?? []).toString()));
  } catch {
    return 'null';
  }
}
