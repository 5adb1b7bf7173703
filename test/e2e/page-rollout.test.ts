/** What a person does on a rollout's page: looks at what waits and until when, and lets it go on, or is told why not. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { ROOT } from '../../dev/home.ts';
import { complaintsOf, launchChromium, seriousFindings, whyNoChromium } from '../support/browser.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout, NO_SUCH_IMAGE } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { makeWindow } from '../support/windows.ts';

const NAMESPACE = 'e2e-page-rollout';
const ALICE = `system:serviceaccount:${NAMESPACE}:alice`;
const BOB = `system:serviceaccount:${NAMESPACE}:bob`;
const TEMPORAL_UI = 'http://temporal.example:8233';

const without = whyNoChromium();
const inBrowser = without ? describe.skip : describe;

const file = e2eFile();
const world = file.world(stack(), NAMESPACE);
/** May create FogActions, and may not. */
const tokens = { alice: '', bob: '' };
let browser: Browser | undefined;

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle-page.ts'), join(ROOT, 'dist/page')]);
  const env = { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes', FOG_ROLLOUTS_TEMPORAL_UI_URL: TEMPORAL_UI };
  const [launched] = await Promise.all([without ? undefined : launchChromium(), world.open({ env })]);
  browser = launched;
  for (const name of ['alice', 'bob'] as const) {
    await world.must(['create', 'serviceaccount', name, '-n', NAMESPACE]);
    tokens[name] = (await world.must(['create', 'token', name, '-n', NAMESPACE])).trim();
  }
  await world.must(['create', 'role', 'acting', '-n', NAMESPACE, '--verb=create', '--resource=fogactions.paguos.io']);
  const who = `--serviceaccount=${NAMESPACE}:alice`;
  await world.must(['create', 'rolebinding', 'acting', '-n', NAMESPACE, '--role=acting', who]);
});
afterAll(() => browser?.close());

const strategy = { layers: { edge: { before: [{ name: 'shop', approval: { reason: 'the shops are closed' } }] } } };

