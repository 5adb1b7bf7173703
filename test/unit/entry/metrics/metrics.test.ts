import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../../../dev/home.ts';
import { JoinedRegistry } from '../../../../entry/metrics/page.ts';
import type { Log } from '../../../../kube/log.ts';
import { silentLog } from '../../../../kube/log.ts';
import { KNOWN_REASONS } from '../../../../model/known-reasons.ts';
import { whyNoPromtool } from './promtool.ts';
import { aProcess, NAMES } from './world.ts';

const without = whyNoPromtool();

describe('The metrics', () => {
  it('are named by Prometheus’ rules: a prefix, base units, and _total for what only grows', async () => {
    const { metrics } = await aProcess();
    const all = (await metrics.getMetricsAsJSON()) as unknown as { name: string; type: string; help: string }[];
    expect(all.length).toBeGreaterThan(20);
    for (const { name, type, help } of all) {
      expect(name).toMatch(/^fog_rollouts_[a-z_]+$/);
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kilobytes|count|bucket|sum)(_|$)/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(help).toMatch(/^[A-Z].+[^.]$/);
    }
  });

  (without ? it.skip : it)(`satisfy promtool${without ? ` (${without})` : ''}`, async () => {
    const { metrics, end } = await aProcess();
    await end();
    const page = await metrics.metrics();
    expect(execFileSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  it('have no object’s name, and no word of an object, in a label', async () => {
    const { metrics, end } = await aProcess();
    await end();
    const labels = [...(await metrics.metrics()).matchAll(/="([^"]*)"/g)].map(([, value]) => value!);
    expect(labels).toEqual(expect.arrayContaining(['edge', 'changes', '/rollouts/:name']));
    for (const name of NAMES) expect(labels.filter((value) => value.includes(name))).toEqual([]);
  });

  it('are as many series as the code has words for, whatever there is', async () => {
    const { metrics, end } = await aProcess();
    await end();
    const lines = (await metrics.metrics()).split('\n').filter((line) => /^fog_rollouts_site_failures/.test(line));
    expect(lines).toHaveLength(3 * KNOWN_REASONS.length);
  });

  it('are all explained in docs/monitoring.md, and no others', async () => {
    const { metrics } = await aProcess();
    const page = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');
    const explained = [...page.matchAll(/^\| `(fog_rollouts_\w+)`/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual(
      metrics
        .getMetricsAsArray()
        .map(({ name }) => name)
        .toSorted(),
    );
  });
});

describe('What ends', () => {
  it('is counted by the process that leads, as long as it does', async () => {
    const { series, end, stop } = await aProcess();
    await end();
    stop();
    await end();
    expect(await series('fog_rollouts_runs_total')).toEqual(['fog_rollouts_runs_total{outcome="Failed"} 1']);
    expect(await series('fog_rollouts_run_failures_total')).toEqual([
      'fog_rollouts_run_failures_total{reason="Other"} 1',
    ]);
    expect(await series('fog_rollouts_site_failures_total')).toEqual([
      'fog_rollouts_site_failures_total{layer="edge",reason="Other"} 2',
    ]);
    expect(await series('fog_rollouts_stage_duration_seconds_sum')).toEqual([
      'fog_rollouts_stage_duration_seconds_sum{layer="cloud",outcome="ready"} 10',
    ]);
    expect(await series('fog_rollouts_promotion_delay_seconds_count')).toEqual([
      'fog_rollouts_promotion_delay_seconds_count{layer="edge",gated="true"} 1',
    ]);
  });
});

describe('What there is', () => {
  const shown = ['rollouts', 'rollouts_stalled', 'gates_waiting', 'layer_sites', 'sites', 'queue_depth'];

  it('is shown by the watcher that leads', async () => {
    const { series } = await aProcess();
    expect(await series('fog_rollouts_rollouts')).toEqual([
      'fog_rollouts_rollouts{phase="Progressing"} 1',
      'fog_rollouts_rollouts{phase="Failed"} 1',
    ]);
    expect(await series('fog_rollouts_sites')).toEqual(['fog_rollouts_sites{layer="edge",state="unjudged"} 1']);
    expect(await series('fog_rollouts_leader')).toEqual(['fog_rollouts_leader 1']);
  });

  it('is shown by no other, so that sums over all are right', async () => {
    const { metrics } = await aProcess({ leads: false });
    const page = await metrics.metrics();
    for (const name of shown) expect(page).not.toMatch(new RegExp(`^fog_rollouts_${name}[ {]`, 'm'));
    expect(page).toMatch(/^fog_rollouts_leader 0$/m);
    expect(page).not.toMatch(/^fog_rollouts_rollouts_degraded /m);
  });
});

describe('The page of metrics', () => {
  it('has another one behind it, or says in the log that it is missing', async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (_, message) => warnings.push(message) };
    const other = createServer((_, answer) => answer.end('temporal_request_total 1\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const joined = new JoinedRegistry(() => `http://127.0.0.1:${port}/metrics`, log);
    expect(await joined.metrics()).toMatch(/\n?temporal_request_total 1\n$/);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    expect(await joined.metrics()).not.toContain('temporal');
    expect(warnings).toEqual(["Temporal's metrics are missing from ours"]);
  });
});
