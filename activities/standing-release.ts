import type { KubeObject } from '../kube/resources.ts';
import type { GivenRelease } from '../model/activities.ts';
import { uncovered } from '../model/coverage.ts';
import { fence, isToAdopt } from '../model/fence.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../model/names.ts';
import { isCondemned, readiness } from '../model/readiness.ts';
import type { LiveDeployment } from './clusters.ts';
import { readLive, type Write } from './release-writer.ts';

/**
 * The Deployment of a release that the site has already, as it was made: the same content, whatever decision gave it, and
 * nothing of it changed by others. Then there is nothing to write.
 *
 * @param cached - as the watch last saw it: where that has other content, nothing is asked
 */
export async function standingRelease(
  input: GivenRelease,
  writes: { deployment: Write<LiveDeployment>; service: Write<KubeObject> | undefined },
  cached: KubeObject | undefined,
): Promise<LiveDeployment | undefined> {
  if (!cached || !hasContent(cached, input)) return undefined;
  const { deployment, service } = writes;
  const [live, liveService] = await Promise.all([readLive(deployment), service && readLive(service)]);
  const stands = (object: KubeObject | undefined, write: Write<KubeObject>): boolean =>
    object !== undefined &&
    hasContent(object, input) &&
    !object.metadata.deletionTimestamp &&
    !isToAdopt(object) &&
    fence(object, { owner: write.owner, ...write.order }) === 'apply' &&
    uncovered(object, FIELD_MANAGER, write.object).length === 0;
  if (!stands(live, deployment) || (service && !stands(liveService, service))) return undefined;
  return hasItsTime(live as LiveDeployment, deployment.object) ? (live as LiveDeployment) : undefined;
}

/**
 * Its time is not the content's: while it is not ready another deadline is written, and one that has passed begins anew with
 * the write. What is ready waits for nothing.
 */
function hasItsTime(live: LiveDeployment, wanted: LiveDeployment): boolean {
  const { uid, generation } = live.metadata;
  if (readiness(live, { uid: uid!, generation: generation!, template: '' }).state === 'ready') return true;
  return live.spec?.progressDeadlineSeconds === wanted.spec?.progressDeadlineSeconds && !isCondemned(live);
}

function hasContent({ metadata }: KubeObject, { owner, hash }: GivenRelease): boolean {
  const { [ANNOTATIONS.content]: content, [ANNOTATIONS.uid]: uid } = metadata.annotations ?? {};
  return content === hash && uid === owner.uid;
}
