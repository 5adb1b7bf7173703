/** What Helm makes of values that ask for something beside the roles: each by its name and fields. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Helm, helmOn, RELEASE, render, SETUP_MS, SYSTEM, set } from '../support/chart.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { stack } from '../support/stack.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await helmOn(stack());
}, SETUP_MS);

const made = (kind: string, ...values: string[]) =>
  render(helm, ...RELEASE, ...values.flatMap(set)).then((objects) => objects.filter((one) => one?.kind === kind));

describe('The API outside of the cluster, by an Ingress', () => {
  const HOST = ['api.ingress.enabled=true', 'api.ingress.hosts[0]=rollouts.example.com'];
  const backend = { service: { name: 'fog-rollouts-api', port: { name: 'http' } } };

  it('is at its host, with the class, the annotations and the TLS that are asked for', async () => {
    const tls = ['api.ingress.tls[0].secretName=rollouts-tls', 'api.ingress.tls[0].hosts[0]=rollouts.example.com'];
    const others = ['api.ingress.className=nginx', 'api.ingress.annotations.of=ours'];
    const [ingress, ...more] = await made('Ingress', ...HOST, ...tls, ...others);
    expect([ingress, more]).toMatchObject([
      { metadata: { name: 'fog-rollouts-api', namespace: SYSTEM, annotations: { of: 'ours' } } },
      [],
    ]);
    expect(ingress!.spec).toEqual({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'rollouts-tls', hosts: ['rollouts.example.com'] }],
      rules: [{ host: 'rollouts.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    });
  });

  it('is at the path that is asked for', async () => {
    const path = ['api.ingress.path=/fog(/|$)(.*)', 'api.ingress.pathType=ImplementationSpecific'];
    const [ingress] = await made('Ingress', ...HOST, ...path);
    expect(ingress!.spec).toMatchObject({
      rules: [{ http: { paths: [{ path: '/fog(/|$)(.*)', pathType: 'ImplementationSpecific', backend }] } }],
    });
    const here = { ...ingress, metadata: { ...ingress!.metadata, namespace: 'default' } };
    expect(await mustKubectl(['create', '--dry-run=server', '-f', '-'], here)).toContain('created (server dry run)');
  });
});

describe('The API outside of the cluster, by an HTTPRoute', () => {
  const ROUTE = [
    'api.httpRoute.enabled=true',
    'api.httpRoute.parentRefs[0].name=gateway',
    'api.httpRoute.parentRefs[0].namespace=gateways',
    'api.httpRoute.hostnames[0]=rollouts.example.com',
    'api.httpRoute.annotations.of=ours',
  ];
  const backendRefs = [{ name: 'fog-rollouts-api', port: 80 }];

  it('is at its host, by the Gateway that is named', async () => {
    const [route, ...more] = await made('HTTPRoute', ...ROUTE);
    expect([route, more]).toMatchObject([
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        metadata: { name: 'fog-rollouts-api', namespace: SYSTEM, annotations: { of: 'ours' } },
      },
      [],
    ]);
    expect(route!.spec).toEqual({
      parentRefs: [{ name: 'gateway', namespace: 'gateways' }],
      hostnames: ['rollouts.example.com'],
      rules: [{ backendRefs }],
    });
  });

  it.each(['/fog', '/fog/'])(
    'is at %s, is asked without it, and leads there from the same without a slash',
    async (path) => {
      const [route] = await made('HTTPRoute', ...ROUTE, `api.httpRoute.path=${path}`);
      expect(route!.spec).toMatchObject({
        rules: [
          {
            backendRefs,
            matches: [{ path: { type: 'PathPrefix', value: '/fog' } }],
            filters: [
              { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
            ],
          },
          {
            matches: [{ path: { type: 'Exact', value: '/fog' } }],
            filters: [
              {
                type: 'RequestRedirect',
                requestRedirect: { path: { type: 'ReplaceFullPath', replaceFullPath: '/fog/' } },
              },
            ],
          },
        ],
      });
    },
  );
});

it.each([
  ['an Ingress without a host', ['api.ingress.enabled=true'], /api\.ingress\.hosts is empty/],
  ['an HTTPRoute without a Gateway', ['api.httpRoute.enabled=true'], /api\.httpRoute\.parentRefs is empty/],
  ['a path that does not begin at the root', ['api.ingress.path=fog'], /'\/api\/ingress\/path'.*does not match/],
  ['a path with a query', ['api.httpRoute.path=/fog?a'], /'\/api\/httpRoute\/path'.*does not match/],
])('The API outside of the cluster is refused by %s', async (_, values, message) => {
  await expect(made('Ingress', ...values)).rejects.toThrow(message);
});

describe('What else may be asked for', () => {
  it('the rights of people go into the roles view, edit and admin of namespaces, and not unasked', async () => {
    const aggregated = (roles: Awaited<ReturnType<typeof made>>) =>
      roles.flatMap(({ metadata, rules }) => {
        const into = Object.keys(metadata.labels ?? {}).find((label) => label.includes('/aggregate-to-'));
        return into ? { name: metadata.name, into, rules } : [];
      });
    const of = (verbs: string[], ...resources: string[]) => ({ apiGroups: ['paguos.io'], resources, verbs });
    const change = ['create', 'update', 'patch', 'delete'];
    expect(aggregated(await made('ClusterRole', 'rbac.aggregate=true'))).toEqual([
      {
        name: 'fog-rollouts-admin',
        into: 'rbac.authorization.k8s.io/aggregate-to-admin',
        rules: [of(['create'], 'fogactions'), of(change, 'fogwindows')],
      },
      {
        name: 'fog-rollouts-edit',
        into: 'rbac.authorization.k8s.io/aggregate-to-edit',
        rules: [of(change, 'fogrollouts')],
      },
      {
        name: 'fog-rollouts-view',
        into: 'rbac.authorization.k8s.io/aggregate-to-view',
        rules: [of(['get', 'list', 'watch'], 'fogrollouts', 'fogactions', 'fogwindows', 'fogshards')],
      },
    ]);
    expect(aggregated(await made('ClusterRole'))).toEqual([]);
  });

  it('objects of one’s own are made as they are written, and texts as templates', async () => {
    const object = ['apiVersion=v1', 'kind=ConfigMap', 'metadata.name=ours', 'data.as=it {{ is }}'];
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "{{ .Release.Name }}-ours"';
    const extra = [...object.map((field) => `extraObjects[0].${field}`), `extraObjects[1]=${text}`];
    const own = (await made('ConfigMap', ...extra)).filter(({ metadata }) => metadata.name.endsWith('ours'));
    expect(own).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ours' }, data: { as: 'it {{ is }}' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fog-rollouts-ours' } },
    ]);
  });

  it('annotations of ServiceAccounts are those of all roles, and a role’s own win', async () => {
    const annotations = ['pods.serviceAccountAnnotations.of=all', 'worker.serviceAccountAnnotations.of=worker'];
    const accounts = await made('ServiceAccount', ...annotations);
    expect(Object.fromEntries(accounts.map(({ metadata }) => [metadata.name, metadata.annotations]))).toEqual({
      'fog-rollouts-api': { of: 'all' },
      'fog-rollouts-watcher': { of: 'all' },
      'fog-rollouts-worker': { of: 'worker' },
    });
  });

  it('volumes are in every pod, and where they are mounted in every container', async () => {
    const volume = ['extraVolumes[0].name=authorities', 'extraVolumes[0].configMap.name=authorities'];
    const mount = ['extraVolumeMounts[0].name=authorities', 'extraVolumeMounts[0].mountPath=/etc/ssl/more'];
    const roles = await made('Deployment', ...[...volume, ...mount].map((field) => `pods.${field}`));
    expect(roles).toHaveLength(3);
    for (const { spec } of roles) {
      const { volumes, containers } = spec!.template.spec;
      expect(volumes).toContainEqual({ name: 'authorities', configMap: { name: 'authorities' } });
      expect(containers).toMatchObject([
        { volumeMounts: expect.arrayContaining([{ name: 'authorities', mountPath: '/etc/ssl/more' }]) },
      ]);
    }
  });

  it('pods of a role are spread over the nodes, or as it is asked for', async () => {
    const spread = async (...values: string[]) =>
      Object.fromEntries(
        (await made('Deployment', ...values)).map(({ metadata, spec }) => [
          metadata.name,
          (spec!.template.spec as { topologySpreadConstraints?: unknown }).topologySpreadConstraints,
        ]),
      );
    const overNodes = (role: string) => [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: {
          matchLabels: {
            'app.kubernetes.io/name': 'fog-rollouts',
            'app.kubernetes.io/instance': 'fog-rollouts',
            'app.kubernetes.io/component': role,
          },
        },
      },
    ];
    const usual = {
      'fog-rollouts-api': overNodes('api'),
      'fog-rollouts-watcher': overNodes('watcher'),
      'fog-rollouts-worker': overNodes('worker'),
    };
    expect(await spread()).toEqual(usual);
    const own = { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' };
    const asked = Object.entries(own).map(([key, value]) => `api.topologySpreadConstraints[0].${key}=${value}`);
    expect(await spread(...asked)).toEqual({ ...usual, 'fog-rollouts-api': [own] });
  });
});
