/** Structural schemas, as CRDs have them: what an object has that they do not allow, and their defaults. Pure. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** Where in an object: `['spec', 'deployments', 'edge', 'containers', 0]`. */
export type Path = readonly (string | number)[];

export interface Wrong {
  path: Path;
  message: string;
}

export type Schema = Record<string, unknown>;

/** What an object has that its schema does not allow; its status is not the user's to write, and not looked at. */
export function wrongIn(object: object, validate: ValidateFunction): Wrong[] {
  const { status: _, ...written } = object as { status?: unknown };
  if (validate(written)) return [];
  // Of an integer or a string, each alternative complains for itself.
  const errors = validate.errors!.filter(({ schemaPath }) => !/\/anyOf\/\d/.test(schemaPath));
  return errors.map((error) => ({ path: pathOf(error), message: messageOf(error) }));
}

/** @param allErrors - else the first is all that is found: of what strangers send, that costs less */
export function validatorOf(schema: Schema, { allErrors = true } = {}): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors, verbose: true, allowUnionTypes: true });
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

/**
 * A value with the defaults of its schema, as the API server stores it: also within what is itself a default, and for a null
 * of what has one.
 */
export function defaulted(value: unknown, schema: Schema): unknown {
  const {
    properties = {},
    items,
    additionalProperties,
  } = schema as {
    properties?: Record<string, Schema>;
    items?: Schema;
    additionalProperties?: Schema | boolean;
  };
  if (Array.isArray(value)) return items ? value.map((item) => defaulted(item, items)) : value;
  if (value === null || typeof value !== 'object') return value;
  const missing = Object.entries(properties).filter(
    ([name, { default: one }]) => one !== undefined && ((value as Schema)[name] ?? undefined) === undefined,
  );
  const whole = { ...value, ...Object.fromEntries(missing.map(([name, part]) => [name, part.default])) };
  const schemaOf = (name: string) => {
    if (Object.hasOwn(properties, name)) return properties[name];
    return typeof additionalProperties === 'object' ? additionalProperties : undefined;
  };
  return Object.fromEntries(
    Object.entries(whole).map(([name, part]) => [name, schemaOf(name) ? defaulted(part, schemaOf(name)!) : part]),
  );
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
