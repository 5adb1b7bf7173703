import type { Offline } from '../shards.ts';
import type { LayerStrategy } from '../types.ts';

const DEFAULTS: Offline = { policy: 'Defer', afterSeconds: 60 };

/** What becomes of sites that cannot be reached. */
export function offlineOf({ offline }: LayerStrategy): Offline {
  const { policy = DEFAULTS.policy, afterSeconds = DEFAULTS.afterSeconds } = offline ?? {};
  return { policy, afterSeconds };
}
