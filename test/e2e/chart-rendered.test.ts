/** What Helm makes of the chart, and which values it refuses; no cluster has a part in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';
import { ADDRESS, CHART, type Helm, helmOn, RELEASE, render, SETUP_MS, set } from '../support/chart.ts';
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
    ['a switch that is no yes or no', ['sites.kubeconfigSecrets=some'], /'\/sites\/kubeconfigSecrets': got string/],
    ['a variable without a name', ['pods.extraEnv[0].value=x'], /'\/pods\/extraEnv\/0'.*missing property 'name'/],
  ])('are refused with %s', async (_name, values, message) => {
    const address = values.length > 0 ? ADDRESS : [];
    await expect(helm('template', ...RELEASE, ...address, ...values.flatMap(set))).rejects.toThrow(message);
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
    const services = (await render(helm, 'blue', CHART, '--namespace', 'cloud')).filter(
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

  it('grant worker and watcher, and them alone, a get of the Secrets beside them where sites have theirs there', async () => {
    const objects = await render(helm, ...RELEASE, ...set('sites.kubeconfigSecrets=true'));
    const granted = objects.flatMap(({ kind, metadata: { name, namespace }, rules = [] }) =>
      rules
        .filter(({ resources }) => resources.includes('secrets'))
        .map(({ apiGroups, resources, verbs }) => [kind, `${namespace}/${name}`, apiGroups, resources, verbs]),
    );
    expect(granted.toSorted()).toEqual([
      ['Role', 'cloud/fog-rollouts-watcher', [''], ['secrets'], ['get']],
      ['Role', 'cloud/fog-rollouts-worker-kubeconfigs', [''], ['secrets'], ['get']],
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
