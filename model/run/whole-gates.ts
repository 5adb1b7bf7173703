/** Which gates are whole: have what is read of them later, in its shape. Pure. */
import type {
  ApprovalGate,
  Gate,
  GateSecret,
  HttpGate,
  JobGate,
  MetricGate,
  WindowGate,
  WorkflowGate,
} from '../types.ts';
import { isAtLeast, isDuration, isFields, isListOf, isRecordOf, isText } from './shape.ts';

export function isGate(gate: unknown): boolean {
  if (!isFields<Gate>(gate)) return false;
  const { name = '', ...kinds } = gate;
  const [[kind, spec] = [''], ...others] = Object.entries(kinds);
  const isOfOneKind = others.length === 0 && Object.hasOwn(GATES, kind);
  return isText(name) && isOfOneKind && GATES[kind as keyof typeof GATES](spec);
}

/** By their kinds, which of them are whole. */
const GATES = {
  approval: isApproval,
  http: isHttp,
  job: isJob,
  workflow: isWorkflow,
  metric: isMetric,
  window: isWindow,
};

function isApproval(gate: unknown): boolean {
  if (!isFields<ApprovalGate>(gate)) return false;
  const { required = 1, reason = '', notAuthor = false, expiresAfterSeconds = 1 } = gate;
  const isWhole = isAtLeast(1, required) && isDuration(expiresAfterSeconds) && isText(reason);
  return isWhole && typeof notAuthor === 'boolean';
}

function isWindow(gate: unknown): boolean {
  if (!isFields<WindowGate>(gate)) return false;
  const { ref, allow, deny } = gate;
  if (ref !== undefined) return isText(ref) && allow === undefined && deny === undefined;
  const arePeriods = (periods: unknown = []) => isListOf(periods, (period) => isRecordOf(period, isText));
  return (allow ?? deny) !== undefined && arePeriods(allow) && arePeriods(deny);
}

function isHttp(gate: unknown): boolean {
  if (!isFields<HttpGate>(gate)) return false;
  const {
    url,
    secretRef,
    success = '',
    failure = '',
    timeoutSeconds = 1,
    retrySeconds = 1,
    deadlineSeconds = 1,
  } = gate;
  return (
    [url, success, failure].every(isText) &&
    isSecret(secretRef) &&
    [timeoutSeconds, retrySeconds, deadlineSeconds].every(isSeconds)
  );
}

function isJob(gate: unknown): boolean {
  if (!isFields<JobGate>(gate)) return false;
  const { cronJob, deadlineSeconds = 1 } = gate;
  return isText(cronJob) && isSeconds(deadlineSeconds);
}

function isWorkflow(gate: unknown): boolean {
  if (!isFields<WorkflowGate>(gate)) return false;
  const { type, taskQueue, input = {}, deadlineSeconds = 1 } = gate;
  return [type, taskQueue].every(isText) && isRecordOf(input, isText) && isSeconds(deadlineSeconds);
}

function isMetric(gate: unknown): boolean {
  if (!isFields<MetricGate>(gate) || !isFields<MetricGate['prometheus']>(gate.prometheus)) return false;
  const { url, query, secretRef } = gate.prometheus;
  const { success, failure = '', intervalSeconds = 1, count = 1, failureLimit = 0, inconclusiveLimit = 0 } = gate;
  return (
    [url, query, success, failure].every(isText) &&
    isSecret(secretRef) &&
    [intervalSeconds, count].every(isSeconds) &&
    [failureLimit, inconclusiveLimit].every((limit) => isAtLeast(0, limit))
  );
}

function isSecret(secret: unknown): boolean {
  return secret === undefined || (isFields<GateSecret>(secret) && [secret.name, secret.key].every(isText));
}

/** Of a kind of gate whose schema has a default and bounds. */
function isSeconds(value: unknown): boolean {
  return isAtLeast(1, value) && (value as number) <= LONGEST_SECONDS;
}

/** A year, as in the schema. */
const LONGEST_SECONDS = 31_536_000;