/** The page of a rollout, and what it complained of. */
async function openPage(name: string, options: BrowserContextOptions = {}) {
  const context = await browser!.newContext({ viewport: { width: 1_300, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  const address = `${await world.product.address()}/#/rollouts/${NAMESPACE}/${name}`;
  await page.goto(address);
  return { page, complaints, address, close: () => context.close() };
}

/** The page of a rollout that waits at its gate. */
async function openWaiting(name: string, options: BrowserContextOptions = {}) {
  const applied = await world.apply(aRollout(name, { strategy }));
  await world.untilPhase(name, 'WaitingForApproval');
  const { page, complaints, close } = await openPage(name, options);
  const waits = page.getByRole('region', { name: 'Waits for' });
  await waits.getByText('Gate shop before the edge waits for an approval (the shops are closed)').waitFor();
  const dialog = page.getByRole('dialog', { name: 'Approve the gate shop before the edge?' });
  const approve = dialog.getByRole('button', { name: 'Approve' });
  return { applied, page, complaints, waits, dialog, approve, close };
}

inBrowser(`On the page of a rollout${without ? ` (${without})` : ''}`, () => {
  it('a person approves what waits, once however often they press, and sees it go on', async () => {
    const { applied, page, complaints, waits, dialog, approve, close } = await openWaiting('approved-by-page');
    expect(await seriousFindings(page)).toEqual([]);
    const { workflowId, runId } = world.rollout(`${NAMESPACE}/approved-by-page`)!.status!.run!;
    const run = `${TEMPORAL_UI}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
    expect(await page.getByRole('link', { name: 'Run in Temporal' }).getAttribute('href')).toBe(run);

    await waits.getByRole('button', { name: 'Approve' }).press('Enter');
    await dialog.getByText('The gate opens, and v1 goes to the edge: 1 site.').waitFor();
    await dialog.getByLabel('Reason').fill('the shops are closed');
    await dialog.getByLabel('Token').fill(tokens.alice);
    await approve.dblclick();
    await page.getByText(`The gate shop before the edge is open: approved by ${ALICE}`).waitFor();
    expect(await dialog.isVisible()).toBe(false);

    await page.getByText('approved-by-page is succeeded').waitFor({ state: 'attached' });
    await waits.waitFor({ state: 'detached' });
    const row = page.getByRole('row', { name: /Succeeded/ });
    await row.getByText(ALICE).waitFor();
    const done = await world.succeeded(applied);
    expect(done.status?.gates).toMatchObject([{ state: 'Open', decisions: [{ by: ALICE }] }]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('who may not is told why in one line, by keyboard too, and nothing has happened', async () => {
    const { page, waits, dialog, approve, close } = await openWaiting('refused-by-page', { colorScheme: 'dark' });
    const button = waits.getByRole('button', { name: 'Approve' });
    await button.press('Enter');
    await dialog.getByLabel('Token').fill('abc.def.ghi');
    await approve.click();
    await dialog.getByRole('alert').getByText('The token is not valid, has expired, or is not meant').waitFor();
    await dialog.getByLabel('Token').fill(tokens.bob);
    await dialog.getByLabel('Token').press('Enter');
    const why = `${BOB} may not create fogactions.paguos.io in the namespace ${NAMESPACE}`;
    await dialog.getByRole('alert').getByText(why, { exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await button.and(page.locator(':focus')).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(world.rollout(`${NAMESPACE}/refused-by-page`)?.status?.phase).toBe('WaitingForApproval');
    await close();
  });

  it('a person sees of a site how it went in the runs before', async () => {
    const name = 'failed-before';
    const bad = { version: 'v1', images: { fog: NO_SUCH_IMAGE }, progressDeadlineSeconds: 2 };
    await world.settled(await world.apply(aRollout(name, bad)));
    await world.succeeded(await world.apply(aRollout(name, { version: 'v2' })));
    const api = await world.product.address();
    // A record is written after the status.
    await eventually('both runs to be kept', async () => {
      const answer = await fetch(`${api}/rollouts/${name}/history?namespace=${NAMESPACE}`);
      const outcomes = ((await answer.json()) as { runs: { outcome: string }[] }).runs.map(({ outcome }) => outcome);
      return outcomes.join() === 'Succeeded,Failed' || { not: outcomes };
    });
    const { page, complaints, address, close } = await openPage(name);
    const runsOf = async (site: string) => {
      await page.goto(`${address}?site=${site}`);
      const panel = page.getByRole('complementary', { name: `Site ${site}` });
      await panel.getByRole('listitem').first().waitFor();
      return (await panel.getByRole('listitem').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
    };
    expect(await runsOf('fog')).toEqual([
      expect.stringMatching(/^v2 ready .* ago$/),
      expect.stringMatching(
        /^v1 failed: fog: Deployment fog\/failed-before-fog made no progress .*ImagePullBackOff.* ago$/,
      ),
    ]);
    // Its turn did not come in the first.
    expect(await runsOf('edge')).toEqual([expect.stringMatching(/^v2 ready .* ago$/)]);
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('a person sees in which hours of a week it may begin, and what holds it now', async () => {
    const name = 'windowed-by-page';
    // Nine to five of one day of each week, and nothing on top of that for now.
    const hours = { rrule: 'FREQ=WEEKLY;BYDAY=TU', start: '2026-01-06T09:00', duration: 'PT8H', timeZone: 'UTC' };
    await makeWindow(world, 'tuesdays', {
      allow: [hours],
      reason: 'somebody is there to look',
      rollouts: { names: [name] },
    });
    await makeWindow(world, 'incident', { deny: [{}], reason: 'incident 7', rollouts: { names: [name] } });
    const applied = await world.apply(aRollout(name));
    await world.untilPhase(name, 'Paused');
    const { page, complaints, close } = await openPage(name, { viewport: { width: 1_300, height: 1_400 } });
    const calendar = page.getByRole('region', { name: 'Windows' });
    await calendar.getByLabel('Time zone').selectOption('UTC');
    await calendar.getByText('Closed now; when it opens is not known.').first().waitFor();
    await calendar.getByText('incident 7').waitFor();
    const cells = () => calendar.getByRole('table').getByRole('cell').allInnerTexts();
    expect((await cells()).slice(-7)).toEqual(Array(7).fill('closed'));
    expect(await seriousFindings(page)).toEqual([]);

    await calendar.getByLabel('Shown').selectOption('tuesdays');
    await calendar.getByText('09:00–17:00').waitFor();
    expect((await cells()).slice(-7).map((text) => text === 'closed')).toEqual([true, false, ...Array(5).fill(true)]);
    await calendar.getByRole('button', { name: 'Next week' }).press('Enter');
    await calendar.getByText('09:00–17:00').waitFor();

    await world.must(['delete', 'fogwindow', 'tuesdays', 'incident', '-n', NAMESPACE]);
    await page.getByText(`${name} is succeeded`).waitFor({ state: 'attached' });
    await calendar.waitFor({ state: 'detached' });
    await world.succeeded(applied);
    expect(complaints).toEqual([]);
    await close();
  });
});
