/**
 * Takes pictures of the page as it is at an address, light and dark, for docs/images:
 * `node scripts/screenshots.ts http://localhost:8080 docs/images page-list '#/' page-grid '#/rollouts/shop/web'`.
 * A page with a grid of sites is shown from there. Prints how long each took to its first paint.
 */
import { join } from 'node:path';
import { launchChromium, whyNoChromium } from '../test/support/browser.ts';

const [address, folder, ...pictures] = process.argv.slice(2);
const why = whyNoChromium();
if (!address || !folder || pictures.length === 0 || pictures.length % 2 === 1 || why) {
  process.stderr.write(
    why ? `It ${why}\n` : 'Usage: node scripts/screenshots.ts ADDRESS FOLDER NAME HASH [NAME HASH…]\n',
  );
  process.exit(2);
}

/** What is drawn after the data came: bars grow, figures settle. */
const SETTLES_MS = 1_000;
const SIZE = { width: 1_280, height: 680 };

const browser = await launchChromium();
try {
  for (let at = 0; at < pictures.length; at += 2) {
    const [name, hash] = [pictures[at]!, pictures[at + 1]!];
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: SIZE, colorScheme });
      await page.goto(`${address}/${hash}`);
      await page.locator('tbody tr, canvas').first().waitFor();
      const grid = page.locator('canvas').first();
      if (await grid.isVisible()) await grid.scrollIntoViewIfNeeded();
      const paint = await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime');
      const rows = await page.evaluate('performance.now()');
      await page.waitForTimeout(SETTLES_MS);
      const path = join(folder, `${name}-${colorScheme}.png`);
      await page.screenshot({ path });
      await page.close();
      process.stdout.write(
        `${path}: painted after ${Math.round(Number(paint))} ms, data after ${Math.round(Number(rows))} ms\n`,
      );
    }
  }
} finally {
  await browser.close();
}
