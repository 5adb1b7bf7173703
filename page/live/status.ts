/** One rollout in full, asked for again whenever the stream says that it has changed. */
import { useEffect, useState } from 'preact/hooks';
import type { RolloutView } from '../../model/view.ts';
import { ApiError, askJson, queryOf, token } from '../api/client.ts';
import { repeat } from './repeat.ts';

export interface Followed {
  view?: RolloutView;
  /** Why there is none, or none that is newer. */
  error?: ApiError;
}

const PAUSE_MS = 250;

/** @see RolloutView; undefined view and error until the first answer. */
export function useStatus(namespace: string, name: string): Followed {
  const [followed, setFollowed] = useState<Followed>({});
  const as = token.value;
  // Whoever asks is not used here, but sees what they may.
  useEffect(() => {
    setFollowed({});
    const path = `rollouts/${encodeURIComponent(name)}/status${queryOf({ namespace })}`;
    return repeat({ namespace, name }, PAUSE_MS, async (signal) => {
      try {
        const view = await askJson<RolloutView>(path, { signal });
        setFollowed({ view });
      } catch (error) {
        if (error instanceof ApiError) setFollowed((before) => ({ ...before, error }));
      }
    });
  }, [namespace, name, as]);
  return followed;
}
