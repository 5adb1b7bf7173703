/** Which flows the NetworkPolicies of the chart allow: the whole of each, held against the table in docs/security.md. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { EMBEDDED, type Helm, helmOn, RELEASE, render, SETUP_MS, SYSTEM, set } from '../support/chart.ts';
import { stack } from '../support/stack.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await helmOn(stack());
}, SETUP_MS);

/** By role, the whole spec of its policy. */
const policies = (...values: string[]) => policiesBy(...values.flatMap(set));

async function policiesBy(...args: string[]): Promise<Record<string, object>> {
  const objects = await render(helm, ...RELEASE, ...args);
  const all = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  expect(all.filter(({ metadata }) => metadata.namespace !== SYSTEM)).toEqual([]);
  return Object.fromEntries(all.map(({ metadata, spec }) => [metadata.name.replace('fog-rollouts-', ''), spec!]));
}

const tcp = (port: number | string) => ({ port, protocol: 'TCP' });
const labels = { 'app.kubernetes.io/name': 'fog-rollouts', 'app.kubernetes.io/instance': 'fog-rollouts' };
const DNS = { ports: [{ port: 53, protocol: 'UDP' }, tcp(53)] };
const HUB = [443, 6443, 7233];

interface Flows {
  /** Peers that reach its one port; everybody when left out. */
  from?: object[];
  /** Ports that it reaches, wherever they are, besides DNS; nobody when left out. */
  to?: number[];
  more?: object[];
}

/** What the policy of a role says: all of it, so that what is allowed besides is noticed. */
const policyOf = (role: string, { from, to, more = [] }: Flows) => ({
  podSelector: { matchLabels: { ...labels, 'app.kubernetes.io/component': role } },
  policyTypes: ['Ingress', 'Egress'],
  ingress: [{ ports: [tcp('http')], ...(from && { from }) }],
  ...(to && { egress: [DNS, { ports: to.map(tcp) }, ...more] }),
});
const policiesOf = (roles: Record<string, Flows>) =>
  Object.fromEntries(Object.entries(roles).map(([role, flows]) => [role, policyOf(role, flows)]));

const WORKER = [...HUB, 80];
const DEFAULTS: Record<string, Flows> = { worker: { to: WORKER }, watcher: { to: HUB }, api: { to: HUB } };
const CODEC = ['codecServer.enabled=true', 'codecServer.token.secretName=codec', 'encryption.secretName=keys'];
const SINK = ['notifications.sinks[0].name=audit', 'notifications.sinks[0].url=https://audit.example'];
const REGION = ['region.enabled=true', 'region.queue=north'];
const CLIENTS = { podSelector: { matchLabels: { of: 'clients' } } };
const PROXY = { to: [{ ipBlock: { cidr: '10.0.0.7/32' } }], ports: [{ port: 3128 }] };

