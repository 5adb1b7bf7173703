import { setTimeout as delay } from 'node:timers/promises';
import { typeName } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { Surroundings } from '../model/rollout-tree.ts';
import type { FogRollout } from '../model/types.ts';
import type { Kubectl } from './kubectl.ts';
import { readAround } from './read.ts';

/** How often, in ms, pods and sites are looked at while the FogRollout itself says nothing new. */
const EVERY_MS = 5000;

/** Between two looks, so many times as long as one takes: a fleet that takes long to read is read seldom. */
const REST = 2;

export interface Look {
  rollout: FogRollout;
  around: Surroundings;
}

/** A rollout with what stands around it, once. @throws KubectlError when there is no such FogRollout */
export async function look(kubectl: Kubectl, name: string): Promise<Look> {
  const rollout = await kubectl.json<FogRollout>(['get', typeName(FOG_ROLLOUTS), name]);
  return { rollout, around: await readAround(kubectl, rollout) };
}

/**
 * The same at each change of the rollout, and every few seconds, until the signal.
 *
 * @throws KubectlError when there is no such FogRollout
 */
export async function* follow(kubectl: Kubectl, name: string, signal: AbortSignal): AsyncGenerator<Look> {
  const left = new AbortController();
  const stop = AbortSignal.any([signal, left.signal]);
  const seen: { newest?: FogRollout; failure?: unknown; wake(): void } = { wake() {} };
  const watching = (async () => {
    for await (const rollout of kubectl.watch<FogRollout>(typeName(FOG_ROLLOUTS), name, stop)) {
      seen.newest = rollout;
      seen.wake();
    }
  })()
    .catch((error) => {
      seen.failure = error;
    })
    .finally(() => seen.wake());
  try {
    while (!signal.aborted && seen.failure === undefined) {
      const woken = new Promise<void>((resolve) => {
        seen.wake = resolve;
      });
      const rollout = seen.newest;
      if (rollout) {
        const began = Date.now();
        const around = await readAround(kubectl, rollout);
        const rest = (Date.now() - began) * REST;
        yield { rollout, around };
        await pause(rest, stop);
        if (rollout !== seen.newest) continue;
      }
      await Promise.race(rollout ? [woken, pause(EVERY_MS, stop)] : [woken]);
    }
    if (seen.failure !== undefined && !signal.aborted) throw seen.failure;
  } catch (error) {
    // Ctrl-C is for kubectl too: that it went says nothing.
    if (!signal.aborted) throw error;
  } finally {
    left.abort();
    await watching;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
