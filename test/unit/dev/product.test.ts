import { expect, it } from '@jest/globals';
import { environmentOf } from '../../../dev/product.ts';

const given = { port: 8080, kubeconfig: '/checkout/.fog/kubeconfig', temporalAddress: '127.0.0.1:7233' };

it.each([
  ['on the embedded cluster', true, 'kubernetes'],
  ['nowhere else by itself', false, undefined],
])('people act by the API %s', (_, isOurCluster, expected) => {
  expect(environmentOf({ ...given, isOurCluster }).FOG_ROLLOUTS_API_ACTIONS).toBe(expected);
});

it.each([
  ['of the embedded one is known to the page', 'http://localhost:8233'],
  ['of another is for its owner to name', undefined],
])("Temporal's UI %s", (_, temporalUi) => {
  const environment = environmentOf({ ...given, isOurCluster: true, ...(temporalUi && { temporalUi }) });
  expect(environment.FOG_ROLLOUTS_TEMPORAL_UI_URL).toBe(temporalUi);
});

it('but a user who says otherwise is heard', () => {
  const before = process.env.FOG_ROLLOUTS_API_ACTIONS;
  process.env.FOG_ROLLOUTS_API_ACTIONS = 'off';
  try {
    expect(environmentOf({ ...given, isOurCluster: true }).FOG_ROLLOUTS_API_ACTIONS).toBe('off');
  } finally {
    if (before === undefined) delete process.env.FOG_ROLLOUTS_API_ACTIONS;
    else process.env.FOG_ROLLOUTS_API_ACTIONS = before;
  }
});
