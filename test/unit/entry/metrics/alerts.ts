/** Series by which each alert fires, in promtool's notation: `0+60x120` begins at 0, and grows by 60 a minute. */

export interface Series {
  series: string;
  /** Empty: it is not there. */
  values: string;
}

/** A minute a value, for two hours. */
const still = (value: number) => `${value}x120`;
const growing = (by: number) => `0+${by}x120`;

function of(name: string, labels: Record<string, string>, values: string): Series {
  const all = Object.entries({ namespace: 'fog-rollouts-system', ...labels });
  return { series: `${name}{${all.map(([key, value]) => `${key}="${value}"`).join(', ')}}`, values };
}

const away = (value: number) => of('fog_rollouts_temporal_away', { pod: 'watcher-1' }, still(value));
const leads = (pod: string, values: string) => of('fog_rollouts_leader', { pod }, values);
const ready = (part: string, pod: string, values: string) => of('fog_rollouts_part_ready', { part, pod }, values);
const watch = (cluster: string, values: string) =>
  of('fog_rollouts_watch_age_seconds', { pod: 'api-1', cluster, type: 'fogrollouts.paguos.io' }, values);
const kube = (code: string, by: number) =>
  of('fog_rollouts_kube_requests_total', { pod: 'worker-1', code }, growing(by));
const stalled = (value: number) =>
  of('fog_rollouts_rollouts_stalled', { pod: 'watcher-1', reason: 'Forbidden' }, still(value));
const sites = (state: string, value: number) =>
  of('fog_rollouts_sites', { pod: 'watcher-1', layer: 'edge', state }, still(value));
const waited = (value: number) =>
  of('fog_rollouts_queue_oldest_seconds', { pod: 'watcher-1', queue: 'changes' }, still(value));
const requests = (route: string, status: string, by: number) =>
  of('fog_rollouts_http_request_duration_seconds_count', { pod: 'api-1', route, status }, growing(by));
const tasks = (by: number) =>
  of(
    'temporal_workflow_task_execution_failed_total',
    { pod: 'worker-1', workflow_type: 'rolloutWorkflow' },
    growing(by),
  );

const polls = (by: number) =>
  of('temporal_long_request_failure_total', { pod: 'worker-1', operation: 'PollWorkflowTaskQueue' }, growing(by));

const untold = (value: number) =>
  of('fog_rollouts_notifications_oldest_seconds', { pod: 'watcher-1', sink: 'chat' }, still(value));
const givenUp = (by: number) =>
  of('fog_rollouts_notifications_total', { pod: 'watcher-1', sink: 'chat', outcome: 'given_up' }, growing(by));

/** All is well, though a few things go wrong as they do. */
export const HEALTHY: Series[] = [
  away(0),
  leads('watcher-1', still(1)),
  leads('watcher-2', still(0)),
  ready('worker', 'worker-1', still(1)),
  ready('temporal', 'worker-1', still(1)),
  watch('hub', still(60)),
  watch('sites', still(4_000)),
  kube('200', 600),
  kube('0', 6),
  stalled(0),
  sites('usable', 95),
  sites('out_of_reach', 5),
  waited(2),
  untold(60),
  givenUp(0),
  requests('/rollouts', '200', 600),
  requests('/rollouts', '503', 6),
  requests('/readyz', '503', 600),
  tasks(0.5), // that lasted too long
  polls(6),
];

export const ALERTS: {
  alert: string;
  cause: string;
  /** In place of the same of {@link HEALTHY}. */
  series: Series[];
  /** After so many it fires. */
  minutes: number;
  /** Others that fire for the same cause. */
  besides?: string[];
}[] = [
  { alert: 'FogRolloutsTemporalUnavailable', cause: 'it does not answer', series: [away(1)], minutes: 3 },
  {
    alert: 'FogRolloutsTemporalUnavailable',
    cause: 'a process cannot connect',
    series: [ready('temporal', 'worker-1', still(0))],
    minutes: 3,
  },
  {
    alert: 'FogRolloutsTemporalUnavailable',
    cause: 'workers ask for work in vain',
    series: [polls(60)],
    minutes: 5,
  },
  { alert: 'FogRolloutsWorkflowTasksFail', cause: 'one a minute', series: [tasks(1)], minutes: 15 },
  { alert: 'FogRolloutsWatchOld', cause: 'nothing is heard', series: [watch('hub', growing(60))], minutes: 7 },
  { alert: 'FogRolloutsKubernetesErrors', cause: 'no answer', series: [kube('0', 100)], minutes: 12 },
  {
    alert: 'FogRolloutsNoLeader',
    cause: 'all stand by',
    series: [leads('watcher-1', still(0))],
    minutes: 3,
  },
  {
    alert: 'FogRolloutsNoLeader',
    cause: 'there is no watcher',
    series: [leads('watcher-1', ''), leads('watcher-2', '')],
    minutes: 3,
  },
  {
    alert: 'FogRolloutsNoWorker',
    cause: 'it is not ready',
    series: [ready('worker', 'worker-1', still(0))],
    minutes: 6,
  },
  { alert: 'FogRolloutsNoWorker', cause: 'there is none', series: [ready('worker', 'worker-1', '')], minutes: 6 },
  { alert: 'FogRolloutsStalled', cause: 'two have failed', series: [stalled(2)], minutes: 16 },
  { alert: 'FogRolloutsSitesOutOfReach', cause: 'a fifth', series: [sites('out_of_reach', 25)], minutes: 16 },
  { alert: 'FogRolloutsQueueSlow', cause: 'a minute and a half', series: [waited(90)], minutes: 6 },
  { alert: 'FogRolloutsNotificationsWait', cause: 'for half an hour', series: [untold(1_800)], minutes: 6 },
  { alert: 'FogRolloutsNotificationsWait', cause: 'one a minute is given up', series: [givenUp(1)], minutes: 8 },
  { alert: 'FogRolloutsApiErrors', cause: 'a tenth', series: [requests('/rollouts', '503', 70)], minutes: 12 },
];