describe('The network policies', () => {
  it.each<[string, string[], Record<string, Flows>]>([
    ['by the defaults', [], DEFAULTS],
    ['of a codec server, which reaches nobody', CODEC, { ...DEFAULTS, 'codec-server': {} }],
    [
      'of the watcher with sinks',
      ['networkPolicy.notificationPorts={8443,443}', ...SINK],
      { ...DEFAULTS, watcher: { to: [...HUB, 8443] } },
    ],
    ['of nobody to sinks, where there are none', ['networkPolicy.notificationPorts={8443}'], DEFAULTS],
    [
      'of the worker with traces',
      ['tracing.endpoint=http://otel.observability:4318'],
      { ...DEFAULTS, worker: { to: [...WORKER, 4318] } },
    ],
    [
      'of the worker with traces to the port of their scheme',
      ['tracing.endpoint=http://otel.observability', 'networkPolicy.gatePorts={9090}'],
      { ...DEFAULTS, worker: { to: [...HUB, 9090, 80] } },
    ],
    [
      'to other ports of API servers, and where gates ask',
      ['networkPolicy.apiServerPorts={16443}', 'networkPolicy.gatePorts={9090}'],
      { worker: { to: [16443, 7233, 9090] }, watcher: { to: [16443, 7233] }, api: { to: [16443, 7233] } },
    ],
    ['of a region worker, and no other', REGION, { region: { to: HUB } }],
    [
      'of a region worker with kubeconfigs alone',
      [...REGION, 'region.ownCluster=false', 'region.kubeconfigs.secretName=clusters'],
      { region: { to: HUB } },
    ],
    [
      'of a region worker with traces, and beside values that are for a hub',
      [...REGION, ...CODEC, ...SINK, 'tracing.endpoint=https://otel.example:4318'],
      { region: { to: [...HUB, 4318] } },
    ],
    [
      'from those who are named, and to what is added, a codec server excepted',
      [
        ...[...CODEC, 'networkPolicy.from[0].podSelector.matchLabels.of=clients'],
        ...[
          'networkPolicy.extraEgress[0].to[0].ipBlock.cidr=10.0.0.7/32',
          'networkPolicy.extraEgress[0].ports[0].port=3128',
        ],
      ],
      {
        worker: { from: [CLIENTS], to: WORKER, more: [PROXY] },
        watcher: { from: [CLIENTS], to: HUB, more: [PROXY] },
        api: { from: [CLIENTS], to: HUB, more: [PROXY] },
        'codec-server': { from: [CLIENTS] },
      },
    ],
  ])('allow the flows %s', async (_, values, roles) => {
    expect(await policies(...values)).toEqual(policiesOf(roles));
  });

  it('allow the flows to Temporal at the port of its address', async () => {
    // Beside the address that all renderings have, this is the one that Helm takes.
    const address = ['--set-string', 'temporal.address=temporal.example:7234'];
    const to = [443, 6443, 7234];
    expect(await policiesBy(...address)).toEqual(
      policiesOf({ worker: { to: [...to, 80] }, watcher: { to }, api: { to } }),
    );
  });

  it('are left out on demand', async () => {
    expect(await policies('networkPolicy.enabled=false', ...EMBEDDED)).toEqual({});
  });

  it.each([
    ['by the defaults', [], undefined, undefined],
    [
      'and those who are named',
      ['temporal.embedded.from[0].podSelector.matchLabels.of=regions'],
      ['grpc', 'ui'],
      undefined,
    ],
    [
      'and those who are named, without a UI',
      ['temporal.embedded.from[0].podSelector.matchLabels.of=regions', 'temporal.embedded.ui.enabled=false'],
      ...[['grpc'], undefined],
    ],
    [
      'and of its metrics those who may read the others',
      ['networkPolicy.from[0].podSelector.matchLabels.of=clients'],
      ...[undefined, [CLIENTS]],
    ],
  ] as [string, string[], string[] | undefined, object[] | undefined][])(
    'let the roles of the release reach a Temporal of its own %s, and itself nobody',
    async (_, values, ports, from) => {
      const { temporal, ...others } = await policies(...EMBEDDED, ...CODEC, ...values);
      const withFrom = (flows: Flows): Flows => ({ ...flows, from });
      const roles = { worker: { to: WORKER }, watcher: { to: HUB }, api: { to: HUB }, 'codec-server': {} };
      expect(others).toEqual(
        policiesOf(Object.fromEntries(Object.entries(roles).map(([role, flows]) => [role, withFrom(flows)]))),
      );
      const component = { key: 'app.kubernetes.io/component', operator: 'In', values: ['worker', 'watcher', 'api'] };
      expect(temporal).toEqual({
        podSelector: { matchLabels: { ...labels, 'app.kubernetes.io/component': 'temporal' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { ports: [tcp('grpc')], from: [{ podSelector: { matchLabels: labels, matchExpressions: [component] } }] },
          ...(ports ? [{ ports: ports.map(tcp), from: [{ podSelector: { matchLabels: { of: 'regions' } } }] }] : []),
          { ports: [tcp('metrics')], ...(from && { from }) },
        ],
        egress: [],
      });
    },
  );
});
