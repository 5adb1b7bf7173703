/**
 * Workflow interceptors, in the bundle that is used with tracing: they say to each activity and shard where in the run's trace it
 * is, and tell the worker of the spans that have ended. They wait for nothing and change the order of nothing, so that a run that
 * was begun without them goes on with them, and the other way round; Temporal's own do (docs/adr/0038-traces.md).
 */
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { SHARD_WORKFLOW_TYPE } from '../model/shards.ts';
import { followedBy } from '../workflows/parts.ts';
import { placeIn, withPlace } from './header.ts';
import { RunTrace } from './run-trace.ts';
import type { EndedSpan, SINK } from './span.ts';

export interface TraceSinks extends Sinks {
  [SINK]: { ended(span: EndedSpan): void };
}

/** The workflows that are a run, or a part of one. */
const TRACED = new Set(['rolloutWorkflow', SHARD_WORKFLOW_TYPE]);

export const interceptors: WorkflowInterceptorsFactory = () => {
  if (!TRACED.has(workflowInfo().workflowType)) return {};
  const { fogTraces } = proxySinks<TraceSinks>();
  let trace: RunTrace | undefined;
  let goesOn = false;
  return {
    inbound: [
      {
        execute(input, next) {
          const { workflowId, runId, runStartTime, parent } = workflowInfo();
          const begun = new RunTrace({
            ...{ workflowId, runId, startedAt: runStartTime.getTime(), from: placeIn(input.headers) },
            parentRunId: parent?.runId,
            now: () => Date.now(),
            ended: (span) => fogTraces.ended(span),
          });
          trace = begun;
          followedBy(begun);
          const result = next(input);
          result.then(
            () => begun.runEnded(),
            (error: unknown) => {
              if (!goesOn) begun.runEnded(failureOf(error));
            },
          );
          return result;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(placed(input, input.activityType, input.args)),
        scheduleLocalActivity: (input, next) => next(placed(input, input.activityType, input.args)),
        startChildWorkflowExecution: (input, next) => next(placed(input, input.workflowType, input.options.args ?? [])),
        continueAsNew(input, next) {
          const [next_] = input.args as [{ resumed?: unknown; state?: unknown } | undefined];
          goesOn = next_?.resumed !== undefined || next_?.state !== undefined;
          // Another change is another run, whose trace is its own.
          if (!trace || !goesOn) return next(input);
          return next({ ...input, headers: withPlace(input.headers, trace.carried) });
        },
        getLogAttributes: (input, next) => next(trace ? { trace_id: trace.traceId, ...input } : input),
      },
    ],
  };

  function placed<I extends { headers: Parameters<typeof withPlace>[0] }>(input: I, type: string, args: unknown[]): I {
    return trace ? { ...input, headers: withPlace(input.headers, trace.placeFor(type, args)) } : input;
  }
};

/** What made the run end otherwise than well; undefined where it only gave way to another. */
function failureOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'ContinueAsNew' ? undefined : error.message;
}
