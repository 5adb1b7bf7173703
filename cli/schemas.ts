/** The schemas of our CRDs, to hold manifests against without a cluster. */
import { readdirSync, readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { validatorOf } from '../model/structural-schema.ts';

/** They are the source of truth, and are shipped beside the command. */
const CRDS = new URL('../crds/', import.meta.url);

let known: Map<string, () => ValidateFunction> | undefined;

/** By `apiVersion/kind`, e.g. `paguos.io/v1alpha1/FogRollout`, the schema of the CRD; compiled when it is first asked for. */
export function schemasOf(): ReadonlyMap<string, () => ValidateFunction> {
  known ??= readSchemas();
  return known;
}

function readSchemas(): Map<string, () => ValidateFunction> {
  const schemas = new Map<string, () => ValidateFunction>();
  for (const file of readdirSync(CRDS).filter((name) => name.endsWith('.yaml'))) {
    const { spec } = parse(readFileSync(new URL(file, CRDS), 'utf8'), { merge: true });
    for (const { name, schema } of spec.versions) {
      let validate: ValidateFunction | undefined;
      schemas.set(`${spec.group}/${name}/${spec.names.kind}`, () => {
        validate ??= validatorOf(schema.openAPIV3Schema);
        return validate;
      });
    }
  }
  return schemas;
}
