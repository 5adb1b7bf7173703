/** A complete one of each message that a run takes, and of each kind of gate: with all the fields that there are. */
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type {
  ChangeSignal,
  HealthSignal,
  LayerRepair,
  RemoveSignal,
  RepairSignal,
  Rollback,
  SitesSignal,
  WindowsSignal,
} from '../../../../model/signals.ts';
import type {
  ApprovalGate,
  Gate,
  HttpGate,
  JobGate,
  LayerStrategy,
  MetricGate,
  Revision,
  WindowPeriod,
  WorkflowGate,
} from '../../../../model/types.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
import { anOwner } from './messages.ts';

const AT = '2026-01-01T00:00:00Z';

const APPROVAL: Required<ApprovalGate> = {
  required: 2,
  reason: 'shop floor',
  notAuthor: true,
  expiresAfterSeconds: 60,
  onExpire: 'Fail',
};
const PERIOD: Required<WindowPeriod> = {
  start: '2026-01-05T08:00',
  duration: 'PT8H',
  timeZone: 'Europe/Berlin',
  rrule: 'FREQ=DAILY',
};
const secretRef = { name: 'gates', key: 'token' };
const HTTP: Required<HttpGate> = {
  url: 'https://board.example',
  secretRef,
  success: 'status == 200',
  failure: 'status == 409',
  timeoutSeconds: 10,
  retrySeconds: 60,
  deadlineSeconds: 3600,
};
const JOB: Required<JobGate> = { cronJob: 'smoke', deadlineSeconds: 600 };
const WORKFLOW: Required<WorkflowGate> = {
  type: 'review',
  taskQueue: 'reviews',
  input: { board: 'shop' },
  deadlineSeconds: 600,
};
const METRIC: Required<MetricGate> = {
  prometheus: { url: 'https://prometheus.example', query: 'up', secretRef },
  success: 'result[0] == 1',
  failure: 'result[0] == 0',
  intervalSeconds: 60,
  count: 5,
  failureLimit: 1,
  inconclusiveLimit: 3,
};

/** By what they wait for; what has a window of its own is a kind here. */
export const GATES = {
  approval: { name: 'shop', approval: APPROVAL },
  window: { name: 'night', window: { ref: 'night' } },
  inline: { name: 'night', window: { allow: [PERIOD], deny: [PERIOD] } },
  http: { name: 'board', http: HTTP },
  job: { name: 'smoke', job: JOB },
  workflow: { name: 'review', workflow: WORKFLOW },
  metric: { name: 'errors', metric: METRIC },
} satisfies Record<'inline' | Exclude<keyof Gate, 'name'>, Gate>;

const LAYER: Required<LayerStrategy> = {
  before: [{ approval: {} }],
  after: [{ approval: {} }],
  soakSeconds: 60,
  siteSelector: { matchLabels: { ring: 'one' }, matchExpressions: [{ key: 'ring', operator: 'In', values: ['one'] }] },
  prune: true,
  maxConcurrency: '10%',
  maxFailures: '10%',
  minSuccess: '10%',
  waves: [{ name: 'canary', size: '10%', siteSelector: { matchLabels: { ring: 'one' } }, after: [{ approval: {} }] }],
  order: 'rank',
  rampUp: { initial: 1, factor: 2 },
  maxSitesPerMinute: 60,
  offline: { policy: 'Wait', afterSeconds: 60, minReachable: '10%', expireAfterSeconds: 3600 },
};

const REVISION: Required<Revision> = {
  generation: 4,
  attempt: 1,
  version: 'v4',
  hash: 'hash-4',
  layers: { edge: { containers: [] } },
  hashes: { edge: 'hash-4-edge' },
  strategy: {
    paused: false,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    onFailure: 'Rollback',
    rollbackWindowSeconds: 60,
    promotion: 'Branch',
    layers: { edge: LAYER },
  },
};

const WINDOW: Required<Omit<ToldWindow, 'inline'>> = {
  name: 'night',
  namespace: 'ops',
  overrun: 'Finish',
  holds: true,
  reason: 'the shops are open',
  fault: 'There is no time zone X',
  timetable: { closed: [{ from: AT, until: '2026-01-01T08:00:00Z' }], knownUntil: '2026-01-03T00:00:00Z' },
};

const GOES_BACK: Required<Rollback> = { generation: 3, by: 'alice', reason: 'on fire', at: AT };

export const CHANGE: Required<ChangeSignal> = {
  owner: anOwner(1),
  revision: REVISION,
  author: 'alice',
  fleet: ['edge'],
  isOneOfMany: true,
  action: 'uid-of-an-action',
  windows: [{ ...WINDOW, inline: true }],
  asked: {
    action: 'Rollback',
    layer: 'edge',
    wave: 'canary',
    gate: 'shop',
    plan: '1',
    by: 'alice',
    at: AT,
    reason: 'on fire',
  },
  rollback: GOES_BACK,
  restartedAt: AT,
};

export const REMOVAL: Required<RemoveSignal> = { owner: anOwner(1), fleet: ['edge'], orphan: true };

const LAYER_REPAIR: Required<LayerRepair> = {
  layer: 'edge',
  generation: 4,
  attempt: 1,
  fleet: true,
  drifted: ['edge-1'],
  leaves: 'leftovers',
  leavesBy: 4,
};
export const REPAIR: Required<RepairSignal> = { owner: anOwner(1), generation: 4, layers: [LAYER_REPAIR] };

export const HEALTH: Required<HealthSignal> = { uid: 'uid-1', layer: 'edge', ready: false, message: 'its pods crash' };
export const SITES: Required<SitesSignal> = { layer: 'edge', sites: ['edge-1'] };
export const WINDOWS: Required<WindowsSignal> = { uid: 'uid-1', windows: [WINDOW] };

export const ROLLBACK: Required<ActionRequest> = {
  uid: 'uid-of-an-action',
  action: 'Rollback',
  by: 'alice',
  at: AT,
  layer: 'edge',
  wave: 'canary',
  site: 'edge-1',
  gate: 'shop',
  revision: 3,
  plan: '1',
  reason: 'on fire',
  to: REVISION,
};
