/** What the chart brings for those who are called: alerts, and a dashboard. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../../../../dev/home.ts';
import { panels, queries } from '../../../support/dashboard.ts';
import { ALERTS, HEALTHY } from './alerts.ts';
import { whyNoPromtool } from './promtool.ts';
import { aProcess } from './world.ts';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

const RULES = join(ROOT, 'chart/files/monitoring/alerts.yaml');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const asked = queries({ __rate_interval: '5m', namespace: 'fog-rollouts-system' }).map(({ expr }) => expr);

const without = whyNoPromtool();
const checked = without ? it.skip : it;
const why = without ? ` (${without})` : '';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function promtool(what: string[], content: object): string {
  const file = join(folder, 'given.json'); // JSON is YAML
  writeFileSync(file, JSON.stringify(content));
  return execFileSync('promtool', [...what, file], { encoding: 'utf8', stdio: 'pipe' });
}

/** Names of ours that a query reads; of a histogram, its own. */
function namesIn(expr: string): string[] {
  return [...expr.matchAll(/\b(fog_rollouts_\w+)\{/g)].map(([, name]) => name!.replace(/_(bucket|count|sum)$/, ''));
}

describe('The alerts', () => {
  it('each have a runbook in docs/monitoring.md, and it no other', () => {
    const sections = [...read('docs/monitoring.md').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(rules.map(({ alert }) => alert)).toEqual(sections);
    for (const { alert, labels, annotations } of rules) {
      expect(annotations.runbook_url).toBe(`docs/monitoring.md#${alert.toLowerCase()}`);
      expect(['critical', 'warning']).toContain(labels.severity);
    }
  });

  it('and the dashboard ask for what there is', async () => {
    const { metrics } = await aProcess();
    const known = metrics.getMetricsAsArray().map(({ name }) => name);
    const names = [...rules.map(({ expr }) => expr), ...asked].flatMap(namesIn);
    expect(names.length).toBeGreaterThan(30);
    expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('are all caused by a test', () => {
    expect([...new Set(ALERTS.map(({ alert }) => alert))].toSorted()).toEqual(
      rules.map(({ alert }) => alert).toSorted(),
    );
  });

  checked(`satisfy promtool${why}`, () => {
    expect(execFileSync('promtool', ['check', 'rules', '--lint-fatal', RULES], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
  });

  checked(`fire when they should, each alone, and not before${why}`, () => {
    const firing = 'ALERTS{alertstate="firing"}';
    const count = (expr: string, minutes: number, exp_samples: object[]) => ({
      expr: `count by (alertname) (${expr})`,
      eval_time: `${minutes}m`,
      exp_samples,
    });
    const tests = ALERTS.map(({ alert, cause, series, minutes, besides = [] }) => ({
      name: `${alert}: ${cause}`,
      interval: '1m',
      input_series: [...HEALTHY.filter(({ series: one }) => !series.some((other) => other.series === one)), ...series]
        .filter(({ values }) => values !== '')
        .map(({ series: one, values }) => ({ series: one, values })),
      promql_expr_test: [
        count(
          firing,
          minutes,
          [...besides, alert].toSorted().map((one) => ({ labels: `{alertname="${one}"}`, value: 1 })),
        ),
        count(`${firing} and on (alertname) ALERTS{alertname="${alert}"}`, 1, []),
      ],
    }));
    const healthy = { name: 'nothing', interval: '1m', input_series: HEALTHY };
    const quiet = { ...healthy, promql_expr_test: [count('ALERTS', 60, [])] };
    const given = { rule_files: [RULES], evaluation_interval: '1m', tests: [...tests, quiet] };
    expect(promtool(['test', 'rules'], given)).toContain('SUCCESS');
  });
});

describe('The dashboard', () => {
  it('has panels with a title and a query each', () => {
    const all = panels();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const shown = all.filter(({ type }) => type !== 'row');
    expect(shown.length).toBeGreaterThan(20);
    for (const { title, targets } of shown) expect([title, targets?.length]).toEqual([expect.stringMatching(/./), 1]);
  });

  checked(`asks what promtool can read${why}`, () => {
    const records = asked.map((expr, index) => ({ record: `panel:${index}`, expr }));
    expect(promtool(['check', 'rules'], { groups: [{ name: 'panels', rules: records }] })).toContain('SUCCESS');
  });
});
