/** Which view an address shows. All of it stands behind the #, so that the page works below any path. Pure. */

export type Route =
  | { view: 'list'; filter: ListFilter }
  | { view: 'rollout'; namespace: string; name: string; site?: string }
  | { view: 'unknown'; hash: string };

/** What of the list is shown; what is left out is not filtered by. */
export interface ListFilter {
  phase?: string;
  namespace?: string;
  text?: string;
}

/** @param hash - as `location.hash` has it */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = split(hash.replace(/^#/, ''));
  const parts = path.split('/').filter(Boolean).map(decoded);
  if (parts.length === 0) return { view: 'list', filter: filterIn(new URLSearchParams(query)) };
  const [what, namespace, name, ...rest] = parts;
  if (what === 'rollouts' && namespace && name && rest.length === 0) {
    const site = new URLSearchParams(query).get('site');
    return { view: 'rollout', namespace, name, ...(site && { site }) };
  }
  return { view: 'unknown', hash };
}

export function listAddress(filter: ListFilter = {}): string {
  const query = new URLSearchParams();
  for (const key of KEYS) if (filter[key]) query.set(key, filter[key]);
  return query.size === 0 ? '#/' : `#/?${query}`;
}

/** @param site - is shown in the panel */
export function rolloutAddress({ namespace, name }: { namespace: string; name: string }, site?: string): string {
  const address = `#/rollouts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  return site ? `${address}?${new URLSearchParams({ site })}` : address;
}

const KEYS = ['phase', 'namespace', 'text'] as const;

function filterIn(query: URLSearchParams): ListFilter {
  const filter: ListFilter = {};
  for (const key of KEYS) {
    const value = query.get(key);
    if (value) filter[key] = value;
  }
  return filter;
}

function split(text: string): string[] {
  const at = text.indexOf('?');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** What somebody typed may be no encoded text. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
