/** What kubectl explain says, and what lets the objects grow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../../../dev/home.ts';

interface Schema {
  description?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
}

const CRDS = readdirSync(join(ROOT, 'crds')).map((file) => {
  const crd = parse(readFileSync(join(ROOT, 'crds', file), 'utf8'), { maxAliasCount: -1 });
  const schema: Schema = crd.spec.versions[0].schema.openAPIV3Schema;
  return {
    kind: crd.spec.names.kind as string,
    crd,
    schema,
    spec: schema.properties!.spec!,
    status: schema.properties!.status!,
  };
});
const KINDS = CRDS.map(({ kind, ...rest }) => [kind, rest] as const);

/** Bytes of an annotation that `kubectl apply` keeps an object in, and of them what fields to come shall find free. */
const MOST_BYTES = 262_144;
const RESERVE = 15 * 1024;

/** Every field that is ours to describe, by its path: what is of Kubernetes' own says where kubectl explains it. */
function* fieldsOf(schema: Schema, path: string): Generator<[string, Schema]> {
  if (/kubectl explain pod\.spec\./.test(schema.description ?? '')) return;
  if (schema.items) yield* fieldsOf(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') yield* fieldsOf(schema.additionalProperties, `${path}{}`);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${name}`, field];
    yield* fieldsOf(field, `${path}.${name}`);
  }
}

describe.each(KINDS)('A %s', (_, { crd, schema, spec, status }) => {
  it('is explained field by field', () => {
    const fields = [...fieldsOf(spec, 'spec'), ['', schema] as const, ['spec', spec] as const];
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
  });

  it('is written as it is meant: a comma in words without quotes would begin another keyword', () => {
    expect(JSON.stringify(crd)).not.toMatch(/"[^"]*":null/);
  });

  it('has room for more: kubectl apply can keep its definition, and what will be added to it', () => {
    expect(Buffer.byteLength(JSON.stringify(crd))).toBeLessThan(MOST_BYTES - RESERVE);
  });

  it('may get conditions of other types', () => {
    const { type } = status.properties?.conditions?.items?.properties ?? {};
    expect(type?.enum).toBeUndefined();
  });
});

it('A FogShard is said to be internal', () => {
  expect(CRDS.find(({ kind }) => kind === 'FogShard')!.schema.description).toMatch(/^Internal: .* never edit it/);
});

it('kubectl get all shows what people make, and no places nor what is kept of them', () => {
  const all = CRDS.filter(({ crd }) => (crd.spec.names.categories ?? []).includes('all')).map(({ kind }) => kind);
  expect(KINDS.map(([kind]) => kind)).toEqual(expect.arrayContaining(['FogSite', 'FogShard']));
  expect(all).toEqual(['FogRollout']);
});
