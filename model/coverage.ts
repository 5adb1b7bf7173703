/**
 * Drift without schema knowledge: the API server records in managedFields which fields each manager wrote, and takes
 * a field out of ours when someone else changes or removes it.
 * Format: https://kubernetes.io/docs/reference/using-api/server-side-apply/ (fieldsV1).
 *
 * Exact for what was written by server-side apply. An entry of a create or update says less: it lacks values that
 * equal Go's zero value, and shows a map whose keys were all taken as it shows an atomic one; there the live values
 * decide.
 */

/** A live object as the API server sends it; its metadata.managedFields are what is read. */
export interface Managed {
  metadata?: object;
}

/** An entry of metadata.managedFields, as far as it is read. */
export interface ManagedEntry {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: object;
}

type Fields = Record<string, unknown>;

/** One place in the rendered object, beside what we own there and what is live there. */
interface Place {
  path: string;
  rendered: unknown;
  owned: Fields[];
  live: unknown;
}

/** Identity, not content: an object of another name would be another object. */
const IDENTITY = new Set(['apiVersion', 'kind', 'metadata.name', 'metadata.namespace']);

/** Paths of `rendered` that the manager no longer owns in `live`, e.g. `spec.template.spec.containers[web].image`. */
export function uncovered(live: Managed, manager: string, rendered: object): string[] {
  const { managedFields: entries = [] } = (live.metadata ?? {}) as { managedFields?: ManagedEntry[] };
  const ours = entries.filter((entry) => entry.manager === manager && !entry.subresource);
  const applied = ours.some(({ operation }) => operation === 'Apply');
  const owned = ours.map(({ fieldsV1 }) => (fieldsV1 ?? {}) as Fields);
  return walk({ path: '', rendered, owned, live }, applied);
}

function walk({ path, rendered, owned, live }: Place, applied: boolean): string[] {
  if (isEmpty(rendered) || IDENTITY.has(path)) return [];
  if (owned.length === 0) return !applied && isZero(rendered) && isZero(live) ? [] : [path || 'everything'];
  if (!isObject(rendered)) return [];
  if (owned.some(isLeaf)) return applied || stillIn(rendered, live) ? [] : [path];
  return placesIn({ path, rendered, owned, live }).flatMap((place) => walk(place, applied));
}

function placesIn({ path, rendered, owned, live }: Place): Place[] {
  if (Array.isArray(rendered)) {
    return rendered.map((item) => {
      const keys = new Set(owned.flatMap((fields) => Object.keys(fields).filter((key) => isKeyOf(key, item))));
      return {
        path: `${path}[${labelOf(item)}]`,
        rendered: item,
        owned: [...keys].flatMap((key) => children(owned, key)),
        live: Array.isArray(live) ? live.find((other) => [...keys].some((key) => isKeyOf(key, other))) : undefined,
      };
    });
  }
  return Object.entries(rendered as Fields).map(([key, value]) => ({
    path: path ? `${path}.${key}` : key,
    rendered: value,
    owned: children(owned, `f:${key}`),
    live: isObject(live) ? (live as Fields)[key] : undefined,
  }));
}

function children(owned: Fields[], key: string): Fields[] {
  return owned.map((fields) => fields[key]).filter(isObject) as Fields[];
}

/** Whether a list item is the one that `k:{"name":"web"}` or, in a set, `v:"web"` stands for. */
function isKeyOf(key: string, item: unknown): boolean {
  if (key.startsWith('v:')) return key.slice(2) === JSON.stringify(item);
  if (!key.startsWith('k:') || !isObject(item)) return false;
  const pairs = Object.entries(JSON.parse(key.slice(2)) as Fields);
  return pairs.every(([name, value]) => ((item as Fields)[name] ?? KEY_DEFAULTS[name] ?? value) === value);
}

/** Merge keys that a manifest may leave to the server. */
const KEY_DEFAULTS: Fields = { protocol: 'TCP' };

/** A field that is owned as a whole, whatever is in it. */
function isLeaf(fields: Fields): boolean {
  return Object.keys(fields).every((key) => key === '.');
}

function stillIn(rendered: unknown, live: unknown): boolean {
  if (isZero(rendered) && isZero(live)) return true;
  if (!isObject(rendered)) return rendered === live;
  if (!isObject(live)) return false;
  return Object.entries(rendered).every(([key, value]) => stillIn(value, (live as Fields)[key]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

/** What Go leaves out: false, 0, '', and objects of nothing but those. */
function isZero(value: unknown): boolean {
  return isObject(value) ? Object.values(value).every(isZero) : !value;
}

function labelOf(item: unknown): string {
  if (!isObject(item)) return String(item);
  const { name, port, containerPort, mountPath } = item as Fields;
  return String(name ?? port ?? containerPort ?? mountPath ?? JSON.stringify(item));
}
