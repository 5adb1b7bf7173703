/**
 * Renews the Kubernetes part of our CustomResourceDefinitions: between a line
 * `# >>> core/v1 <Definition> only|except <property>, … (explained by <what kubectl explain calls it>)` and the next
 * `# <<<` stands what this script writes; everything else is ours to edit by hand. Needs Go, which fetches Kubernetes' sources.
 *
 * Usage: npm run import-core-schema (-- --check)
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenApiSchema, type SchemaRequest, writeCoreSchemas } from './core-schema.ts';
import { writeOrCheck } from './write-or-check.ts';

/** The Kubernetes whose containers and pods we take: raise it, run this, then `npm run generate`. */
const KUBERNETES = 'v1.36.4';
const FILES = ['crds/fogrollouts.yaml'];
const BLOCK = /^( *)# >>> core\/v1 (\w+) (only|except) ([\w, ]+?)(?: \(explained by ([\w.]+)\))?\n[\s\S]*?^ *# <<<$/gm;

function kubernetesDefinitions(): Record<string, OpenApiSchema> {
  const module = execFileSync('go', ['mod', 'download', '-json', `k8s.io/kubernetes@${KUBERNETES}`], {
    encoding: 'utf8',
  });
  const file = join(JSON.parse(module).Dir, 'api/openapi-spec/v3/api__v1_openapi.json');
  return JSON.parse(readFileSync(file, 'utf8')).components.schemas;
}

function requestOf([, , definition, mode, list, explainedBy]: string[]): SchemaRequest {
  const named = new Set(list!.split(',').map((property) => property.trim()));
  return { definition: definition!, explainedBy, wants: (property) => named.has(property) === (mode === 'only') };
}

const definitions = kubernetesDefinitions();
for (const file of FILES) {
  const text = readFileSync(file, 'utf8');
  const schemas = writeCoreSchemas(definitions, [...text.matchAll(BLOCK)].map(requestOf));
  const renewed = text.replace(BLOCK, (block, indent: string) => {
    const opening = block.slice(0, block.indexOf('\n'));
    return `${opening}\n${schemas.shift()!.replace(/^(?=.)/gm, indent)}${indent}# <<<`;
  });
  writeOrCheck(file, renewed);
}
