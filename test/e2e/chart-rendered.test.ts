/** What Helm makes of the chart, and which values it refuses; no cluster has a part in it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';
import { readNotifications } from '../../entry/notifications.ts';
import {
  ADDRESS,
  CHART,
  EMBEDDED,
  type Helm,
  helmOn,
  PUBLIC_KEY,
  RELEASE,
  render,
  SETUP_MS,
  SYSTEM,
  set,
  TRACING,
} from '../support/chart.ts';
import { stack } from '../support/stack.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await helmOn(stack());
}, SETUP_MS);

describe('The values', () => {
  it('pass lint', async () => {
    expect(await helm('lint', '--strict', CHART, ...ADDRESS)).toContain('0 chart(s) failed');
  });

  it.each([
    ['an absent Temporal address', [], /temporal\.address is not set: give the host:port/],
    ['an address with a scheme', ['temporal.address=http://temporal:7233'], /\/temporal\/address.*does not match/],
    ['a key that does not exist', ['workers.replicas=2'], /additional properties 'workers' not allowed/],
    ['a key that a role does not have', ['api.replica=2'], /'\/api'.*'replica' not allowed/],
    ['a number as a word', ['worker.replicas=two'], /'\/worker\/replicas': got string, want integer/],
    ['an unknown log level', ['logLevel=loud'], /'\/logLevel': value must be one of 'fatal'/],
    ['a switch that is no yes or no', ['crds.keep=some'], /'\/crds\/keep': got string/],
    [
      'a ServiceAccount that can be none',
      ['admission.serviceAccounts.allowed.shop[0]=A'],
      /allowed\/shop\/0'.*pattern/,
    ],
    ['an alias where the API is anyway', [`api.alias.namespace=${SYSTEM}`], /where the API's Service is anyway/],
    [
      'a Temporal of its own beside that of an address',
      EMBEDDED,
      /temporal\.address \(temporal-frontend\.temporal:7233\) and temporal\.embedded\.enabled are both set/,
    ],
    [
      'an address that a Temporal of its own breaks at',
      ['temporal.embedded.ip=10.0.0.1'],
      /'\/temporal\/embedded\/ip'.*one of/,
    ],
    ['a retention of nobody knows what', ['temporal.embedded.retention=long'], /embedded\/retention'.*pattern/],
    ['a volume of no size', ['temporal.embedded.persistence.size=some'], /persistence\/size'.*pattern/],
    ['a variable without a name', ['pods.extraEnv[0].value=x'], /'\/pods\/extraEnv\/0'.*missing property 'name'/],
  ])('are refused with %s', async (_name, values, message) => {
    const address = values.length > 0 ? ADDRESS : [];
    await expect(helm('template', ...RELEASE, ...address, ...values.flatMap(set))).rejects.toThrow(message);
  });
});

describe('A layer’s namespace', () => {
  const inLayer = (layer: string, ...values: string[]) =>
    helm('template', 'fog-rollouts', CHART, '--namespace', layer, ...ADDRESS, ...values.flatMap(set));

  it.each(['cloud', 'fog', 'edge'])('%s is no place to install into, unless it is meant', async (layer) => {
    const region = ['region.enabled=true', 'region.queue=north'];
    const words = `${layer} is a layer's namespace: whoever may write FogRollouts runs containers there`;
    for (const values of [[], region]) await expect(inLayer(layer, ...values)).rejects.toThrow(words);
    expect(await inLayer(layer, 'allowLayerNamespace=true')).toContain(`namespace: ${layer}`);
  });

  it('may have the address of the API, which leads to where it is', async () => {
    const objects = await render(helm, ...RELEASE, ...set('api.alias.namespace=cloud'));
    const [alias] = objects.filter(({ kind, metadata }) => kind === 'Service' && metadata.namespace === 'cloud');
    expect(alias).toMatchObject({
      metadata: { name: 'fog-rollouts-api' },
      spec: { type: 'ExternalName', externalName: `fog-rollouts-api.${SYSTEM}.svc.cluster.local` },
    });
  });
});

describe('Keys', () => {
  const NAMESPACE = 'sites.kubeconfigSecrets.namespace';
  const kubeconfigsIn = (namespace: string) => ['sites.kubeconfigSecrets.enabled=true', `${NAMESPACE}=${namespace}`];
  const rendered = (values: string[]) => helm('template', ...RELEASE, ...ADDRESS, ...values.flatMap(set));

  it.each([
    [
      'of Fog Rollouts itself',
      [`worker.namespaces={cloud,${SYSTEM}}`],
      `worker.namespaces has ${SYSTEM}, the namespace`,
    ],
    [
      'of a region worker',
      ['region.enabled=true', 'region.queue=north', `region.namespaces={site,${SYSTEM}}`],
      `region.namespaces has ${SYSTEM}, the namespace`,
    ],
    ['of sites, in a layer', kubeconfigsIn('edge'), `${NAMESPACE} is edge, where pods of FogRollouts run`],
    [
      'of sites, where the worker may write',
      [...kubeconfigsIn('field'), 'worker.namespaces={cloud,field}'],
      `${NAMESPACE} is field, where pods of FogRollouts run`,
    ],
  ])('%s are not where pods of FogRollouts run, unless it is meant', async (_, values, words) => {
    await expect(rendered(values)).rejects.toThrow(words);
    expect(await rendered([...values, 'allowLayerNamespace=true'])).toContain('kind: Deployment');
  });

  it('of sites are not beside Fog Rollouts itself', async () => {
    const words = `${NAMESPACE} is ${SYSTEM}, the namespace of Fog Rollouts itself`;
    for (const more of [[], ['allowLayerNamespace=true']])
      await expect(rendered([...kubeconfigsIn(SYSTEM), ...more])).rejects.toThrow(words);
    // Where there are none, it does not matter.
    expect(await rendered([`${NAMESPACE}=${SYSTEM}`])).toContain('kind: Deployment');
  });
});

describe('Traces', () => {
  const of = async (...values: string[]) => {
    const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
    const named = (kind: string) => objects.filter((object) => object.kind === kind);
    const variables = named('Deployment').map(({ metadata, spec }) => {
      const env = spec!.template.spec.containers[0]!.env as { name: string }[];
      return [metadata.name, env.filter(({ name }) => /OTEL|TRACE/.test(name))];
    });
    const reaching = named('NetworkPolicy').filter(({ spec }) => JSON.stringify(spec).includes('4318'));
    return { variables: Object.fromEntries(variables), reaching: reaching.map(({ metadata }) => metadata.name) };
  };
  const SENT = [
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://otel.observability:4318' },
    {
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      valueFrom: { secretKeyRef: { name: 'otel', key: 'headers' } },
    },
    { name: 'OTEL_TRACES_SAMPLER', value: 'traceidratio' },
    { name: 'OTEL_TRACES_SAMPLER_ARG', value: '0.25' },
  ];

  it('are sent by the worker alone, which may reach the collector; the API says where people see them', async () => {
    expect(await of(...TRACING)).toEqual({
      variables: {
        'fog-rollouts-worker': SENT,
        'fog-rollouts-watcher': [],
        'fog-rollouts-api': [{ name: 'FOG_ROLLOUTS_TRACE_URL', value: 'https://jaeger.example/trace/{traceId}' }],
      },
      reaching: ['fog-rollouts-worker'],
    });
  });

  it('are sent by a region likewise, and by nobody who is not told where', async () => {
    expect(await of(...TRACING, 'region.enabled=true', 'region.queue=north')).toEqual({
      variables: { 'fog-rollouts-region': SENT },
      reaching: ['fog-rollouts-region'],
    });
    expect(Object.values((await of()).variables).flat()).toEqual([]);
  });

  it.each([
    ['without a scheme', ['tracing.endpoint=otel:4318'], /'\/tracing\/endpoint'.*does not match/],
    ['with headers for nobody', ['tracing.headers.secretName=otel'], /tracing\.endpoint, where they go, is not set/],
    [
      'with a page that names no trace',
      ['tracing.urlTemplate=https://jaeger'],
      /'\/tracing\/urlTemplate'.*does not match/,
    ],
  ])('are refused %s', async (_, values, message) => {
    await expect(of(...values)).rejects.toThrow(message);
  });
});

describe('Payload keys', () => {
  const keys = ['encryption.secretName=payload-keys', 'encryption.current=2026-11'];
  const podsOf = async (...values: string[]) =>
    (await render(helm, ...RELEASE, ...values.flatMap(set)))
      .filter(({ kind }) => kind === 'Deployment')
      .map(
        ({ spec }) => spec!.template.spec as unknown as { containers: { args: string[]; env: { name: string }[] }[] },
      );
  const variablesOf = (pods: Awaited<ReturnType<typeof podsOf>>) =>
    pods.map(({ containers: [one] }) => [
      one!.args[0],
      one!.env.map(({ name }) => name).filter((name) => /PAYLOAD|CODEC/.test(name)),
    ]);

  it('are handed to every role of hub and region, and to the codec server, which is given nothing else', async () => {
    const both = ['FOG_ROLLOUTS_PAYLOAD_KEYS', 'FOG_ROLLOUTS_PAYLOAD_KEY'];
    expect(variablesOf(await podsOf(...keys)).toSorted()).toEqual([
      ['api', both],
      ['watcher', both],
      ['worker', both],
    ]);
    expect(variablesOf(await podsOf(...keys, 'region.enabled=true', 'region.queue=north'))).toEqual([['region', both]]);
    const server = ['codecServer.enabled=true', 'codecServer.token.secretName=codec'];
    const pods = await podsOf(...keys, ...server);
    expect(variablesOf(pods)).toContainEqual(['codec-server', [...both, 'FOG_ROLLOUTS_CODEC_TOKEN']]);
    const codec = pods.find(({ containers }) => containers[0]!.args[0] === 'codec-server');
    expect(codec).toMatchObject({ automountServiceAccountToken: false });
    expect(JSON.stringify(codec)).not.toContain('TEMPORAL_');
  });

  it.each([
    ['a key of no Secret', ['encryption.current=a'], /encryption\.secretName, the Secret with the keys, is not set/],
    [
      'a codec server without keys',
      ['codecServer.enabled=true', 'codecServer.token.secretName=a'],
      /codecServer needs/,
    ],
    ['a codec server for everybody', ['codecServer.enabled=true', 'encryption.secretName=a'], /codecServer needs/],
  ])('are refused as %s', async (_, values, message) => {
    await expect(podsOf(...values)).rejects.toThrow(message);
  });
});

describe('Signed work', () => {
  const REGION = ['region.enabled=true', 'region.queue=north'];
  const rolesOf = async (...values: string[]) =>
    (await render(helm, ...RELEASE, ...values.flatMap(set))).filter(({ kind }) => kind === 'Deployment');

  it('is signed by all of the hub, whose worker may refuse the rest, and the region has the public key alone', async () => {
    const hub = await rolesOf(
      'signing.secretName=signing',
      'codecServer.enabled=false',
      `signing.trustedKeys.hub=${PUBLIC_KEY}`,
    );
    expect(hub).toHaveLength(3);
    const trusting = hub.filter((role) => JSON.stringify(role).includes('"name":"FOG_ROLLOUTS_TRUSTED_KEYS"'));
    expect(trusting.map(({ metadata }) => metadata.name)).toEqual(['fog-rollouts-worker']);
    for (const role of hub) {
      expect(JSON.stringify(role)).toContain('"value":"/etc/fog-rollouts/signing/signing-key.pem"');
      expect(JSON.stringify(role)).toContain('"secretName":"signing"');
    }
    const region = await render(helm, ...RELEASE, ...[...REGION, `signing.trustedKeys.hub=${PUBLIC_KEY}`].flatMap(set));
    const [config] = region.filter(({ kind }) => kind === 'ConfigMap');
    expect(config).toMatchObject({ data: { hub: PUBLIC_KEY } });
    const worker = JSON.stringify(region.find(({ kind }) => kind === 'Deployment'));
    expect(worker).toContain('"name":"FOG_ROLLOUTS_TRUSTED_KEYS"');
    expect(worker).toContain(`"configMap":{"name":"${config!.metadata.name}"}`);
    expect(worker).not.toContain('SIGNING_KEY');
  });

  it.each([
    ["of a region that has the hub's key", [...REGION, 'signing.secretName=a'], /is no region's to have/],
    [
      'of a hub that trusts, and does not sign',
      [`signing.trustedKeys.hub=${PUBLIC_KEY}`],
      /without signing\.secretName/,
    ],
    [
      'with a private key where the public one goes',
      [...REGION, 'signing.trustedKeys.hub=-----BEGIN PRIVATE KEY-----'],
      /signing\.trustedKeys\.hub is no public key in PEM/,
    ],
  ])('is refused %s', async (_, values, message) => {
    await expect(rolesOf(...values)).rejects.toThrow(message);
  });
});

describe('Notifications', () => {
  const SINKS = [
    'notifications.source=https://hub.example',
    'notifications.sinks[0].name=audit',
    'notifications.sinks[0].url=https://audit.example/hooks',
    'notifications.sinks[0].signing[0].secret=webhooks',
    'notifications.sinks[0].signing[0].key=new',
    'notifications.sinks[0].signing[1].secret=webhooks',
    'notifications.sinks[0].signing[1].key=old',
    'notifications.sinks[1].name=chat',
    'notifications.sinks[1].url.secret=chat',
    'notifications.sinks[1].url.key=url',
    'notifications.sinks[1].bearer.secret=webhooks',
    'notifications.sinks[1].bearer.key=new',
  ];
  const rendered = (...values: string[]) => render(helm, ...RELEASE, ...values.flatMap(set));

  it('are configured as the watcher reads it, with the Secrets beside, each key once', async () => {
    const objects = await rendered(...SINKS);
    const config = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    const roles = objects.filter(({ kind }) => kind === 'Deployment').map((role) => JSON.stringify(role));
    expect(roles.filter((role) => role.includes('notifications'))).toHaveLength(1);
    const folder = mkdtempSync(join(stack().dir, 'notifications-'));
    const watcher = objects.find(({ metadata, kind }) => kind === 'Deployment' && metadata.name.endsWith('-watcher'));
    const { volumes } = watcher!.spec!.template.spec as unknown as {
      volumes: { projected?: { sources: { secret?: { name: string; items: { key: string; path: string }[] } }[] } }[];
    };
    const items = volumes.flatMap(
      ({ projected }) => projected?.sources.flatMap(({ secret }) => secret?.items ?? []) ?? [],
    );
    expect(items.map(({ path }) => path)).toEqual(['secrets/webhooks/new', 'secrets/webhooks/old', 'secrets/chat/url']);
    for (const { path } of items) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      const key = `whsec_${Buffer.alloc(32).toString('base64')}`;
      writeFileSync(join(folder, path), path.endsWith('url') ? 'https://chat.example/secret' : key);
    }
    const file = join(folder, 'notifications.yaml');
    writeFileSync(file, config.data['notifications.yaml']!);
    const { source, sinks } = readNotifications(file);
    expect([source, sinks.map(({ name, url, secrets }) => [name, url, secrets.length])]).toEqual([
      'https://hub.example',
      [
        ['audit', 'https://audit.example/hooks', 2],
        ['chat', 'https://chat.example/secret', 0],
      ],
    ]);
  });

  it('have other pods where they are others, and reach sinks at the ports that are named, from the watcher alone', async () => {
    const about = async (...values: string[]) => {
      const objects = await rendered(...values);
      const text = (kind: string, role: string) =>
        JSON.stringify(objects.find((one) => one.kind === kind && one.metadata.name === `fog-rollouts-${role}`));
      return {
        checksum: /"checksum\/notifications":"(\w+)"/.exec(text('Deployment', 'watcher'))?.[1],
        ports: ['watcher', 'worker', 'api'].filter((role) => text('NetworkPolicy', role).includes('8443')),
      };
    };
    const port = 'networkPolicy.notificationPorts={8443}';
    const [none, some, others] = [
      await about(port),
      await about(port, ...SINKS),
      await about(...SINKS, 'notifications.hosts[0]=a'),
    ];
    expect(none).toEqual({ checksum: undefined, ports: [] });
    expect(some).toEqual({ checksum: expect.any(String), ports: ['watcher'] });
    expect(others.checksum).not.toBe(some.checksum);
  });

  it.each([
    ['without a name', ['notifications.sinks[0].url=https://a'], /missing property 'name'/],
    ['with a field that there is not', [...SINKS, 'notifications.sinks[0].uri=a'], /'uri' not allowed/],
    ['with a secret as text', [...SINKS, 'notifications.sinks[0].signing[0]=whsec_a'], /signing\/0'.*want object/],
  ])('are refused %s', async (_, values, message) => {
    await expect(rendered(...values)).rejects.toThrow(message);
  });
});

describe('The pods', () => {
  const podOf = async (...values: string[]) => {
    const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
    return objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'fog-rollouts-worker')!.spec!
      .template as unknown as {
      metadata: { annotations?: Record<string, string> };
      spec: Record<string, unknown> & { containers: { image: string; volumeMounts: unknown[] }[] };
    };
  };

  it('run exactly the image whose digest is given', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = [await podOf('image.tag=v7'), await podOf('image.tag=v7', `image.digest=${digest}`)];
    expect(images.map(({ spec }) => spec.containers[0]!.image)).toEqual(['fog-rollouts:v7', `fog-rollouts@${digest}`]);
  });

  it('have what is added to them, and the secrets of the chart that this one is a part of', async () => {
    const { spec } = await podOf(
      'image.pullSecrets[0].name=own',
      'global.imagePullSecrets[0].name=shared',
      'pods.extraVolumes[0].name=more',
      'worker.topologySpreadConstraints[0].topologyKey=zone',
    );
    expect(spec).toMatchObject({
      imagePullSecrets: [{ name: 'own' }, { name: 'shared' }],
      volumes: [{ name: 'tmp' }, { name: 'more' }],
      topologySpreadConstraints: [{ topologyKey: 'zone' }],
    });
  });
});

describe('The notes', () => {
  it('are what docs/install.md shows, and can be given to a shell as they are', async () => {
    const values = ['temporal.address=temporal-frontend.temporal:7233', 'temporal.namespace=fog-rollouts'];
    const said = await helm('install', ...RELEASE, '--dry-run=client', ...values.flatMap(set));
    const notes = said.slice(said.indexOf('\nNOTES:\n')).trim();
    expect(readFileSync(join(ROOT, 'docs', 'install.md'), 'utf8')).toContain(notes);
    // Of an address with a question mark, some shells look for files.
    expect(notes.match(/^ +curl .*\?.*$/gm)).toEqual([expect.stringMatching(/^ +curl '[^']+'$/)]);
  });
});

describe('The templates', () => {
  it('hold the CRDs of crds/, unchanged', () => {
    const copies = join(CHART, 'files', 'crds');
    const contents = (folder: string) =>
      Object.fromEntries(yamlFiles(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    expect(contents(copies)).toEqual(contents(join(ROOT, 'crds')));
  });

  it('call the Service fog-rollouts-api whatever the release is called', async () => {
    const services = (await render(helm, 'blue', CHART, '--namespace', SYSTEM)).filter(
      ({ kind }) => kind === 'Service',
    );
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['fog-rollouts-api']);
  });

  it('grant no wildcard and no Secret', async () => {
    const rules = (await render(helm, ...RELEASE)).flatMap((object) => object.rules ?? []);
    const granted = rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs]);
    expect(granted.filter((word) => word === '*' || word === 'secrets')).toEqual([]);
  });

  it('grant the worker what gates use, in the namespaces that are named, and tell it whom it may ask', async () => {
    const values = [
      'gates.secrets.namespaces[0]=shop',
      'gates.jobs.namespaces[0]=shop',
      'gates.hosts[0]=localhost',
      'gates.hosts[1]=::1',
      'gates.taskQueues[0]=board',
    ];
    const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
    const granted = objects
      .filter(({ metadata: { namespace } }) => namespace === 'shop')
      .map(({ kind, rules = [] }) => [kind, rules.flatMap(({ resources, verbs }) => [resources, verbs])]);
    expect(granted).toEqual([
      ['Role', [['secrets'], ['get']]],
      ['Role', [['cronjobs'], ['get'], ['jobs'], ['get', 'list', 'watch', 'create', 'delete']]],
      ['RoleBinding', []],
      ['RoleBinding', []],
    ]);
    const [worker, ...others] = objects
      .map((object) => JSON.stringify(object))
      .filter((text) => text.includes('GATE_'));
    expect(others).toEqual([]);
    expect(worker).toContain('{"name":"FOG_ROLLOUTS_GATE_HOSTS","value":"localhost,::1"}');
    expect(worker).toContain('{"name":"FOG_ROLLOUTS_GATE_TASK_QUEUES","value":"board"}');
  });

  it('grant worker and watcher, and them alone, a get of the Secrets where sites have theirs', async () => {
    const objects = await render(helm, ...RELEASE, ...set('sites.kubeconfigSecrets.enabled=true'));
    const granted = objects.flatMap(({ kind, metadata: { name, namespace }, rules = [] }) =>
      rules
        .filter(({ resources }) => resources.includes('secrets'))
        .map(({ apiGroups, resources, verbs }) => [kind, `${namespace}/${name}`, apiGroups, resources, verbs]),
    );
    expect(granted.toSorted()).toEqual([
      ['Role', 'fog-rollouts-kubeconfigs/fog-rollouts-watcher-kubeconfigs', [''], ['secrets'], ['get']],
      ['Role', 'fog-rollouts-kubeconfigs/fog-rollouts-worker-kubeconfigs', [''], ['secrets'], ['get']],
    ]);
  });

  it('tell worker and watcher, and them alone, which hosts kubeconfigs may name', async () => {
    const values = [
      'sites.kubeconfigSecrets.enabled=true',
      'sites.kubeconfigSecrets.onlyHosts={*.fleet.example,10.0.0.7}',
    ];
    const objects = await render(helm, ...RELEASE, ...values.flatMap((value) => set(value)));
    const told = objects.flatMap(({ kind, metadata: { name }, spec }) => {
      const env =
        kind === 'Deployment' ? (spec!.template.spec.containers[0]!.env as { name: string; value?: string }[]) : [];
      return env.filter((one) => one.name === 'FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS').map(({ value }) => [name, value]);
    });
    expect(told.toSorted()).toEqual([
      ['fog-rollouts-watcher', '*.fleet.example,10.0.0.7'],
      ['fog-rollouts-worker', '*.fleet.example,10.0.0.7'],
    ]);
  });

  it("give Temporal's credentials by reference, never as text", async () => {
    const objects = await render(
      helm,
      ...RELEASE,
      ...set('temporal.apiKey.secretName=temporal'),
      ...set('temporal.tls.ca.secretName=authority'),
      ...set('temporal.tls.client.secretName=client'),
    );
    const api = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'fog-rollouts-api');
    expect(api?.spec?.template.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'TEMPORAL_API_KEY', valueFrom: { secretKeyRef: { name: 'temporal', key: 'api-key' } } },
        { name: 'TEMPORAL_TLS_SERVER_CA_CERT_DATA', valueFrom: { secretKeyRef: { name: 'authority', key: 'ca.crt' } } },
        { name: 'TEMPORAL_TLS_CLIENT_CERT_DATA', valueFrom: { secretKeyRef: { name: 'client', key: 'tls.crt' } } },
        { name: 'TEMPORAL_TLS_CLIENT_KEY_DATA', valueFrom: { secretKeyRef: { name: 'client', key: 'tls.key' } } },
      ]),
    );
  });
});

const yamlFiles = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.yaml'));
