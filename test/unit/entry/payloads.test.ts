import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { joined, payloadsOfHubWorkers } from '../../../entry/payloads.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signingKey = { id: 'ours', key: privateKey };
const none = { payloadKeys: undefined, signingKey: undefined, trustedKeys: undefined };

it.each([
  ['signs nothing', {}, /^FOG_ROLLOUTS_TRUSTED_KEYS: .* is not signed; set FOG_ROLLOUTS_SIGNING_KEY too$/],
  ['signs with another key', { signingKey }, /whose key ours is none of theirs, older; put its public key there$/],
])('Workers that trust are refused where the hub itself %s', (_, keys, message) => {
  const trustedKeys = new Map([
    ['theirs', publicKey],
    ['older', publicKey],
  ]);
  expect(() => payloadsOfHubWorkers({ ...none, ...keys, trustedKeys })).toThrow(message);
});

it('Workers of a hub that only signs take whatever comes', () => {
  expect(payloadsOfHubWorkers({ ...none, signingKey }).interceptors).toBeUndefined();
});

it('Work passes through the interceptors of all, in their order', () => {
  const [first, second] = [() => ({}), () => ({})];
  const interceptors = joined({ activity: [first] }, undefined, { activity: [second] });
  expect(interceptors).toEqual({ activity: [first, second] });
  expect(joined(undefined)).toEqual({ activity: [] });
});
