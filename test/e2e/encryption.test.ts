/** Payloads of Temporal that nobody reads or makes without a key: what a rollout's containers are given stands in none of its histories. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { FAILURE_CONVERTER } from '../../encryption/data-converter.ts';
import { bundleWith, bundleWorkflows } from '../../workers/bundle.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { historiesOf as eventsOf } from '../support/histories.ts';
import { Product } from '../support/product.ts';
import { aRollout, NEVER_READY } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-encryption';
const SECRET = 'hunter2-is-the-password';
const TOKEN = 'who-may-read-payloads';
const world = e2eFile().world(stack(), NAMESPACE);
const folder = mkdtempSync(join(tmpdir(), 'payload-keys-'));
const keys = join(folder, 'keys');
const signingKey = join(folder, 'signing-key.pem');
const trusted = join(folder, 'trusted');
/** That of the tests makes failures as they are. */
const bundle = join(folder, 'bundle.cjs');
let temporal: Connection;

beforeAll(async () => {
  mkdirSync(keys);
  addKey('first');
  mkdirSync(trusted);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(signingKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(trusted, 'hub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(bundle, 'of those who do not encrypt');
  const parts = { failureConverterPath: FAILURE_CONVERTER };
  writeFileSync(bundleWith(bundle, parts), (await bundleWorkflows(parts)).code);
  await world.open({ env: encrypting('first') });
  temporal = await Connection.connect({ address: stack().temporalAddress });
});
afterAll(async () => {
  await temporal.close();
  rmSync(folder, { recursive: true });
});

function addKey(id: string): void {
  writeFileSync(join(keys, id), randomBytes(32).toString('base64'));
}
const encrypting = (current: string) => ({
  FOG_ROLLOUTS_PAYLOAD_KEYS: keys,
  FOG_ROLLOUTS_PAYLOAD_KEY: current,
  FOG_ROLLOUTS_WORKFLOW_BUNDLE: bundle,
  // All of it is signed as well, and nothing else is taken: what is signed is what is readable.
  FOG_ROLLOUTS_SIGNING_KEY: signingKey,
  FOG_ROLLOUTS_TRUSTED_KEYS: trusted,
});

const withSecret = (name: string, more: Parameters<typeof aRollout>[1] = {}) => {
  const manifest = aRollout(name, more);
  for (const { containers } of Object.values(manifest.spec.deployments)) {
    containers[0]!.env = [{ name: 'PASSWORD', value: SECRET }];
  }
  return manifest;
};

const idOf = (name: string) => `fogrollout/${NAMESPACE}/${name}`;
const historiesOf = (name: string) => eventsOf(temporal, idOf(name));
const fromBase64 = (text: string) => Buffer.from(text, 'base64').toString();
const SIGNALED = 'workflowExecutionSignaledEventAttributes';

/** What of it the command prints as JSON and is looked at here: all bytes in base64. */
interface ShownHistory {
  events: { [SIGNALED]?: { input: { payloads: { metadata: { encoding: string }; data: string }[] } } }[];
}

/** `temporal workflow show`, by who has nothing of ours. */
async function show(name: string, ...more: string[]) {
  const { dir, temporalAddress, tools } = stack();
  const how = ['--output', 'json', '--address', temporalAddress];
  return await execa(tools.temporal!, ['workflow', 'show', '--workflow-id', idOf(name), ...how, ...more], {
    env: { HOME: dir },
    extendEnv: false,
    reject: false,
  });
}

describe('With payload keys', () => {
  it('a rollout goes down the layers as always, and its histories say nothing of its content', async () => {
    await world.succeeded(await world.apply(withSecret('secretive')));
    const histories = await historiesOf('secretive');
    expect(histories).toContain('activityTaskScheduledEventAttributes');
    expect(histories).toContain('binary/encrypted');
    for (const readable of [SECRET, 'PASSWORD', 'nginx:v1']) expect(histories).not.toContain(readable);
  });

  it('failures say nothing either, and the FogRollout says all', async () => {
    const strategy = { progressDeadlineSeconds: 2 };
    const failed = await world.settled(
      await world.apply(
        withSecret('failing-in-secret', { layers: ['cloud'], images: { cloud: NEVER_READY }, ...strategy }),
      ),
    );
    expect(failed.status?.failures?.[0]?.message).toContain('cloud/failing-in-secret-cloud');
    const histories = await historiesOf('failing-in-secret');
    expect(histories).toContain('Encoded failure');
    expect(histories).not.toContain('failing-in-secret-cloud');
  });

  it('another key is taken for what is new, and what was encrypted before is read on', async () => {
    const gate = { layers: { cloud: { before: [{ approval: {} }] } } };
    const waiting = await world.apply(withSecret('rotated', { layers: ['cloud'], strategy: gate }));
    await world.untilPhase('rotated', 'WaitingForApproval');
    addKey('second');
    await world.product.stop();
    world.product = await new Product(stack(), { env: encrypting('second') }).ready();
    await world.must(['patch', 'fgr', 'rotated', '-n', NAMESPACE, '--type=json', '-p', NO_GATE]);
    const { status } = await world.succeeded({ ...waiting, metadata: { ...waiting.metadata, generation: 2 } });
    expect(status?.version).toBe('v1');
    const histories = await historiesOf('rotated');
    for (const id of ['first', 'second']) expect(histories).toContain(`"encryption-key-id":"${id}"`);
    expect(histories).not.toContain(SECRET);
  });

  it('who has the token reads them by the codec server', async () => {
    const env = { ...encrypting('second'), FOG_ROLLOUTS_CODEC_TOKEN: TOKEN };
    const server = new Product(stack(), { role: 'codec-server', env });
    try {
      const { workflow } = new Client({ connection: temporal });
      const { events } = await workflow.getHandle(idOf('rotated')).fetchHistory();
      const input = events!.find(({ workflowExecutionSignaledEventAttributes: signaled }) => signaled)!
        .workflowExecutionSignaledEventAttributes!.input!;
      const encoded = (input.payloads ?? []).map(({ metadata, data }) => ({
        metadata: Object.fromEntries(
          Object.entries(metadata!).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
        data: Buffer.from(data!).toString('base64'),
      }));
      const ask = async (token: string) => {
        const answer = await fetch(`${await server.address()}/decode`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ payloads: encoded }),
        });
        return { status: answer.status, body: (await answer.json()) as { payloads?: { data: string }[] } };
      };
      const { status, body } = await ask(TOKEN);
      expect([status, Buffer.from(body.payloads![0]!.data, 'base64').toString()]).toEqual([
        200,
        expect.stringContaining(SECRET),
      ]);
      expect((await ask('anybody')).status).toBe(401);
    } finally {
      await server.stop();
    }
  });

  it("and by Temporal's own command, which shows them encrypted without, and nothing for another token", async () => {
    const env = { ...encrypting('second'), FOG_ROLLOUTS_CODEC_TOKEN: TOKEN };
    const server = new Product(stack(), { role: 'codec-server', env });
    try {
      const codec = ['--codec-endpoint', await server.address()];
      const change = (text: string) => {
        const { events } = JSON.parse(text) as ShownHistory;
        const { metadata, data } = events.find((event) => SIGNALED in event)![SIGNALED]!.input.payloads[0]!;
        return { encoding: fromBase64(metadata.encoding), text: fromBase64(data) };
      };
      const readable = await show('rotated', ...codec, '--codec-auth', `Bearer ${TOKEN}`);
      expect(change(readable.stdout)).toEqual({ encoding: 'json/plain', text: expect.stringContaining(SECRET) });
      const encrypted = await show('rotated');
      expect(change(encrypted.stdout)).toEqual({
        encoding: 'binary/encrypted',
        text: expect.not.stringContaining(SECRET),
      });
      // It asks again until its time is over.
      const refused = await show('rotated', ...codec, '--codec-auth', 'Bearer anybody', '--command-timeout', '3s');
      expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('Error: ') });
    } finally {
      await server.stop();
    }
  });

  it('a run that no key fits any more waits for it, and says so', async () => {
    const gate = { layers: { cloud: { before: [{ approval: {} }] } } };
    await world.apply(withSecret('locked', { layers: ['cloud'], strategy: gate }));
    await world.untilPhase('locked', 'WaitingForApproval');
    const elsewhere = join(keys, '..', 'others');
    mkdirSync(elsewhere);
    const third = randomBytes(32).toString('base64');
    for (const folder of [elsewhere, keys]) writeFileSync(join(folder, 'third'), third);
    await world.product.stop();
    const env = { ...encrypting('third'), FOG_ROLLOUTS_PAYLOAD_KEYS: elsewhere };
    world.product = await new Product(stack(), { env }).ready();
    await world.must(['patch', 'fgr', 'locked', '-n', NAMESPACE, '--type=json', '-p', NO_GATE]);
    await eventually('it to be told', async () => {
      const { status } = world.rollout(`${NAMESPACE}/locked`) ?? {};
      const said = JSON.stringify(status?.conditions);
      return said?.includes('encrypted with the key second') || { not: said };
    });

    await world.product.stop();
    world.product = await new Product(stack(), { env: encrypting('third') }).ready();
    await world.untilRollout(`${NAMESPACE}/locked`, 'to go on', (rollout) => rollout?.status?.phase === 'Succeeded');
  });
});

/** The gate is taken out. */
const NO_GATE = JSON.stringify([{ op: 'remove', path: '/spec/strategy/layers' }]);
