import { createHmac } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { KubeClient } from '../../kube/client.ts';
import { messageOf } from '../../kube/errors.ts';
import type { Outside } from '../../kube/outside.ts';
import { urlText } from '../../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../../model/gates/asking.ts';
import type { GateReply } from '../../model/gates/kind.ts';
import { contextOf } from './context.ts';
import { bearer, readGateSecret } from './secret.ts';

export interface HttpGateDeps {
  client: KubeClient;
  outside: Outside;
}

/** Enough for the first line of an answer, in bytes. */
const MAX_ANSWER = 4_096;

/** What is judged is read whole, and may be of so many bytes. */
const MAX_JUDGED = 256 * 1024;

/** Refusals of now, not of the rollout: too slow, too early, too many. */
const TRIED_AGAIN = [408, 425, 429];

/**
 * One try. By a POST 2xx opens and 4xx refuses; by a GET what is answered is judged.
 *
 * @throws Error for whatever else is answered, or nothing
 */
export async function askByHttp(input: AskGateInput, deps: HttpGateDeps, signal: AbortSignal): Promise<GateReply> {
  return await (input.gate.http!.success === undefined ? post : get)(input, deps, signal);
}

async function post(input: AskGateInput, { client, outside }: HttpGateDeps, signal: AbortSignal): Promise<GateReply> {
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
  const answered = answeredText(url, status);
  if (isSuccess(status)) return { state: 'Open', message: answered };
  if (status < 400 || status >= 500 || TRIED_AGAIN.includes(status)) throw new Error(answered);
  const said = text.split('\n').find((line) => line.trim() !== '');
  const message = said === undefined ? answered : `${answered}: ${said.trim()}`;
  return { state: 'Failed', reason: GATE_REASONS.refused, message };
}

/** Only what people wrote says yes or no: what is neither good nor bad is asked again. */
async function get(
  { owner, gate }: AskGateInput,
  { client, outside }: HttpGateDeps,
  signal: AbortSignal,
): Promise<GateReply> {
  const { url, secretRef, timeoutSeconds = 10, success, failure } = gate.http!;
  const { expressionOfAnswer } = await import('./expression.ts');
  const isGood = expressionOfAnswer(success!);
  const isBad = failure === undefined ? undefined : expressionOfAnswer(failure);
  const timeoutMs = timeoutSeconds * 1_000;
  const token = secretRef && (await readGateSecret(client, owner.namespace, secretRef, { signal, timeoutMs }));
  const { status, text } = await outside.request(url, {
    method: 'GET',
    headers: { accept: 'application/json', ...(token && bearer(token)) },
    timeoutMs,
    maxBytes: MAX_JUDGED + 1,
    signal,
  });
  const answered = answeredText(url, status);
  if (Buffer.byteLength(text) > MAX_JUDGED) throw new Error(`${answered} with more than ${MAX_JUDGED} bytes`);
  const json = jsonIn(text);
  const shown = json || text === '' ? answered : `${answered}, and no JSON`;
  const answer = { status, body: json?.value ?? null };
  try {
    const why = (expression: string) => `${shown}: \`${expression}\` is true`;
    if (isBad?.(answer)) return { state: 'Failed', reason: GATE_REASONS.refused, message: why(failure!) };
    if (isSuccess(status) && isGood(answer)) return { state: 'Open', message: why(success!) };
  } catch (error) {
    throw new Error(`${shown}: ${messageOf(error)}`);
  }
  throw new Error(isSuccess(status) ? `${shown}: \`${success}\` is not true` : shown);
}

function jsonIn(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function answeredText(url: string, status: number): string {
  return `${urlText(url)} answered ${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

/** Of now, so that what was overheard is of no use for long. */
function signed(body: string, key: Buffer): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const signature = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-fog-rollouts-timestamp': timestamp, 'x-fog-rollouts-signature': `sha256=${signature}` };
}
