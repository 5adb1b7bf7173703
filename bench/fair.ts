import { LAYERS } from '../model/layers.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { median, type Outcome, rounded } from './figures.ts';
import { floorFleet } from './fleet-floor.ts';
import { fleetManifest, isUsable, makeSites, type Place, placesOf, rollOut, untilSites } from './sites.ts';
import { deadline, type InWorld, NAMESPACE, type World } from './world.ts';

const GROUP = 'group';
const BIG = 'big';
/** Simulated nodes take 110 pods each. */
const PODS_A_NODE = 100;
/** The big one is well under way when this part of its edge is ready. */
const UNDER_WAY = 0.02;

interface Times {
  product: number[];
  floor: number[];
}

/**
 * A rollout over three sites, one in each layer, alone and while one over very many is under way. The floor does the
 * same beside it: what the busy cluster costs anybody is not what the big rollout costs the small one.
 */
export async function fair(inWorld: InWorld, { sites = 10_000, rounds = 7, maxConcurrency = 100 } = {}) {
  const nodes = Math.max(40, Math.ceil(sites / PODS_A_NODE));
  return await inWorld((world) => measure(world, { sites, rounds, maxConcurrency }), { nodes });
}

async function measure(
  world: World,
  { sites, rounds, maxConcurrency }: Record<'sites' | 'rounds' | 'maxConcurrency', number>,
): Promise<Outcome> {
  const many = placesOf({ cloud: 1, fog: 10, edge: sites - 11 }, { [GROUP]: BIG });
  const few = LAYERS.map((layer): Place => ({ name: `few-${layer}`, layer, labels: { [GROUP]: 'few' } }));
  await makeSites(world, [...many, ...few]);
  await world.startProduct();
  await untilSites(world, 'Ready', isUsable);
  await timesOf(world, few, 'warm', 2);
  const alone = await timesOf(world, few, 'alone', rounds);
  const selector = { matchLabels: { [GROUP]: BIG } };
  await world.client.create(FOG_ROLLOUTS, fleetManifest(BIG, { maxConcurrency, siteSelector: selector }));
  await world.rollouts.waitFor(NAMESPACE, BIG, () => readyAtEdge(world) >= sites * UNDER_WAY || undefined, deadline());
  world.progress(`${readyAtEdge(world)} sites of the big rollout are ready; the small ones begin`);
  const beside = await timesOf(world, few, 'beside', rounds);
  const ready = readyAtEdge(world);
  world.progress(`${ready} sites of the big rollout are ready; the small ones are done`);
  if (ready >= many.length - 11) throw new Error('The big rollout was over before the small ones: give it more sites');
  return outcomeOf(alone, beside, { sites, rounds });
}

/** The small rollout, product and floor in turn. */
async function timesOf(world: World, places: Place[], prefix: string, rounds: number): Promise<Times> {
  const times: Times = { product: [], floor: [] };
  for (let round = 0; round < rounds; round++) {
    times.floor.push(await floorFleet(world, `${prefix}-floor-${round}`, { places, maxConcurrency: 1 }));
    const strategy = { siteSelector: { matchLabels: { [GROUP]: 'few' } } };
    times.product.push(await rollOut(world, fleetManifest(`${prefix}-${round}`, strategy)));
  }
  world.progress(`${prefix}: ${median(times.product).toFixed(0)} ms, floor ${median(times.floor).toFixed(0)} ms`);
  return times;
}

function readyAtEdge({ rollouts }: World): number {
  const { layers = [] } = rollouts.get(NAMESPACE, BIG)?.status ?? {};
  return layers.find(({ name }) => name === 'edge')?.sites.ready ?? 0;
}

function outcomeOf(alone: Times, beside: Times, { sites, rounds }: { sites: number; rounds: number }): Outcome {
  const json = {
    ratio: rounded(median(beside.product) / median(alone.product)),
    floorRatio: rounded(median(beside.floor) / median(alone.floor)),
    aloneMs: rounded(median(alone.product), 0),
    besideMs: rounded(median(beside.product), 0),
    floorAloneMs: rounded(median(alone.floor), 0),
    floorBesideMs: rounded(median(beside.floor), 0),
    sites,
    rounds,
  };
  const row = {
    name: 'fair',
    figure: `ms of 3 sites, beside ${sites} against alone`,
    product: `${json.besideMs} / ${json.aloneMs} (${json.ratio}x)`,
    floor: `${json.floorBesideMs} / ${json.floorAloneMs} (${json.floorRatio}x)`,
    result: `${rounded(json.ratio / json.floorRatio)}x the floor's`,
    bar: '-',
  };
  return { json, rows: [row] };
}
