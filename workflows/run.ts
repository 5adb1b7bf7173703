import { isCancellation, sleep } from '@temporalio/workflow';
import { FAILURE } from '../model/activities.ts';
import { LAYERS, type Layer, REMOVAL_ORDER } from '../model/layers.ts';
import type { ChangeSignal, RemoveSignal, RepairSignal } from '../model/signals.ts';
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
import type { FogRolloutStatus, Owner, SiteFailure } from '../model/types.ts';
import { loadLayer, releaseFinalizer, removeRelease } from './activities.ts';
import { StageFailed, siteFailureOf } from './failures.ts';
import type { Reporter, StatusChange } from './reporter.ts';
import { runStage, type Stage } from './stage.ts';

/** What a run needs of the workflow around it. */
export interface RunContext {
  reporter: Reporter;
  /** Called where the run can be continued in a fresh one without losing anything. */
  checkpoint(): void;
}

/**
 * Takes a revision through its layers, cloud first, then removes what the revision no longer wants, edge first.
 *
 * @throws StageFailed when a stage cannot go on: nothing below it was touched
 */
export async function rollOut({ owner, revision }: ChangeSignal, run: RunContext): Promise<void> {
  const { generation, version, hash, strategy } = revision;
  const id = { generation, version, hash };
  const first = LAYERS.find((layer) => revision.layers[layer]);
  for (const layer of LAYERS) {
    const content = revision.layers[layer];
    if (!content) continue;
    run.checkpoint();
    const started: StatusChange = (status, now) => layerStarted(status, layer, now);
    if (layer === first)
      run.reporter.amend(started); // the opening report says so already
    else run.reporter.update(started);
    const failure = await promote({ owner, layer, revision: id, content, ...strategy }, run);
    if (failure) throw fail(failure, run);
  }
  for (const layer of REMOVAL_ORDER) {
    // An earlier generation may have had the layer. What the object's status says of that is not asked: it can lag.
    if (revision.layers[layer] || generation === 1) continue;
    try {
      await removeRelease({ owner, site: implicitSite(layer), generation });
    } catch (error) {
      if (isCancellation(error)) throw error;
      throw fail(siteFailureOf(error, implicitSite(layer)), run);
    }
    run.reporter.amend((status) => layerRemoved(status, layer));
  }
  run.reporter.update((status, now) => succeeded(status, id, now));
}

/** Puts releases right that someone deleted or changed: each with the revision its site was last given. */
export async function repair({ owner, layers }: RepairSignal, run: RunContext): Promise<void> {
  for (const layer of LAYERS) {
    const lost = layers.find((candidate) => candidate.layer === layer);
    if (!lost) continue;
    const loaded = await loadLayer({ owner, generation: lost.generation, layer });
    if (!loaded) throw fail(contentMissing(layer, lost.generation), run);
    run.reporter.amend((status, now) => layerStarted(status, layer, now));
    const failure = await promote({ owner, layer, ...loaded }, run);
    // What the watcher saw was behind: the site has been given something newer since, which is not for us to judge.
    if (failure && failure.reason !== FAILURE.stale) throw fail(failure, run);
    if (failure) run.reporter.amend((status, now) => layerReady(status, layer, now));
  }
  run.reporter.update(repaired);
}

/** Takes every release away, edge first, then lets the object go. */
export async function remove({ owner }: RemoveSignal, run: RunContext): Promise<void> {
  for (const layer of REMOVAL_ORDER) {
    run.reporter.update((status, now) =>
      status.layers?.some(({ name }) => name === layer) ? layerRemoving(status, layer, now) : status,
    );
    await removeUntilGone(owner, layer, run);
    run.reporter.amend((status) => layerRemoved(status, layer));
  }
  run.reporter.stop(); // soon there is no object left to report to
  await releaseFinalizer({ owner });
}

/** A removal has no deadline: whatever forbids it, the object waits for it, and its status says why. */
async function removeUntilGone(owner: Owner, layer: Layer, run: RunContext): Promise<void> {
  for (;;) {
    try {
      return await removeRelease({ owner, site: implicitSite(layer) });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { message } = siteFailureOf(error, implicitSite(layer));
      run.reporter.update((status) => layerMessage(status, layer, `Removal is tried again every minute: ${message}`));
      await sleep('1m', { summary: `remove ${owner.name} from ${layer} again` });
      run.checkpoint(); // it may go on for months, and a history has an end
    }
  }
}

/** @returns why the layer is not ready with the revision; undefined when it is */
async function promote(stage: Stage, run: RunContext): Promise<SiteFailure | undefined> {
  const { layer, revision } = stage;
  try {
    await runStage(stage, () => run.reporter.amend((status, now) => layerApplied(status, layer, revision, now)));
  } catch (error) {
    if (isCancellation(error)) throw error;
    return siteFailureOf(error, implicitSite(layer));
  }
  run.reporter.amend((status, now) => layerReady(status, layer, now));
  return undefined;
}

function fail(failure: SiteFailure, run: RunContext): StageFailed {
  run.reporter.update((status: FogRolloutStatus, now) =>
    failed(layerFailed(status, failure.layer, failure, now), failure, now),
  );
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
