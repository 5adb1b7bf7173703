/** Back to what succeeded before, by the strategy and by people, and what is given again after that. */
import { beforeAll, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../model/names.ts';
import type { FogActionSpec, FogRollout } from '../../model/types.ts';
import { asked } from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, NEVER_READY } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-rollback';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

const LAYERS = ['cloud', 'fog', 'edge'] as const;
const imagesOf = (name: string) =>
  LAYERS.map((layer) => world.deployment(layer, name)?.spec?.template.spec?.containers[0]?.image);
const messageOf = ({ status }: FogRollout) => status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const stands = (name: string, what: string, holds: (status: NonNullable<FogRollout['status']>) => boolean) =>
  world.untilRollout(`${NAMESPACE}/${name}`, what, (rollout) => rollout?.status !== undefined && holds(rollout.status));
const isBackAt = (attempt: number) => (status: NonNullable<FogRollout['status']>) =>
  status.rollback?.done === true && status.revision?.attempt === attempt;

/** The message of a FogAction that was accepted, or the state with the message. */
async function ask(spec: FogActionSpec): Promise<string> {
  const { status } = await asked(world, spec);
  return status?.state === 'Accepted' ? status.message! : `${status?.state}: ${status?.message}`;
}

it.concurrent('goes back by its strategy, gives that again where it is lost, and tries anew when asked', async () => {
  const name = 'goes-back';
  await world.succeeded(await world.apply(aRollout(name)));
  const strategy = { onFailure: 'Rollback', progressDeadlineSeconds: 5 } as const;
  await world.apply(aRollout(name, { version: 'v2', images: { fog: NEVER_READY }, strategy }));
  const back = await stands(name, 'to be back', isBackAt(1));
  expect(imagesOf(name)).toEqual(['nginx:v1', 'nginx:v1', 'nginx:v1']);
  expect([back.status?.phase, back.status?.version, back.status?.observedGeneration]).toEqual(['Failed', 'v1', 2]);
  expect(messageOf(back)).toMatch(/^rolled back: fog: Deployment .*; v1 is ready in cloud, fog, edge; change spec, or/);
  expect(back.status?.failures).toMatchObject([{ site: 'fog', reason: 'ProgressDeadlineExceeded' }]);
  // What is given again is what it was rolled back to, not what spec says.
  const { uid } = world.deployment('fog', name)!.metadata;
  await world.must(['delete', 'deployment', `${name}-fog`, '-n', 'fog']);
  const again = await world.untilDeployment('fog', name, 'to be there again', (one) => one.metadata.uid !== uid);
  expect(again.spec?.template.spec?.containers[0]?.image).toBe('nginx:v1');
  await stands(
    name,
    'to be right',
    ({ phase, layers }) => phase === 'Failed' && layers?.every((one) => one.phase === 'Ready') === true,
  );
  expect(await ask({ rollout: name, action: 'Resume' })).toBe('v2 is rolled out again');
  const twice = await stands(name, 'to be back again', isBackAt(3));
  expect([imagesOf(name), twice.status?.version]).toEqual([['nginx:v1', 'nginx:v1', 'nginx:v1'], 'v1']);
  const { status } = await world.succeeded(await world.apply(aRollout(name, { version: 'v3' })));
  expect(status).not.toHaveProperty('rollback');
});

it.concurrent('goes back for a person, and to any generation that is kept', async () => {
  const name = 'sent-back';
  await world.succeeded(await world.apply(aRollout(name)));
  await world.succeeded(await world.apply(aRollout(name, { version: 'v2' })));
  expect(await ask({ rollout: name, action: 'Rollback', reason: 'incident 7' })).toBe('It is rolled back to v1');
  const back = await stands(name, 'to be back', isBackAt(1));
  expect([imagesOf(name)[0], back.status?.phase, back.status?.rollback?.reason]).toEqual([
    'nginx:v1',
    'Succeeded',
    'incident 7',
  ]);
  expect(messageOf(back)).toMatch(
    /^rolled back by \S+: incident 7; v1 is ready in cloud, fog, edge; change spec, or Resu/,
  );
  expect(await ask({ rollout: name, action: 'Rollback', revision: 1 })).toBe('Refused: v1 is what it runs');
  expect(await ask({ rollout: name, action: 'Rollback', revision: 9 })).toBe(
    'Refused: The content of generation 9 is not kept',
  );
  expect(await ask({ rollout: name, action: 'Rollback', revision: 2 })).toBe('It is rolled back to v2');
  await stands(name, 'to be at v2', isBackAt(2));
  expect(imagesOf(name)).toEqual(['nginx:v2', 'nginx:v2', 'nginx:v2']);
});

it.concurrent('makes its pods anew for a person, and not once more with the next version', async () => {
  const name = 'restarted';
  const markOf = () =>
    LAYERS.map(
      (layer) => world.deployment(layer, name)?.spec?.template.metadata?.annotations?.[ANNOTATIONS.restartedAt],
    );
  await world.succeeded(await world.apply(aRollout(name, { image: 'nginx:stable' })));
  expect(await ask({ rollout: name, action: 'Restart' })).toBe('v1 is rolled out with new pods');
  const restarted = await stands(
    name,
    'to be restarted',
    ({ phase, revision }) => phase === 'Succeeded' && revision?.attempt === 1,
  );
  const { restartedAt } = restarted.status!;
  expect([restartedAt !== undefined, markOf()]).toEqual([true, [restartedAt, restartedAt, restartedAt]]);
  const templates = () => LAYERS.map((layer) => world.deployment(layer, name)?.spec?.template);
  const before = templates();
  await world.succeeded(await world.apply(aRollout(name, { version: 'v2', image: 'nginx:stable' })));
  expect(templates()).toEqual(before);
});
