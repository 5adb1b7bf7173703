import { sleep } from '@temporalio/workflow';
import type { AppliedDeployment } from '../model/activities.ts';
import type { Layer } from '../model/layers.ts';
import { implicitSite, type Site } from '../model/site.ts';
import type { LayerContent, Owner, RevisionId } from '../model/types.ts';
import { applyRelease, awaitReady } from './activities.ts';

export interface Stage {
  owner: Owner;
  layer: Layer;
  revision: RevisionId;
  content: LayerContent;
  progressDeadlineSeconds: number;
}

/** The longest pause, in ms, before a release that was lost more than once is applied again. */
const LONGEST_PAUSE = 30_000;

/**
 * Gives a layer its release and waits until it is ready there.
 *
 * A release that someone deletes or changes while it is waited for is applied again, until the stage has gone on
 * for twice its deadline: then whoever takes it away is stronger than we are. From the second loss on with pauses,
 * so that the struggle fills neither the API server nor the run's history.
 *
 * @param onApplied - called after each write, when the site carries the revision
 * @throws the activity's failure, or an Error when the release was lost too often
 */
export async function runStage(stage: Stage, onApplied: () => void): Promise<void> {
  const site = implicitSite(stage.layer);
  const giveUpAt = Date.now() + stage.progressDeadlineSeconds * 2000;
  for (let losses = 0; ; losses++) {
    if (losses > 1) await sleep(pauseAfter(losses), { summary: `apply to ${site.layer} again` });
    const { deployment, ready } = await applyRelease({ ...inputOf(stage, site), content: stage.content });
    onApplied();
    if (ready || (await becomesReady(stage, site, deployment))) return;
    if (Date.now() > giveUpAt) {
      throw new Error(
        `${site.layer}: Deployment ${site.namespace}/${stage.owner.name}-${site.layer} is deleted or changed by someone else each time it is applied`,
      );
    }
  }
}

function pauseAfter(losses: number): number {
  return Math.min(LONGEST_PAUSE, 1000 * 2 ** (losses - 2));
}

async function becomesReady(stage: Stage, site: Site, deployment: AppliedDeployment): Promise<boolean> {
  const { outcome } = await awaitReady({ ...inputOf(stage, site), deployment });
  return outcome === 'ready';
}

function inputOf({ owner, revision, progressDeadlineSeconds }: Stage, site: Site) {
  const { generation, version, hash } = revision;
  return { owner, site, revision: { generation, version, hash }, progressDeadlineSeconds };
}
