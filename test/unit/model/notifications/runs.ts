/** The statuses of runs, as objects have them one after the other, made by what makes them. */
import { layerSkipped, layerSkipping } from '../../../../model/layer-skip.ts';
import { LAYERS } from '../../../../model/layers.ts';
import { courseOf } from '../../../../model/notifications/course.ts';
import { idOf, newsOf, type Told } from '../../../../model/notifications/told.ts';
import {
  failed,
  layerStarted,
  openingStatus,
  repaired,
  settle,
  succeeded,
  withRevision,
} from '../../../../model/status.ts';
import { stageFailed, stageReady } from '../../../../model/status-fleet.ts';
import type { FogRollout, FogRolloutStatus, GateStatus, Phase, Revision } from '../../../../model/types.ts';
import { aRollout, content } from '../builders.ts';

/** RFC 3339, so many seconds after some beginning. */
export const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

export const revisionOf = (generation: number, attempt?: number) =>
  ({
    ...{ generation, version: `v${generation}`, hash: `hash-${generation}` },
    ...(attempt !== undefined && { attempt }),
    layers: { cloud: content, fog: content, edge: content },
  }) as unknown as Revision;

interface Run {
  generation?: number;
  attempt?: number;
  /** When it begins, in seconds. */
  from?: number;
  action?: string;
  rollback?: { generation: number; version: string; at: string; by?: string; reason?: string };
}

export function opened(
  before: FogRolloutStatus | undefined,
  { generation = 1, attempt, from = 0, action, rollback }: Run,
) {
  const run = { workflowId: 'w', runId: `run-${from}`, startedAt: at(from), reports: 1, ...(action && { action }) };
  const revision = revisionOf(generation, attempt);
  const opening = { run, kind: 'rollout' as const, revision, carried: [], ...(rollback && { rollback }) };
  return openingStatus(before, opening, at(from));
}

/** All of a run that ends well: opened, then each layer's begin and end, then the end. Layers take a second. */
export function wellRun(before?: FogRolloutStatus, run: Run = {}): FogRolloutStatus[] {
  const { generation = 1, attempt, from = 0 } = run;
  const statuses = [opened(before, run)];
  for (const [index, layer] of LAYERS.entries()) {
    statuses.push(layerStarted(statuses.at(-1)!, layer, at(from + 2 * index + 1)));
    statuses.push(stageReady(statuses.at(-1)!, layer, at(from + 2 * index + 2)));
  }
  statuses.push(succeeded(statuses.at(-1)!, revisionOf(generation, attempt), at(from + 7)));
  return statuses;
}

/** It fails in the fog. */
export function failedRun(before?: FogRolloutStatus, run: Run = {}): FogRolloutStatus[] {
  const { from = 0 } = run;
  const [begun, ...cloud] = wellRun(before, run).slice(0, 4) as [FogRolloutStatus, ...FogRolloutStatus[]];
  const stopped = stageFailed(cloud.at(-1)!, 'fog', 'fog: no', at(from + 4));
  return [begun, ...cloud, failed(stopped, { reason: 'Forbidden', message: 'fog: no' }, at(from + 4))];
}

/** A repair of the cloud, which was ready and is again. */
export function repairOf(before: FogRolloutStatus, from: number): FogRolloutStatus[] {
  const run = { workflowId: 'w', runId: `repair-${from}`, startedAt: at(from), reports: 1 };
  const begun = openingStatus(before, { run, kind: 'repair', carried: [] }, at(from));
  const again = stageReady(layerStarted(begun, 'cloud', at(from)), 'cloud', at(from + 1));
  return [begun, again, repaired(again, at(from + 1))];
}

export function standing(
  status: FogRolloutStatus,
  phase: Phase,
  more: Partial<FogRolloutStatus> = {},
): FogRolloutStatus {
  const said = settle({ ...status, phase }, { state: 'reconciling', reason: phase, message: `It is ${phase}` }, at(9));
  return { ...said, ...more };
}

export const gate = (state: GateStatus['state'], since = at(2)): GateStatus => ({
  ...{ layer: 'fog', at: 'before', name: 'shop', state, since },
  message: state === 'Open' ? 'approved by alice' : 'waits for an approval',
});

export const skipsFog = (status: FogRolloutStatus) =>
  layerSkipped(layerSkipping(status, 'fog', { by: 'alice', at: at(2) }), 'fog', at(3));

export const adjusted = (status: FogRolloutStatus, generation: number) => withRevision(status, revisionOf(generation));

export function objectOf(status: FogRolloutStatus | undefined, deleted?: string): FogRollout {
  const rollout = aRollout({}, status);
  if (deleted !== undefined) rollout.metadata.deletionTimestamp = deleted;
  return rollout;
}

export interface Heard {
  /** e.g. `layer.ready cloud`. */
  words: string;
  id: string;
  at: string | undefined;
}

/** All that is told of the object as it is. */
export function tellAll(told: Told | undefined, rollout: FogRollout): { heard: Heard[]; told: Told | undefined } {
  const heard: Heard[] = [];
  const course = courseOf(rollout);
  for (let news = course && newsOf(told, course); news; news = newsOf(told, course!)) {
    const { happened } = news;
    const what = happened.layer?.layer ?? happened.gate?.name;
    const words = what === undefined ? happened.kind : `${happened.kind} ${what}`;
    heard.push({ words, id: idOf(rollout.metadata.uid, news), at: happened.at });
    told = news.told;
  }
  return { heard, told };
}
