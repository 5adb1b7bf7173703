/** Whatever is sent to the API: it answers as its OpenAPI document says, with a problem where it is wrong, and never with a 5xx. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout } from '../support/rollouts.ts';
import { attack, installSchemathesis, whyNoSchemathesis } from '../support/schemathesis.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-openapi';
const NAME = 'described';
const SETUP_MS = 8 * 60_000;

const why = whyNoSchemathesis();
const title = 'Requests made of the OpenAPI document';

(why ? describe.skip : describe)(why ? `${title} (${why})` : title, () => {
  const world = e2eFile().world(stack(), NAMESPACE);
  let schemathesis: string;
  let api: string;
  let token: string;

  beforeAll(async () => {
    [schemathesis] = await Promise.all([
      installSchemathesis(),
      world.open({ env: { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes' } }),
    ]);
    api = await world.product.address();
    await world.must(['create', 'serviceaccount', 'acting', '-n', NAMESPACE]);
    await world.must(['create', 'role', 'acting', '-n', NAMESPACE, '--verb=create', '--resource=fogactions.paguos.io']);
    const who = `--serviceaccount=${NAMESPACE}:acting`;
    await world.must(['create', 'rolebinding', 'acting', '-n', NAMESPACE, '--role=acting', who]);
    token = (await world.must(['create', 'token', 'acting', '-n', NAMESPACE])).trim();
    await world.succeeded(await world.apply(aRollout(NAME)));
    await eventually('the API to know the rollout', async () => {
      const { status } = await fetch(`${api}/rollouts/${NAME}?namespace=${NAMESPACE}`);
      return status === 200 || { not: status };
    });
  }, SETUP_MS);

  it.each([
    ['about anything', {}],
    ['about a FogRollout that there is', { 'path.name': NAME, 'query.namespace': NAMESPACE }],
  ])('%s', async (_, given) => {
    expect(await attack(schemathesis, { api, token, given, dir: world.stack.dir })).toBe('');
  });
});
