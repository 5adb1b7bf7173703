/**
 * The page in a real browser, over an API whose caches follow a real API server. Who would work at the rollouts is not
 * there: what the browser shows is written to the objects by hand, so that ten thousand sites take no time.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { Registry } from 'prom-client';
import type { ReadAccess } from '../../api/access.ts';
import { buildApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { listen } from '../../api/server.ts';
import { ROOT } from '../../dev/home.ts';
import { KubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { type KubeObject, NAMESPACES } from '../../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SHARDS } from '../../model/names.ts';
import type { FogRollout, FogShard } from '../../model/types.ts';
import { complaintsOf, launchChromium, seriousFindings, whyNoChromium } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { type Ingress, startIngress } from '../support/ingress.ts';
import { createMadeUpFleet, type MadeUp, shardName } from '../support/made-up-fleet.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-page';
const SITES = 10_000;
const FLEET = `#/rollouts/${NAMESPACE}/fleet`;

/** Milliseconds for whatever a browser is to show. */
const PATIENCE_MS = 30_000;
/** Well below what a page that nobody tells of a change takes to look again (page/live/repeat.ts). */
const UNTOLD_MS = 10_000;

const without = whyNoChromium();
const inBrowser = without ? describe.skip : describe;
const why = without ? ` (${without})` : '';

const stop = new AbortController();
const apps: FastifyInstance[] = [];
let connection: KubeConnection;
let client: KubeClient;
let fleet: MadeUp;
let deps: ApiDeps;
let browser: Browser;
let address: string;

beforeAll(async () => {
  if (without) return;
  const folder = join(stack().dir, 'page');
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle-page.ts'), folder]);
  connection = new KubeConnection(loadKubeConfig({ kubeconfig: stack().kubeconfig }));
  client = new KubeClient(connection, { fieldManager: 'tester' });
  await client.apply(NAMESPACES, { metadata: { name: NAMESPACE } });
  fleet = await createMadeUpFleet(client, { namespace: NAMESPACE, name: 'fleet', count: SITES }, (site) =>
    site % 1_000 === 999 ? 'w' : 'r',
  );
  deps = await depsOn(folder);
  address = await serve(deps);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all(apps.map((app) => app.close()));
  stop.abort();
  await client?.delete(NAMESPACES, { name: NAMESPACE });
  await connection?.close();
});

const contexts: BrowserContext[] = [];
const closeAll = () => Promise.all(contexts.splice(0).map((context) => context.close()));
afterEach(closeAll);

/** Real caches of what is in the namespace; of FogSites, which concern every rollout of the cluster, what there would be. */
async function depsOn(page: string): Promise<ApiDeps> {
  const sites = new Map(fleet.sites.map((site) => [site.metadata.name, site]));
  const ours = { client, namespace: NAMESPACE };
  const namespace = (rollout: FogRollout) => [rollout.metadata.namespace];
  const rollout = ({ metadata, spec }: FogShard) => [`${metadata.namespace}/${spec.rollout}`];
  const rollouts = new Informer<FogRollout & KubeObject>({ ...ours, type: FOG_ROLLOUTS, indexes: { namespace } });
  const shards = new Informer<FogShard & KubeObject>({ ...ours, type: FOG_SHARDS, indexes: { rollout } });
  for (const informer of [rollouts, shards]) informer.start(stop.signal);
  await Promise.all([rollouts, shards].map((informer) => informer.waitForSync()));
  return {
    ...{ rollouts, shards, page, clock: systemClock, logger: pino({ level: 'silent' }), metrics: new Registry() },
    sites: { hasSynced: true, get: (_, name) => sites.get(name), list: () => fleet.sites },
    windows: { hasSynced: true, about: () => [], atSites: () => ({ at: () => undefined }) },
    revisions: { list: async () => [], read: async () => undefined },
    readiness: { ready: () => ({ ok: true, checks: {} }) },
  };
}

async function serve(of: ApiDeps): Promise<string> {
  const app = await buildApp(of);
  apps.push(app);
  return await listen(app, { host: '127.0.0.1', port: 0 });
}

