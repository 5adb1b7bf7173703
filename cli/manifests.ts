/** Manifests as people write them: YAML or JSON, several to a file, with the line that each field stands on. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { GROUP } from '../model/names.ts';
import type { Path } from '../model/structural-schema.ts';

export interface Manifest {
  file: string;
  object: KubeManifest;
  /** The line of a field, from 1; of one that is not there, that of what it would stand in. */
  lineOf(path: Path): number;
}

export interface KubeManifest {
  apiVersion?: unknown;
  kind?: unknown;
  metadata?: { name?: string; namespace?: string; generateName?: string };
  spec?: unknown;
}

/** What keeps a file from being read, with its name and the line. */
export interface Unreadable {
  file: string;
  line: number;
  message: string;
}

export interface Manifests {
  manifests: Manifest[];
  unreadable: Unreadable[];
}

/**
 * @param paths - files, folders (their .yaml, .yml and .json files), or `-` for the standard input
 */
export function readManifests(paths: readonly string[]): Manifests {
  const found: Manifests = { manifests: [], unreadable: [] };
  for (const file of paths.flatMap(filesIn)) {
    const text = textOf(file);
    if (typeof text !== 'string') found.unreadable.push(text);
    else addParsed(found, file === '-' ? 'stdin' : file, text);
  }
  return found;
}

/** It is of a kind of Fog Rollouts. */
export function isOurs({ apiVersion }: KubeManifest): boolean {
  return typeof apiVersion === 'string' && apiVersion.split('/')[0] === GROUP;
}

/** Says on the standard error what cannot be read. @returns whether there is any of it */
export function complained({ unreadable }: Manifests): boolean {
  for (const { file, line, message } of unreadable) process.stderr.write(`${file}:${line}: ${message}\n`);
  return unreadable.length > 0;
}

/** What a text has, of which `file` is the name. */
export function manifestsIn(file: string, text: string): Manifests {
  const found: Manifests = { manifests: [], unreadable: [] };
  addParsed(found, file, text);
  return found;
}

function filesIn(path: string): string[] {
  if (path === '-' || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
  return names.sort().map((name) => join(path, name));
}

function textOf(file: string): string | Unreadable {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { file, line: 1, message: code === 'ENOENT' ? 'There is no such file' : `It cannot be read (${code})` };
  }
}

function addParsed({ manifests, unreadable }: Manifests, file: string, text: string): void {
  const lines = new LineCounter();
  for (const document of parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false })) {
    const [error] = document.errors;
    if (error) {
      unreadable.push({ file, line: lines.linePos(error.pos[0]).line, message: `It is not YAML: ${error.message}` });
      continue;
    }
    const object = document.toJS();
    if (object === null) continue; // nothing but comments
    const at = (path: Path) => lineOf(document, lines, path);
    if (typeof object !== 'object' || Array.isArray(object)) {
      unreadable.push({
        file,
        line: at([]),
        message: 'It is no object of Kubernetes: apiVersion and kind are missing',
      });
    } else if (object.kind === 'List' && Array.isArray(object.items)) {
      object.items.forEach((item: KubeManifest, index: number) => {
        manifests.push({ file, object: item ?? {}, lineOf: (path) => at(['items', index, ...path]) });
      });
    } else {
      manifests.push({ file, object, lineOf: at });
    }
  }
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeOf(node) ?? 0;
  for (const step of path) {
    const next = stepInto(document, node, step);
    if (!next) break;
    offset = next.offset;
    node = next.node;
  }
  return lines.linePos(offset).line;
}

function stepInto(
  document: Document,
  from: unknown,
  step: string | number,
): { offset: number; node: unknown } | undefined {
  const node = isAlias(from) ? from.resolve(document) : from;
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    const offset = rangeOf(item);
    return offset === undefined ? undefined : { offset, node: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  const offset = pair && rangeOf(pair.key);
  return offset === undefined ? undefined : { offset, node: pair!.value };
}

function rangeOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
