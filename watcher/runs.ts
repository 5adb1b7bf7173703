import type { WorkflowClient, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { workflowId } from '../model/names.ts';
import type { RolloutKey } from '../model/types.ts';
import { isMissingRun, OtherNamespaceError } from './temporal-errors.ts';

/** How the run of a FogRollout stands in Temporal. */
export type RunState =
  | { kind: 'open'; runId: string; trouble?: RunTrouble }
  /** It has ended, however it did. */
  | { kind: 'ended'; runId: string }
  /** Temporal does not know it (any more). */
  | { kind: 'missing' };

/** Why an open run does not go on; `workflowId` where it is one that it waits for. */
export type RunTrouble =
  /** Its workflow task fails again and again; `cause` are the words of the last failure that the history has. */
  | { kind: 'failing'; cause: string; workflowId?: string }
  /** Its workflow task was taken by nobody for a while. */
  | { kind: 'waiting'; workflowId?: string };

/** Questions to Temporal that change nothing and are not billed. */
export interface Runs {
  /** @param below - ids of workflows that its open run may wait for, besides those that Temporal says it does */
  look(key: RolloutKey, below?: readonly string[]): Promise<RunState>;
  /** The id of the Temporal namespace: another one when it, or the whole database, was made anew. */
  namespaceId(): Promise<string>;
}

/** How long Temporal has to answer, in ms. */
const DEADLINE_MS = 10_000;
/** A workflow task in this attempt has failed more often than a worker that comes and goes explains. */
const FAILING_ATTEMPT = 3;
/** How long a workflow task may lie there, in ms, before it is said that nobody takes it. */
const UNTAKEN_MS = 20_000;
/** A failed workflow task is in the history once, near its end, however often it was tried. */
const LAST_EVENTS = 10;
/** How many of the runs that a run waits for, by Temporal's word, are looked at with it. */
const LOOKED_AT_BELOW = 10;
/** temporal.api.enums.v1.PendingWorkflowTaskState. */
const SCHEDULED = 1;

/** The message of a failure whose attributes are encoded is a payload, which who has no key for it reads nothing of. */
async function messageOf(
  { message, encodedAttributes }: temporal.api.failure.v1.IFailure,
  codecs: PayloadCodec[] = [],
): Promise<string | null | undefined> {
  if (!encodedAttributes) return message;
  try {
    let payloads: Payload[] = [encodedAttributes];
    for (const codec of codecs) payloads = await codec.decode(payloads);
    return defaultPayloadConverter.fromPayload<{ message?: string }>(payloads[0]!).message ?? message;
  } catch {
    return message;
  }
}

type Described = WorkflowExecutionDescription['raw'];

/** @param now - ms since the epoch, as Temporal's own times are */
export function createRuns(workflows: WorkflowClient, now: () => number = Date.now): Runs {
  const { connection, options, workflowService } = workflows;
  const ask = <T>(question: () => Promise<T>) => connection.withDeadline(Date.now() + DEADLINE_MS, question);
  const { namespace } = options;

  const causeOf = async (id: string, runId: string): Promise<string> => {
    const execution = { workflowId: id, runId };
    const request = { namespace, execution, maximumPageSize: LAST_EVENTS };
    const { history } = await ask(() => workflowService.getWorkflowExecutionHistoryReverse(request));
    for (const event of history?.events ?? []) {
      const { failure } = event.workflowTaskFailedEventAttributes ?? {};
      const message = failure && (await messageOf(failure, options.loadedDataConverter?.payloadCodecs));
      if (message) return message;
      if (event.workflowTaskTimedOutEventAttributes) return 'The worker did not answer in time';
    }
    return 'Temporal does not say why';
  };

  const troubleOf = async (id: string, runId: string, raw: Described): Promise<RunTrouble | undefined> => {
    const { attempt, state, scheduledTime } = raw.pendingWorkflowTask ?? {};
    if ((attempt ?? 0) > FAILING_ATTEMPT) return { kind: 'failing', cause: await causeOf(id, runId) };
    const since = Number(scheduledTime?.seconds ?? Number.NaN) * 1000;
    return state === SCHEDULED && now() - since > UNTAKEN_MS ? { kind: 'waiting' } : undefined;
  };

  const describe = async (id: string) => {
    try {
      return await ask(() => workflows.getHandle(id).describe());
    } catch (error) {
      if (isMissingRun(error)) return undefined;
      throw error;
    }
  };

  /** A run of many sites waits for runs of its own: the first of them that does not go on. */
  const troubleBelow = async (raw: Described, below: readonly string[]): Promise<RunTrouble | undefined> => {
    const pending = (raw.pendingChildren ?? []).slice(0, LOOKED_AT_BELOW).flatMap(({ workflowId: id }) => id || []);
    for (const id of new Set([...pending, ...below])) {
      const child = await describe(id);
      const trouble = child && (await troubleOf(id, child.runId, child.raw));
      if (trouble) return { ...trouble, workflowId: id };
    }
    return undefined;
  };

  return {
    async look({ namespace: space, name }, below = []) {
      const id = workflowId(space, name);
      const run = await describe(id);
      if (!run) return { kind: 'missing' };
      const { raw, runId } = run;
      if (run.status.name !== 'RUNNING') return { kind: 'ended', runId };
      const trouble = (await troubleOf(id, runId, raw)) ?? (await troubleBelow(raw, below));
      return { kind: 'open', runId, ...(trouble && { trouble }) };
    },

    async namespaceId() {
      const { namespaceInfo } = await ask(() => workflowService.describeNamespace({ namespace }));
      const { id, name } = namespaceInfo ?? {};
      if (name !== namespace) throw new OtherNamespaceError(`It answers for namespace ${name}, not for ${namespace}`);
      return id ?? '';
    },
  };
}
