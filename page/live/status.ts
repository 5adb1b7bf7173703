/** One rollout in full, asked for again whenever the stream says that it has changed. */
import { useEffect, useState } from 'preact/hooks';
import type { RolloutView } from '../../model/view.ts';
import { ApiError, askJson, queryOf, token } from '../api/client.ts';
import { summaryOf } from './store.ts';

export interface Followed {
  view?: RolloutView;
  /** Why there is none, or none that is newer. */
  error?: ApiError;
}

/** @see RolloutView; undefined view and error until the first answer. */
export function useStatus(namespace: string, name: string): Followed {
  const [followed, setFollowed] = useState<Followed>({});
  const changed = summaryOf({ namespace, name });
  const as = token.value;
  // What has changed and who asks is not used, but asked anew for.
  useEffect(() => {
    const stop = new AbortController();
    const path = `rollouts/${encodeURIComponent(name)}/status${queryOf({ namespace })}`;
    askJson<RolloutView>(path, { signal: stop.signal }).then(
      (view) => setFollowed({ view }),
      (error) => {
        if (error instanceof ApiError) setFollowed((before) => ({ ...before, error }));
      },
    );
    return () => stop.abort();
  }, [namespace, name, changed, as]);
  return followed;
}
