import { hash } from 'node:crypto';
import type { RawWorkflowExecutionInfo, WorkflowService } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, workflowId } from '../model/names.ts';
import { type HistoryReader, HistoryUnavailable, InvalidPageToken, type RunStatus, type RunSummary } from './deps.ts';

/** Milliseconds a request to Temporal may take. */
const DEADLINE = 5_000;

/** Why a run failed costs a request of its own, so a page tells it of its newest failed runs only. */
const FAILURES_PER_PAGE = 20;

/** Why a run failed never changes: that many answers are kept. */
const FAILURES_KEPT = 1_000;

/** HistoryEventFilterType: the event that closed the run. */
const CLOSE_EVENT = 2;

/** Characters of a page token that tell whether it is one of ours. */
const SEAL_LENGTH = 8;

/** temporal.api.enums.v1.WorkflowExecutionStatus, by number. */
const STATUS_NAMES: readonly RunStatus[] = [
  'Unknown',
  'Running',
  'Completed',
  'Failed',
  'Canceled',
  'Terminated',
  'ContinuedAsNew',
  'TimedOut',
  'Paused',
];

/** The part of `@temporalio/client`'s Client that is used here. */
export interface TemporalReader {
  readonly options: { namespace: string };
  readonly workflowService: Pick<WorkflowService, 'listWorkflowExecutions' | 'getWorkflowExecutionHistory'>;
  withDeadline<R>(deadline: number | Date, fn: () => Promise<R>): Promise<R>;
}

/** Reads the runs of a rollout from Temporal's visibility, which lists the newest first. */
export function createHistoryReader(client: TemporalReader): HistoryReader {
  const failures = new Map<string, string>();

  async function ask<R>(request: () => Promise<R>): Promise<R> {
    try {
      return await client.withDeadline(Date.now() + DEADLINE, request);
    } catch (error) {
      throw new HistoryUnavailable('Temporal did not answer the request for the history', { cause: error });
    }
  }

  async function failureOf(id: string, runId: string): Promise<string | undefined> {
    const known = failures.get(runId);
    if (known !== undefined) return known;
    const { history } = await ask(() =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId: id, runId },
        historyEventFilterType: CLOSE_EVENT,
        maximumPageSize: 1,
      }),
    );
    const text = reasonOf(history?.events?.at(-1)?.workflowExecutionFailedEventAttributes?.failure);
    if (text !== undefined) {
      if (failures.size >= FAILURES_KEPT) failures.delete(failures.keys().next().value!);
      failures.set(runId, text);
    }
    return text;
  }

  return {
    async runs(namespace, name, { limit, pageToken }) {
      const id = workflowId(namespace, name);
      const nextPageToken = pageToken === undefined ? undefined : unsealed(id, pageToken);
      const page = await ask(() =>
        client.workflowService.listWorkflowExecutions({
          namespace: client.options.namespace,
          // Both parts are DNS names, so there is nothing to escape.
          query: `WorkflowId = "${id}"`,
          pageSize: limit,
          nextPageToken,
        }),
      );

      const runs = page.executions.map(summaryOf);
      const failed = runs.filter(({ status }) => status === 'Failed').slice(0, FAILURES_PER_PAGE);
      await Promise.all(
        failed.map(async (run) => {
          // A reason that cannot be read now does not keep the page from being shown.
          run.failure = await failureOf(id, run.runId).catch(() => undefined);
        }),
      );
      const next = page.nextPageToken?.length ? sealed(id, page.nextPageToken) : undefined;
      return { runs, next };
    },
  };
}

/**
 * Temporal answers a token that is not its own as if it were away, after all its retries; so tokens carry a
 * checksum, which keeps apart those that were cut or are another rollout's.
 */
function sealed(id: string, token: Uint8Array): string {
  return sealOf(id, token) + Buffer.from(token).toString('base64url');
}

function unsealed(id: string, text: string): Buffer {
  const token = Buffer.from(text.slice(SEAL_LENGTH), 'base64url');
  if (text !== sealed(id, token)) throw new InvalidPageToken(`Not a page token of ${id}`);
  return token;
}

function sealOf(id: string, token: Uint8Array): string {
  return hash('sha1', Buffer.concat([Buffer.from(id), token]), 'base64url').slice(0, SEAL_LENGTH);
}

function summaryOf(raw: RawWorkflowExecutionInfo): RunSummary {
  return {
    runId: raw.execution?.runId ?? '',
    status: STATUS_NAMES[raw.status ?? 0] ?? 'Unknown',
    version: attributeOf(raw, SEARCH_ATTRIBUTES.version),
    phase: attributeOf(raw, SEARCH_ATTRIBUTES.phase),
    startTime: timeOf(raw.startTime) ?? new Date(0).toISOString(),
    closeTime: timeOf(raw.closeTime),
  };
}

function attributeOf(raw: RawWorkflowExecutionInfo, name: string): string | undefined {
  const payload = raw.searchAttributes?.indexedFields?.[name];
  if (!payload) return undefined;
  const value: unknown = defaultPayloadConverter.fromPayload(payload);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function timeOf(timestamp: RawWorkflowExecutionInfo['startTime']): string | undefined {
  if (!timestamp) return undefined;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + Math.floor((timestamp.nanos ?? 0) / 1e6)).toISOString();
}

interface FailureChain {
  message?: string | null;
  applicationFailureInfo?: unknown;
  cause?: FailureChain | null;
}

/** The first message of ours in the chain: those around it only say that an activity failed. */
function reasonOf(failure: FailureChain | null | undefined): string | undefined {
  for (let link = failure; link; link = link.cause) {
    if (link.message && (link.applicationFailureInfo || !link.cause)) return link.message;
  }
  return undefined;
}
