import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { deadlineOf } from '../../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../../model/gates/asking.ts';
import type { GateReply } from '../../model/gates/kind.ts';
import { gateWorkflowId, HUB_QUEUE } from '../../model/names.ts';
import { contextOf } from './context.ts';
import { GateProblem } from './problem.ts';

type Temporal = Pick<Client, 'workflow' | 'workflowService' | 'options'>;

export interface WorkflowGateDeps {
  temporal: Temporal;
  /** Task queues whose workflows gates may start. Ours are never among them. */
  gateTaskQueues: readonly string[];
}

/** Under which a gate's workflow remembers the token of its asking. */
const MEMO = 'fogRolloutsGate';

/**
 * Starts the asking's workflow, which has its id by the token, or finds it there; resolves when it has ended. It is followed by
 * its result and is nobody's child: so it goes on when the run that asks continues as a new one, or its worker dies.
 */
export async function askByWorkflow(
  input: AskGateInput,
  { temporal, gateTaskQueues }: WorkflowGateDeps,
  signal: AbortSignal,
): Promise<GateReply> {
  const { owner, gate, token } = input;
  const { type, taskQueue, input: words = {} } = gate.workflow!;
  assertAllowed(taskQueue, gateTaskQueues);
  const workflowId = gateWorkflowId(owner, token);
  await start(input, { type, taskQueue, workflowId, args: [{ ...contextOf(input), input: words }] }, temporal);
  const handle = temporal.workflow.getHandle(workflowId);
  if (!isOurs(await handle.describe(), token)) {
    throw new GateProblem(
      GATE_REASONS.unrunnable,
      `The workflow ${workflowId} was there before, and is not the gate's`,
    );
  }
  await ended(handle, temporal, signal);
  try {
    const result: unknown = await handle.result();
    const said = typeof result === 'string' && result.trim() !== '' ? `: ${result}` : '';
    return { state: 'Open', message: `the workflow ${type} is complete${said}` };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const message = `the workflow ${type} has ended without success: ${statedIn(error)}`;
    return { state: 'Failed', reason: GATE_REASONS.failed, message };
  }
}

/** Unless it was started before. */
async function start(
  { owner, name, gate, since, token }: AskGateInput,
  { type, ...how }: { type: string; taskQueue: string; workflowId: string; args: unknown[] },
  temporal: Temporal,
): Promise<void> {
  try {
    await temporal.workflow.start(type, {
      ...how,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      workflowExecutionTimeout: Math.max(1_000, Date.parse(deadlineOf(gate, since)) - Date.now()),
      memo: { [MEMO]: token },
      staticSummary: `gate ${name} of ${owner.namespace}/${owner.name}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/**
 * Resolves when it has ended, by one long poll after another: a worker's connection cannot be told to give up a call, and
 * `result()` makes them for ever.
 *
 * @throws the signal's reason, at once
 */
async function ended(handle: WorkflowHandle, temporal: Temporal, signal: AbortSignal): Promise<void> {
  const request = {
    namespace: temporal.options.namespace,
    execution: { workflowId: handle.workflowId },
    waitNewEvent: true,
    historyEventFilterType: CLOSE_EVENT,
  };
  let nextPageToken: Uint8Array | null | undefined;
  for (;;) {
    const page = { ...request, ...(nextPageToken && { nextPageToken }) };
    const polling = temporal.workflowService.getWorkflowExecutionHistory(page);
    const { history, nextPageToken: next } = await untilAborted(polling, signal);
    nextPageToken = next;
    if (!history?.events?.length) continue;
    nextPageToken = undefined;
    // One that continues as another has not ended.
    if ((await handle.describe()).status.name !== 'RUNNING') return;
  }
}

const CLOSE_EVENT = 2; // temporal.api.enums.v1.HistoryEventFilterType

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    promise.catch(() => undefined); // nobody waits for it any more
  }
}

/** Asks it to end, if it is the asking's and goes on. */
export async function withdrawWorkflow({ owner, token }: AskGateInput, { temporal }: WorkflowGateDeps): Promise<void> {
  const handle = temporal.workflow.getHandle(gateWorkflowId(owner, token));
  try {
    const description = await handle.describe();
    if (isOurs(description, token) && description.status.name === 'RUNNING') await handle.cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Whoever may write FogRollouts is not thereby somebody who may start any workflow: ours would do anything to any rollout. */
function assertAllowed(taskQueue: string, allowed: readonly string[]): void {
  const isOwn = taskQueue === HUB_QUEUE || taskQueue.startsWith(`${HUB_QUEUE}/`);
  if (!isOwn && allowed.includes(taskQueue)) return;
  const cure = isOwn ? 'it is our own' : 'FOG_ROLLOUTS_GATE_TASK_QUEUES of the workers does not list it';
  throw new GateProblem(GATE_REASONS.unrunnable, `Gates start no workflows on the task queue ${taskQueue}: ${cure}`);
}

function isOurs({ memo }: WorkflowExecutionDescription, token: string): boolean {
  return memo?.[MEMO] === token;
}

/** e.g. `no ticket`, or what Temporal says of its end. */
function statedIn({ cause, message }: WorkflowFailedError): string {
  for (let at: unknown = cause; at instanceof Error; at = at.cause) {
    if (!(at.cause instanceof Error)) return at.message;
  }
  return message;
}
