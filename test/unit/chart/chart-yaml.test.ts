/** What Artifact Hub shows of the chart is what there is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../../../dev/home.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { annotations, description, version, appVersion } = parse(read('chart/Chart.yaml'));
const manifest = JSON.parse(read('package.json'));

describe('Chart.yaml', () => {
  it('says of the product what package.json does', () => {
    const { license } = manifest;
    expect({ version, appVersion, description, license: annotations['artifacthub.io/license'] }).toEqual({
      ...{ version: manifest.version, appVersion: manifest.version },
      ...{ description: manifest.description, license },
    });
  });

  it('names every CRD that the chart brings, and no other', () => {
    const brought = readdirSync(join(ROOT, 'crds')).map((file) => {
      const { metadata, spec } = parse(read(`crds/${file}`), { maxAliasCount: -1 });
      return { kind: spec.names.kind, version: spec.versions[0].name, name: metadata.name };
    });
    const named = parse(annotations['artifacthub.io/crds']) as typeof brought;
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
    expect(named.map(({ kind, version, name }) => ({ kind, version, name })).toSorted(byName)).toEqual(
      brought.toSorted(byName),
    );
  });
});
