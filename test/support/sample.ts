/** Example values of Kubernetes' own definitions, in which every field is set. */

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
}

/** `components.schemas` of an OpenAPI v3 document of the API server. */
export type Definitions = Record<string, Schema>;

const KNOWN: Record<string, unknown> = {
  IntOrString: 'http',
  Quantity: '1.5Gi',
  // In a volume claim template nothing else is allowed.
  ObjectMeta: { annotations: { a: 'b' }, labels: { a: 'b' } },
};

/** A value of the named definition with every field set, down to the leaves; lists have one item. */
export function sampleOf(definitions: Definitions, id: string): unknown {
  const known = KNOWN[id.slice(id.lastIndexOf('.') + 1)];
  return known ?? exampleOf(definitions, definitions[id]!);
}

function exampleOf(definitions: Definitions, schema: Schema): unknown {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference) return sampleOf(definitions, reference.slice(reference.lastIndexOf('/') + 1));
  if (schema.type === 'array') return [exampleOf(definitions, schema.items!)];
  if (schema.additionalProperties) return { a: exampleOf(definitions, schema.additionalProperties) };
  if (schema.type === 'object') {
    const fields = Object.entries(schema.properties ?? {});
    return Object.fromEntries(fields.map(([field, inner]) => [field, exampleOf(definitions, inner)]));
  }
  if (schema.format === 'date-time') return '2026-11-22T10:00:00Z';
  if (schema.format === 'byte') return 'YQ==';
  return { string: 'a', integer: 1, number: 1, boolean: true }[schema.type!];
}
