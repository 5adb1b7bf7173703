import { findingsIn } from '../model/lint.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { type Path, wrongIn } from '../model/structural-schema.ts';
import type { FogRollout } from '../model/types.ts';
import { type Kubectl, KubectlError } from './kubectl.ts';
import { isOurs, type Manifest, type Manifests } from './manifests.ts';
import { schemasOf } from './schemas.ts';

export interface Found {
  file: string;
  line: number;
  level: 'error' | 'warning' | 'note';
  /** With the field before it, where it is about one. */
  message: string;
}

/** What is wrong with manifests, as far as it can be told without a cluster. */
export function lint({ manifests, unreadable }: Manifests): Found[] {
  const found = unreadable.map((one): Found => ({ ...one, level: 'error' }));
  found.push(...manifests.flatMap(lintOne));
  return found.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function lintOne(manifest: Manifest): Found[] {
  const { object } = manifest;
  const schema = schemasOf().get(`${object.apiVersion}/${object.kind}`);
  if (!schema) return [strangeIn(manifest)];
  const wrong = wrongIn(object, schema());
  const found = wrong.map(({ path, message }) => foundAt(manifest, 'error', path, message));
  const { name, generateName } = object.metadata ?? {};
  if (!name && !generateName) found.push(foundAt(manifest, 'error', ['metadata', 'name'], 'It is missing'));
  if (wrong.length > 0 || object.kind !== FOG_ROLLOUTS.kind) return found;
  const others = findingsIn(object.spec as FogRollout['spec']);
  return [...found, ...others.map(({ level, path, message }) => foundAt(manifest, level, path, message))];
}

/** Of an object that none of our schemas is for. */
function strangeIn(manifest: Manifest): Found {
  const { apiVersion, kind } = manifest.object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return foundAt(manifest, 'error', [], 'It is no object of Kubernetes: apiVersion and kind are missing');
  }
  if (!isOurs(manifest.object)) {
    return foundAt(manifest, 'note', [], `A ${kind} is not ours, and not looked at`);
  }
  const ours = [...schemasOf().keys()].join(', ');
  return foundAt(manifest, 'error', ['kind'], `There is no ${kind} of ${apiVersion}; there are ${ours}`);
}

/**
 * What the API server says of them by a dry run: the rules of the CRDs that are no schema, admission policies, quotas. Where it
 * cannot be asked, one note says so.
 *
 * @param manifests - that {@link lint} has found no error in
 */
export async function lintByServer(kubectl: Kubectl, manifests: readonly Manifest[]): Promise<Found[]> {
  if (manifests.length === 0) return [];
  const list = { apiVersion: 'v1', kind: 'List', items: manifests.map(({ object }) => object) };
  try {
    await kubectl.run(['apply', '--dry-run=server', '--request-timeout=10s', '-o', 'name', '-f', '-'], list);
    return [];
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return refusalsIn(error.message, manifests);
  }
}

/** kubectl's words, each to the manifest and the field it is about. */
export function refusalsIn(words: string, manifests: readonly Manifest[]): Found[] {
  // `The FogRollout "web" is invalid: spec.x: Invalid value: …`, or each field in a line of its own, after a star.
  const invalid = /^The (\w+) "([^"]+)" is invalid: ?((?:.*)(?:\n\* .*)*)/gm;
  const found = [...words.matchAll(invalid)].flatMap(([, kind, name, text]) => {
    const manifest = manifests.find(({ object }) => object.kind === kind && object.metadata?.name === name);
    const parts = text!.split(/^\* /m).map((part) => part.trim());
    return parts.filter((part) => part !== '').map((part) => refusalAt(manifest ?? manifests[0]!, part));
  });
  const others = words
    .replace(invalid, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('Warning: '));
  const { file } = manifests[0]!;
  const [first] = others;
  if (first === undefined) return found;
  const isWrong = /\((BadRequest|Invalid)\)|denied the request/.test(first);
  if (isWrong) return [...found, ...others.map((message): Found => ({ file, line: 1, level: 'error', message }))];
  const message = `Rules that only the API server knows were not all checked: ${first}`;
  return [...found, { file, line: 1, level: 'note', message }];
}

function refusalAt(manifest: Manifest, words: string): Found {
  const [, field, rest] = /^([\w.[\]-]+): (.*)$/s.exec(words) ?? [];
  if (field === undefined) return foundAt(manifest, 'error', [], words);
  const parts = field.replace(/\[(\w+)\]/g, '.$1').split('.');
  const path = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return foundAt(manifest, 'error', path, rest!);
}

function foundAt(manifest: Manifest, level: Found['level'], path: Path, message: string): Found {
  const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  const about = field === '' ? '' : `${field.replace(/^\./, '')}: `;
  return { file: manifest.file, line: manifest.lineOf(path), level, message: `${about}${message}` };
}
