/**
 * A real Prometheus reads the metrics of the product, and each of the chart's alerts fires for what really goes wrong. Its
 * minutes are seconds here, and the chart's dashboard shows what has happened. Their own times, promtool goes through: test/unit/entry/metrics. On a cluster of its own: it is cut
 * off, and FogSites are everybody's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { HUB_QUEUE } from '../../model/names.ts';
import { queries } from '../support/dashboard.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { aRollout } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import { Webhooks } from '../support/webhooks.ts';
import type { World } from '../support/world.ts';
import { whyNoPromtool } from '../unit/entry/metrics/promtool.ts';

const NAMESPACE = 'e2e-alerts';
const NAME = 'alarming';
const RELEASE = 'fog-rollouts-system';
/** Of the dashboard; all that happens here is in the time that it looks at. */
const VARIABLES = { namespace: RELEASE, __rate_interval: '1h' };
const FAILED_TASKS = 'temporal_workflow_task_execution_failed_total';

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

interface Series {
  metric: Record<string, string>;
  value: [seconds: number, value: string];
}

const why = whyNoPromtool();
const title = 'On a real Prometheus, an alert fires when';

(why ? describe.skip : describe)(why ? `${title} (${why})` : title, () => {
  const file = e2eFile();
  let world: World;
  let hooks: Webhooks;
  let api: string;
  let prometheus: string;
  const fired = new Set<string>();
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
    const stack = await file.startStack({ nodes: 1 });
    const { dir, temporalAddress, kubeconfig } = stack;
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
    hooks = await Webhooks.start();
    file.atEnd(() => hooks.stop());
    const notifications = join(folder, 'notifications.yaml');
    const sinks = [{ name: 'chat', url: `${hooks.origin}/chat`, namespaces: [NAMESPACE] }];
    writeFileSync(notifications, stringify({ source: 'https://hub.example', hosts: ['127.0.0.1'], sinks }));
    world = file.world(stack, NAMESPACE);
    await world.open({
      env: {
        KUBECONFIG: relayed,
        TEMPORAL_ADDRESS: `127.0.0.1:${ways[1]!.listen}`,
        FOG_ROLLOUTS_NOTIFICATIONS: notifications,
      },
    });
    api = await world.product.address();
    prometheus = await startPrometheus(folder, new URL(api).host);
    await eventually('it to have read the product', async () => {
      const { result } = await ask<{ result: unknown[] }>('query?query=fog_rollouts_leader%20%3D%3D%201');
      return result.length > 0 || { not: result };
    });
  });

  it('none while all is well', async () => {
    await world.succeeded(await world.apply(aRollout(NAME)));
    expect(await firing()).toEqual([]);
  });

  it('a FogRollout waits for a person', async () => {
    // Somebody else's object is in the way: that fails at once.
    await world.must(['create', 'deployment', 'theirs-cloud', '-n', 'cloud', '--image=nginx']);
    await world.apply(aRollout('theirs'));
    const { labels, annotations } = await fires('FogRolloutsStalled', { reason: 'NotOurs' });
    expect(labels.severity).toBe('warning');
    expect(annotations.description).toMatch(/^\d+ with the reason NotOurs: `kubectl get fogrollouts -A` says which\.$/);
  });

  it('somebody who is to be told does not listen', async () => {
    hooks.answer = () => 500;
    await world.succeeded(await world.apply(aRollout('untold')));
    expect((await fires('FogRolloutsNotificationsWait', { sink: 'chat' })).annotations.description).toContain('chat');
    hooks.answer = () => 200;
    await goes('FogRolloutsNotificationsWait');
  });

  it('a worker is given runs that it cannot do, as an old one would be beside a newer hub', async () => {
    const connection = await Connection.connect({ address: world.stack.temporalAddress });
    file.atEnd(() => connection.close());
    const { workflow } = new Client({ connection });
    const start = (at: number) => workflow.start('newerWorkflow', { taskQueue: HUB_QUEUE, workflowId: `newer-${at}` });
    // Prometheus does not take what is there at its first look for an increase.
    const first = await start(0);
    await eventually('a failure to be seen', async () => {
      const { result } = await ask<{ result: unknown[] }>(`query?query=${FAILED_TASKS}`);
      return result.length > 0 || { not: result };
    });
    const runs = [first, ...(await Promise.all(Array.from({ length: 20 }, (_, at) => start(at + 1))))];
    expect((await fires('FogRolloutsWorkflowTasksFail')).labels.severity).toBe('critical');
    await Promise.all(runs.map((run) => run.terminate()));
    await goes('FogRolloutsWorkflowTasksFail');
  });

  it('a site has nobody who works for it', async () => {
    await world.must(['apply', '-f', '-'], aSiteManifest('far', { layer: 'fog', taskQueue: 'region/sea' }));
    const { annotations } = await fires('FogRolloutsSitesOutOfReach', { layer: 'fog' });
    expect(annotations.description).toBe('100% of the sites of the layer fog do not answer.');
    await world.must(['delete', 'fogsite', 'far']);
    await goes('FogRolloutsSitesOutOfReach');
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
    const old = await fires('FogRolloutsWatchOld', { type: 'fogrollouts.paguos.io' });
    expect(old.annotations.description).toMatch(/^fog-rollouts-1 last heard of fogrollouts.paguos.io 1m \d+s ago/);
    asking.abort();
    expect(await asked).toContain(503);
    await mend();
    await goes('FogRolloutsKubernetesErrors');
  });

  it('or none does: the dashboard shows in each panel what there was, and what has gone wrong', async () => {
    await world.createNamespace('near');
    await world.must(['apply', '-f', '-'], aSiteManifest('near', { namespace: 'near' }));
    const gate = { layers: { edge: { before: [{ approval: {} }] } } };
    await world.apply(aRollout('gated', { layers: ['edge'], strategy: gate }));
    await world.untilPhase('gated', 'WaitingForApproval');
    await world.succeeded(await world.apply(aRollout('drifting', { layers: ['edge'] })));
    await world.must(['delete', 'deployment', 'drifting-edge', '-n', 'near']);
    for (const { title, expr, labels } of queries(VARIABLES)) {
      await eventually(`the panel ${title} to show something`, async () => {
        const { result } = await ask<{ result: Series[] }>(`query?query=${encodeURIComponent(expr)}`);
        const shown = result.filter(({ value: [, value] }) => value !== 'NaN');
        const isWhole = shown.every(({ metric }) => labels.every((label) => metric[label]));
        return (shown.length > 0 && isWhole) || { not: result };
      });
    }
  });

  it('more changes than the watcher can tell Temporal of', async () => {
    links.temporal!.hold();
    // Twice as many as it tells of at a time.
    const manifests = Array.from({ length: 400 }, (_, at) => aRollout(`one-of-many-${at}`));
    await world.must(['create', '-n', NAMESPACE, '-f', '-'], { apiVersion: 'v1', kind: 'List', items: manifests });
    const { annotations } = await fires('FogRolloutsQueueSlow', { queue: 'changes' });
    expect(annotations.description).toMatch(/^The first in its queue changes has waited for \d/);
    await world.must(['delete', 'fogrollouts', '-n', NAMESPACE, '--all', '--wait=false']);
    await cut('temporal');
    await mend();
    await goes('FogRolloutsQueueSlow');
  });

  it('there is nobody', async () => {
    expect(await world.product.stop()).toBe(0);
    await Promise.all([fires('FogRolloutsNoLeader'), fires('FogRolloutsNoWorker')]);
  });

  it('any of these, and there is no other', () => {
    const names = alertRules().groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect([...fired].toSorted()).toEqual(names.toSorted());
  });

  async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${prometheus}/api/v1/${path}`);
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    return data;
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
      if (found) fired.add(name);
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
    const rules = alertRules();
    for (const group of rules.groups) {
      group.interval = '500ms';
      for (const rule of group.rules) {
        rule.for = '0s';
        rule.expr = rule.expr.replaceAll(/\[\d+m\]/g, '[5s]').replace(/(?<=_seconds\{.*\}\) > )\d+/, secondsOf);
      }
    }
    writeFileSync(join(folder, 'alerts.yaml'), stringify(rules));
    const labels = { namespace: RELEASE, pod: 'fog-rollouts-1' };
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

interface AlertRules {
  groups: { interval?: string; rules: { alert: string; expr: string; for: string }[] }[];
}

function alertRules(): AlertRules {
  return parse(readFileSync(join(ROOT, 'chart/files/monitoring/alerts.yaml'), 'utf8')) as AlertRules;
}

/** A quiet watch is told a minute that there is nothing new: it is not old before. */
function secondsOf(seconds: string, _at: number, expr: string): string {
  return expr.includes('watch_age') ? '75' : String(Number(seconds) / 60);
}

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
