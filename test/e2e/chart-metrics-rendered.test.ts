/** How Prometheus and Grafana find what the chart makes: each pod once, its alerts, and the dashboard. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CHART, EMBEDDED, type Helm, helmOn, RELEASE, render, SETUP_MS, SYSTEM, set } from '../support/chart.ts';
import { stack } from '../support/stack.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await helmOn(stack());
}, SETUP_MS);

const EVERY_ROLE = [
  ...[...EMBEDDED, 'encryption.secretName=keys'],
  ...['codecServer.enabled=true', 'codecServer.token.secretName=codec'],
];
const REGION = ['region.enabled=true', 'region.queue=north'];
const WATCHED = 'metrics.podMonitor.enabled=true';

interface Template {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: { ports: { name: string; containerPort: number }[] }[] };
}
interface PodMonitor {
  metadata: { name: string; namespace: string; labels: object };
  spec: { selector: { matchLabels: Record<string, string> }; podMetricsEndpoints: { port: string; path: string }[] };
}

/** The pods by role, and what watches them. */
async function found(...values: string[]) {
  const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
  const templates = objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ spec }) => spec!.template as unknown as Template);
  const pods = new Map(templates.map((pod) => [pod.metadata.labels['app.kubernetes.io/component']!, pod]));
  const [monitor] = objects.filter(({ kind }) => kind === 'PodMonitor') as unknown as PodMonitor[];
  return { pods, monitor };
}

describe('Pods', () => {
  const annotated = async (...values: string[]) =>
    Object.fromEntries(
      [...(await found(...values)).pods].map(([role, { metadata }]) => [
        role,
        ['scrape', 'port', 'path']
          .map((name) => metadata.annotations?.[`prometheus.io/${name}`])
          .join(' ')
          .trim(),
      ]),
    );
  const OURS = 'true 8080 /metrics';

  it('say by annotations where they are read, all of them, and not beside a PodMonitor', async () => {
    const temporal = 'true 9090 /metrics';
    const all = { api: OURS, 'codec-server': OURS, temporal, watcher: OURS, worker: OURS };
    const none = Object.fromEntries(Object.keys(all).map((role) => [role, '']));
    expect(await annotated(...EVERY_ROLE)).toEqual(all);
    expect(await annotated(...EVERY_ROLE, WATCHED)).toEqual(none);
    expect(await annotated(...EVERY_ROLE, 'metrics.annotations=false')).toEqual(none);
    expect(await annotated(...REGION)).toEqual({ region: OURS });
    expect(await annotated(...REGION, WATCHED)).toEqual({ region: '' });
  });

  it.each([
    ['a hub', []],
    ['a hub with every role', EVERY_ROLE],
    ['a region', REGION],
  ])('are each read at one port by the PodMonitor of %s', async (_, values) => {
    const { pods, monitor } = await found(...values, WATCHED);
    const { selector, podMetricsEndpoints } = monitor!.spec;
    expect(pods.size).toBeGreaterThan(0);
    for (const { metadata, spec } of pods.values()) {
      expect(metadata.labels).toMatchObject(selector.matchLabels);
      const ports = spec.containers.flatMap((container) => container.ports.map(({ name }) => name));
      expect(podMetricsEndpoints.filter(({ port }) => ports.includes(port))).toHaveLength(1);
    }
  });

  it('are read by the PodMonitor of their release and no other, as often as is said', async () => {
    const values = [WATCHED, 'metrics.podMonitor.interval=15s', 'metrics.podMonitor.labels.release=prometheus'];
    const { monitor } = await found(...values);
    expect(monitor).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      metadata: { name: 'fog-rollouts', namespace: SYSTEM, labels: { release: 'prometheus' } },
    });
    const http = { port: 'http', path: '/metrics', interval: '15s' };
    expect(monitor!.spec).toEqual({
      selector: {
        matchLabels: { 'app.kubernetes.io/name': 'fog-rollouts', 'app.kubernetes.io/instance': 'fog-rollouts' },
      },
      podTargetLabels: ['app.kubernetes.io/component'],
      podMetricsEndpoints: [http],
    });
    const { monitor: withTemporal } = await found(...values, ...EMBEDDED);
    expect(withTemporal!.spec.podMetricsEndpoints).toEqual([http, { ...http, port: 'metrics' }]);
    expect((await found()).monitor).toBeUndefined();
  });

  it('are watched by alerts of their namespace, with runbooks where the reader has them, at a region by those of any', async () => {
    const ruleOf = async (...values: string[]) => {
      const wanted = ['metrics.prometheusRule.enabled=true', 'metrics.prometheusRule.runbooks=https://wiki/fog'];
      const label = 'metrics.prometheusRule.labels.release=prometheus';
      const args = [...wanted, label, ...values].flatMap(set);
      const objects = await render(helm, 'blue', CHART, '--namespace', 'blue', ...args);
      return objects.find(({ kind }) => kind === 'PrometheusRule') as unknown as Rule;
    };
    interface Rule {
      metadata: object;
      spec: { groups: { rules: { expr: string; annotations: { runbook_url: string } }[] }[] };
    }
    const alertsOf = ({ spec }: Rule) => spec.groups.flatMap(({ rules }) => rules);
    const rule = await ruleOf();
    expect(rule.metadata).toMatchObject({ namespace: 'blue', labels: { release: 'prometheus' } });
    const [hub, region] = [alertsOf(rule), alertsOf(await ruleOf(...REGION))];
    expect([hub.length > region.length, region.length > 0]).toEqual([true, true]);
    for (const { expr, annotations } of hub) {
      expect(expr).toContain('{namespace="blue"');
      expect(expr).not.toContain('fog-rollouts-system');
      expect(annotations.runbook_url).toMatch(/^https:\/\/wiki\/fog#fogrollouts\w+$/);
    }
  });

  it('have a dashboard that the sidecar of Grafana finds, in the folder that is named', async () => {
    const values = ['metrics.dashboard.enabled=true', 'metrics.dashboard.annotations.grafana_folder=Fog'];
    const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
    const [map] = objects.filter(({ metadata }) => metadata.name === 'fog-rollouts-dashboard');
    const { metadata, data } = map as unknown as { metadata: object; data: Record<string, string> };
    expect(metadata).toMatchObject({
      ...{ namespace: SYSTEM, labels: { grafana_dashboard: '1' }, annotations: { grafana_folder: 'Fog' } },
    });
    const file = readFileSync(join(CHART, 'files/monitoring/dashboard.json'), 'utf8');
    expect(JSON.parse(data['fog-rollouts.json']!)).toEqual(JSON.parse(file));
  });
});
