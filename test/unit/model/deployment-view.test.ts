import { describe, expect, it } from '@jest/globals';
import { deploymentViewOf } from '../../../model/deployment-view.ts';
import { aDeployment, aPod } from '../cli/fleets.ts';

describe('a Deployment with its pods', () => {
  it('has those that are not ready first, and why, without its own name in the words', () => {
    const pods = [
      aPod('edge', 'web-edge-5d4f-a', 'ready'),
      aPod('edge', 'web-edge-5d4f-c', 'pull'),
      aPod('edge', 'web-edge-5d4f-b', 'starting'),
      aPod('edge', 'other-5d4f-x', 'pull'),
    ];
    const view = deploymentViewOf(aDeployment('edge', 'web-edge', [1, 3]), pods);
    expect(view).toMatchObject({ namespace: 'edge', name: 'web-edge', state: 'progressing', ready: '1/3' });
    expect(view.pods.map(({ name, isReady, message }) => [name, isReady, message])).toEqual([
      ['web-edge-5d4f-b', false, 'container nginx: running, but not ready'],
      ['web-edge-5d4f-c', false, 'container nginx: ImagePullBackOff: Back-off pulling image "nginx:nope"'],
      ['web-edge-5d4f-a', true, undefined],
    ]);
    expect(view.pods[2]).toMatchObject({ containers: '1/1', restarts: 2, since: '2026-11-22T11:59:00Z' });
  });

  it('says of a pod that is on its way out that it is, whatever its containers say', () => {
    const pod = aPod('edge', 'web-edge-5d4f-a', 'ready');
    pod.metadata!.deletionTimestamp = '2026-11-22T12:00:00Z' as unknown as Date;
    const [view] = deploymentViewOf(aDeployment('edge', 'web-edge', [0, 1]), [pod]).pods;
    expect(view).toMatchObject({ isReady: false, reason: 'Terminating', message: 'is being deleted' });
  });

  it('without pods says what it says itself', () => {
    expect(deploymentViewOf(aDeployment('edge', 'web-edge', [2, 2]), [])).toMatchObject({
      state: 'ready',
      ready: '2/2',
      pods: [],
    });
  });
});