/** A tab at an address of the page, and what it complained of. */
async function open(hash = '', { at = address, ...options }: BrowserContextOptions & { at?: string } = {}) {
  const context = await browser.newContext({ viewport: { width: 1_400, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  contexts.push(context);
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`${at}/${hash}`);
  return { page, complaints };
}

const streams = async () => (await deps.metrics.getSingleMetric('fog_rollouts_event_streams')!.get()).values[0]!.value;

const setPhases = (index: number, phases: string, notes: object[] = []) =>
  client.patch(
    FOG_SHARDS,
    { namespace: NAMESPACE, name: shardName('fleet', index) },
    { type: 'merge', body: { status: { phases, notes, reports: 2 } } },
  );

inBrowser(`The list of rollouts${why}`, () => {
  it('shows what there is, and what comes, changes and goes, by itself; then it can be filtered', async () => {
    const { page, complaints } = await open();
    await page.getByRole('row', { name: /fleet.*Progressing/ }).waitFor();
    const manifest = aRollout('late', { version: 'v7' });
    await client.create(FOG_ROLLOUTS, { ...manifest, metadata: { name: 'late', namespace: NAMESPACE } } as never);
    await page.getByRole('row', { name: /late.*v7.*Pending/ }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('fle');
    await page.getByRole('row', { name: /late/ }).waitFor({ state: 'detached' });
    expect(new URL(page.url()).hash).toBe('#/?text=fle');
    await client.delete(FOG_ROLLOUTS, { namespace: NAMESPACE, name: 'late' });
    await page.getByRole('button', { name: 'All 1', exact: true }).waitFor();
    await page.getByRole('link', { name: 'fleet' }).press('Enter');
    await page.getByRole('heading', { name: 'fleet' }).waitFor();
    expect(complaints).toEqual([]);
  });
});

inBrowser(`The grid${why}`, () => {
  it('shows ten thousand sites, and a change at one of them as it happens', async () => {
    const { page, complaints } = await open(FLEET);
    await page.getByRole('button', { name: 'Ready 9,992' }).waitFor();
    const loaded = await page.evaluate('performance.getEntriesByType("resource").map(({ name }) => name)');
    expect(loaded).not.toContainEqual(expect.stringMatching(/\/sites\?/)); // in one answer, not page by page
    const seen = page.evaluate(`new Promise((resolve, reject) => {
      const look = () => /Failed 1(?!\\d)/.test(document.body.textContent) && resolve(Date.now());
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
      setTimeout(() => reject(new Error('The page shows no site that has failed')), ${PATIENCE_MS});
    })`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const before = Date.now();
    const message = 'edge edge-00399: image nginx:v2 cannot be pulled (ImagePullBackOff)';
    await setPhases(1, `${'r'.repeat(199)}f`, [{ site: 'edge-00399', reason: 'ImagePullBackOff', message }]);
    const took = Number(await seen) - before;
    process.stdout.write(`The page showed a change at one of ${SITES} sites after ${took} ms\n`);
    expect(took).toBeLessThan(UNTOLD_MS);
    expect(asked).toContain('/rollouts/fleet/grid');
    expect(asked).not.toContainEqual(expect.stringMatching(/\/sites$/));

    await page.getByRole('button', { name: /^Failed 1/ }).click();
    await page.getByText('1 of 10,002 sites').waitFor();
    const grid = page.getByRole('listbox');
    await grid.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Site edge-00399' }).getByText(message).waitFor();
    await page.getByText('v1 (generation 1)').waitFor(); // what it had, and has
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('listbox');
    expect(complaints).toEqual([]);
  });

  it('is a table, too, worst first, page by page, by keyboard', async () => {
    const { page } = await open(FLEET);
    await page.getByRole('button', { name: 'Table' }).press('Enter');
    const first = page.getByRole('region', { name: 'Sites' }).getByRole('table').getByRole('row').nth(1);
    await first.getByText(/Failed/).waitFor();
    await page.getByRole('button', { name: 'Next' }).press('Enter');
    await page.getByText('51–100 of 10,002').waitFor();
    await page.getByRole('combobox', { name: 'Parent' }).selectOption('fog-7');
    await page.getByText('1–50 of 500').waitFor();
  });
});

inBrowser(`Whoever looks${why}`, () => {
  /** Between light and dark nothing differs but colours. */
  it.each([
    ['light', undefined],
    ['dark', ['color-contrast']],
  ] as const)('finds nothing serious in the way, by axe, in %s', async (colorScheme, only) => {
    const rules = only && [...only];
    const { page } = await open('', { colorScheme });
    await page.getByRole('row', { name: /fleet/ }).waitFor();
    expect(await seriousFindings(page, rules)).toEqual([]);
    await page.getByRole('link', { name: 'fleet' }).click();
    await page.getByRole('listbox').click({ position: { x: 160, y: 60 } });
    await page.getByRole('complementary').getByText('Runs', { exact: true }).waitFor();
    expect(await seriousFindings(page, rules)).toEqual([]);
    await page.getByRole('button', { name: 'Table' }).click();
    expect(await seriousFindings(page, rules)).toEqual([]);
  });

  it('costs nothing once they have closed the page, or left it mid-stream', async () => {
    await eventually('no stream to be open', async () => (await streams()) === 0 || { not: await streams() });
    await Promise.all([open(), open(FLEET)]);
    await eventually('two streams', async () => (await streams()) === 2 || { not: await streams() });
    await closeAll();
    await eventually('no stream to be open', async () => (await streams()) === 0 || { not: await streams() });
  });

  it('is asked for a token where the API wants one, and sees then what they may, if it is one namespace', async () => {
    const reads: ReadAccess = {
      whoHas: async (token) => (token === 'of-alice' ? { username: 'alice' } : undefined),
      may: async (_, { namespace }) => namespace === NAMESPACE,
    };
    const { page } = await open('', { at: await serve({ ...deps, metrics: new Registry(), reads }) });
    const dialog = page.getByRole('dialog', { name: 'Who are you?' });
    await dialog.getByText('A token is needed').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByLabel('Token').fill('of-nobody');
    await page.keyboard.press('Enter');
    await dialog.getByText('The token is not valid').waitFor();
    await dialog.getByLabel('Token').fill('of-alice');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('alice may not list').waitFor();
    await page.getByLabel('Show those of namespace').fill(NAMESPACE);
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /fleet/ }).waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('of-alice');
  });
});

inBrowser(`Behind a path of an Ingress${why}`, () => {
  let ingress: Ingress;
  beforeAll(async () => {
    ingress = await startIngress(address, '/fog');
  });
  afterAll(() => ingress.close());

  it('the page shows what there is, and what comes', async () => {
    const { page, complaints } = await open('', { at: ingress.address });
    await page.getByRole('row', { name: /fleet/ }).waitFor();
    await page.getByRole('link', { name: 'fleet' }).click();
    await page.getByRole('listbox').waitFor();
    expect([complaints, ingress.astray]).toEqual([[], []]);
  });

  it('a request can be tried', async () => {
    const { page } = await open('docs', { at: ingress.address });
    await page.locator('.opblock-get', { hasText: '/healthz' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    expect(await page.locator('.request-url').textContent()).toContain(`${ingress.address}/healthz`);
    expect(ingress.astray).toEqual([]);
  });
});
