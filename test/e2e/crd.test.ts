/** What the API server takes and refuses of a FogRollout: crds/fogrollouts.yaml on the real one. */

import { describe, expect, it } from '@jest/globals';
import type { Container, LayerContent } from '../../model/generated/fogrollout.ts';
import { STRATEGY_DEFAULTS } from '../../model/revision.ts';
import { dryRun } from '../support/dry-run.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { containers, example, layer, type Manifest, manifest, port, ports, serving } from '../support/manifests.ts';
import { type Definitions, sampleOf } from '../support/sample.ts';

/** What the schema adds to a manifest that left it out. */
function withDefaults(given: Manifest): Manifest {
  const { metadata: _, ...expected } = structuredClone(given);
  const defaults = STRATEGY_DEFAULTS;
  expected.spec.strategy = { ...defaults, ...expected.spec.strategy };
  for (const content of Object.values(expected.spec.deployments) as LayerContent[]) {
    const all: Container[] = [...content.containers, ...(content.initContainers ?? [])];
    for (const port of all.flatMap(({ ports }) => ports ?? [])) port.protocol ??= 'TCP';
  }
  return expected as Manifest;
}

describe('a manifest is accepted, and comes back whole', () => {
  const sidecar = { name: 'mesh', image: 'proxy', restartPolicy: 'Always' };
  it.each<[string, Manifest]>([
    ['the seed’s example', example('nginx-rollout.yml')],
    ['the richer example', example('shop-rollout.yml')],
    ['one layer, no replicas, no ports', manifest()],
    [
      'the edge alone',
      manifest({ deployments: { edge: { replicas: 0, containers: [{ name: 'web', image: 'nginx' }] } } }),
    ],
    ['a name of 63 characters', manifest({}, 'n'.repeat(63))],
    ['a version of 128 characters', manifest({ version: 'v'.repeat(128) })],
    ['a strategy of its own', manifest({ strategy: { progressDeadlineSeconds: 1 } })],
    ['53/UDP beside 53/TCP', containers({ ports: [port(53, 'UDP'), port(53, 'TCP')] }, { ports: [port(53, 'SCTP')] })],
    [
      'quantities as text and number',
      containers({ resources: { limits: { cpu: 0.5, memory: '1.5Gi', 'x.io/gpu': 2 } } }),
    ],
    [
      'probe ports by number and name',
      containers({ livenessProbe: { tcpSocket: { port: 80 } }, readinessProbe: { httpGet: { port: 'http' } } }),
    ],
    [
      'a sidecar with a port of its own',
      layer({ initContainers: [{ ...sidecar, ports: [port(81)] }], ...serving(80) }),
    ],
    [
      'an init container that ends, with a port',
      layer({ initContainers: [{ name: 'a', ports: [port(80)] }], ...serving(80) }),
    ],
    [
      '12 containers of 8 ports',
      containers(...Array.from({ length: 12 }, (_, at) => ({ ports: ports(8, 1000 * (at + 1)) }))),
    ],
    ['a container of 64 ports', containers({ ports: ports(64, 30_000) })],
  ])('%s', async (_, given) => {
    expect(await dryRun(given)).toMatchObject(withDefaults(given));
  });

  it('every field of the containers and pods that this API server knows', async () => {
    const definitions: Definitions = JSON.parse(await mustKubectl(['get', '--raw', '/openapi/v3/api/v1'])).components
      .schemas;
    const container = sampleOf(definitions, 'io.k8s.api.core.v1.Container') as object;
    const pod = sampleOf(definitions, 'io.k8s.api.core.v1.PodSpec') as Record<string, unknown>;
    const fields = [
      ...['volumes', 'serviceAccountName', 'imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity'],
      ...['securityContext', 'terminationGracePeriodSeconds'],
    ];
    const given = layer({
      ...Object.fromEntries(fields.map((field) => [field, pod[field]])),
      containers: [
        { ...container, ports: [{ containerPort: 80, protocol: 'UDP', hostIP: 'a', hostPort: 1, name: 'a' }] },
      ],
      initContainers: [{ ...container, name: 'b', ports: [] }],
      podAnnotations: { a: 'b' },
      podLabels: { a: 'b' },
    });
    expect((await dryRun(given)).spec).toEqual(withDefaults(given).spec);
  });
});

