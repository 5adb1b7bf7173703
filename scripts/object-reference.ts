/**
 * Writes docs/reference/objects.md from crds/: what a person may write, and what the status says.
 *
 * Usage: node scripts/object-reference.ts [--check]
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { anchorOf, code, type Described, limitsOf, table } from './markdown.ts';
import { writeOrCheck } from './write-or-check.ts';

interface Schema extends Described {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: { message?: string }[];
}

interface Crd {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string; shortNames?: string[] };
    versions: {
      name: string;
      additionalPrinterColumns?: { name: string; priority?: number }[];
      schema: { openAPIV3Schema: Schema };
    }[];
  };
}

/** FogShards are between processes of ours: nobody is to write one, or to rely on what one says. */
const KINDS = ['fogrollouts', 'fogsites', 'fogactions', 'fogwindows'];

const crds = KINDS.map((plural) => parse(readFileSync(`crds/${plural}.yaml`, 'utf8')) as Crd);

writeOrCheck(
  'docs/reference/objects.md',
  `<!-- Generated from crds/ by \`npm run generate\`: edit those, not this one. -->
# The objects

${crds.map(({ spec: { names } }) => `- [${names.kind}](#${anchorOf(names.kind)})`).join('\n')}

\`kubectl explain\` says the same of a cluster that has them. What may change, and what will not, is in
[ADR 33](../adr/0033-the-api-grows-by-addition.md).

\`\`\`console
$ kubectl explain fgr.spec.strategy.onFailure
GROUP:      paguos.io
KIND:       FogRollout
VERSION:    v1alpha1

FIELD: onFailure <string>
ENUM:
    Halt
    Rollback

DESCRIPTION:
    What becomes of it when a layer or a gate fails. Halt: lower layers keep
    what they run, and nothing else is changed. Rollback: all layers go back to
    the revision that last succeeded, edge first.
\`\`\`

${crds.map(sectionOf).join('\n')}`,
);

function sectionOf({ spec: { group, scope, names, versions } }: Crd): string {
  const { name, additionalPrinterColumns = [], schema } = versions[0]!;
  const { description = '', properties = {} } = schema.openAPIV3Schema;
  const columns = additionalPrinterColumns.map((column) => (column.priority ? `${column.name} (wide)` : column.name));
  const shorts = names.shortNames?.map(code).join(', ');
  const about = [
    ['apiVersion', code(`${group}/${name}`)],
    ['kind', code(names.kind)],
    ['names for kubectl', [code(names.plural), shorts].filter(Boolean).join(', ')],
    ['scope', scope === 'Cluster' ? 'the cluster' : 'a namespace'],
    ['columns of kubectl get', columns.join(', ')],
  ];
  const parts = (['spec', 'status'] as const).flatMap((part) => {
    const schemaOfPart = properties[part];
    if (!schemaOfPart) return [];
    const rules = rulesOf(schemaOfPart);
    return [
      `### ${part} of a ${names.kind}\n`,
      `${schemaOfPart.description ?? ''}\n`,
      table(['field', 'type', 'meaning'], [...rowsOf(schemaOfPart, '')]),
      ...(rules.length > 0 ? [`Refused is what breaks one of these rules:\n\n${bullets(rules)}`] : []),
    ];
  });
  return [`## ${names.kind}\n`, `${description}\n`, table(['what', 'is'], about), ...parts].join('\n');
}

/** @param described - what has its rows already, by where: the fields of a gate are the same wherever one may be */
function* rowsOf(schema: Schema, prefix: string, described = new Map<Schema, string>()): Generator<string[]> {
  for (const [names, member] of alike(schema.properties ?? {})) {
    const path = `${prefix}${names.length === 1 ? names[0] : `{${names.join(',')}}`}`;
    const isRequired = names.every((name) => schema.required?.includes(name));
    const limits = [...(isRequired ? ['required'] : []), ...limitsOf(member)].join(', ');
    const [inner, below] = membersOf(member, path);
    const before = described.get(inner);
    const meaning = [member.description, before && `Its fields are those of ${code(before)}.`];
    yield [code(path), [typeOf(member), limits].filter(Boolean).join('; '), meaning.filter(Boolean).join(' ')];
    if (before !== undefined || !isOurs(inner)) continue;
    described.set(inner, path);
    yield* rowsOf(inner, below, described);
  }
}

/** Fields of one schema, as the layers are, are described once: an alias is parsed to the very object of its anchor. */
function alike(properties: Record<string, Schema>): [string[], Schema][] {
  const schemas = new Map<Schema, string[]>();
  for (const [name, schema] of Object.entries(properties)) {
    const key = isOurs(membersOf(schema, '')[0]) ? schema : { ...schema };
    schemas.set(key, [...(schemas.get(key) ?? []), name]);
  }
  return [...schemas].map(([schema, names]) => [names, schema]);
}

/** What of a field has fields of its own, and how their paths begin. */
function membersOf(schema: Schema, path: string): [Schema, string] {
  if (schema.items) return [schema.items, `${path}[].`];
  if (typeof schema.additionalProperties === 'object') return [schema.additionalProperties, `${path}.*.`];
  return [schema, `${path}.`];
}

/** Of what is Kubernetes' own, the description of the topmost field says where it is explained. */
function isOurs({ properties = {} }: Schema): boolean {
  return Object.values(properties).some(({ description }) => description !== undefined);
}

function typeOf(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string']) return 'number or string';
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(' ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === 'object') return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.format === 'date-time') return 'time (RFC 3339)';
  return String(schema.type ?? (schema['x-kubernetes-preserve-unknown-fields'] ? 'anything' : 'object'));
}

/** What the API server says where a rule of ours is broken, anywhere below; none of Kubernetes' own. */
function rulesOf(schema: Schema): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(({ message }) => (message ? [message] : []));
  const [inner] = membersOf(schema, '');
  const below = inner === schema ? Object.values(schema.properties ?? {}).flatMap(rulesOf) : rulesOf(inner);
  return [...new Set([...own, ...below])];
}

function bullets(lines: string[]): string {
  return lines.map((line) => `- ${line}\n`).join('');
}
