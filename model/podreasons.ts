import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { eventReasons, newestOf } from './pod-events.ts';

export interface PodReason {
  /** CamelCase, as Kubernetes has it: ImagePullBackOff, Unschedulable, OOMKilled, … */
  reason: string;
  /** e.g. `container nginx of web-edge-abc: Back-off pulling image "…"`. */
  message: string;
  /** How many containers or pods have it; the message is one of theirs. */
  count: number;
}

/** What is known besides the Deployment's own status when its pods do not come up. */
export interface Evidence {
  /** Of the ReplicaSet that the Deployment is on its way to, and of no earlier one. */
  pods: readonly V1Pod[];
  /** Of those pods, and of that ReplicaSet. */
  events: readonly CoreV1Event[];
}

/**
 * The failures worth reading out of a Deployment's pods and their events, worst first: what will not cure itself (a bad
 * image, a bad reference) before what might (a crash, no room). Pods that are merely on their way give none.
 */
export function podReasons({ pods, events }: Evidence): PodReason[] {
  const groups = new Map<string, PodReason>();
  for (const { reason, message } of [...pods.flatMap((pod) => reasonsOfPod(pod, events)), ...createReasons(events)]) {
    const group = groups.get(reason);
    if (group) group.count += 1;
    else groups.set(reason, { reason, message, count: 1 });
  }
  return [...groups.values()].sort((a, b) => rank(a.reason) - rank(b.reason) || b.count - a.count);
}

/** In the order of how sure it is that waiting will not help. */
const WORST_FIRST = [
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'ImagePullBackOff',
  'ErrImagePull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'OOMKilled',
  'CrashLoopBackOff',
  'Restarted',
  'FailedCreate',
  'FailedMount',
  'FailedAttachVolume',
  'Evicted',
  'Unschedulable',
  'LivenessProbeFailed',
  'StartupProbeFailed',
  'ReadinessProbeFailed',
];

/** It has crashed, and runs at present. */
const RESTARTED = 'Restarted';

/** Says only that it is so: of no use beside any other. */
const NOT_READY = 'NotReady';

function rank(reason: string): number {
  if (reason === NOT_READY) return WORST_FIRST.length + 1;
  const at = WORST_FIRST.indexOf(reason);
  return at === -1 ? WORST_FIRST.length : at;
}

/** Waiting reasons of a pod that is merely starting. */
const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

type Found = Omit<PodReason, 'count'>;

function reasonsOfPod(pod: V1Pod, events: readonly CoreV1Event[]): Found[] {
  // A pod that is being deleted belongs to an earlier revision or will be replaced.
  if (pod.metadata?.deletionTimestamp) return [];
  const found = statusReasons(pod);
  const all = [...found, ...eventReasons(pod, events, found.length > 0)];
  return all.length > 0 ? all : notReadyReasons(pod);
}

function statusReasons({ metadata, spec, status }: V1Pod): Found[] {
  const name = metadata?.name ?? 'a pod';
  const found: Found[] = [];
  if (status?.phase === 'Failed' && status.reason) {
    found.push({ reason: status.reason, message: `pod ${name}: ${status.reason}${tail(status.message)}` });
  }
  for (const { type, status: state, reason, message } of status?.conditions ?? []) {
    const isTold = type === 'PodScheduled' || (type === 'Ready' && reason === 'ReadinessGatesNotReady');
    if (isTold && state === 'False' && reason) {
      found.push({ reason, message: `pod ${name}: ${reason}${tail(message)}` });
    }
  }
  const reasonIn = (what: string) => (container: V1ContainerStatus) =>
    reasonOf(container, `${what} ${container.name} of ${name}`, spec);
  found.push(...(status?.initContainerStatuses ?? []).flatMap(reasonIn('init container')));
  found.push(...(status?.containerStatuses ?? []).flatMap(reasonIn('container')));
  return found;
}

function reasonOf(
  { name, ready, state, lastState, restartCount }: V1ContainerStatus,
  where: string,
  spec?: V1PodSpec,
): Found[] {
  const ended = state?.terminated ?? lastState?.terminated;
  const waiting = state?.waiting;
  const isCrashing =
    waiting?.reason === 'CrashLoopBackOff' || (!waiting && state?.terminated && state.terminated.exitCode !== 0);
  // Between two crashes, on its way to the next.
  const isBack = state?.running && ready === false && ended !== undefined && (restartCount ?? 0) > 0;
  if (isCrashing || isBack) {
    const isOutOfMemory = ended?.reason === 'OOMKilled';
    const reason = isOutOfMemory ? 'OOMKilled' : isCrashing ? (waiting?.reason ?? 'CrashLoopBackOff') : RESTARTED;
    const what = reason === RESTARTED ? `restarted ${restartCount} ${restartCount === 1 ? 'time' : 'times'}` : reason;
    const exit = ended ? `, last exit code ${ended.exitCode}` : '';
    const limit = isOutOfMemory ? memoryLimit(name, spec) : '';
    return [{ reason, message: `${where}: ${what}${exit}${limit}${tail(ended?.message ?? waiting?.message)}` }];
  }
  if (!waiting?.reason || ON_ITS_WAY.has(waiting.reason)) return [];
  return [{ reason: waiting.reason, message: `${where}: ${waiting.reason}${tail(waiting.message)}` }];
}

function memoryLimit(container: string, spec: V1PodSpec | undefined): string {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const limit = all.find(({ name }) => name === container)?.resources?.limits?.memory;
  return limit === undefined ? '' : `, memory limit ${limit}`;
}

/** A pod that runs and is never ready, where nothing says why: its kubelet tells that in events alone. */
function notReadyReasons({ metadata, status }: V1Pod): Found[] {
  const of = (what: string, containers: V1ContainerStatus[] | undefined, words: string) =>
    (containers ?? [])
      .filter(({ state, ready }) => state?.running && ready === false)
      .map(({ name }) => ({ reason: NOT_READY, message: `${what} ${name} of ${metadata?.name}: ${words}` }));
  return [
    ...of('init container', status?.initContainerStatuses, 'still running'),
    ...of('container', status?.containerStatuses, 'running, but not ready'),
  ];
}

/** Why a ReplicaSet gets no pods: over quota, refused by an admission rule. */
function createReasons(events: readonly CoreV1Event[]): Found[] {
  const refused = events.filter(
    ({ involvedObject, reason }) => involvedObject.kind === 'ReplicaSet' && reason === 'FailedCreate',
  );
  const last = newestOf(refused);
  if (!last) return [];
  return [{ reason: 'FailedCreate', message: `ReplicaSet ${last.involvedObject.name}${tail(last.message)}` }];
}

function tail(message: string | undefined): string {
  return message ? `: ${message}` : '';
}
