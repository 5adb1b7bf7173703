import type { KubeClient, ListOptions, Page } from './client.ts';
import type { CallOptions } from './connection.ts';
import { isGone, KubeConnectionError } from './errors.ts';
import { type KubeObject, type ResourceType, typeName } from './resources.ts';

/** How many items a page has, client-go's figure. */
const PAGE_SIZE = 500;
/** More pages than any list has: five million items. */
export const MOST_PAGES = 10_000;
/** How often the pages are begun before all is asked for in one piece. */
const BEGINNINGS = 3;
/** How long that one answer may take, in milliseconds: it is as large as the whole list. */
export const ONE_PIECE_MS = 5 * 60_000;

/**
 * The whole list, page by page. When what the pages are a part of expires in between (410), they are begun anew: a server
 * that could not give a list in pages in time would hardly give it in one. Only after that is it asked for in one piece, and
 * given the time which that takes.
 */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  list: Omit<ListOptions, 'continue'>,
  options: CallOptions = {},
): Promise<Page<T>> {
  for (let beginning = 0; beginning < BEGINNINGS; beginning++) {
    const pages = await allPages<T>(client, type, list, options);
    if (pages) return pages;
  }
  const timeoutMs = Math.max(options.timeoutMs ?? 0, ONE_PIECE_MS);
  return await client.list<T>(type, { ...list, limit: undefined }, { ...options, timeoutMs });
}

/** undefined when the pages expired. */
async function allPages<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  list: Omit<ListOptions, 'continue'>,
  options: CallOptions,
): Promise<Page<T> | undefined> {
  const first = await client.list<T>(type, { limit: PAGE_SIZE, ...list }, options);
  const { items } = first;
  let { continue: token, resourceVersion } = first;
  const seen = new Set<string>();
  while (token) {
    if (seen.has(token)) throw endless(client, type, 'gives the same page for ever');
    if (seen.size === MOST_PAGES) throw endless(client, type, `gives more than ${MOST_PAGES} pages`);
    seen.add(token);
    const page = await nextPage<T>(client, type, { limit: PAGE_SIZE, ...list, continue: token }, options);
    if (!page) return undefined;
    for (const item of page.items) items.push(item);
    ({ continue: token, resourceVersion } = page);
  }
  return { items, resourceVersion };
}

function endless({ connection }: KubeClient, type: ResourceType, what: string): KubeConnectionError {
  return new KubeConnectionError(`GET ${typeName(type)}`, `${connection.server} ${what}`);
}

async function nextPage<T extends KubeObject>(...args: [KubeClient, ResourceType, ListOptions, CallOptions]) {
  const [client, type, list, options] = args;
  try {
    return await client.list<T>(type, list, options);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
