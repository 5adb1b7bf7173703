/** The values of a chart with their comments, as a table has them. */
import { type Document, isMap, type Node, type Pair, stringify } from 'yaml';

export interface Value {
  /** As `--set` takes it, e.g. `image.tag`. */
  path: string;
  /** In one line of YAML; left out for a group of values. */
  preset?: string;
  /** Its comment, in one line; empty where it has none. */
  meaning: string;
}

/**
 * Every value, in the order of the file. A map in block style is a group: it has a row of its own where it has a comment, and
 * its members have theirs. One in flow style is a value, also when it is empty.
 */
export function valuesOf(document: Document): Value[] {
  return isMap(document.contents) ? [...membersOf(document.contents.items as Pair<Node, Node>[], '')] : [];
}

function* membersOf(members: Pair<Node, Node>[], prefix: string, above?: string | null): Generator<Value> {
  for (const [at, { key, value }] of members.entries()) {
    const path = `${prefix}${key}`;
    // What stands before the first member of a map is the map's, by the parser.
    const meaning = inOneLine(key.commentBefore ?? (at === 0 ? above : undefined));
    if (isMap(value) && !value.flow && value.items.length > 0) {
      if (meaning) yield { path, meaning };
      yield* membersOf(value.items as Pair<Node, Node>[], `${path}.`, value.commentBefore);
    } else {
      yield { path, preset: presetOf(value), meaning };
    }
  }
}

function presetOf(value: Node | null): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();
}

/** Of its last paragraph: what an empty line parts from the value is about more than that. */
function inOneLine(comment: string | null | undefined): string {
  const [last = ''] = (comment ?? '')
    .trim()
    .split(/\n\s*\n/)
    .slice(-1);
  return last
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
}
