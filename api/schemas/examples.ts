/** What answers look like: of one FogRollout on its way, and of two places that it goes to. */

const RUN_ID = '01a203ac-daa8-7609-ae8f-c6135131ba81';
const TRACE_ID = RUN_ID.replaceAll('-', '');
const BEGAN = '2026-11-22T11:59:00Z';
const NONE = { total: 1, updated: 0, ready: 0, failed: 0, deferred: 0 };
const READY = { ...NONE, updated: 1, ready: 1 };
const CONTAINERS = { containers: [{ name: 'web', image: 'nginx:1.28' }] };
const KEY = { namespace: 'shop', name: 'web' };
const REVISION = { generation: 4, version: 'v1.2.0', hash: '6c1f0d9a' };

const GATE = {
  layer: 'edge',
  at: 'before',
  name: 'shop-floor',
  state: 'Closed',
  message: 'waits for an approval (the shops are closed)',
  since: '2026-11-22T11:59:42Z',
};

export const ROLLOUT_LIST = { fogrollouts: [{ name: 'web', version: 'v1.2.0' }] };

export const ROLLOUT = {
  apiVersion: 'paguos.io/v1alpha1',
  kind: 'FogRollout',
  metadata: {
    ...KEY,
    uid: '8a5e0b0e-4f0e-4c8c-9c0e-0d8a4f6f3b11',
    resourceVersion: '1042',
    generation: 4,
    creationTimestamp: '2026-11-20T09:00:00Z',
  },
  spec: { version: 'v1.2.0', deployments: { cloud: { replicas: 3, ...CONTAINERS }, edge: CONTAINERS } },
};

export const VIEW = {
  ...KEY,
  phase: 'WaitingForApproval',
  version: 'v1.2.0',
  completedVersion: 'v1.1.0',
  generation: 4,
  observedGeneration: 3,
  ready: false,
  revision: REVISION,
  run: {
    workflowId: 'fogrollout/shop/web',
    runId: RUN_ID,
    startedAt: BEGAN,
    traceId: TRACE_ID,
    traceUrl: `https://jaeger.example/trace/${TRACE_ID}`,
  },
  message: 'v1.2.0: before the edge, the gate shop-floor waits for an approval (the shops are closed)',
  stages: [
    {
      layer: 'cloud',
      phase: 'Ready',
      version: 'v1.2.0',
      sites: READY,
      ready: '1/1',
      startedAt: BEGAN,
      finishedAt: '2026-11-22T11:59:42Z',
      durationSeconds: 42,
    },
    { layer: 'edge', phase: 'Pending', version: 'v1.1.0', sites: READY, ready: '1/1', waits: 'waiting for approval' },
  ],
  gates: [GATE],
  failures: [],
};

const LAYER_SITES = { ...READY, unknown: 0 };

export const ROLLOUT_SUMMARY = {
  ...KEY,
  phase: 'WaitingForApproval',
  version: 'v1.2.0',
  completedVersion: 'v1.1.0',
  ready: false,
  createdAt: '2026-11-20T09:00:00Z',
  ageSeconds: 183_600,
  layers: [
    { layer: 'cloud', phase: 'Ready', version: 'v1.2.0', sites: LAYER_SITES },
    { layer: 'edge', phase: 'Pending', version: 'v1.1.0', sites: LAYER_SITES },
  ],
  waitsFor: [
    { kind: 'gate', gate: 'shop-floor', layer: 'edge', at: 'before', message: GATE.message, since: GATE.since },
  ],
};

export const FOG_SITE_SUMMARY = {
  name: 'hamburg',
  layer: 'edge',
  phase: 'Unreachable',
  reachable: 'False',
  parent: 'north',
  namespace: 'hamburg',
  cluster: 'own',
  queue: 'north',
  labels: { tier: 'gold' },
  releases: 3,
  drifted: 0,
  lastSeen: '2026-11-22T11:30:00Z',
  message: 'No worker of its queue answers; last seen 2026-11-22T11:30:00Z',
  createdAt: '2026-11-20T09:00:00Z',
  ageSeconds: 183_600,
};

