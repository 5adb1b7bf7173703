import { FAILURE } from '../model/activities.ts';
import { LAYERS, type Layer, REMOVAL_ORDER } from '../model/layers.ts';
import type { ChangeSignal, LayerRepair, RemoveSignal, RepairSignal } from '../model/signals.ts';
import { implicitSite } from '../model/site.ts';
import {
  failed,
  layerApplied,
  layerFailed,
  layerMessage,
  layerReady,
  layerRemoved,
  layerRemoving,
  layerStarted,
  repaired,
  succeeded,
} from '../model/status.ts';
import { stageFailed } from '../model/status-fleet.ts';
import type { FogRolloutStatus, Promotion, SiteFailure } from '../model/types.ts';
import { loadLayer, releaseFinalizer, removeRelease } from './activities.ts';
import { failureAt, StageFailed } from './failures.ts';
import { catchUp, promoteFleet, removeFleet } from './fleet.ts';
import { type Release, settleRelease } from './release.ts';
import { removeUntilGone } from './removal.ts';
import type { Reporter, StatusChange } from './reporter.ts';
import type { ShardMessages } from './turn.ts';

/** What a run needs of the workflow around it. */
export interface RunContext {
  reporter: Reporter;
  /** What the shards of a stage over many sites say. */
  shards: ShardMessages;
  /** It goes on with what the run before it had begun. */
  isRenewed: boolean;
  /** Called where the run can be continued in a fresh one without losing anything. */
  checkpoint(): void;
}

/**
 * Takes a revision through its layers, cloud first, then removes what the revision no longer wants, edge first.
 *
 * @throws StageFailed when a stage cannot go on: nothing below it was touched
 */
export async function rollOut({ owner, revision, fleet }: ChangeSignal, run: RunContext): Promise<void> {
  const { generation, version, hash, strategy } = revision;
  const { progressDeadlineSeconds, promotion } = strategy;
  const id = { generation, version, hash };
  const turns = turnsOf({ promotion, wanted: LAYERS.filter((layer) => revision.layers[layer]), fleet: fleet ?? [] });
  for (const [at, layers] of turns.entries()) {
    run.checkpoint();
    for (const layer of layers) {
      const started: StatusChange = (status, now) => layerStarted(status, layer, now);
      if (at === 0)
        run.reporter.amend(started); // the opening report says so of the first already
      else run.reporter.update(started);
    }
    const stages = layers.map((layer) => {
      const content = revision.layers[layer]!;
      return { owner, layer, revision: id, content, progressDeadlineSeconds, strategy: strategy.layers[layer] ?? {} };
    });
    const [first] = stages;
    if (fleet?.includes(first!.layer)) {
      const failure = await promoteFleet(stages, run);
      if (failure) throw failStage(failure, run);
    } else {
      const { layer, strategy: _, ...release } = first!;
      const failure = await promote({ ...release, site: implicitSite(layer) }, run);
      if (failure) throw fail(failure, run);
    }
  }
  for (const layer of REMOVAL_ORDER) {
    // An earlier generation may have had the layer. What the object's status says of that is not asked: it can lag.
    if (revision.layers[layer] || generation === 1) continue;
    const site = implicitSite(layer);
    const failure = await failureAt(site, async () => {
      if (fleet?.includes(layer)) await removeFleet({ owner, layer, generation }, run);
      await removeRelease({ owner, site, generation });
    });
    if (failure) throw fail(failure, run);
    run.reporter.amend((status) => layerRemoved(status, layer));
  }
  run.reporter.update((status, now) => succeeded(status, id, now));
}

/**
 * The layers in the order of their turns. Where sites wait for their own parents only, layers with FogSites that follow on
 * one another have theirs at once.
 */
