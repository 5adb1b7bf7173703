/** How a site went in the last runs of its rollout. Pure. */
import type { SiteFailure } from '../../model/types.ts';

/** What the panel needs of `GET /rollouts/{name}/history`. */
interface History {
  runs: {
    runId?: string;
    generation: number;
    attempt?: number;
    outcome: string;
    version?: string;
    startTime: string;
    layers: { layer: string; phase: string; sites: { total: number; ready: number } }[];
    failures?: SiteFailure[];
  }[];
}

export interface PastRun {
  key: string;
  version: string;
  /** Of the site: what it failed with, or that it was ready; of others than those that failed, only where all were. */
  site: { failed: string } | 'ready' | 'unknown';
  /** Of its layer. */
  ready: number;
  total: number;
  /** RFC 3339. */
  at: string;
}

/** Newest first; runs that did not come to the layer are left out. */
export function pastOf({ runs }: History, { layer, site }: { layer: string; site: string }): PastRun[] {
  return runs.flatMap(({ runId, generation, attempt = 0, version, startTime, layers, failures = [] }) => {
    const own = layers.find((one) => one.layer === layer);
    if (!own || own.phase === 'Pending') return [];
    const { ready, total } = own.sites;
    const failed = failures.filter((one) => one.layer === layer);
    const failure = failed.find((one) => one.site === site);
    const others = ready + failed.length === total ? 'ready' : 'unknown';
    return [
      {
        key: runId ?? `${generation}.${attempt}`,
        version: version ?? `generation ${generation}`,
        site: failure ? { failed: failure.message } : others,
        ...{ ready, total, at: startTime },
      },
    ];
  });
}
