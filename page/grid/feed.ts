/** The sites of a rollout as they are now: asked for again with each news of it, of which most is small. */
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, queryOf, token } from '../api/client.ts';
import { repeat } from '../live/repeat.ts';
import { type GridAnswer, type Sites, sitesBy } from './sites.ts';

export interface Feed {
  sites?: Sites;
  /** Why there are none, or none that are newer. */
  error?: ApiError;
}

/** Least time between two questions, in ms: the API works them out anew for each change. */
const PAUSE_MS = 400;

export function useSites(namespace: string, name: string): Feed {
  const [feed, setFeed] = useState<Feed>({});
  const as = token.value;
  // Whoever asks is not used here, but sees what they may.
  useEffect(() => {
    let sites: Sites | undefined;
    let etag: string | null = null;
    setFeed({});
    return repeat({ namespace, name }, PAUSE_MS, async (signal) => {
      try {
        const path = `rollouts/${encodeURIComponent(name)}/grid${queryOf({ namespace, layout: sites?.layout })}`;
        const response = await ask(path, { signal, headers: { ...(etag && { 'if-none-match': etag }) } });
        if (response.status === 304) {
          setFeed((before) => (before.error && sites ? { sites } : before));
          return;
        }
        const answer = (await response.json()) as GridAnswer;
        sites = sitesBy(sites, answer);
        etag = sites && !answer.sites ? response.headers.get('etag') : null;
        if (sites) setFeed({ sites });
      } catch (error) {
        if (error instanceof ApiError) setFeed((before) => ({ ...before, error }));
      }
    });
  }, [namespace, name, as]);
  return feed;
}