describe('a manifest is refused, with the name of the field', () => {
  const init = (name: string, containerPort: number) => ({
    initContainers: [{ name, restartPolicy: 'Always', ports: [port(containerPort)] }],
  });
  it.each<[string, object, string]>([
    ['no spec', { ...manifest(), spec: undefined }, 'spec: Required value'],
    ['no version', manifest({ version: undefined }), 'spec.version: Required value'],
    ['an empty version', manifest({ version: '' }), 'spec.version'],
    ['a version that is a number', manifest({ version: 1.2 }), 'spec.version: Invalid value: "number"'],
    ['a version too long', manifest({ version: 'v'.repeat(129) }), 'spec.version: Too long'],
    ['no deployments', manifest({ deployments: undefined }), 'spec.deployments: Required value'],
    ['no layer', manifest({ deployments: {} }), 'spec.deployments: Required value: At least one of the layers'],
    ['no containers', layer({ replicas: 1 }), 'spec.deployments.cloud.containers: Required value'],
    ['an empty list of containers', layer({ containers: [] }), 'spec.deployments.cloud.containers'],
    ['negative replicas', layer({ replicas: -1, ...serving(80) }), 'spec.deployments.cloud.replicas'],
    ['replicas as text', layer({ replicas: '3', ...serving(80) }), 'spec.deployments.cloud.replicas'],
    [
      'a container without name',
      layer({ containers: [{ image: 'a' }] }),
      'spec.deployments.cloud.containers[0].name: Required',
    ],
    ['a name with capitals', containers({ name: 'Web' }), 'spec.deployments.cloud.containers[0].name'],
    [
      'two containers of one name',
      containers({ name: 'a' }, { name: 'a' }),
      'spec.deployments.cloud.containers[1]: Duplicate',
    ],
    [
      'an init container of a container’s name',
      layer({ ...serving(80), ...init('web', 81) }),
      'spec.deployments.cloud.initContainers',
    ],
    [
      'a port twice in a container',
      containers({ ports: [port(80), port(80, 'TCP')] }),
      'containers[0].ports[1]: Duplicate',
    ],
    [
      'a port twice in a layer',
      containers({ ports: [port(80)] }, { ports: [port(80)] }),
      'cloud.containers: Invalid value: A port and',
    ],
    [
      'a sidecar with a container’s port',
      layer({ ...serving(80), ...init('mesh', 80) }),
      'cloud.initContainers: Invalid value: A port',
    ],
    ['a port out of range', containers({ ports: [port(65_536)] }), 'containers[0].ports[0].containerPort'],
    ['a port as text', containers({ ports: [port('80')] }), 'containers[0].ports[0].containerPort'],
    ['an unknown protocol', containers({ ports: [port(80, 'HTTP')] }), 'containers[0].ports[0].protocol'],
    [
      'a quantity that is none',
      containers({ resources: { limits: { cpu: 'lots' } } }),
      'containers[0].resources.limits.cpu',
    ],
    [
      'a deadline of no time',
      manifest({ strategy: { progressDeadlineSeconds: 0 } }),
      'spec.strategy.progressDeadlineSeconds',
    ],
    [
      'the label of a rollout',
      layer({ ...serving(80), podLabels: { 'fog-rollout': 'x' } }),
      'cloud.podLabels: Invalid value: The label',
    ],
    ['a name that starts with a digit', manifest({}, '1web'), 'metadata.name: Invalid value: The name must'],
    ['a name with a dot', manifest({}, 'web.v1'), 'metadata.name: Invalid value: The name must'],
    ['a name of 64 characters', manifest({}, 'n'.repeat(64)), 'metadata.name: Invalid value: The name must'],
    [
      'an unknown field',
      containers({ imagee: 'nginx' }),
      'unknown field "spec.deployments.cloud.containers[0].imagee"',
    ],
    ['an unknown layer', manifest({ deployments: { sky: {} } }), 'unknown field "spec.deployments.sky"'],
  ])('%s', async (_, given, expected) => {
    await expect(dryRun(given)).rejects.toThrow(expected);
  });

  it('but an unknown field is only dropped when no validation was asked for', async () => {
    const made = await dryRun(containers({ imagee: 'nginx' }), 'Ignore');
    expect(made.spec.deployments.cloud.containers).toEqual([{ name: 'c0', image: 'nginx' }]);
  });
});
