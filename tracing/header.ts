/** The Temporal header that says which trace a workflow or activity is in, as Temporal's own interceptors have it. */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';

/** @temporalio/interceptors-opentelemetry, instrumentation.ts: TRACE_HEADER. */
const HEADER = '_tracer-data';
/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = 'traceparent';
const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
/** What the run that goes on in a fresh one hands to it; Temporal's interceptors read nothing else than the other. */
const STATE = 'fog-rollouts';

/** Where in which trace somebody is. */
export interface TracePlace {
  traceId: string;
  /** The span that is above. */
  parentId: string;
  state?: string;
}

/** Adds where what is begun with these headers is. */
export function withPlace(headers: Headers, { traceId, parentId, state }: TracePlace): Headers {
  const carrier = { [TRACEPARENT]: `00-${traceId}-${parentId}-01`, ...(state !== undefined && { [STATE]: state }) };
  return { ...headers, [HEADER]: defaultPayloadConverter.toPayload(carrier) };
}

/** What they say; undefined where they say nothing that can be understood. Anybody may have written them. */
export function placeIn(headers: Headers): TracePlace | undefined {
  const payload = headers[HEADER];
  if (!payload) return undefined;
  try {
    const carrier = defaultPayloadConverter.fromPayload<Record<string, unknown>>(payload);
    const [, traceId, parentId] = FORM.exec(String(carrier[TRACEPARENT])) ?? [];
    if (traceId === undefined || parentId === undefined) return undefined;
    const state = carrier[STATE];
    return { traceId, parentId, ...(typeof state === 'string' && { state }) };
  } catch {
    return undefined;
  }
}
