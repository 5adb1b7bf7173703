import type { KubeObject } from '../../kube/resources.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import type { AskedAction, FogRollout } from '../../model/types.ts';
import { type JudgeDeps, judge, type Verdict } from './actions.ts';

/** Has an action taken that is no object in the cluster: whoever hands it in vouches for who asks. */
export interface UnkeptActions {
  /**
   * As for a FogAction of the same content. Handed in again under its uid, it is not done twice.
   *
   * @returns undefined when there is no such FogRollout
   * @throws what keeps anybody from saying; it may have been taken all the same
   */
  settle(action: AskedAction): Promise<Verdict | undefined>;
}

export function createUnkeptActions(deps: JudgeDeps): UnkeptActions {
  return {
    async settle(action) {
      const key = { namespace: action.metadata.namespace, name: action.spec.rollout };
      // Not from a cache: whoever has just made a FogRollout may act on it.
      const rollout = await deps.client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, key);
      return rollout && (await judge(action, rollout, deps));
    },
  };
}
