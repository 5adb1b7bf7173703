/** What Helm makes of the values for a Temporal of the release's own; chart-temporal.test.ts runs what comes of it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { serverArguments } from '../../dev/temporal.ts';
import { CATALOG } from '../../dev/tools/catalog.ts';
import { SEARCH_ATTRIBUTES } from '../../model/names.ts';
import { EMBEDDED, type Helm, helmOn, RELEASE, render, SETUP_MS, SYSTEM, set } from '../support/chart.ts';
import { stack } from '../support/stack.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await helmOn(stack());
}, SETUP_MS);

describe('A Temporal of its own', () => {
  interface Server {
    kind: string;
    metadata: { name: string };
    spec: {
      replicas: number;
      volumeClaimTemplates?: { spec: { storageClassName?: string; resources: unknown } }[];
      template: {
        spec: { containers: [{ image: string; args: string[]; env?: unknown[] }]; volumes: { name: string }[] };
      };
    };
  }
  const objectsOf = async (...values: string[]) => render(helm, ...RELEASE, ...[...EMBEDDED, ...values].flatMap(set));
  const serverOf = async (...values: string[]) =>
    (await objectsOf(...values)).find(({ kind }) => kind === 'StatefulSet') as unknown as Server;

  it('is what all roles of the release use, and there is one of it', async () => {
    const objects = await objectsOf('temporal.namespace=fog');
    const addresses = objects
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => spec!.template.spec.containers[0]!.env);
    expect(addresses).toHaveLength(3);
    for (const env of addresses) {
      expect(env).toContainEqual({ name: 'TEMPORAL_ADDRESS', value: `fog-rollouts-temporal.${SYSTEM}:7233` });
      expect(env).toContainEqual({ name: 'TEMPORAL_NAMESPACE', value: 'fog' });
    }
    const names = objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual(['fog-rollouts-api', 'fog-rollouts-temporal', 'fog-rollouts-temporal-ui']);
    const { spec } = await serverOf('temporal.namespace=fog');
    expect([spec.replicas, spec.template.spec.containers[0].args]).toEqual([
      1,
      expect.arrayContaining(['--namespace=fog']),
    ]);
    expect(objects.some(({ kind, metadata }) => kind === 'PodDisruptionBudget' && /temporal/.test(metadata.name))).toBe(
      false,
    );
  });

  it('is the server of the embedded stack, in its version and with its flags', async () => {
    const [container] = (await serverOf()).spec.template.spec.containers;
    expect(container.image).toBe(`temporalio/temporal:${CATALOG.temporal.version}`);
    const own = ['--ip=0.0.0.0', '--ui-disable-news-fetch'];
    const attributes = Object.values(SEARCH_ATTRIBUTES).map((name) => `--search-attribute=${name}=Keyword`);
    const file = `/var/lib/temporal/${CATALOG.temporal.version}.db`;
    const embedded = flags(serverArguments(file, { frontend: 7233, ui: 8233, metrics: 9090 }));
    expect(flags(container.args).filter((arg) => ![...own, ...attributes].includes(arg))).toEqual(
      embedded.filter((arg) => !/^--(ui-)?ip=/.test(arg)),
    );
    expect(container.args).toEqual(expect.arrayContaining([...own, ...attributes]));
  });

  /** Each flag with its value, in any order. */
  const flags = (args: string[]) =>
    args
      .join(' ')
      .split(/ (?=--)/)
      .map((flag) => flag.replace(' ', '='))
      .toSorted();

  it('keeps a file for each tag on a volume of its own, or on one of the pod', async () => {
    const kept = await serverOf('temporal.embedded.persistence.size=20Gi', 'temporal.embedded.image.tag=2.0.0');
    expect(kept.spec.volumeClaimTemplates).toMatchObject([{ spec: { resources: { requests: { storage: '20Gi' } } } }]);
    expect(kept.spec.template.spec.volumes.map(({ name }) => name)).toEqual(['tmp']);
    expect(kept.spec.template.spec.containers[0].args).toContain('--db-filename=/var/lib/temporal/2.0.0.db');
    const passing = await serverOf('temporal.embedded.persistence.enabled=false');
    expect(passing.spec.volumeClaimTemplates).toBeUndefined();
    expect(passing.spec.template.spec.volumes.map(({ name }) => name)).toEqual(['tmp', 'data']);
  });

  it('is told of to who installs it', async () => {
    const notes = async (...values: string[]) => {
      const text = await helm('install', ...RELEASE, '--dry-run=client', ...[...EMBEDDED, ...values].flatMap(set));
      return text.slice(text.indexOf('NOTES:'));
    };
    const said = await notes();
    expect(said).toContain('of one pod: for trying out and small fleets. It asks nobody who they are');
    expect(said).toContain('port-forward service/fog-rollouts-temporal-ui 8233:8233');
    expect(said).not.toContain('reaches it');
    expect(await notes('networkPolicy.enabled=false')).toContain('whatever runs in this cluster reaches it');
    expect(await notes('temporal.embedded.ui.enabled=false')).not.toContain('8233');
  });

  it.each([
    ['TLS', 'temporal.tls.enabled=true', /temporal\.embedded knows neither TLS nor API keys/],
    ['an API key', 'temporal.apiKey.secretName=key', /temporal\.embedded knows neither TLS nor API keys/],
    [
      'a region',
      'region.enabled=true,region.queue=north',
      /temporal\.embedded is for a hub: a region worker uses the Temporal of its hub/,
    ],
  ])('is refused beside %s', async (_name, value, message) => {
    const values = [...EMBEDDED, value];
    await expect(helm('template', ...RELEASE, ...values.flatMap(set))).rejects.toThrow(message);
  });
});
