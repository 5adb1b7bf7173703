import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lint, refusalsIn } from '../../../cli/lint.ts';
import { manifestsIn, readManifests } from '../../../cli/manifests.ts';
import { ROOT } from '../../../dev/home.ts';

const ROLLOUT = `apiVersion: paguos.io/v1alpha1
kind: FogRollout
metadata: { name: web }
spec:
  version: v1
  deployments:
    cloud:
      replicas: 2
      containers:
        - name: web
          image: nginx:1.27
          readinessProbe: { httpGet: { port: 80 } }
    edge:
      containers: [{ name: web, image: 'nginx:1.27', ports: [{ containerPort: 80 }] }]
`;
const said = (text: string) =>
  lint(manifestsIn('web.yaml', text)).map(({ line, level, message }) => `${line} ${level}: ${message}`);
const changed = (from: string, to: string) => said(ROLLOUT.replace(from, to));

describe('lint', () => {
  it('has nothing to say of a manifest that is as it should be', () => {
    expect(said(ROLLOUT)).toEqual([]);
  });

  it.each([
    [
      'a field that there is not',
      'replicas: 2',
      'replica: 2',
      '8 error: spec.deployments.cloud.replica: There is no such field',
    ],
    ['another type', 'version: v1', 'version: 1.10', '5 error: spec.version: It must be string'],
    ['an empty field', 'version: v1', 'version:', '5 error: spec.version: It must be string, and is empty'],
    ['a value too small', 'replicas: 2', 'replicas: -1', '8 error: spec.deployments.cloud.replicas: It must be >= 0'],
    [
      'a field that is missing, where it would stand',
      '- name: web\n          image',
      '- image',
      '10 error: spec.deployments.cloud.containers[0].name: It is missing',
    ],
    [
      'a word that is none of those there are',
      'version: v1',
      'version: v1\n  strategy: { promotion: Site }',
      '6 error: spec.strategy.promotion: It must be one of Layer, Branch',
    ],
    [
      'neither a number nor a percentage',
      'version: v1',
      'version: v1\n  strategy: { layers: { edge: { maxFailures: many } } }',
      '6 error: spec.strategy.layers.edge.maxFailures: It must match pattern "^([1-9][0-9]?|100)%$"',
    ],
    ['no name', '{ name: web }', '{}', '3 error: metadata.name: It is missing'],
    [
      'a kind that we have not',
      'kind: FogRollout',
      'kind: FogRollut',
      '2 error: kind: There is no FogRollut of paguos.io/v1alpha1; there are ',
    ],
    [
      'a port twice',
      '[{ containerPort: 80 }]',
      '[{ containerPort: 80 }, { containerPort: 80 }]',
      '14 error: spec.deployments.edge.containers: ',
    ],
    [
      'the tag latest',
      'nginx:1.27\n',
      'nginx:latest\n',
      '11 warning: spec.deployments.cloud.containers[0].image: The image nginx:latest has the tag latest',
    ],
    [
      'no tag',
      'nginx:1.27\n',
      'registry:5000/nginx\n',
      '11 warning: spec.deployments.cloud.containers[0].image: The image registry:5000/nginx has no tag',
    ],
    [
      'a readiness that says nothing',
      '          readinessProbe: { httpGet: { port: 80 } }\n',
      '',
      '9 warning: spec.deployments.cloud.containers: No container of the cloud has a readinessProbe',
    ],
    [
      'nothing that is tried',
      'replicas: 2',
      'replicas: 0',
      '8 warning: spec.deployments.cloud.replicas: The cloud has no replicas',
    ],
    [
      'a probe that comes too late',
      '{ httpGet: { port: 80 } }',
      '{ httpGet: { port: 80 }, initialDelaySeconds: 600 }',
      '12 warning: spec.deployments.cloud.containers[0].readinessProbe.initialDelaySeconds: The container web is not asked before 600 s',
    ],
    [
      'a strategy of a layer that is not there',
      'version: v1',
      'version: v1\n  strategy: { layers: { fog: { soakSeconds: 5 } } }',
      '6 warning: spec.strategy.layers.fog: It says nothing: the rollout has no fog',
    ],
    [
      'all sites at once',
      'version: v1',
      "version: v1\n  strategy: { layers: { edge: { maxConcurrency: '100%' } } }",
      '6 warning: spec.strategy.layers.edge.maxConcurrency: All sites of the edge are changed at once',
    ],
    [
      'an expression that nobody can read',
      'version: v1',
      "version: v1\n  strategy: { layers: { edge: { before: [{ http: { url: 'https://a.example', success: 'body.state =' } }] } } }",
      '6 error: spec.strategy.layers.edge.before[0].http.success: `body.state =` is no expression in CEL: ',
    ],
    [
      'an expression that says neither yes nor no, between waves',
      'version: v1',
      "version: v1\n  strategy: { layers: { edge: { waves: [{ after: [{ metric: { prometheus: { url: 'https://a.example', query: up }, success: 'result[0]' } }] }] } } }",
      '6 error: spec.strategy.layers.edge.waves[0].after[0].metric.success: `result[0]` is of type double',
    ],
    [
      'failures without end',
      'version: v1',
      "version: v1\n  strategy: { layers: { edge: { maxFailures: '100%' } } }",
      '6 warning: spec.strategy.layers.edge.maxFailures: No number of failures ends the edge',
    ],
  ])('finds %s', (_, from, to, expected) => {
    expect(changed(from, to)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['a digest', 'nginx:1.27\n', 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000\n'],
    ['an empty field that has a default', 'version: v1', 'version: v1\n  strategy:\n    promotion:'],
    [
      'a number or a percentage',
      'version: v1',
      "version: v1\n  strategy: { layers: { edge: { maxFailures: '5%', maxConcurrency: 3 } } }",
    ],
    [
      'a quantity',
      'image: nginx:1.27\n',
      'image: nginx:1.27\n          resources: { limits: { cpu: 2, memory: 64Mi } }\n',
    ],
    ['a status, which is not the user’s', 'spec:\n', 'status: { nonsense: true }\nspec:\n'],
  ])('takes %s', (_, from, to) => {
    expect(changed(from, to)).toEqual([]);
  });

  it.each([
    ['what is no YAML', 'a: [1\nb: 2\n', /^\d error: It is not YAML: /],
    ['a key twice', 'kind: A\nkind: B\n', /^2 error: It is not YAML: Map keys must be unique/],
    ['what is no object', '- 1\n', /^1 error: It is no object of Kubernetes/],
    ['an object without a kind', 'metadata: {name: web}\n', /^1 error: It is no object of Kubernetes/],
  ])('says of %s where', (_, text, expected) => {
    expect(said(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('goes through documents and lists, and leaves others alone', () => {
    const site = 'apiVersion: paguos.io/v1alpha1\nkind: FogSite\nmetadata: { name: a }\nspec: { layer: sky }\n';
    const list = `apiVersion: v1\nkind: List\nitems:\n${site.replace(/^/gm, '    ').replace('    ', '  - ').trimEnd()}\n`;
    expect(said(`# only words\n---\nkind: Namespace\napiVersion: v1\n---\n${site}---\n${list}`)).toEqual([
      '3 note: A Namespace is not ours, and not looked at',
      '9 error: spec.layer: It must be one of cloud, fog, edge',
      '17 error: spec.layer: It must be one of cloud, fog, edge',
    ]);
  });

  it('has no error to find in the examples, file by file of a folder', () => {
    const read = readManifests([join(ROOT, 'examples'), join(ROOT, 'examples/regions')]);
    expect(read.manifests.length).toBeGreaterThan(5);
    expect(lint(read).filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('says that a file is not there', () => {
    const dir = mkdtempSync(join(tmpdir(), 'lint-'));
    try {
      writeFileSync(join(dir, 'web.json'), '{"apiVersion": "v1", "kind": "Namespace"}');
      expect(readManifests([dir]).manifests).toHaveLength(1);
      const missing = join(dir, 'nowhere.yaml');
      expect(lint(readManifests([missing]))).toEqual([
        { file: missing, line: 1, level: 'error', message: 'There is no such file' },
      ]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('what the API server says of a manifest', () => {
  const { manifests } = manifestsIn('web.yaml', ROLLOUT);

  it.each([
    [
      'one field',
      'The FogRollout "web" is invalid: spec.version: Too long: may not be more than 128 bytes',
      [[5, 'error', 'spec.version: Too long: may not be more than 128 bytes']],
    ],
    [
      'several',
      'The FogRollout "web" is invalid: \n* metadata.name: Invalid value: "W": no\n* spec.deployments.cloud.containers[0].image: Required value',
      [
        [3, 'error', 'metadata.name: Invalid value: "W": no'],
        [11, 'error', 'spec.deployments.cloud.containers[0].image: Required value'],
      ],
    ],
    [
      'a field that it does not know',
      'Error from server (BadRequest): error when creating "STDIN": strict decoding error: unknown field "spec.x"',
      [
        [
          1,
          'error',
          'Error from server (BadRequest): error when creating "STDIN": strict decoding error: unknown field "spec.x"',
        ],
      ],
    ],
    [
      'nothing, because it was not reached',
      'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
      [
        [
          1,
          'note',
          'Rules that only the API server knows were not all checked: The connection to the server localhost:8080 was refused - did you specify the right host or port?',
        ],
      ],
    ],
  ])('%s', (_, words, expected) => {
    expect(refusalsIn(words, manifests).map(({ line, level, message }) => [line, level, message])).toEqual(expected);
  });
});
