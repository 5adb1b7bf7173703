import type { LayerStatus } from '../../../model/types.ts';
import type { Call } from './fake-rollout.ts';
import { Rollout } from './rollout.ts';
import type { TestServer } from './server.ts';

/** A rollout with that many sites of the edge. */
export function aFleet(server: TestServer, name: string, edges: number): Rollout {
  const rollout = new Rollout(server, name);
  rollout.fake.fleet.have('edge', edges);
  return rollout;
}

/** A rollout of two sites in the run itself: the first is given it, the second waits for its window. */
export async function aShutFleet(server: TestServer, name: string): Promise<Rollout> {
  const rollout = aFleet(server, name, 2);
  const { fake } = rollout;
  fake.fleet.inlineSites = 20;
  fake.fleet.shuts('edge-1');
  await rollout.change(1, { fleet: ['edge'] });
  await fake.until('it waits', () => layerOf(rollout)?.message?.includes('waiting for its window') === true);
  return rollout;
}

/** The letters of a layer's sites, shard by shard. */
export function phasesOf(rollout: Rollout, layer = 'edge'): string[] {
  return [...rollout.fake.fleet.records.values()].filter((one) => one.layer === layer).map(({ phases }) => phases);
}

export function layerOf(rollout: Rollout, layer = 'edge'): LayerStatus | undefined {
  return rollout.fake.status?.layers?.find(({ name }) => name === layer);
}

export function appliesAt(calls: Call[], prefix: string): Call[] {
  return calls.filter(({ what }) => what.startsWith(`applyRelease ${prefix}`));
}

/** The sites that a generation was applied to, in the order of the calls. */
export function appliedTo(rollout: Rollout, generation: number): string[] {
  return rollout.fake.calls.flatMap(({ what }) => {
    const [name, site, given] = what.split(' ');
    return name === 'applyRelease' && given === String(generation) ? [site!] : [];
  });
}

/** The most calls that were under way at the same moment. */
export function mostAtOnce(calls: Call[]): number {
  return Math.max(
    ...calls.map(
      ({ begun }) => calls.filter((other) => other.begun <= begun && (other.ended ?? Infinity) > begun).length,
    ),
  );
}
