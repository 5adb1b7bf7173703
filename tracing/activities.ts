import type { Tracer } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
// Not the package's index, which loads its workflow interceptors, and an older SDK for them.
import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry/lib/worker/index.js';
import type { ActivityInterceptors, ActivityInterceptorsFactory } from '@temporalio/worker';
import { WORKFLOW_TYPE } from '../model/names.ts';
import { placeIn, type TracePlace, withPlace } from './header.ts';
import { runSpanId, traceIdOf } from './ids.ts';
import { ATTRIBUTES } from './span.ts';

/** Spans of activities, by Temporal's own interceptor: below what the workflow says, in the trace of the run and no other. */
export function activitySpans(tracer: Tracer): ActivityInterceptorsFactory {
  return (context) => {
    const { info } = context;
    const inner = new OpenTelemetryActivityInboundInterceptor(context, { tracer });
    let place: TracePlace | undefined;
    const interceptors: ActivityInterceptors = {
      inbound: {
        async execute(input, next) {
          place = placeIn(input.headers) ?? placeOf(info);
          if (!place) return await next(input);
          const headers = withPlace(input.headers, place);
          return await inner.execute({ ...input, headers }, (given) => {
            trace.getActiveSpan()?.setAttributes(attributesOf(info.attempt, input.args));
            return next(given);
          });
        },
      },
      outbound: {
        getLogAttributes: (input, next) => next(place ? { trace_id: place.traceId, ...input } : input),
      },
    };
    return interceptors;
  };
}

type Info = Parameters<ActivityInterceptorsFactory>[0]['info'];

/** Of a run whose workflow task was worked without tracing; undefined where it is not told which run that is. */
function placeOf({ workflowType, workflowExecution }: Info): TracePlace | undefined {
  if (workflowType !== WORKFLOW_TYPE || !workflowExecution) return undefined;
  const traceId = traceIdOf(workflowExecution.runId);
  return { traceId, parentId: runSpanId(traceId) };
}

function attributesOf(attempt: number, [input]: unknown[]): Record<string, string | number> {
  const { site, layer } = (input ?? {}) as { site?: { name?: unknown; layer?: unknown }; layer?: unknown };
  const said = { [ATTRIBUTES.layer]: site?.layer ?? layer, [ATTRIBUTES.site]: site?.name };
  const texts = Object.entries(said).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { [ATTRIBUTES.tries]: attempt, ...Object.fromEntries(texts) };
}
