/** The schemas of our CRDs, to hold manifests against without a cluster. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import type { KubeManifest, Path } from './manifests.ts';

/** They are the source of truth, and are shipped beside the command. */
const CRDS = new URL('../crds/', import.meta.url);

export interface Wrong {
  path: Path;
  message: string;
}

type Schema = Record<string, unknown>;

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
        validate ??= compiled(schema.openAPIV3Schema);
        return validate;
      });
    }
  }
  return schemas;
}

/** What an object has that its schema does not allow; its status is not the user's to write, and not looked at. */
export function wrongIn(object: KubeManifest, validate: ValidateFunction): Wrong[] {
  const { status: _, ...written } = object as KubeManifest & { status?: unknown };
  if (validate(written)) return [];
  // Of an integer or a string, each alternative complains for itself.
  const errors = validate.errors!.filter(({ schemaPath }) => !/\/anyOf\/\d/.test(schemaPath));
  return errors.map((error) => ({ path: pathOf(error), message: messageOf(error) }));
}

function compiled(schema: Schema): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, allowUnionTypes: true });
  formats.default(ajv);
  const shared: Record<string, Schema> = {};
  const { metadata } = schema.properties as Record<string, Schema>;
  // What a CRD says of metadata comes on top of what all objects have there.
  const open = { ...metadata, 'x-kubernetes-preserve-unknown-fields': true };
  const properties = { ...(schema.properties as Schema), metadata: open };
  const root = jsonSchemaOf({ ...schema, properties }, new Map(), shared);
  return ajv.compile({ ...root, $defs: shared });
}

/**
 * A structural schema in the words of JSON Schema: fields that it does not name are refused, as `kubectl apply` does, and what
 * has a default may be null. What stands in several places is one definition.
 */
function jsonSchemaOf(schema: Schema, known: Map<Schema, string>, shared: Record<string, Schema>): Schema {
  const name = known.get(schema);
  if (name !== undefined) return { $ref: `#/$defs/${name}` };
  const id = `schema${known.size}`;
  known.set(schema, id);
  const { properties, items, additionalProperties, ...rest } = schema;
  const into = (part: unknown) => jsonSchemaOf(part as Schema, known, shared);
  const isOpen = properties === undefined || 'x-kubernetes-preserve-unknown-fields' in schema;
  const result: Schema = {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties as Schema).map(([key, part]) => [key, into(part)])),
    }),
    ...(items !== undefined && { items: into(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: into(additionalProperties) }),
    ...(!isOpen && { additionalProperties: false }),
  };
  if ('default' in rest && typeof rest.type === 'string') {
    result.type = [rest.type, 'null'];
    if (Array.isArray(rest.enum)) result.enum = [...rest.enum, null];
  }
  shared[id] = result;
  return { $ref: `#/$defs/${id}` };
}

function pathOf({ instancePath, keyword, params }: ErrorObject): Path {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if (keyword === 'additionalProperties') return [...path, String(params.additionalProperty)];
  if (keyword === 'required') return [...path, String(params.missingProperty)];
  return path;
}

function messageOf({ keyword, params, message, data }: ErrorObject): string {
  if (keyword === 'additionalProperties') return 'There is no such field';
  if (keyword === 'required') return 'It is missing';
  if (keyword === 'enum')
    return `It must be one of ${params.allowedValues.filter((one: unknown) => one !== null).join(', ')}`;
  if (keyword === 'type') return `It must be ${[params.type].flat()[0]}${data === null ? ', and is empty' : ''}`;
  if (keyword === 'anyOf') return 'It must be a number or a text';
  return `It ${message}`;
}
