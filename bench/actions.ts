import type { Outcome } from './figures.ts';
import { rounded } from './figures.ts';
import { sumOf, text } from './product.ts';
import { NAMESPACE, productRollout, type World } from './world.ts';

/** Temporal actions so far, by the server's own counter: what its cloud would bill (temporal_system left out). */
export async function actionsSoFar({ stack }: World): Promise<number> {
  return sumOf(await text(stack.temporalMetrics), 'action', (labels) => labels.includes('namespace="default"'));
}

/** Temporal actions of a 3-layer rollout. */
export async function actions(world: World, { rollouts = 10 } = {}): Promise<Outcome> {
  await world.startProduct();
  const before = await actionsSoFar(world);
  for (let index = 0; index < rollouts; index++) {
    const name = `actions-${index}`;
    await productRollout(world, name);
    await world.rollouts.waitFor(
      NAMESPACE,
      name,
      (live) => live?.status?.phase === 'Succeeded' || undefined,
      AbortSignal.timeout(60_000),
    );
  }
  const perRollout = rounded(((await actionsSoFar(world)) - before) / rollouts, 1);
  return {
    json: { perRollout, rollouts },
    rows: [
      {
        name: 'actions',
        figure: 'Temporal actions a rollout',
        product: `${perRollout}`,
        floor: '-',
        result: `${perRollout}`,
        bar: '<= 7',
      },
    ],
  };
}
