/** How a layer went in the last runs of its rollout. Pure. */

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
  }[];
}

export interface PastRun {
  key: string;
  version: string;
  outcome: string;
  ready: number;
  total: number;
  /** RFC 3339. */
  at: string;
}

/** Newest first; runs that did not come to the layer are left out. */
export function pastOf({ runs }: History, layer: string): PastRun[] {
  return runs.flatMap(({ runId, generation, attempt = 0, outcome, version, startTime, layers }) => {
    const own = layers.find((one) => one.layer === layer);
    if (!own || own.phase === 'Pending') return [];
    const { ready, total } = own.sites;
    const key = runId ?? `${generation}.${attempt}`;
    return [{ key, version: version ?? `generation ${generation}`, outcome, ready, total, at: startTime }];
  });
}
