/** A span that is over, as workflow code tells it to its worker: plain JSON. */
export interface EndedSpan {
  traceId: string;
  spanId: string;
  /** Left out, it is the root. */
  parentId?: string;
  /** The same for all of its kind. */
  name: string;
  /** ms since the epoch, likewise below. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string | number>;
  /** Why it has failed. */
  error?: string;
}

/** Sinks of the workflow bundle with tracing. */
export const SINK = 'fogTraces';

/** What the spans of ours say, by the names they have in traces. */
export const ATTRIBUTES = {
  namespace: 'fog_rollouts.namespace',
  rollout: 'fog_rollouts.rollout',
  kind: 'fog_rollouts.kind',
  version: 'fog_rollouts.version',
  generation: 'fog_rollouts.generation',
  attempt: 'fog_rollouts.attempt',
  /** Which try of an activity it is, from 1 on. */
  tries: 'fog_rollouts.try',
  layer: 'fog_rollouts.layer',
  wave: 'fog_rollouts.wave',
  site: 'fog_rollouts.site',
  phase: 'fog_rollouts.phase',
  reason: 'fog_rollouts.reason',
  role: 'fog_rollouts.role',
  queue: 'fog_rollouts.queue',
  /** As Temporal's interceptors name them. */
  workflowId: 'temporalWorkflowId',
  runId: 'run_id',
} as const;
