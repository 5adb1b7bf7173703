/**
 * A real Prometheus reads the metrics of the product, and the chart's alerts fire for what really goes wrong. Its minutes are
 * seconds here. What would take longer, a quiet watch or a slow queue, promtool alone goes through: test/unit/entry/metrics.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';
import { whyNoPromtool } from '../unit/entry/metrics/promtool.ts';

const NAMESPACE = 'e2e-alerts';
const NAME = 'alarming';

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

const why = whyNoPromtool();
const title = 'On a real Prometheus, an alert fires when';

(why ? describe.skip : describe)(why ? `${title} (${why})` : title, () => {
  const file = e2eFile();
  const world = file.world(stack(), NAMESPACE);
  let api: string;
  let prometheus: string;
  const links: Record<'kubernetes' | 'temporal', Relay | undefined> = { kubernetes: undefined, temporal: undefined };
  const ways: { name: keyof typeof links; listen: number; host: string; port: number }[] = [];

  const mend = async () => {
    for (const { name, listen, ...target } of ways) {
      links[name] ??= await startRelay({ host: '127.0.0.1', port: listen }, target);
    }
  };
  const cut = async (name: keyof typeof links) => {
    await links[name]?.close();
    links[name] = undefined;
  };

  beforeAll(async () => {
    const { dir, temporalAddress, kubeconfig } = world.stack;
    const folder = mkdtempSync(join(dir, 'alerts-'));
    const config = parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
    const { cluster } = config.clusters[0]!;
    const server = new URL(cluster.server);
    const [host, port] = temporalAddress.split(':');
    ways.push({ name: 'kubernetes', listen: await freePort(), host: server.hostname, port: Number(server.port) });
    ways.push({ name: 'temporal', listen: await freePort(), host: host!, port: Number(port) });
    cluster.server = `https://127.0.0.1:${ways[0]!.listen}`;
    const relayed = join(folder, 'kubeconfig');
    writeFileSync(relayed, stringify(config));
    await mend();
    file.atEnd(async () => {
      for (const name of ['kubernetes', 'temporal'] as const) await cut(name);
    });
    await world.open({ env: { KUBECONFIG: relayed, TEMPORAL_ADDRESS: `127.0.0.1:${ways[1]!.listen}` } });
    api = await world.product.address();
    prometheus = await startPrometheus(folder, new URL(api).host);
    await eventually('it to have read the product', async () => {
      const { result } = await ask<{ result: unknown[] }>('query?query=fog_rollouts_leader%20%3D%3D%201');
      return result.length > 0 || { not: result };
    });
  });

  it('none while all is well, whatever others have left on the cluster', async () => {
    await world.succeeded(await world.apply(aRollout(NAME)));
    expect((await firing()).filter((name) => name !== 'FogRolloutsStalled')).toEqual([]);
  });

  it('a FogRollout waits for a person', async () => {
    // Somebody else's object is in the way: that fails at once.
    await world.must(['create', 'deployment', 'theirs-cloud', '-n', 'cloud', '--image=nginx']);
    file.atEnd(() => world.must(['delete', 'deployment', 'theirs-cloud', '-n', 'cloud']));
    await world.apply(aRollout('theirs'));
    const { labels, annotations } = await fires('FogRolloutsStalled', { reason: 'NotOurs' });
    expect(labels.severity).toBe('warning');
    expect(annotations.description).toMatch(/^\d+ with the reason NotOurs: `kubectl get fogrollouts -A` says which\.$/);
  });

  it('Temporal is away', async () => {
    await cut('temporal');
    expect((await fires('FogRolloutsTemporalUnavailable')).labels.severity).toBe('critical');
    await mend();
    await goes('FogRolloutsTemporalUnavailable');
  });

  it('Kubernetes is away, and the API has to say so', async () => {
    await cut('kubernetes');
    const asking = new AbortController();
    const asked = keepAsking(`${api}/rollouts/${NAME}/history?namespace=${NAMESPACE}`, asking.signal);
    const errors = await fires('FogRolloutsApiErrors');
    expect(errors.annotations.description).toMatch(/^\d.*% of the requests are answered by a 5xx\.$/);
    await fires('FogRolloutsKubernetesErrors');
    asking.abort();
    expect(await asked).toContain(503);
    await mend();
    await goes('FogRolloutsKubernetesErrors');
  });

  it('there is nobody', async () => {
    expect(await world.product.stop()).toBe(0);
    await Promise.all([fires('FogRolloutsNoLeader'), fires('FogRolloutsNoWorker')]);
  });

  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${prometheus}/api/v1/${path}`);
    return ((await answer.json()) as { data: T }).data;
  }

  async function firing(): Promise<string[]> {
    const { alerts } = await ask<{ alerts: Alert[] }>('alerts');
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname!);
  }

  async function fires(name: string, more: Record<string, string> = {}): Promise<Alert> {
    const wanted = Object.entries({ alertname: name, ...more });
    return await eventually<Alert>(`${name} to fire`, async () => {
      const { alerts } = await ask<{ alerts: Alert[] }>('alerts');
      const found = alerts.find(
        ({ labels, state }) => state === 'firing' && wanted.every(([label, value]) => labels[label] === value),
      );
      return found ?? { not: alerts.map(({ labels }) => labels.alertname) };
    });
  }

  async function goes(name: string): Promise<void> {
    await eventually(`${name} to be over`, async () => {
      const names = await firing();
      return names.includes(name) ? { not: names } : true;
    });
  }

  async function startPrometheus(folder: string, target: string): Promise<string> {
    const rules = parse(readFileSync(join(ROOT, 'chart/files/monitoring/alerts.yaml'), 'utf8')) as {
      groups: { interval?: string; rules: { expr: string; for: string }[] }[];
    };
    for (const group of rules.groups) {
      group.interval = '500ms';
      for (const rule of group.rules) {
        rule.for = '0s';
        rule.expr = rule.expr.replaceAll(/\[\d+m\]/g, '[5s]');
      }
    }
    writeFileSync(join(folder, 'alerts.yaml'), stringify(rules));
    const labels = { namespace: 'fog-rollouts-system', pod: 'fog-rollouts-1' };
    const config = {
      global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
      rule_files: ['alerts.yaml'],
      scrape_configs: [{ job_name: 'fog-rollouts', static_configs: [{ targets: [target], labels }] }],
    };
    writeFileSync(join(folder, 'prometheus.yaml'), stringify(config));
    const listen = `127.0.0.1:${await freePort()}`;
    const flags = { 'config.file': 'prometheus.yaml', 'storage.tsdb.path': 'data', 'web.listen-address': listen };
    const child = spawn(
      'prometheus',
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { cwd: folder, stdio: 'ignore' },
    );
    const ended = once(child, 'exit');
    file.atEnd(async () => {
      child.kill();
      await ended;
    });
    await eventually('Prometheus to be ready', async () => {
      const { ok, status } = await fetch(`http://${listen}/-/ready`);
      return ok || { not: status };
    });
    return `http://${listen}`;
  }
});

/** @returns the statuses there were */
async function keepAsking(url: string, signal: AbortSignal): Promise<number[]> {
  const statuses: number[] = [];
  while (!signal.aborted) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  return statuses;
}
