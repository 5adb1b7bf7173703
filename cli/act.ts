import { setTimeout as delay } from 'node:timers/promises';
import { apiVersionOf, typeName } from '../kube/resources.ts';
import { FOG_ACTIONS } from '../model/names.ts';
import type { FogAction, FogActionSpec } from '../model/types.ts';
import type { Kubectl } from './kubectl.ts';

/** How often, in ms, and how long, an action is asked about that was not settled. */
const EVERY_MS = 200;

export interface Asked {
  state: 'Accepted' | 'Refused' | 'Waiting';
  message: string;
}

/**
 * Makes a FogAction, and waits until it is settled.
 *
 * @param timeoutMs - how long; then it stays, and is settled when it can be
 */
export async function ask(kubectl: Kubectl, spec: FogActionSpec, timeoutMs: number): Promise<Asked> {
  const manifest = {
    apiVersion: apiVersionOf(FOG_ACTIONS),
    kind: FOG_ACTIONS.kind,
    metadata: { generateName: `${spec.rollout.slice(0, 200)}-` },
    spec,
  };
  const { metadata } = await kubectl.json<FogAction>(['create', '-f', '-'], manifest);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { status } = await kubectl.json<FogAction>(['get', typeName(FOG_ACTIONS), metadata.name]);
    if (status?.state) return { state: status.state, message: status.message ?? '' };
    if (Date.now() > deadline) {
      const message = `not settled after ${timeoutMs / 1000} s; see kubectl get fogaction ${metadata.name} -n ${metadata.namespace}`;
      return { state: 'Waiting', message };
    }
    await delay(EVERY_MS);
  }
}
