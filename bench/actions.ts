import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from './figures.ts';
import { rounded } from './figures.ts';
import { sumOf, text } from './product.ts';
import { NAMESPACE, productRollout, type World } from './world.ts';

/** The server counts some time after it answers: what it says twice, so many ms apart, is whole. */
const SETTLED_MS = 2_000;
/** And of what never stands still, the last of so many answers is taken. */
const MOST_READS = 15;

/** Temporal actions so far, by the server's own counter: what its cloud would bill (temporal_system left out). */
export async function actionsSoFar({ stack }: World): Promise<number> {
  const read = async () =>
    sumOf(await text(stack.temporalMetrics), 'action', (labels) => labels.includes('namespace="default"'));
  let last = await read();
  for (let left = MOST_READS; left > 0; left--) {
    await delay(SETTLED_MS);
    const now = await read();
    if (now === last) break;
    last = now;
  }
  return last;
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
