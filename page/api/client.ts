/** Requests to the API that the page came from, with the user's token where it wants one. */
import { effect, signal } from '@preact/signals';

const KEPT_AS = 'fog-rollouts-token';

/** What the API was asked with last; gone with the tab. */
export const token = signal(sessionStorage.getItem(KEPT_AS) ?? '');

/** The API wants a token, or another one: what it said. Undefined while it lets us in. */
export const asksForToken = signal<string | undefined>(undefined);

effect(() => {
  if (token.value) sessionStorage.setItem(KEPT_AS, token.value);
  else sessionStorage.removeItem(KEPT_AS);
});

/** An answer that is none: the API refuses, or is not there. */
export class ApiError extends Error {
  override name = 'ApiError';
  /** HTTP's; 0 where nobody answered. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Asking {
  method?: 'GET' | 'POST';
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * An answer with 2xx, or 304.
 *
 * @param path - from the page's own address on, without a slash before it: `rollouts/web/status?namespace=shop`
 * @throws ApiError with what the API says is wrong
 */
export async function ask(path: string, { method = 'GET', body, headers, signal }: Asking = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, document.baseURI), {
      method,
      headers: {
        ...(token.value && { authorization: `Bearer ${token.value}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      cache: 'no-store',
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The API does not answer');
  }
  if (response.ok || response.status === 304) return response;
  // How programs send one, of which the API speaks, is no matter of whoever looks.
  const detail = response.status === 401 && !token.value ? 'A token is needed' : await detailOf(response);
  if (response.status === 401) asksForToken.value = detail;
  throw new ApiError(response.status, detail);
}

/** @see ask */
export async function askJson<T>(path: string, asking?: Asking): Promise<T> {
  const response = await ask(path, asking);
  return (await response.json()) as T;
}

/** `?a=b` of what is given. */
export function queryOf(values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) query.set(key, String(value));
  return query.size === 0 ? '' : `?${query}`;
}

async function detailOf(response: Response): Promise<string> {
  try {
    const { detail } = (await response.json()) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
  } catch {
    // An answer of something between us and the API.
  }
  return `The API answers ${response.status} ${response.statusText}`.trim();
}
