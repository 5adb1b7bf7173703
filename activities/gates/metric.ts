import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../kube/errors.ts';
import type { AskGateInput } from '../../model/gates/asking.ts';
import type { GateReply } from '../../model/gates/kind.ts';
import {
  type Judgement,
  limitsOf,
  type Measurements,
  NO_MEASUREMENTS,
  replyTo,
  withMeasurement,
} from '../../model/gates/measurements.ts';
import type { MetricGate } from '../../model/types.ts';
import type { Progress } from '../heartbeat.ts';
import { GateProblem } from './problem.ts';
import { type PrometheusDeps, query } from './prometheus.ts';

/**
 * Measures again and again until it can be said whether that is good. What has been measured outlives the worker, but for what came
 * after its last heartbeat.
 */
export async function askByMetric(
  { owner, gate }: AskGateInput,
  deps: PrometheusDeps,
  signal: AbortSignal,
  { resumed, tell }: Progress,
): Promise<GateReply> {
  const metric = gate.metric!;
  const judge = await judgeOf(metric);
  const intervalMs = limitsOf(metric).intervalSeconds * 1_000;
  let measured = (resumed as Measurements | undefined) ?? NO_MEASUREMENTS;
  for (;;) {
    const reply = replyTo(metric, measured);
    if (reply) return reply;
    if (measured.at !== undefined) {
      await delay(Math.max(0, measured.at + intervalMs - Date.now()), undefined, { signal });
    }
    const at = Date.now();
    measured = withMeasurement(measured, { ...(await measure(metric, owner.namespace, judge, deps, signal)), at });
    tell(measured);
  }
}

type Judge = (values: number[]) => Judgement;

/** @throws GateProblem when it cannot be judged by what is written */
async function judgeOf({ success, failure }: MetricGate): Promise<Judge> {
  // Most workers never need it.
  const { expressionOfResult } = await import('./expression.ts');
  const isGood = expressionOfResult(success);
  const isBad = failure === undefined ? undefined : expressionOfResult(failure);
  return (values) => {
    if (isBad?.(values)) return 'failure';
    if (isGood(values)) return 'success';
    return isBad ? 'inconclusive' : 'failure';
  };
}

/** What nobody can judge, or nobody answers, says nothing. @throws GateProblem where nothing is asked */
async function measure(
  { prometheus }: MetricGate,
  namespace: string,
  judge: Judge,
  deps: PrometheusDeps,
  signal: AbortSignal,
): Promise<{ judgement: Judgement; words: string }> {
  try {
    const values = await query(prometheus, namespace, deps, signal);
    return { judgement: judge(values), words: `the query gave ${values.join(', ') || 'nothing'}` };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof GateProblem) throw error;
    return { judgement: 'inconclusive', words: messageOf(error) };
  }
}
