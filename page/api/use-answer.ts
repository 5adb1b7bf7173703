import { useEffect, useState } from 'preact/hooks';
import { ApiError, askJson, token } from './client.ts';

export interface Answer<T> {
  /** The newest there is of that path; it stays while it is asked for again. */
  value?: T;
  /** Why there is none, or none that is newer. */
  error?: ApiError;
}

/**
 * What the API answers, asked for once, and again when `again` is another value.
 *
 * @param path - left out, nothing is asked for
 */
export function useAnswer<T>(path: string | undefined, again?: unknown): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path?: string }>({});
  const as = token.value;
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    askJson<T>(path, { signal: stop.signal }).then(
      (value) => setAnswer({ path, value }),
      (error) => {
        if (!(error instanceof ApiError)) return;
        setAnswer((before) => (before.path === path ? { ...before, error } : { path, error }));
      },
    );
    return () => stop.abort();
  }, [path, again, as]);
  const { path: of, ...newest } = answer;
  return of === path ? newest : {};
}
