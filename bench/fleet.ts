import type { Layer } from '../model/layers.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { Amount } from '../model/types.ts';
import type { Outcome } from './figures.ts';
import { type Figures, fleetOutcome, LARGE, SMALL, type Turn } from './fleet-figures.ts';
import { floorFleet, removeFloorFleet, untilCollected } from './fleet-floor.ts';
import { historiesOf, observe } from './observe.ts';
import type { Product } from './product.ts';
import { fleetManifest, isUsable, makeSites, type Place, placesOf, rollOut, untilSites } from './sites.ts';
import { perSite, spentSoFar } from './spent.ts';
import { deadline, type InWorld, NAMESPACE, type World } from './world.ts';

/** A fleet and how it is gone through. */
interface Fleet {
  counts: Record<Layer, number>;
  maxConcurrency: Amount;
  rounds: number;
  /** Where the floor is measured: by turns, or on a stack of its own, where clearing away would take as long again. */
  floor: 'by turns' | 'apart';
}

/** KubeFleet's published case: 100 clusters in 3 stages, half of a stage at once. */
const PUBLISHED: Fleet = {
  counts: { cloud: 20, fog: 30, edge: 50 },
  maxConcurrency: '50%',
  rounds: 3,
  floor: 'by turns',
};
const SIZES = [100, SMALL, LARGE];
/** One of each layer, before anything is measured. */
const WARM = 'warm';
/** Simulated nodes take 110 pods each; some are still going while the next come. */
const PODS_A_NODE = 100;

/**
 * One rollout over many sites in three layers, every site a namespace on the hub.
 *
 * @param sites - one fleet of this many sites instead of those of {@link SIZES}
 * @param maxConcurrency - sites at once instead of the fleet's own amount
 */
export async function fleet(
  inWorld: InWorld,
  options: { sites?: number; maxConcurrency?: number; rounds?: number } = {},
): Promise<Outcome> {
  const measured: Figures[] = [];
  for (const sites of options.sites === undefined ? SIZES : [options.sites]) {
    const one: Fleet = { ...fleetOf(sites), ...options };
    const nodes = Math.max(40, Math.ceil(sites / PODS_A_NODE));
    const figures = await inWorld((world) => measure(world, one), { nodes });
    if (one.floor === 'apart') figures.floor.push(...(await inWorld((world) => floorAlone(world, one), { nodes })));
    measured.push(figures);
  }
  return fleetOutcome(measured);
}

/**
 * A tenth fog and a few clouds; as many at once in all of these, so that what a site costs can be compared. They are what two
 * cores carry: with more, each takes so long that it costs heartbeats, in a cluster that grows slower ever more of them.
 */
function fleetOf(sites: number): Fleet {
  if (sites === 100) return PUBLISHED;
  const [cloud, fog] = [Math.ceil(sites / 200), Math.ceil(sites / 10)];
  const counts = { cloud, fog, edge: sites - cloud - fog };
  return { counts, maxConcurrency: 50, rounds: sites < 1_000 ? 3 : 1, floor: sites > 1_000 ? 'apart' : 'by turns' };
}

async function measure(world: World, { counts, maxConcurrency, rounds, floor }: Fleet): Promise<Figures> {
  const places = warmablePlaces(counts);
  const figures: Figures = { sites: places.length, turns: [], floor: [] };
  await makeSites(world, places);
  const product = await world.startProduct();
  await untilSites(world, 'Ready', isUsable);
  await warmUp(world, places);
  for (let round = 0; round < rounds; round++) {
    if (floor === 'by turns') {
      const name = `floor-${round}`;
      figures.floor.push(await floorFleet(world, name, { places, maxConcurrency }));
      await removeFloorFleet(world, name, places);
    }
    const turn = await productTurn(world, product, { name: `fleet-${round}`, maxConcurrency, sites: places.length });
    figures.turns.push(turn);
    const told = figures.floor.length > 0 ? `, floor ${inSeconds(figures.floor.at(-1)!)} s` : '';
    world.progress(`${places.length} sites, round ${round + 1} of ${rounds}: ${inSeconds(turn.ms)} s${told}`);
    if (round + 1 < rounds) await removeRollout(world, `fleet-${round}`);
  }
  return figures;
}

/**
 * The floor where nothing of ours runs: the same sites, once.
 *
 * @returns its ms; nothing where it gave up, as a bare script does when one of its thousands of requests fails: what the
 *   product was measured at stands without it
 */
async function floorAlone(world: World, { counts, maxConcurrency }: Fleet): Promise<number[]> {
  const places = warmablePlaces(counts);
  await makeSites(world, places);
  const few = places.filter(({ labels }) => labels?.[WARM]);
  await floorFleet(world, 'floor-warm', { places: few, maxConcurrency: 1 });
  await removeFloorFleet(world, 'floor-warm', few);
  try {
    const ms = await floorFleet(world, 'floor', { places, maxConcurrency });
    world.progress(`${places.length} sites, the floor apart: ${inSeconds(ms)} s`);
    return [ms];
  } catch (error) {
    world.progress(`${places.length} sites: the floor gave up: ${(error as Error).message}`);
    return [];
  }
}

function warmablePlaces(counts: Fleet['counts']): Place[] {
  return placesOf(counts).map((place) => (place.name.endsWith('-0') ? { ...place, labels: { [WARM]: 'yes' } } : place));
}

async function warmUp(world: World, places: Place[]): Promise<void> {
  const few = places.filter(({ labels }) => labels?.[WARM]);
  await floorFleet(world, 'floor-warm', { places: few, maxConcurrency: 1 });
  await rollOut(world, fleetManifest('fleet-warm', { siteSelector: { matchLabels: { [WARM]: 'yes' } } }));
  await Promise.all([removeFloorFleet(world, 'floor-warm', few), removeRollout(world, 'fleet-warm')]);
}

async function productTurn(
  world: World,
  product: Product,
  { name, maxConcurrency, sites }: { name: string; maxConcurrency: Amount; sites: number },
): Promise<Turn> {
  const before = await spentSoFar(world, product);
  const observed = observe(world, product, name);
  const ms = await rollOut(world, fleetManifest(name, { maxConcurrency }), 120_000 + sites * 1_000);
  const seen = await observed();
  const histories = await historiesOf(world, name);
  return { ms, ...seen, ...histories, ...perSite(before, await spentSoFar(world, product), sites) };
}

async function removeRollout(world: World, name: string): Promise<void> {
  await world.client.delete(FOG_ROLLOUTS, { namespace: NAMESPACE, name });
  await world.rollouts.waitFor(NAMESPACE, name, (live) => (live ? undefined : true), deadline(600_000));
  await untilCollected(world, name);
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
