/** An event of each kind, as it may come: what filters and templates are tried with before anything happens. Pure. */

import type { CloudEvent } from '../../model/notifications/cloud-event.ts';
import { cloudEventOf } from '../../model/notifications/cloud-event.ts';
import type { Course, Happened } from '../../model/notifications/course.ts';
import { KINDS, type Kind } from '../../model/notifications/kinds.ts';

const AT = '2026-11-27T17:00:00.000Z';

const SITES = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
const COURSE: Pick<Course, 'order' | 'version' | 'runId' | 'layers'> = {
  order: { generation: 1 },
  version: 'v1.2.0',
  runId: '0198f2a4-6a53-7d1c-9f52-3f1f1a2b3c4d',
  layers: [{ layer: 'cloud', phase: 'Ready', sites: SITES, startedAt: AT, finishedAt: AT }],
};

/** Has no more than every event of its kind has. */
export function sampleOf(kind: Kind, source = '/fog-rollouts'): CloudEvent {
  const [layer] = COURSE.layers;
  const happened: Happened = {
    kind,
    at: AT,
    mark: '',
    message: 'An example',
    ...(kind.startsWith('layer.') && { layer }),
    ...(kind === 'rollout.waiting' && {
      gate: { name: 'shop', layer: 'edge', at: 'before', state: 'Closed', since: AT, message: 'waits for an approval' },
    }),
  };
  const rollout = { namespace: 'shop', name: 'web', uid: '8c2e5f0a-0d5e-4b57-9a52-6f8d2c9e7a10' };
  // Of an object that is gone its name may be all that is known.
  const course = kind === 'rollout.removed' ? undefined : COURSE;
  return cloudEventOf({ id: '0'.repeat(32), happened, rollout, course, source, now: AT });
}

export function samples(): CloudEvent[] {
  return KINDS.map((kind) => sampleOf(kind));
}
