import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/** What a pod's status does not say, its events may: a kubelet tells of a probe that fails, or a mount, nowhere else. */
export interface EventReason {
  /** CamelCase, the event's: FailedMount, …; of a probe that fails, which one: ReadinessProbeFailed. */
  reason: string;
  /** e.g. `container web of web-1: Readiness probe failed: HTTP probe failed with statuscode: 404 (7 times)`. */
  message: string;
}

/**
 * The warnings about a pod that still hold, newest first, one of each kind. None of a pod that is ready, and none about
 * what it has left behind: that it found no node once, though it has one now.
 *
 * @param isExplained - the pod's status says something itself; then it is not said twice
 */
export function eventReasons(pod: V1Pod, events: readonly CoreV1Event[], isExplained: boolean): EventReason[] {
  if (isReady(pod)) return [];
  const own = events.filter(
    (event) =>
      event.type === 'Warning' &&
      event.involvedObject.uid === pod.metadata?.uid &&
      !isOver(event.reason, pod) &&
      !(isExplained && REPEATS_THE_STATUS.has(event.reason ?? '')),
  );
  const kinds = new Map<string, CoreV1Event>();
  for (const event of newestFirst(own)) if (!kinds.has(kindOf(event))) kinds.set(kindOf(event), event);
  return [...kinds.values()].map((event) => ({
    reason: reasonFor(event),
    message: `${subjectOf(event, pod)}: ${wordsOf(event)}`,
  }));
}

/** The event that was seen last. */
export function newestOf(events: readonly CoreV1Event[]): CoreV1Event | undefined {
  return newestFirst(events)[0];
}

/** The kubelet's and the scheduler's words for what container states and the condition PodScheduled say too. */
const REPEATS_THE_STATUS = new Set(['BackOff', 'Failed', 'FailedScheduling', 'InspectFailed', 'ErrImageNeverPull']);

const BEFORE_A_NODE = new Set(['FailedScheduling']);
const BEFORE_A_START = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
]);

/** Whether the pod is past what the event tells of. */
function isOver(reason: string | undefined, { spec, status }: V1Pod): boolean {
  if (BEFORE_A_NODE.has(reason ?? '')) return Boolean(spec?.nodeName);
  if (!BEFORE_A_START.has(reason ?? '')) return false;
  const began = ({ state, lastState }: V1ContainerStatus) =>
    Boolean(state?.running ?? state?.terminated ?? lastState?.terminated);
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(began);
}

export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

function kindOf(event: CoreV1Event): string {
  return `${reasonFor(event)}/${event.involvedObject.fieldPath}`;
}

/** The three probes share a reason, and each may fail in its own way. */
function reasonFor({ reason = 'Warning', message = '' }: CoreV1Event): string {
  const probe = reason === 'Unhealthy' && /^(\w+) probe/.exec(message)?.[1];
  return probe ? `${probe}ProbeFailed` : reason;
}

function subjectOf({ involvedObject }: CoreV1Event, { metadata }: V1Pod): string {
  const [, kind, container] =
    /^spec\.(c|initC|ephemeralC)ontainers\{(.+)\}$/.exec(involvedObject.fieldPath ?? '') ?? [];
  if (!container) return `pod ${metadata?.name}`;
  return `${kind === 'initC' ? 'init container' : 'container'} ${container} of ${metadata?.name}`;
}

function wordsOf({ reason, message, count, series }: CoreV1Event): string {
  const times = series?.count ?? count ?? 1;
  const words = message?.trim() || reason || 'a warning';
  // "Readiness probe failed" says it all; what other words are about, the reason tells.
  const named = reason === 'Unhealthy' || !reason ? words : `${reason}: ${words}`;
  return times > 1 ? `${named} (${times} times)` : named;
}

function newestFirst(events: readonly CoreV1Event[]): CoreV1Event[] {
  return [...events].sort((a, b) => seenAt(b) - seenAt(a));
}

/** Which of the times an event has depends on who wrote it, and in which API. */
function seenAt({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp;
  const parsed = new Date((time as Date | string | undefined) ?? 0).getTime();
  return Number.isNaN(parsed) ? 0 : parsed;
}