function turnsOf({ promotion, wanted, fleet }: { promotion: Promotion; wanted: Layer[]; fleet: Layer[] }): Layer[][] {
  const turns: Layer[][] = [];
  for (const layer of wanted) {
    const before = turns.at(-1);
    const isTogether = promotion === 'Branch' && [layer, before?.[0]].every((one) => one && fleet.includes(one));
    if (isTogether) before!.push(layer);
    else turns.push([layer]);
  }
  return turns;
}

/** Puts releases right that someone deleted or changed: each with the revision its site was last given. */
export async function repair({ owner, layers }: RepairSignal, run: RunContext): Promise<void> {
  for (const layer of LAYERS) {
    const lost = layers.find((candidate) => candidate.layer === layer);
    if (!lost) continue;
    const loaded = await loadLayer({ owner, generation: lost.generation, layer });
    if (!loaded) throw fail(contentMissing(layer, lost.generation), run);
    if (lost.drifted) {
      await catchUp({ owner, layer, ...loaded, drifted: lost.drifted }, run);
      continue;
    }
    run.reporter.amend((status, now) => layerStarted(status, layer, now));
    const failure = await promote({ owner, site: implicitSite(layer), ...loaded }, run);
    // What the watcher saw was behind: the site has been given something newer since, which is not for us to judge.
    if (failure && failure.reason !== FAILURE.stale) throw fail(failure, run);
    if (failure) run.reporter.amend((status, now) => layerReady(status, layer, now));
  }
  const keepsStatus = isCatchUp(layers);
  run.reporter.update((status, now) => (keepsStatus && isEnded(status) ? status : repaired(status, now)));
}

/** A repair of nothing but layers with FogSites: some of their sites are brought up to date. */
export function isCatchUp(layers: LayerRepair[]): boolean {
  return layers.every(({ drifted }) => drifted !== undefined);
}

/** What was reached, and what failed on the way, stays as it is when some sites catch up. */
function isEnded({ phase }: FogRolloutStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Takes every release away, edge first, then lets the object go. */
export async function remove({ owner, fleet }: RemoveSignal, run: RunContext): Promise<void> {
  for (const layer of REMOVAL_ORDER) {
    run.reporter.update((status, now) =>
      status.layers?.some(({ name }) => name === layer) ? layerRemoving(status, layer, now) : status,
    );
    if (fleet?.includes(layer)) await removeFleet({ owner, layer }, run);
    await removeUntilGone(
      { owner, site: implicitSite(layer) },
      (message) =>
        run.reporter.update((status) => layerMessage(status, layer, `Removal is tried again every minute: ${message}`)),
      run.checkpoint,
    );
    run.reporter.amend((status) => layerRemoved(status, layer));
  }
  run.reporter.stop(); // soon there is no object left to report to
  await releaseFinalizer({ owner });
}

/** @returns why the layer is not ready with the revision; undefined when it is */
async function promote(release: Release, run: RunContext): Promise<SiteFailure | undefined> {
  const { site, revision } = release;
  const { layer } = site;
  const onApplied = () => run.reporter.amend((status, now) => layerApplied(status, layer, revision, now));
  const failure = await failureAt(site, () => settleRelease(release, onApplied));
  if (failure) return failure;
  run.reporter.amend((status, now) => layerReady(status, layer, now));
  return undefined;
}

function fail(failure: SiteFailure, run: RunContext): StageFailed {
  run.reporter.update((status: FogRolloutStatus, now) =>
    failed(layerFailed(status, failure.layer, failure, now), failure, now),
  );
  return new StageFailed(failure);
}

/** The sites that failed are in the status already, and counted. */
function failStage(failure: SiteFailure, run: RunContext): StageFailed {
  run.reporter.update((status, now) => failed(stageFailed(status, failure.layer, failure.message, now), failure, now));
  return new StageFailed(failure);
}

function contentMissing(layer: Layer, generation: number): SiteFailure {
  return {
    site: implicitSite(layer).name,
    layer,
    reason: 'RevisionMissing',
    message: `${layer}: the content of generation ${generation} is no longer kept, so its release cannot be put right; change the FogRollout to roll out anew`,
  };
}
