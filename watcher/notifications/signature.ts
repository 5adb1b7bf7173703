/** Signatures by https://www.standardwebhooks.com (v1, symmetric). */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** As the specification has it, in bytes. */
const SHORTEST = 24;
const LONGEST = 64;

/** @param text - `whsec_` and base64 @throws Error, which repeats nothing of it */
export function readSecret(text: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed.slice(PREFIX.length), 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === trimmed.slice(PREFIX.length).replace(/=+$/, '');
  if (!trimmed.startsWith(PREFIX) || !isBase64 || key.length < SHORTEST || key.length > LONGEST) {
    throw new Error(`is no secret: ${PREFIX} and ${SHORTEST} to ${LONGEST} bytes in base64`);
  }
  return key;
}

/**
 * The headers by which who has one of the secrets knows that a request is ours, and of now.
 *
 * @param seconds - since the epoch
 */
export function signatureOf(
  secrets: readonly Buffer[],
  { id, body, seconds }: { id: string; body: string; seconds: number },
): Record<string, string> {
  const timestamp = `${Math.floor(seconds)}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  };
}
