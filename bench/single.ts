import { median, type Outcome, quantile, rounded } from './figures.ts';
import { floorRollout } from './floor.ts';
import { productRollout, type World } from './world.ts';

/** One 3-layer rollout at a time, product and floor in turn. */
export async function single(world: World, { rounds = 20 } = {}): Promise<Outcome> {
  await world.startProduct();
  const product: number[] = [];
  const floor: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const a = await floorRollout(world, `floor-${round + 2}`);
    const b = await productRollout(world, `single-${round + 2}`);
    world.progress(`round ${round + 1} of ${rounds}: ${b.toFixed(0)} ms, floor ${a.toFixed(0)} ms`);
    if (round < 0) continue; // warm-up
    floor.push(a);
    product.push(b);
  }
  const ratios = product.map((ms, index) => ms / floor[index]!);
  const json = {
    p50Ratio: rounded(median(product) / median(floor)),
    pairedRatio: rounded(median(ratios)),
    p50Ms: rounded(median(product), 0),
    p90Ms: rounded(quantile(product, 0.9), 0),
    floorP50Ms: rounded(median(floor), 0),
    floorP90Ms: rounded(quantile(floor, 0.9), 0),
    rounds,
  };
  return {
    json,
    rows: [
      {
        name: 'single',
        figure: 'ms until the edge is ready, p50',
        product: `${json.p50Ms}`,
        floor: `${json.floorP50Ms}`,
        result: `${json.p50Ratio}x`,
        bar: '<= 1.25x',
      },
    ],
  };
}
