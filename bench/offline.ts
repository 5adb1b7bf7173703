import { FOG_ROLLOUTS } from '../model/names.ts';
import type { FogSite, LayerStrategy } from '../model/types.ts';
import { median, type Outcome, rounded } from './figures.ts';
import {
  conditionOf,
  fleetManifest,
  hasSucceeded,
  isUsable,
  makeSites,
  type Place,
  placesOf,
  untilSites,
} from './sites.ts';
import { deadline, isReady, NAMESPACE, type World } from './world.ts';

/** Every which site is dead. */
const DEAD_EVERY = 10;
/** A task queue that no worker serves: what a region looks like whose link is down. */
const DEAD_QUEUE = 'region/without-workers';
const LINK = 'link';

/**
 * One tenth of the edge's sites is dead: does the rollout reach the others as soon as one that has only those? The two
 * take turns, with as many sites at once; that the dead are out of reach is known before.
 */
export async function offline(world: World, { sites = 300, rounds = 3, maxConcurrency = 50 } = {}): Promise<Outcome> {
  const places = placesOf({ cloud: 0, fog: 0, edge: sites }).map((place, at): Place => {
    const isDead = at % DEAD_EVERY === DEAD_EVERY - 1;
    return isDead
      ? { ...place, labels: { [LINK]: 'down' }, taskQueue: DEAD_QUEUE }
      : { ...place, labels: { [LINK]: 'up' } };
  });
  const live = places.filter(({ taskQueue }) => !taskQueue);
  await makeSites(world, places);
  await world.startProduct();
  world.progress(`${sites} sites are made; waiting until ${sites - live.length} are known to be out of reach`);
  await untilSites(world, 'Ready, or not Reachable where no worker is', isJudged);
  const strategies: Record<'dead' | 'none', LayerStrategy> = {
    dead: { maxConcurrency },
    none: { maxConcurrency, siteSelector: { matchLabels: { [LINK]: 'up' } } },
  };
  const ms = { dead: [] as number[], none: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const turns = round % 2 ? (['none', 'dead'] as const) : (['dead', 'none'] as const);
    for (const turn of turns) {
      const name = `${turn}-${round + 1}`;
      const took = await untilLiveAreReady(world, { name, strategy: strategies[turn], live });
      if (round >= 0) ms[turn].push(took); // the first is to warm up
    }
    world.progress(`round ${round + 1} of ${rounds}: ${last(ms.dead)} ms with the dead, ${last(ms.none)} ms without`);
  }
  const json = {
    ratio: rounded(median(ms.dead) / median(ms.none)),
    deadMs: rounded(median(ms.dead), 0),
    noneMs: rounded(median(ms.none), 0),
    sites,
    dead: sites - live.length,
    rounds,
  };
  const row = {
    name: 'offline',
    figure: `ms until the live of ${sites} sites are ready, ${json.dead} dead, against none`,
    product: `${json.deadMs} / ${json.noneMs}`,
    floor: '-',
    result: `${json.ratio}x`,
    bar: '<= 1.1x',
  };
  return { json, rows: [row] };
}

function isJudged(site: FogSite): boolean {
  return site.spec.taskQueue === DEAD_QUEUE ? conditionOf(site, 'Reachable') === 'False' : isUsable(site);
}

async function untilLiveAreReady(
  { client, rollouts, deployments }: World,
  { name, strategy, live }: { name: string; strategy: LayerStrategy; live: Place[] },
): Promise<number> {
  const started = performance.now();
  await client.create(FOG_ROLLOUTS, fleetManifest(name, { edge: strategy }));
  await Promise.all(live.map((site) => deployments.waitFor(site.name, `${name}-edge`, isReady, deadline())));
  const took = performance.now() - started;
  await rollouts.waitFor(NAMESPACE, name, hasSucceeded, deadline());
  return took;
}

function last(values: number[]): string {
  return values.at(-1)?.toFixed(0) ?? 'some';
}