export const SITE = {
  site: 'hamburg',
  layer: 'edge',
  phase: 'Failed',
  wave: 'canary',
  version: 'v1.1.0',
  generation: 3,
  namespace: 'hamburg',
  cluster: 'own',
  queue: 'north',
  parent: 'north',
  reason: 'ProgressDeadlineExceeded',
  message: 'edge hamburg: image nginx:1.82 cannot be pulled (ImagePullBackOff)',
};

export const SITE_GRID = {
  layout: '2jmj7l5rSw0yVb_vlWAYkK_YBwk',
  legend: [
    ...['Blocked', 'Waiting', 'InFlight', 'Ready', 'Unknown', 'Drifted'],
    ...['Failed', 'Deferred', 'Skipped', 'Held', 'Removed'],
  ],
  phases: '363',
  sites: {
    names: ['cloud', 'hamburg', 'kiel'],
    parts: [
      { layer: 'cloud', count: 1 },
      { layer: 'edge', wave: 'canary', count: 2 },
    ],
    parents: ['', 'north', 'north'],
    labels: [{ key: 'tier', values: ['gold', 'silver'], of: '-01' }],
  },
};

export const RUN = {
  runId: RUN_ID,
  generation: 4,
  kind: 'rollout',
  status: 'Running',
  outcome: 'Running',
  version: 'v1.2.0',
  phase: 'WaitingForApproval',
  startTime: BEGAN,
  message: VIEW.message,
  layers: [{ layer: 'cloud', phase: 'Ready', sites: READY, startedAt: BEGAN, finishedAt: '2026-11-22T11:59:42Z' }],
  gates: [GATE],
  actions: [],
};

export const KEPT_REVISION = {
  ...KEY,
  ...REVISION,
  createdAt: BEGAN,
  deployments: ROLLOUT.spec.deployments,
  runs: [RUN],
};

export const ACTION_TAKEN = {
  namespace: 'shop',
  rollout: 'web',
  action: 'Approve',
  requestedBy: 'system:serviceaccount:shop:releaser',
  state: 'Accepted',
  message: 'The gate shop-floor before the edge is open: approved by system:serviceaccount:shop:releaser',
  uid: 'mprlwQtHskFAEHSqptsgzM6QD1jskXdsqExHSnaHZVg',
};

export const PLAN = {
  ...KEY,
  version: 'v1.2.0',
  from: 'v1.1.0',
  change: 'content',
  steps: [
    {
      kind: 'stage',
      layer: 'edge',
      total: 1,
      toGive: 1,
      ready: 0,
      held: 0,
      away: 0,
      concurrency: 1,
      waves: [{ name: 'all', total: 1, toGive: 1, first: ['hamburg'] }],
    },
  ],
  refusals: [],
  waits: [],
  seconds: 42,
  hash: '6b958dae0eb7db4c34b43b0d8d973cc5',
  unknown: [],
};

const NIGHT = { from: '2026-11-23T16:00:00Z', until: '2026-11-24T07:00:00Z' };

export const WINDOW_CALENDAR = {
  ...KEY,
  from: '2026-11-22T00:00:00Z',
  until: '2026-12-01T00:00:00Z',
  windows: [
    {
      name: 'business-hours',
      reason: 'somebody is there to look',
      overrun: 'Finish',
      holds: true,
      gates: [],
      open: true,
      until: NIGHT.from,
      timeZones: ['Europe/Berlin'],
      closed: [NIGHT],
    },
  ],
  together: { open: true, until: NIGHT.from, closed: [NIGHT] },
  leftOut: 0,
};

export const PROBLEM = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'FogRollout shop/web was not found',
  instance: '/rollouts/web',
};
