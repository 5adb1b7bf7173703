/**
 * How a FogRollout's status changes as its run goes on. Every function returns a new status and takes `now` as
 * RFC 3339, so that workflow code can use them; every status they return is under 64 KB, however many sites there are.
 */
import type { OpenRunInput } from './activities.ts';
import { conditionOf, conditionsFor, type Outcome } from './conditions.ts';
import { LAYERS, type Layer } from './layers.ts';
import { isSameOrder, type Order, orderIn, revisionIdIn } from './order.ts';
import { conditionReason, message, seal } from './status-size.ts';
import { isLeaving } from './terminating.ts';
import type {
  FogRolloutStatus,
  LayerSkip,
  LayerStatus,
  RevisionId,
  SiteCounts,
  SiteFailure,
  SucceededRevision,
} from './types.ts';

/** Reasons of the conditions, each defined once. */
export const REASONS = {
  progressing: 'Progressing',
  rollingBack: 'RollingBack',
  rolledBack: 'RolledBack',
  repairing: 'Repairing',
  removing: 'Removing',
  succeeded: 'Succeeded',
  interrupted: 'Interrupted',
  aborted: 'Aborted',
  notReady: 'ReleaseNotReady',
  skipped: 'LayersSkipped',
} as const;

/** How many revisions that succeeded are remembered: what runs now, and what did before. */
const KEPT_SUCCEEDED = 2;

const INTERRUPTED = 'The last run ended before all layers were ready; change the FogRollout to roll out anew';

/** What a run starts from; of its revision only which layers there are. */
export type Opening = Pick<OpenRunInput, 'run' | 'kind' | 'carried' | 'isCatchUp' | 'rollback' | 'restartedAt'> & {
  revision?: OpenedRevision;
};

type OpenedRevision = RevisionId & { layers: Partial<Record<Layer, unknown>> };

/**
 * The status a run starts with. What each layer was last given is kept (`carried` before `previous`); a layer that
 * the revision leaves out stays listed while it may have something, so that it gets removed.
 */
export function openingStatus(previous: FogRolloutStatus | undefined, opening: Opening, now: string): FogRolloutStatus {
  const { revision, run, kind, carried } = opening;
  const latest = new Map([...(previous?.layers ?? []), ...carried].map((layer) => [layer.name, layer]));
  const known = LAYERS.map((name) => latest.get(name)).filter((layer) => layer !== undefined);
  const status: FogRolloutStatus = { observedGeneration: -1, ...previous, phase: 'Progressing', run, layers: known };
  if (kind !== 'repair') {
    delete status.hold;
    delete status.gates;
  }
  if (kind === 'removal') {
    delete status.failures;
    return removing(status, now);
  }
  if (kind === 'rollout' && revision) {
    if (!opening.rollback || opening.rollback.by !== undefined) delete status.failures; // they are why it goes back
    return rollingOut(status, opening, revision, now);
  }
  // A repair gives sites what they had: it cannot make a failed rollout look as if it went on. Nor is a rollout that
  // brings a few of its many sites up to date any less ready.
  if (previous?.phase === 'Failed' || (opening.isCatchUp && previous?.phase)) {
    return seal({ ...status, phase: previous.phase });
  }
  return settle(status, reconciling(REASONS.repairing, 'Putting changed releases right'), now);
}

function rollingOut(
  { rollback: _, ...status }: FogRolloutStatus,
  { rollback, restartedAt }: Opening,
  revision: OpenedRevision,
  now: string,
): FogRolloutStatus {
  const { version } = revision;
  const layers = LAYERS.flatMap((name) => {
    const before = status.layers?.find((layer) => layer.name === name);
    if (revision.layers[name]) return [pending(name, before, revision)];
    if (!before || !mayHaveRelease(before)) return [];
    return [{ ...pending(name, before, revision), message: 'no longer part of the rollout' }];
  });
  const opened: FogRolloutStatus = {
    ...withRevision({ ...status, layers }, revision),
    ...(restartedAt !== undefined && { restartedAt }),
    observedGeneration: Math.min(status.observedGeneration, revision.generation - 1),
    ...(status.succeeded && { succeeded: status.succeeded.map((one) => ({ until: now, ...one })) }),
  };
  if (!rollback) return settle(opened, reconciling(REASONS.progressing, `Rolling out ${version}`), now);
  const outcome = reconciling(REASONS.rollingBack, rollingBackText(version, rollback));
  return settle({ ...opened, phase: 'RollingBack', rollback: { ...rollback, version } }, outcome, now);
}

