/** A real browser: Debian's Chromium, or the one that CHROMIUM names. Playwright brings none of its own here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where it is; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const given = process.env.CHROMIUM;
  for (const name of given ? [given] : NAMES) {
    try {
      return execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      // the next one
    }
  }
  return undefined;
}

/** @returns why no browser can be had here; undefined when it can */
export function whyNoChromium(): string | undefined {
  return chromiumPath() ? undefined : 'needs Chromium, on PATH or named by CHROMIUM';
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath()!, args: FLAGS });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  violations: { id: string; impact?: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/**
 * What axe finds that keeps people from using the page, and where.
 *
 * @param rules - by their ids; left out, all
 */
export async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(AXE); // by the debugger, which the page's policy does not concern
  const { violations } = (await page.evaluate(
    `axe.run(${rules ? JSON.stringify({ runOnly: rules }) : ''})`,
  )) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`));
}

/** Collects what the page's policy has forbidden, what was thrown and what was complained of. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}
