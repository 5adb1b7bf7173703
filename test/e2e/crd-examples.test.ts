/** That examples/regions/ is taken as it is by the API server, and fits together. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { judge } from '../../model/fleet/topology.ts';
import type { FogRollout, FogSite } from '../../model/types.ts';
import { dryRun } from '../support/dry-run.ts';

const FOLDER = join(ROOT, 'examples', 'regions');
const CREATED = '2026-11-22T12:00:00Z';

// Nothing is waited for here.
jest.setTimeout(120_000);

type Document = FogSite | FogRollout;
/** In the order in which kubectl takes the files of a folder. */
const documents = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yml'))
  .sort()
  .flatMap((file) => parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => document.toJS()))
  .filter(({ apiVersion }) => apiVersion === 'paguos.io/v1alpha1') as Document[];
const sites = documents.filter((document): document is FogSite => document.kind === 'FogSite');

describe('The example of regions', () => {
  it.each(documents.map((document): [string, Document] => [`${document.kind} ${document.metadata.name}`, document]))(
    '%s is accepted, and comes back whole',
    async (_, given) => {
      expect(await dryRun(given)).toMatchObject(given);
    },
  );

  it('has sites that can all be used', () => {
    const made = sites.map((site) => ({ ...site, metadata: { ...site.metadata, creationTimestamp: CREATED } }));
    const verdicts = [...judge(made)].map(([name, { ready, message }]) => [name, ready || message]);
    expect(verdicts).toEqual(sites.map(({ metadata }) => [metadata.name, true]));
  });

  it('has its sites before the rollout that goes to them', () => {
    expect(documents.at(-1)?.kind).toBe('FogRollout');
    expect(sites).toHaveLength(documents.length - 1);
  });
});

const { annotations } = parse(readFileSync(join(ROOT, 'chart', 'Chart.yaml'), 'utf8'));
const shown = parse(annotations['artifacthub.io/crdsExamples']) as Document[];

it.each(shown.map((document): [string, Document] => [document.kind, document]))(
  'The %s that Artifact Hub shows is accepted',
  async (_, { metadata: { name }, ...given }) => {
    expect(await dryRun({ ...given, metadata: { name } })).toMatchObject(given);
  },
);