/** True when a site of the layer was, or may have been, given a release. */
export function mayHaveRelease(layer: LayerStatus): boolean {
  return layer.generation !== undefined || layer.startedAt !== undefined;
}

/**
 * From here on the counts are of the revision the layer is promoted to: no site is ready with it, and none that was
 * ready before may be any longer by the time somebody reads this.
 */
export function layerStarted(status: FogRolloutStatus, layer: Layer, now: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, finishedAt: __, ...before }) => ({
    ...before,
    phase: 'Progressing',
    sites: { ...before.sites, updated: 0, ready: 0, failed: 0 },
    startedAt: now,
  }));
}

/** A change of nothing but how sites are gone through: the run under way is one of this revision from now on. */
export function withRevision(status: FogRolloutStatus, revision: RevisionId): FogRolloutStatus {
  return { ...status, revision: revisionIdIn(revision) };
}

export function layerRemoving(status: FogRolloutStatus, layer: Layer, now: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, finishedAt: __, ...before }) => ({
    ...before,
    phase: 'Removing',
    startedAt: now,
  }));
}

export function layerRemoved(status: FogRolloutStatus, layer: Layer): FogRolloutStatus {
  return seal({ ...status, layers: (status.layers ?? []).filter(({ name }) => name !== layer) });
}

/** What the layer is busy with, e.g. `retrying: connection refused`. */
export function layerMessage(status: FogRolloutStatus, layer: Layer, message: string): FogRolloutStatus {
  return change(status, layer, (before) => ({ ...before, message }));
}

/** The run of this revision ended well. With layers that were passed over, it is not complete, and nothing to go back to. */
export function succeeded(status: FogRolloutStatus, revision: RevisionId, now: string): FogRolloutStatus {
  const { hold: _, ...rest } = status;
  const { rollback, layers = [] } = status;
  const isWhole = !layers.some(isSkipped);
  const ended: FogRolloutStatus = {
    ...rest,
    phase: rollback && rollback.by === undefined ? 'Failed' : 'Succeeded',
    observedGeneration: revision.generation,
    ...(isWhole && { version: revision.version, succeeded: withSucceeded(status.succeeded, revision) }),
    layers: layers.map((layer) => (layer.phase === 'Ready' ? withOrder(layer, revision) : layer)),
    ...(rollback && { rollback: { ...rollback, done: true } }),
  };
  return settle(ended, endingOf(ended, revision.version), now);
}

/** How a rollout stands whose run has ended well, by what its layers have by now. */
export function endingOf({ layers = [], rollback }: FogRolloutStatus, version: string): Outcome {
  const ready = layers.filter((layer) => !isSkipped(layer)).map(({ name }) => name);
  const message = `${version} is ready in ${ready.join(', ') || 'no layer'}`;
  if (rollback) return rolledBack(rollback, message);
  if (!layers.some(isSkipped)) return { state: 'succeeded', reason: REASONS.succeeded, message };
  // It goes no further by itself, and what spec says is not what runs.
  const skipped = layers.flatMap((layer) => (isSkipped(layer) ? [`${layer.name} was ${passedBy(layer.skipped)}`] : []));
  const how = 'Retry, or change spec, to roll it out there';
  return { state: 'failed', reason: REASONS.skipped, message: [message, ...skipped, how].join('; ') };
}

/** What spec says is not what runs: the rollout is not ready with it, and by itself never will be. */
function rolledBack({ by, reason }: NonNullable<FogRolloutStatus['rollback']>, message: string): Outcome {
  const why = reason === undefined ? '' : `: ${reason}`;
  const said = `rolled back${by === undefined ? '' : ` by ${by}`}${why}; ${message}; change spec, or Resume, to go on`;
  return { state: 'failed', reason: REASONS.rolledBack, message: said };
}

/** A person passed it over in the run that ended last, or goes on. */
export function isSkipped(layer: LayerStatus): layer is LayerStatus & { skipped: LayerSkip } {
  return layer.phase === 'Skipped' && layer.skipped !== undefined;
}

