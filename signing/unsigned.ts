import type { Payload } from '@temporalio/common';

/** A key that nothing of ours has. */
const UNSIGNED = 'fog-rollouts/unsigned';

/** What was not signed, with why, and what it says. */
export interface Unsigned {
  [UNSIGNED]: string;
  value?: unknown;
}

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

/** Why a value cannot be trusted; undefined when it was signed. */
export function whyUnsigned(value: unknown): string | undefined {
  return isUnsigned(value) ? value[UNSIGNED] : undefined;
}

/** The value, signed or not. */
export function signedOrNot(value: unknown): unknown {
  return isUnsigned(value) ? value.value : value;
}

function isUnsigned(value: unknown): value is Unsigned {
  return typeof value === 'object' && value !== null && UNSIGNED in value;
}

function jsonIn(data: Uint8Array | null | undefined): string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(data ?? []).toString()));
  } catch {
    return 'null';
  }
}
