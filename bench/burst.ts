import { median, type Outcome, rounded } from './figures.ts';
import { floorRollout, removeFloor } from './floor.ts';
import { productRollout, removeRollouts, untilQuiet, type World } from './world.ts';

/** Many rollouts at once, product and floor in turn, with the cluster emptied in between. */
export async function burst(world: World, { rollouts = 300, rounds = 3 } = {}): Promise<Outcome> {
  await world.startProduct();
  const product: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    floor.push(await rate(names('floor', rollouts, round), (name) => floorRollout(world, name)));
    await removeFloor(world, names('floor', rollouts, round));
    await untilQuiet(world);
    product.push(await rate(names('burst', rollouts, round), (name) => productRollout(world, name)));
    world.progress(
      `round ${round + 1} of ${rounds}: ${product.at(-1)?.toFixed(1)}/s, floor ${floor.at(-1)?.toFixed(1)}/s`,
    );
    await removeRollouts(world, names('burst', rollouts, round));
    await untilQuiet(world);
  }
  const json = {
    rateRatio: rounded(median(product) / median(floor)),
    rolloutsPerSecond: rounded(median(product)),
    floorPerSecond: rounded(median(floor)),
    rollouts,
    rounds,
  };
  return {
    json,
    rows: [
      {
        name: 'burst',
        figure: `rollouts/s, ${rollouts} at once`,
        product: `${json.rolloutsPerSecond}`,
        floor: `${json.floorPerSecond}`,
        result: `${json.rateRatio}x`,
        bar: '>= 0.55x',
      },
    ],
  };
}

async function rate(all: string[], roll: (name: string) => Promise<number>): Promise<number> {
  const started = performance.now();
  await Promise.all(all.map(roll));
  return all.length / ((performance.now() - started) / 1000);
}

function names(prefix: string, count: number, round: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${round}-${index}`);
}
