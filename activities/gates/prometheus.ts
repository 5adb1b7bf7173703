import type { KubeClient } from '../../kube/client.ts';
import type { Outside } from '../../kube/outside.ts';
import { urlText } from '../../model/gates/asked.ts';
import { MEASURED_WITHIN_SECONDS } from '../../model/gates/measurements.ts';
import type { MetricGate } from '../../model/types.ts';
import { bearer, readGateSecret } from './secret.ts';

export interface PrometheusDeps {
  client: KubeClient;
  outside: Outside;
}

/** A query that a gate can be judged by has few values; what is more is not looked at. */
const MOST_VALUES = 100;
const MAX_ANSWER = 1024 * 1024;

/**
 * The values of an instant query now: those of its series, or the one of a scalar.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 *
 * @throws Error that says what was answered instead
 */
export async function query(
  { url, query: text, secretRef }: MetricGate['prometheus'],
  namespace: string,
  { client, outside }: PrometheusDeps,
  signal: AbortSignal,
): Promise<number[]> {
  const timeoutMs = (MEASURED_WITHIN_SECONDS * 1_000) / 2;
  const token = secretRef && (await readGateSecret(client, namespace, secretRef, { signal, timeoutMs }));
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/$/, '')}/api/v1/query`;
  target.searchParams.set('query', text);
  const { status, text: answer } = await outside.request(target.href, {
    method: 'GET',
    headers: { accept: 'application/json', ...(token && bearer(token)) },
    timeoutMs,
    maxBytes: MAX_ANSWER,
    signal,
  });
  return valuesIn(answer, `${urlText(url)} answered ${status}`);
}

interface Answer {
  status?: string;
  error?: string;
  data?: { resultType?: string; result?: unknown };
}

function valuesIn(text: string, answered: string): number[] {
  const { status, error, data } = answerIn(text, answered);
  if (status !== 'success') throw new Error(`${answered}: ${error ?? 'without success'}`);
  const samples = data?.resultType === 'scalar' ? [data.result] : vectorIn(data?.result);
  if (!samples || (data?.resultType !== 'scalar' && data?.resultType !== 'vector')) {
    throw new Error(`${answered}: a ${data?.resultType}, where a vector or a scalar can be judged`);
  }
  return samples.slice(0, MOST_VALUES).map((sample) => numberIn((sample as [unknown, unknown] | undefined)?.[1]));
}

function answerIn(text: string, answered: string): Answer {
  try {
    return (JSON.parse(text) ?? {}) as Answer;
  } catch {
    throw new Error(`${answered}, and nothing that Prometheus would`);
  }
}

function vectorIn(result: unknown): unknown[] | undefined {
  return Array.isArray(result) ? result.map((series) => (series as { value?: unknown } | null)?.value) : undefined;
}

/** As Prometheus writes them: `+Inf`, `NaN` too. */
function numberIn(value: unknown): number {
  return Number(`${value}`.replace('Inf', 'Infinity'));
}