/** e.g. `passed over by alice: the shops are open`. */
export function passedBy({ by, reason }: Pick<LayerSkip, 'by' | 'reason'>): string {
  return `passed over by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}

/** The run of this revision failed, and all goes back to an earlier one. */
export function rollingBack(
  status: FogRolloutStatus,
  { message }: Pick<SiteFailure, 'message'>,
  version: string,
  now: string,
): FogRolloutStatus {
  const outcome = reconciling(REASONS.rollingBack, rollingBackText(version, { reason: message }));
  return settle({ ...status, phase: 'RollingBack' }, outcome, now);
}

/** What is going on. */
export function rollingBackText(version: string, { by, reason }: { by?: string; reason?: string }): string {
  const who = by === undefined ? '' : ` by ${by}`;
  return `Rolling back to ${version}${who}${reason === undefined ? '' : `: ${reason}`}`;
}

/** What was completed before with the same content is completed once. */
function withSucceeded(before: SucceededRevision[] = [], revision: RevisionId): SucceededRevision[] {
  return [revisionIdIn(revision), ...before.filter(({ hash }) => hash !== revision.hash)].slice(0, KEPT_SUCCEEDED);
}

function withOrder({ attempt: _, ...layer }: LayerStatus, order: Order): LayerStatus {
  return { ...layer, ...orderIn(order) };
}

/** The run of this revision ended, and will not go on by itself. */
export function failed(
  status: FogRolloutStatus,
  failure: Pick<SiteFailure, 'reason' | 'message'>,
  now: string,
): FogRolloutStatus {
  const { hold: _, ...rest } = status;
  const ended: FogRolloutStatus = { ...rest, phase: 'Failed' };
  if (status.revision) ended.observedGeneration = status.revision.generation;
  return settle(ended, { state: 'failed', reason: failure.reason, message: failure.message }, now);
}

/** A repair ended well: the rollout stands where it stood, or better when that was all that was missing. */
export function repaired(status: FogRolloutStatus, now: string): FogRolloutStatus {
  const { revision, layers = [] } = status;
  const whole = layers.every(
    (layer) =>
      isSkipped(layer) ||
      (layer.phase === 'Ready' && revision && isSameOrder(orderIn({ generation: -1, ...layer }), revision)),
  );
  if (revision && whole) {
    const { failures: _, ...well } = status;
    return succeeded(well, revision, now);
  }
  // A run that was terminated left no word of its end, and nobody is going on with it.
  if (status.phase !== 'Failed') return failed(status, { reason: REASONS.interrupted, message: INTERRUPTED }, now);
  return seal(status);
}

/** Whether a layer is ready now, whatever it was when its run ended. */
export interface LayerHealth {
  layer: Layer;
  ready: boolean;
  /** e.g. `0 of 1 replicas updated, 0 available`; of a layer with FogSites also what is worth a word though it is ready. */
  message: string;
  /** Of a layer with FogSites: how its sites are now. */
  sites?: SiteCounts;
}

/**
 * The status of a rollout whose run has ended, brought up to what its releases are now: it never says ready of what
 * no longer is. A failed rollout stays failed; only its counts follow.
 *
 * @param health - of each layer, as far as known; what is left out counts as ready where others have changed
 * @returns undefined when the status says so already
 */
export function withHealth(status: FogRolloutStatus, health: LayerHealth[], now: string): FogRolloutStatus | undefined {
  const layers = (status.layers ?? []).map((layer) => {
    const seen = health.find((candidate) => candidate.layer === layer.name);
    return seen ? asSeen(layer, seen) : layer;
  });
  const isSame = layers.every((layer, index) => layer === status.layers?.[index]);
  const changed = { ...status, layers };
  if (status.phase !== 'Succeeded' || !status.revision) return isSame ? undefined : seal(changed);
  const unready = unreadyIn(status, health);
  const isWhole = layers.every((one) => isSkipped(one) || health.some(({ layer }) => layer === one.name));
  const { status: said, reason } = conditionOf(status.conditions, 'Ready') ?? {};
  const ending = endingOf(changed, status.revision.version);
  const isSaidWell = ending.state === 'succeeded' ? said === 'True' : reason === ending.reason;
  const isSaid = isSaidWell === (unready.length === 0);
  if (isSame && (isSaid || !isWhole)) return undefined;
  if (unready.length === 0) return succeeded(changed, status.revision, now);
  const message = unready.map((one) => `${one.layer}: ${one.message}`).join('; ');
  return settle(changed, { state: 'degraded', reason: REASONS.notReady, message }, now);
}

/** What is not as it should be: of layers that were passed over nothing is asked. */
export function unreadyIn({ layers = [] }: FogRolloutStatus, health: LayerHealth[]): LayerHealth[] {
  const isAsked = (layer: Layer) => !layers.some((one) => one.name === layer && isSkipped(one));
  return health.filter(({ layer, ready }) => !ready && isAsked(layer));
}

function asSeen(layer: LayerStatus, { ready, message: words, sites }: LayerHealth): LayerStatus {
  const { message: before, ...rest } = layer;
  if (sites) {
    const after = message(words);
    const isSame = SITE_COUNTS.every((count) => (sites[count] ?? 0) === (layer.sites[count] ?? 0));
    if (isSame && after === (before ?? '')) return layer;
    return { ...rest, sites, ...(after !== '' && { message: after }) };
  }
  const count = ready ? layer.sites.total : 0;
  // The numbers change all the time. That an object is being deleted is another matter: nothing is put right before it is gone.
  const isNews = !ready && isLeaving(words) !== isLeaving(before ?? '');
  if (count === layer.sites.ready && !isNews) return layer;
  return { ...rest, sites: { ...layer.sites, ready: count }, ...(!ready && { message: words }) };
}

const SITE_COUNTS = ['total', 'updated', 'ready', 'failed', 'deferred', 'unknown'] as const;

/** The FogRollout is being deleted. */
function removing(status: FogRolloutStatus, now: string): FogRolloutStatus {
  return settle({ ...status, phase: 'Removing' }, reconciling(REASONS.removing, 'Removing the releases'), now);
}

/** A layer's sites, as `kubectl get` prints them. */
export type SummarizedStatus = Omit<FogRolloutStatus, 'layers'> & { layers?: (LayerStatus & { readySites: string })[] };

/** Adds the field that the CRD's printer columns read; the one place that knows its name. */
export function withSummaries(status: FogRolloutStatus): SummarizedStatus {
  const { layers, ...rest } = status;
  if (!layers) return rest;
  return {
    ...rest,
    layers: layers.map((layer) => ({ ...layer, readySites: `${layer.sites.ready}/${layer.sites.total}` })),
  };
}

function pending(name: Layer, before: LayerStatus | undefined, order: Order): LayerStatus {
  const again = before?.generation !== undefined && isSameOrder(orderIn(before as Order), order);
  const layer: LayerStatus = {
    name,
    phase: 'Pending',
    sites: {
      total: before?.sites.total ?? 1,
      updated: again ? before.sites.updated : 0,
      ready: before?.sites.ready ?? 0,
      failed: 0,
      deferred: before?.sites.deferred ?? 0,
    },
  };
  if (before?.version !== undefined) layer.version = before.version;
  if (before?.generation !== undefined) Object.assign(layer, orderIn(before as Order));
  // A stage that was cut off before its write was confirmed: the site may have it all the same.
  else if (before?.startedAt !== undefined) layer.startedAt = before.startedAt;
  if (before?.shards !== undefined) layer.shards = before.shards;
  return layer;
}

/** The status with one layer changed, sealed to its size. */
export function change(
  status: FogRolloutStatus,
  layer: Layer,
  how: (before: LayerStatus) => LayerStatus,
): FogRolloutStatus {
  const layers = status.layers ?? [];
  const before = layers.find(({ name }) => name === layer) ?? pending(layer, undefined, { generation: -1 });
  const others = layers.filter(({ name }) => name !== layer);
  const sorted = [...others, how(before)].sort((a, b) => LAYERS.indexOf(a.name) - LAYERS.indexOf(b.name));
  return seal({ ...status, layers: sorted });
}

function reconciling(reason: string, message: string): Outcome {
  return { state: 'reconciling', reason, message };
}

/** The status with the conditions of an outcome, sealed to its size. */
export function settle(status: FogRolloutStatus, outcome: Outcome, now: string): FogRolloutStatus {
  const generation = status.revision?.generation ?? status.observedGeneration;
  const words = { ...outcome, reason: conditionReason(outcome.reason), message: message(outcome.message) };
  return seal({ ...status, conditions: conditionsFor(words, generation, status.conditions, now) });
}
