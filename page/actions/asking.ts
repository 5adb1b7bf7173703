/** What somebody is about to ask of the rollout that is shown, and what came of the last. */
import { signal } from '@preact/signals';
import type { RolloutKey } from '../../model/types.ts';
import { ask, queryOf } from '../api/client.ts';
import type { Asking } from './effects.ts';
import type { ActionBody } from './words.ts';

/** The dialog is open about it; undefined, it is closed. */
export const asking = signal<Asking | undefined>(undefined);

/** What the API said of the last one that was taken. */
export const said = signal<string | undefined>(undefined);

/**
 * @param key - the same for the same: however often it is sent, it is taken once
 * @returns what it did, for people
 * @throws ApiError
 */
export async function send({ namespace, name }: RolloutKey, body: ActionBody, key: string): Promise<string> {
  const path = `rollouts/${encodeURIComponent(name)}/actions${queryOf({ namespace })}`;
  const response = await ask(path, { method: 'POST', body, headers: { 'idempotency-key': key } });
  const { message } = (await response.json()) as { message: string };
  return message;
}

/** Names one asking; crypto.randomUUID is there on encrypted pages alone. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
