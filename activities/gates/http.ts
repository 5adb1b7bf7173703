import { createHmac } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { KubeClient } from '../../kube/client.ts';
import { urlText } from '../../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../../model/gates/asking.ts';
import type { GateReply } from '../../model/gates/kind.ts';
import { contextOf } from './context.ts';
import type { Outside } from './outside.ts';
import { readGateSecret } from './secret.ts';

export interface HttpGateDeps {
  client: KubeClient;
  outside: Outside;
}

/** Enough for the first line of an answer, in bytes. */
const MAX_ANSWER = 4_096;

/** Refusals of now, not of the rollout: too slow, too early, too many. */
const TRIED_AGAIN = [408, 425, 429];

/**
 * One try: 2xx opens, 4xx refuses.
 *
 * @throws Error for whatever else is answered, or nothing
 */
export async function askByHttp(
  input: AskGateInput,
  { client, outside }: HttpGateDeps,
  signal: AbortSignal,
): Promise<GateReply> {
  const { owner, gate, token } = input;
  const { url, secretRef, timeoutSeconds = 10 } = gate.http!;
  const timeoutMs = timeoutSeconds * 1_000;
  const body = JSON.stringify(contextOf(input));
  const key = secretRef && (await readGateSecret(client, owner.namespace, secretRef, { signal, timeoutMs }));
  const { status, text } = await outside.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': token, ...(key && signed(body, key)) },
    body,
    timeoutMs,
    maxBytes: MAX_ANSWER,
    signal,
  });
  const answered = `${urlText(url)} answered ${status} ${STATUS_CODES[status] ?? ''}`.trim();
  if (status >= 200 && status < 300) return { state: 'Open', message: answered };
  if (status < 400 || status >= 500 || TRIED_AGAIN.includes(status)) throw new Error(answered);
  const said = text.split('\n').find((line) => line.trim() !== '');
  const message = said === undefined ? answered : `${answered}: ${said.trim()}`;
  return { state: 'Failed', reason: GATE_REASONS.refused, message };
}

/** Of now, so that what was overheard is of no use for long. */
function signed(body: string, key: Buffer): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const signature = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-fog-rollouts-timestamp': timestamp, 'x-fog-rollouts-signature': `sha256=${signature}` };
}
