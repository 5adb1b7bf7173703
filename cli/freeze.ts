import { setTimeout as delay } from 'node:timers/promises';
import { apiVersionOf, LEASES, pathOf, typeName } from '../kube/resources.ts';
import { FOG_WINDOWS, WATCHER_LEASE } from '../model/names.ts';
import type { FogWindow } from '../model/types.ts';
import { type Kubectl, KubectlError } from './kubectl.ts';

/** The FogWindow that stops the line. */
const NAME = 'freeze';
/** How often, in ms, it is looked at whether it counts. */
const EVERY_MS = 200;

export interface Freezing {
  /** Of all namespaces, from the one that Fog Rollouts is in. */
  all: boolean;
  reason?: string;
  timeoutMs: number;
}

export interface Frozen {
  state: 'Frozen' | 'Waiting' | 'Refused';
  message: string;
}

/**
 * Makes the FogWindow that lets nothing begin, and waits until Fog Rollouts has seen it.
 *
 * @throws KubectlError where that is not allowed
 */
export async function freeze(kubectl: Kubectl, { all, reason, timeoutMs }: Freezing): Promise<Frozen> {
  const manifest = {
    apiVersion: apiVersionOf(FOG_WINDOWS),
    kind: FOG_WINDOWS.kind,
    metadata: { name: NAME },
    spec: { deny: [{}], overrun: 'Stop', ...(all && { allNamespaces: true }), ...(reason && { reason }) },
  };
  let window: FogWindow;
  try {
    window = await kubectl.json<FogWindow>(['create', '-f', '-'], manifest);
  } catch (error) {
    if (!(error instanceof KubectlError) || !error.isTaken) throw error;
    const live = await kubectl.json<FogWindow>(['get', typeName(FOG_WINDOWS), NAME]);
    return alreadyThere(live, all);
  }
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { metadata, status } = window;
    if (status?.observedGeneration === metadata.generation && status.open !== undefined) {
      if (status.open) return { state: 'Refused', message: `${nameOf(window)} stops nothing: ${status.message}` };
      const home = all && homeIn(status.message);
      if (home) {
        await unfreeze(kubectl);
        const message = `Fog Rollouts runs in ${home}, and heeds it there alone: freeze --all --home ${home}`;
        return { state: 'Refused', message: `Nothing is frozen. ${message}` };
      }
      const whose = all ? 'of any namespace' : `of ${metadata.namespace}`;
      return { state: 'Frozen', message: `No rollout ${whose} begins anything${reason ? `: ${reason}` : ''}` };
    }
    if (Date.now() > deadline) {
      const message = `${nameOf(window)} is made, and not seen by Fog Rollouts after ${timeoutMs / 1000} s; does its watcher run?`;
      return { state: 'Waiting', message };
    }
    await delay(EVERY_MS);
    window = await kubectl.json<FogWindow>(['get', typeName(FOG_WINDOWS), NAME]);
  }
}

/** Takes the FogWindow away again. @returns whether there was one */
export async function unfreeze(kubectl: Kubectl): Promise<boolean> {
  const out = await kubectl.run(['delete', typeName(FOG_WINDOWS), NAME, '--ignore-not-found', '-o', 'name']);
  return out.trim() !== '';
}

/** Nothing tells where Fog Rollouts runs, or more than one place does. */
export class HomeUnknown extends KubectlError {}

/**
 * The namespace that Fog Rollouts runs in, told by the Lease of its watcher: a FogWindow of all namespaces counts there alone.
 *
 * @throws HomeUnknown where that cannot be told, which says why; KubectlError where nobody answers
 */
export async function homeOf(kubectl: Kubectl): Promise<string> {
  const path = `${pathOf(LEASES)}?fieldSelector=${encodeURIComponent(`metadata.name=${WATCHER_LEASE}`)}`;
  let found: string[];
  try {
    const { items } = await kubectl.raw<{ items: { metadata: { namespace: string } }[] }>(path);
    found = items.map(({ metadata }) => metadata.namespace);
  } catch (error) {
    if (!(error instanceof KubectlError) || !error.isRefusal) throw error;
    throw new HomeUnknown(error.words);
  }
  if (found.length === 1) return found[0]!;
  const what = found.length === 0 ? 'none has' : `${found.join(' and ')} have`;
  throw new HomeUnknown(`${what} the Lease ${WATCHER_LEASE}`);
}

/** Where else a FogWindow of all namespaces has to be; its status tells that in no other field. */
function homeIn(message = ''): string | undefined {
  return /allNamespaces counts in the namespace (\S+) alone/.exec(message)?.[1];
}

function alreadyThere(window: FogWindow, all: boolean): Frozen {
  const { deny = [], allNamespaces = false, reason } = window.spec;
  const stops = deny.some((period) => Object.keys(period).length === 0);
  if (!stops || (all && !allNamespaces)) {
    const message = `There is a FogWindow ${nameOf(window)} already, and it does not ${stops ? 'hold for all namespaces' : 'stop all'}; unfreeze first`;
    return { state: 'Refused', message };
  }
  return { state: 'Frozen', message: `${nameOf(window)} was there already${reason ? `: ${reason}` : ''}` };
}

function nameOf({ metadata }: FogWindow): string {
  return `${metadata.namespace}/${metadata.name}`;
}
