import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { apiVersionOf } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { ownerOf, revisionOf } from '../model/revision.ts';
import { isChange } from '../model/run/whole.ts';
import { defaulted, type Path, type Schema, validatorOf, wrongIn } from '../model/structural-schema.ts';
import type { FogRollout } from '../model/types.ts';
import { badField, type Problem } from './problems.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, REQUIREMENTS } from './schemas/parameters.ts';

const CRD = new URL('../crds/fogrollouts.yaml', import.meta.url);
const LONGEST_FIELD = 100;

/**
 * The FogRollout of a body, as the API server would store it: with the defaults of its CRD, and without what it may not have.
 * Rules of the CRD that are no schema are not looked at.
 *
 * @throws a Problem: 400, which names the field
 */
export function rolloutIn(body: unknown): FogRollout {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badBody('', 'must be a FogRollout as a JSON object');
  }
  const { apiVersion, kind, metadata: given } = body as Partial<FogRollout>;
  const expected = { apiVersion: apiVersionOf(FOG_ROLLOUTS), kind: FOG_ROLLOUTS.kind };
  if (apiVersion !== expected.apiVersion) throw badBody('apiVersion', `must be ${expected.apiVersion}`);
  if (kind !== expected.kind) throw badBody('kind', `must be ${expected.kind}`);
  const metadata = metadataIn(given);
  const { schema, validate } = crd();
  const [wrong] = wrongIn(body, validate);
  if (wrong) throw badBody(fieldOf(wrong.path), wordsOf(wrong.message));
  const { spec } = defaulted({ spec: (body as FogRollout).spec }, schema) as Pick<FogRollout, 'spec'>;
  const rollout = { ...expected, metadata, spec };
  // What rules of the CRD would refuse need not be in a shape that anything can be made of.
  const isWhole = isChange({ owner: ownerOf(rollout), revision: revisionOf(rollout) });
  if (!isWhole) throw badBody('spec.strategy', 'is not valid: kubectl apply --dry-run=server says why');
  return rollout;
}

function metadataIn(given: unknown): FogRollout['metadata'] {
  const { name, namespace = 'default', labels = {} } = (given ?? {}) as Record<string, unknown>;
  const isName = (value: unknown, pattern: RegExp, longest: number): value is string =>
    typeof value === 'string' && value.length <= longest && pattern.test(value);
  if (!isName(name, DNS_SUBDOMAIN, 253)) throw badBody('metadata.name', REQUIREMENTS.name!);
  if (!isName(namespace, DNS_LABEL, 63)) throw badBody('metadata.namespace', REQUIREMENTS.namespace!);
  if (!isLabels(labels)) throw badBody('metadata.labels', 'must be an object of texts');
  return { name, namespace, labels, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '' };
}

function isLabels(labels: unknown): labels is Record<string, string> {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false;
  return Object.values(labels).every((value) => typeof value === 'string');
}

let known: { schema: Schema; validate: ValidateFunction } | undefined;

/** Read and compiled when somebody first plans: it takes some tenths of a second. */
function crd(): { schema: Schema; validate: ValidateFunction } {
  if (!known) {
    const { spec } = parse(readFileSync(CRD, 'utf8'), { merge: true });
    const schema: Schema = spec.versions[0].schema.openAPIV3Schema;
    known = { schema, validate: validatorOf(schema, { allErrors: false }) };
  }
  return known;
}

function fieldOf(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

function wordsOf(message: string): string {
  return message.startsWith('There is no') ? 'is no field of a FogRollout' : message.replace(/^It /, '');
}

function badBody(field: string, message: string): Problem {
  return badField({ field: field.slice(0, LONGEST_FIELD), in: 'body', message });
}
