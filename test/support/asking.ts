/** What people ask of rollouts by FogActions, in a namespace of the tests. */
import type { KubeObject } from '../../kube/resources.ts';
import { FOG_ACTIONS } from '../../model/names.ts';
import type { FogAction, FogActionSpec } from '../../model/types.ts';
import { eventually } from './eventually.ts';
import type { World } from './world.ts';

export interface Asked {
  /** Whether the API server took it. */
  ok: boolean;
  output: string;
  /** Of the FogAction. */
  name: string;
}

let made = 0;

/** Makes a FogAction. @param by - the user who does; left out, the cluster's admin */
export async function ask(world: World, spec: FogActionSpec, by?: string): Promise<Asked> {
  const name = `${spec.rollout}-${++made}`;
  const metadata = { name, namespace: world.namespace };
  const manifest = { apiVersion: 'paguos.io/v1alpha1', kind: 'FogAction', metadata, spec };
  return { ...(await world.kubectl(['create', '-f', '-', ...(by ? ['--as', by] : [])], manifest)), name };
}

/** Without a process of kubectl: it is asked for again and again. */
export async function actionOf(world: World, name: string): Promise<FogAction> {
  return await world.client.get<FogAction & KubeObject>(FOG_ACTIONS, { namespace: world.namespace, name });
}

/** The FogAction when it is settled. @throws Error when the API server does not take it */
export async function asked(world: World, spec: FogActionSpec, by?: string): Promise<FogAction> {
  const { ok, output, name } = await ask(world, spec, by);
  if (!ok) throw new Error(output);
  return await eventually<FogAction>(`${name} to be settled`, async () => {
    const action = await actionOf(world, name);
    return action.status?.state ? action : { not: action.status };
  });
}
