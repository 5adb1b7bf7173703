/**
 * Workflow interceptors, in the bundle that is used with tracing: they say to each activity and shard where in the run's trace it
 * is, and tell the worker of the spans that have ended. They wait for nothing and change the order of nothing, so that a run that
 * was begun without them goes on with them, and the other way round; Temporal's own do (docs/adr/0039-traces.md).
 */
import type { Headers } from '@temporalio/common';
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { WORKFLOW_TYPE } from '../model/names.ts';
import { SHARD_WORKFLOW_TYPE } from '../model/shards.ts';
import { followedBy } from '../workflows/parts.ts';
import { placeIn, withPlace } from './header.ts';
import { RunTrace } from './run-trace.ts';
import type { EndedSpan, SINK } from './span.ts';

export interface TraceSinks extends Sinks {
  [SINK]: { ended(span: EndedSpan): void };
}

/** The workflows that are a run, or a part of one. */
const TRACED: ReadonlySet<string> = new Set([WORKFLOW_TYPE, SHARD_WORKFLOW_TYPE]);

export const interceptors: WorkflowInterceptorsFactory = () => {
  if (!TRACED.has(workflowInfo().workflowType)) return {};
  let trace: RunTrace | undefined;
  let goesOn = false;
  return {
    inbound: [
      {
        execute(input, next) {
          trace = safely(() => traceFrom(input.headers), undefined);
          if (trace) followedBy(trace);
          const result = next(input);
          result.then(
            () => safely(() => trace?.runEnded(), undefined),
            (error: unknown) => safely(() => (goesOn ? undefined : trace?.runEnded(failureOf(error))), undefined),
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
          const [following] = input.args as [{ resumed?: unknown; state?: unknown } | undefined];
          goesOn = following?.resumed !== undefined || following?.state !== undefined;
          // Another change is another run, whose trace is its own.
          if (!trace || !goesOn) return next(input);
          const { carried } = trace;
          return next({ ...input, headers: withPlace(input.headers, carried) });
        },
        getLogAttributes: (input, next) => next(trace ? { trace_id: trace.traceId, ...input } : input),
      },
    ],
  };

  function placed<I extends { headers: Headers }>(input: I, type: string, args: unknown[]): I {
    const { headers } = input;
    return safely(() => (trace ? { ...input, headers: withPlace(headers, trace.placeFor(type, args)) } : input), input);
  }
};

function traceFrom(headers: Headers): RunTrace {
  const { workflowId, runId, runStartTime, parent } = workflowInfo();
  const { fogTraces } = proxySinks<TraceSinks>();
  return new RunTrace({
    ...{ workflowId, runId, startedAt: runStartTime.getTime(), from: placeIn(headers) },
    parentRunId: parent?.runId,
    now: () => Date.now(),
    ended: (span) => fogTraces.ended(span),
  });
}

/** Whatever becomes of its trace, the run goes on. */
function safely<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

/** What made the run end otherwise than well; undefined where it only gave way to another. */
function failureOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'ContinueAsNew' ? undefined : error.message;
}
