/**
 * Writes model/generated/<kind>.ts from crds/<plural>.yaml. A schema that is anchored in the CRD becomes a type of the
 * anchor's name.
 *
 * Usage: node scripts/generate.ts [--check]
 */
import { readFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { Alias, type Document, isMap, isSeq, type Node, parseDocument, visit } from 'yaml';
import { writeOrCheck } from './write-or-check.ts';

const SOURCES = [
  { crd: 'crds/fogrollouts.yaml', types: 'model/generated/fogrollout.ts' },
  { crd: 'crds/fogsites.yaml', types: 'model/generated/fogsite.ts' },
  { crd: 'crds/fogshards.yaml', types: 'model/generated/fogshard.ts' },
  { crd: 'crds/fogactions.yaml', types: 'model/generated/fogaction.ts' },
  { crd: 'crds/fogwindows.yaml', types: 'model/generated/fogwindow.ts' },
];
const SCHEMA = ['spec', 'versions', 0, 'schema', 'openAPIV3Schema'];

/** What no schema of a CRD can say in the words of JSON Schema. */
const TYPES: Record<string, string> = {
  Quantity: 'number | string',
  IntOrString: 'number | string',
  Amount: 'number | string',
};

for (const { crd, types } of SOURCES) {
  const document = parseDocument(readFileSync(crd, 'utf8'));
  const kind = String(document.getIn(['spec', 'names', 'kind']));
  writeOrCheck(types, await typesOf(kind, document, crd));
}

async function typesOf(kind: string, document: Document, source: string): Promise<string> {
  const definitions: Record<string, JSONSchema> = {};
  visit(document, {
    Map(_, node) {
      if (node.anchor) definitions[node.anchor] = schemaOf(node, true);
    },
  });
  const { spec, status } = schemaOf(document.getIn(SCHEMA) as Node).properties as Record<string, JSONSchema>;
  // What surrounds them (apiVersion, kind, metadata) is every Kubernetes object's, and not the CRD's to say.
  const root = { type: 'object', required: ['spec'], properties: { spec, status }, definitions } as JSONSchema;
  return compile(root, kind, {
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    bannerComment: `/** Generated from ${source} by \`npm run generate\`: edit that file, not this one. */`,
    style: { singleQuote: true, printWidth: 120 },
  });
}

/** The JSON Schema of a node, in which what has an anchor is a reference to the definition of that name. */
function schemaOf(node: Node, isDefinition = false): JSONSchema {
  return plain(node, isDefinition) as JSONSchema;
}

function plain(node: unknown, isDefinition = false): unknown {
  if (node instanceof Alias) return { $ref: `#/definitions/${node.source}` };
  if (isSeq(node)) return node.items.map((item) => plain(item));
  if (!isMap(node)) return (node as { value?: unknown } | null)?.value;
  if (node.anchor && !isDefinition) return { $ref: `#/definitions/${node.anchor}` };
  // Kubernetes' extensions say nothing about types.
  const items = node.items.filter(({ key }) => !String(key).startsWith('x-kubernetes-'));
  const entries = items.map(({ key, value }): [string, unknown] => [String(key), plain(value)]);
  const tsType = node.anchor && TYPES[node.anchor];
  return tsType ? { tsType } : Object.fromEntries(entries);
}
