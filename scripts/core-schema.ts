/**
 * Turns Kubernetes' own OpenAPI definitions into the structural schemas a CustomResourceDefinition takes:
 * references resolved, descriptions and Go's zero-value defaults left out, list and map types kept. A list of which nothing
 * is said is atomic, so that word is left out: it would be a twentieth of all that a CRD may have.
 */
import { Document, isMap, type Node, YAMLMap } from 'yaml';

/** The part of an OpenAPI v3 schema that Kubernetes publishes and we read. */
export interface OpenApiSchema {
  $ref?: string;
  allOf?: OpenApiSchema[];
  type?: string;
  format?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, OpenApiSchema>;
  items?: OpenApiSchema;
  additionalProperties?: OpenApiSchema;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
}

const CORE = 'io.k8s.api.core.v1.';
const KEPT = [
  'type',
  'format',
  'enum',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
] as const;

/** The published schemas of these are not structural, or would have everything in them pruned. */
const KNOWN: Record<string, unknown> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  },
  // A number may have a fraction here (`cpu: 0.5`), as in a Deployment, which int-or-string would refuse. No type can
  // say so, hence any scalar; the pattern is controller-gen's.
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    'x-kubernetes-preserve-unknown-fields': true,
    maxProperties: 0,
    maxItems: 0,
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  },
  // Only a volume claim template has one, and there Kubernetes refuses everything besides these two.
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': {
    type: 'object',
    properties: {
      annotations: { type: 'object', additionalProperties: { type: 'string' } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
};

/** Properties of a core/v1 definition that a document wants. */
export interface SchemaRequest {
  /** Name within core/v1, e.g. `Container`. */
  definition: string;
  /** What `kubectl explain` calls it, e.g. `pod.spec`: each property then says where its own words are. */
  explainedBy?: string;
  wants: (property: string) => boolean;
}

/**
 * The requested properties as YAML, one text without indentation per request. Each definition is written once,
 * anchored by its own name, and is an alias from then on: so all texts must go into one document, in this order.
 * @throws Error when Kubernetes has no such definition.
 */
export function writeCoreSchemas(definitions: Record<string, OpenApiSchema>, requests: SchemaRequest[]): string[] {
  return new SchemaWriter(definitions).write(requests);
}

class SchemaWriter {
  private readonly document = new Document();
  private readonly written = new Set<string>();
  private readonly definitions: Record<string, OpenApiSchema>;

  constructor(definitions: Record<string, OpenApiSchema>) {
    this.definitions = definitions;
  }

  write(requests: SchemaRequest[]): string[] {
    // One YAML document, so that the aliases of a later text resolve; then cut at its top-level keys.
    const contents = new YAMLMap();
    for (const [at, { definition, wants, explainedBy }] of requests.entries()) {
      const { properties = {} } = this.definition(`${CORE}${definition}`);
      const wanted = Object.entries(properties).filter(([property]) => wants(property));
      const block = this.propertiesOf(Object.fromEntries(wanted));
      if (explainedBy) explain(block, explainedBy);
      contents.set(`block${at}`, block);
    }
    this.document.contents = contents as typeof this.document.contents;
    const text = this.document.toString({ lineWidth: 0, flowCollectionPadding: false });
    return text
      .split(/^block\d+:\n/m)
      .slice(1)
      .map((part) => part.replace(/^ {2}/gm, ''));
  }

  private node(schema: OpenApiSchema): Node {
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (reference) return this.named(reference.slice(reference.lastIndexOf('/') + 1));
    const map = new YAMLMap();
    for (const key of KEPT) {
      const implied = key === 'x-kubernetes-list-type' && schema[key] === 'atomic';
      if (schema[key] !== undefined && !implied) map.set(key, this.document.createNode(schema[key], { flow: true }));
    }
    if (schema.properties) map.set('properties', this.propertiesOf(schema.properties));
    if (schema.items) map.set('items', this.node(schema.items));
    if (schema.additionalProperties) map.set('additionalProperties', this.node(schema.additionalProperties));
    map.flow = !hasBlock(map);
    return map;
  }

  private propertiesOf(properties: Record<string, OpenApiSchema>): YAMLMap {
    const map = new YAMLMap();
    for (const [property, schema] of Object.entries(properties)) map.set(property, this.node(schema));
    return map;
  }

  private named(id: string): Node {
    const name = id.slice(id.lastIndexOf('.') + 1);
    // Short enough to repeat, and an alias would say less than the type itself.
    if (id.endsWith('.Time')) return this.node(this.definition(id));
    if (this.written.has(name)) return this.document.createAlias({ anchor: name } as YAMLMap, name);
    this.written.add(name);
    const known = KNOWN[id];
    // An anchor is what makes it a type of its own: see generate.ts.
    const node = known ? this.document.createNode(known, { flow: true }) : this.node(this.definition(id));
    node.anchor = name;
    return node;
  }

  private definition(id: string): OpenApiSchema {
    const definition = this.definitions[id];
    if (!definition) throw new Error(`Kubernetes' OpenAPI has no definition ${id}`);
    return definition;
  }
}

function explain(properties: YAMLMap, by: string): void {
  for (const { key, value } of properties.items)
    if (isMap(value)) value.set('description', `As core/v1 has it: kubectl explain ${by}.${key}`);
}

function hasBlock(map: YAMLMap): boolean {
  return map.items.some(({ value }) => isMap(value) && (!value.flow || value.anchor !== undefined));
}
